#include "report/model_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "report/reach_diff.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::EgressCell;
using channel::Verdict;

const char* toString(EgressCell::Kind kind) {
  static constexpr const char* kWords[] = {"shut", "conditional", "relayed", "direct", "undecided"};
  return kWords[static_cast<int>(kind)];
}

namespace {

// From shut to open; what nobody knows may be open.
int openness(EgressCell::Kind kind) {
  switch (kind) {
    case EgressCell::Kind::shut:
      return 0;
    case EgressCell::Kind::conditional:
      return 1;
    case EgressCell::Kind::undecided:
      return 2;
    case EgressCell::Kind::relayed:
      return 3;
    case EgressCell::Kind::direct:
      return 4;
  }
  return 4;
}

void compareEgress(const channel::EgressTable& before, const channel::EgressTable& after, ModelDiff& diff) {
  using Key = std::tuple<std::string, std::string>;
  auto cellsOf = [](const channel::EgressTable& table) {
    std::map<Key, const EgressCell*> cells;
    for (const channel::EgressRow& row : table.rows) {
      for (std::size_t p = 0; p < row.cells.size(); ++p)
        cells[{row.place, table.protocols[p]}] = &row.cells[p];
    }
    return cells;
  };
  const auto olds = cellsOf(before), news = cellsOf(after);
  for (const channel::EgressRow& row : after.rows) {
    for (std::size_t p = 0; p < row.cells.size(); ++p) {
      const EgressCell& cell = row.cells[p];
      const auto old = olds.find({row.place, after.protocols[p]});
      EgressChange change{row.place, row.isZone, after.protocols[p], std::nullopt, cell};
      const int was = old == olds.end() ? 0 : openness(old->second->kind), is = openness(cell.kind);
      if (old != olds.end()) change.before = *old->second;
      if (is != was) (is > was ? diff.opened : diff.shut).push_back(std::move(change));
    }
  }
  for (const channel::EgressRow& row : before.rows) {
    for (std::size_t p = 0; p < row.cells.size(); ++p) {
      if (news.contains({row.place, before.protocols[p]}) || row.cells[p].kind == EgressCell::Kind::shut)
        continue;
      diff.removed.push_back({row.place, row.isZone, before.protocols[p], row.cells[p], std::nullopt});
    }
  }
}

// What a claim says, without where it stands.
std::string meaningOf(const model::Model& model, const model::Claim& claim) {
  auto places = [](const model::PlaceTerms& terms) {
    std::vector<std::string> words;
    for (const model::PlaceTerm& term : terms) words.push_back(term.text);
    std::ranges::sort(words);
    return fmt::format("{}", fmt::join(words, ","));
  };
  std::vector<std::string> via;
  for (const model::HostId host : claim.via) via.push_back(model.at(host).name);
  std::ranges::sort(via);
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}/{}/{}/{}|{}|{}", static_cast<int>(claim.kind),
                     static_cast<int>(claim.subject), places(claim.from), places(claim.to),
                     places(claim.heldByAdversary), claim.over.toString(), claim.direct, claim.bothWays,
                     fmt::join(via, ","), claim.bitsPerSecond, claim.goal.asset, claim.goal.controls,
                     claim.goal.impact, claim.goal.kind, claim.atLeast, claim.waivedUntil);
}

void compareClaims(const Judged& before, const Judged& after, ModelDiff& diff) {
  std::map<std::string, const ClaimResult*> olds;
  for (const ClaimResult& result : before.results) olds[result.claim->id] = &result;
  std::map<std::string, bool> seen;
  for (const ClaimResult& result : after.results) {
    const std::string& id = result.claim->id;
    seen[id] = true;
    ClaimChange change;
    change.id = id;
    change.after = result;
    const auto old = olds.find(id);
    if (old == olds.end()) {
      change.step = ClaimStep::added;
      diff.claims.push_back(std::move(change));
      continue;
    }
    change.before = *old->second;
    change.rewritten =
        meaningOf(*before.model, *old->second->claim) != meaningOf(*after.model, *result.claim);
    const Verdict was = old->second->judgement.verdict, is = result.judgement.verdict;
    if (was == is && !change.rewritten) {
      ++diff.unchangedClaims;
      continue;
    }
    change.step = is > was ? ClaimStep::worse : is < was ? ClaimStep::better : ClaimStep::rewritten;
    diff.claims.push_back(std::move(change));
  }
  for (const ClaimResult& result : before.results) {
    if (seen.contains(result.claim->id)) continue;
    ClaimChange change;
    change.id = result.claim->id;
    change.before = result;
    change.step = ClaimStep::removed;
    diff.claims.push_back(std::move(change));
  }
}

}  // namespace

bool ClaimChange::isWorse() const {
  return step == ClaimStep::worse || (step == ClaimStep::added && after->judgement.verdict != Verdict::kept);
}

bool ModelDiff::empty() const {
  return gained.empty() && lost.empty() && opened.empty() && shut.empty() && removed.empty() &&
         claims.empty();
}

bool ModelDiff::gotWorse() const {
  return std::ranges::any_of(claims, [](const ClaimChange& change) { return change.isWorse(); });
}

ModelDiff diffModels(const Judged& before, const Judged& after) {
  ModelDiff diff;
  diff.oldFile = before.model->file;
  diff.newFile = after.model->file;
  diff.name = after.model->name;
  diff.gained = reachGained(*before.model, *after.model);
  diff.lost = reachGained(*after.model, *before.model);
  compareEgress(before.judge->egress(), after.judge->egress(), diff);
  compareClaims(before, after, diff);
  return diff;
}

std::string summaryOf(const ModelDiff& diff) {
  std::vector<std::string> parts;
  auto say = [&](std::size_t number, const std::string& one, const std::string& several) {
    if (number != 0) parts.push_back(fmt::format("{} {}", number, number == 1 ? one : several));
  };
  auto claims = [&](auto&& counts) {
    return static_cast<std::size_t>(std::ranges::count_if(diff.claims, counts));
  };
  say(claims([](const ClaimChange& c) { return c.step == ClaimStep::worse; }), "claim got worse",
      "claims got worse");
  say(claims([](const ClaimChange& c) { return c.step == ClaimStep::added && c.isWorse(); }),
      "new claim is not kept", "new claims are not kept");
  say(claims([](const ClaimChange& c) { return c.step == ClaimStep::added && !c.isWorse(); }),
      "new claim is kept", "new claims are kept");
  say(claims([](const ClaimChange& c) { return c.step == ClaimStep::better; }), "claim got better",
      "claims got better");
  say(claims([](const ClaimChange& c) { return c.step == ClaimStep::removed; }), "claim was removed",
      "claims were removed");
  say(claims([](const ClaimChange& c) { return c.step == ClaimStep::rewritten; }),
      "claim says something else with the same verdict", "claims say something else with the same verdict");
  say(diff.gained.size(), "pair of places reaches more", "pairs of places reach more");
  say(diff.lost.size(), "pair of places reaches less", "pairs of places reach less");
  say(diff.opened.size(), "egress cell opened", "egress cells opened");
  say(diff.shut.size() + diff.removed.size(), "egress cell closed", "egress cells closed");
  if (parts.empty()) return "nothing that this model can tell has changed";
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace vauban::report
