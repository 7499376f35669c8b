#include <algorithm>
#include <atomic>
#include <thread>

#include "base/result.h"
#include "channel/judge.h"

namespace vauban::channel {

using model::Claim;
using model::ClaimKind;
using model::ClaimSubject;
using model::PlaceTerm;
using model::PlaceTerms;
using reach::ClassIndex;
using reach::Network;
using reach::PartyId;
using reach::Setting;
using space::AddressSet;

const char* toString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kept:
      return "kept";
    case Verdict::waived:
      return "waived";
    case Verdict::conditional:
      return "conditional";
    case Verdict::undecided:
      return "undecided";
    case Verdict::broken:
      return "broken";
  }
  return "";
}

Judge::Judge(const model::Model& model, const model::BehaviourCatalogue& behaviours, std::string today,
             const SuffixLists& lists)
    : model_(model),
      behaviours_(behaviours),
      today_(std::move(today)),
      lists_(lists),
      trust_(Trust::of(model, lists)) {}
Judge::~Judge() = default;

const std::vector<std::string>& Judge::outsideTheModel() {
  static const std::vector<std::string> texts{
      "outside the model: timing and ordering, shared state (caches, counters, locks, rate limits), physical "
      "and radio side "
      "channels, bugs in the software named",
      "machines that the model does not list are assumed absent",
      "a host with services runs those, with the client side they need, and nothing else"};
  return texts;
}

const Judge::World& Judge::world(const std::vector<std::vector<bool>>& values) const {
  auto& world = worlds_[values];
  if (!world) {
    std::vector<const AddressSet*> distinguish;
    auto addTerms = [&](const PlaceTerms& terms) {
      for (const PlaceTerm& term : terms) {
        if (term.kind == PlaceTerm::Kind::addresses) distinguish.push_back(&term.addresses);
      }
    };
    for (const Claim& claim : model_.claims) {
      addTerms(claim.from);
      addTerms(claim.to);
      addTerms(claim.heldByAdversary);
    }
    for (const model::ServiceInstance& service : model_.services) {
      for (const auto* terms :
           {&service.upstream, &service.resolver, &service.pool, &service.from, &service.readers}) {
        if (*terms) addTerms(**terms);
      }
      if (service.addresses) {
        if (service.addresses->allow) distinguish.push_back(&*service.addresses->allow);
        distinguish.push_back(&service.addresses->deny);
      }
    }
    world = std::make_unique<World>(model_, behaviours_, trust_, atoms_, values, distinguish, deadline_);
  }
  return *world;
}

std::vector<std::vector<bool>> everyConditionValue(const model::Model& model) {
  std::vector<std::vector<bool>> values;
  const std::size_t count = model.conditions.size();
  for (std::size_t bits = 0; bits < (std::size_t{1} << count); ++bits) {
    std::vector<bool> value(count);
    for (std::size_t c = 0; c < count; ++c) value[c] = (bits >> c) & 1U;
    values.push_back(value);
  }
  return values;
}

void honourWaiver(ClaimResult& result, const std::string& today) {
  const Claim& claim = *result.claim;
  if (!claim.waivedUntil.empty() && result.judgement.verdict != Verdict::kept &&
      result.judgement.verdict != Verdict::undecided && today <= claim.waivedUntil) {
    result.judgement.reason = "waived until " + claim.waivedUntil +
                              (claim.because.empty() ? "" : ": " + claim.because) +
                              "; without the waiver it would be " + toString(result.judgement.verdict);
    result.judgement.verdict = Verdict::waived;
  }
}

ClaimResult Judge::judge(const Claim& claim) const {
  ClaimResult result;
  result.claim = &claim;
  constexpr std::size_t kMostConditions = 10;
  if (model_.conditions.size() > kMostConditions) {
    result.judgement.verdict = Verdict::undecided;
    result.judgement.reason = "more than 10 conditions: 1024 combinations are the limit";
    return result;
  }
  const std::vector<std::vector<bool>> values = everyConditionValue(model_);
  bool differs = false;
  for (const std::vector<bool>& value : values) {
    Judgement judgement = judgeIn(claim, world({value}));
    std::map<std::string, bool> named;
    for (std::size_t c = 0; c < value.size(); ++c) named[model_.conditions[c].name] = value[c];
    result.perCondition.emplace_back(named, judgement.verdict);
    differs = differs || judgement.verdict != result.perCondition.front().second;
    if (result.perCondition.size() == 1 || judgement.verdict > result.judgement.verdict) {
      result.judgement = std::move(judgement);
    }
  }
  if (values.size() > 1 && claim.kind != ClaimKind::always) {
    // What waits somewhere waits while the conditions change: the verdict is that over all values together,
    // and so are the statements it asks for.
    const Verdict apart = result.judgement.verdict;
    Judgement together = judgeIn(claim, world(values));
    if (together.verdict > apart) together.reason = "only while conditions change between the hops";
    if (together.verdict >= apart) result.judgement = std::move(together);
    differs = differs || result.judgement.verdict != apart;
  }
  if (!differs) result.perCondition.clear();
  honourWaiver(result, today_);
  return result;
}

std::vector<ClaimResult> Judge::judgeAll(unsigned jobs) const {
  std::vector<ClaimResult> results(model_.claims.size());
  // A judge caches as it goes: each thread has its own, and no result depends on what was asked before.
  constexpr std::size_t kFewClaims = 8;
  const std::size_t threads = results.size() < kFewClaims ? 1 : std::clamp<std::size_t>(jobs, 1, 64);
  std::atomic<std::size_t> next{0};
  auto work = [&](const Judge& judge) {
    for (std::size_t c = next++; c < results.size(); c = next++) results[c] = judge.judge(model_.claims[c]);
  };
  std::vector<std::jthread> others;
  for (std::size_t t = 1; t < threads; ++t) {
    others.emplace_back([&] {
      Judge judge(model_, behaviours_, today_, lists_);
      judge.deadline_ = deadline_;
      work(judge);
    });
  }
  work(*this);
  others.clear();
  return results;
}

Judgement Judge::judgeIn(const Claim& claim, const World& world) const {
  Judgement judgement;
  if (claim.subject == ClaimSubject::goal || claim.kind == ClaimKind::depth ||
      claim.kind == ClaimKind::tripwire) {
    judgement.verdict = Verdict::undecided;
    judgement.reason = "goals, depth and tripwires are judged on the attack graph, which was not built here";
    return judgement;
  }
  if (claim.subject == ClaimSubject::reach) {
    judgement = claim.kind == ClaimKind::always ? judgeAlways(claim, world) : judgeReach(claim, world);
  } else {
    judgement = judgeChannel(claim, world);
  }
  addEnforcement(judgement);
  std::ranges::sort(judgement.assumptions);
  judgement.assumptions.erase(std::ranges::unique(judgement.assumptions).begin(),
                              judgement.assumptions.end());
  return judgement;
}

void Judge::addEnforcement(Judgement& judgement) const {
  if (judgement.verdict != Verdict::kept && judgement.verdict != Verdict::conditional) return;
  auto add = [&](const auto& stated, const std::string& text) {
    if (stated) judgement.assumptions.push_back({true, text, stated.place});
  };
  auto addAll = [&](const model::Enforcement& e, const std::string& where) {
    if (e.antiSpoofing) {
      static const char* words[] = {"off", "zone", "host"};
      add(e.antiSpoofing, where + "anti-spoofing is " + words[static_cast<int>(*e.antiSpoofing.value)]);
    }
    add(e.families, where + "the families stated are the ones the filter decides on");
    if (e.uncoveredPasses) {
      add(e.uncoveredPasses,
          where + (*e.uncoveredPasses.value ? "uncovered families pass" : "uncovered families are dropped"));
    }
    if (e.related) {
      static const char* words[] = {"nothing", "only what enters from an untrusted zone", "any such packet"};
      add(e.related, where + words[static_cast<int>(*e.related.value)] + " passes as related");
    }
  };
  addAll(model_.enforcement, "");
  for (const model::Link& link : model_.links) addAll(link.enforcement, link.name + ": ");
  for (const auto& program : model_.linkPrograms) {
    if (!program) continue;
    // One statement a reason: a real file has thousands of such rules, most of them alike.
    std::map<std::string, std::pair<std::size_t, Place>> reasons;
    for (const model::Widening& widening : program->widenings) {
      auto [known, fresh] = reasons.try_emplace(widening.reason, 0, widening.place);
      ++known->second.first;
    }
    for (const auto& [reason, where] : reasons) {
      const auto& [count, place] = where;
      judgement.assumptions.push_back(
          {false,
           (count == 1 ? std::string("an imported rule is") : std::to_string(count) + " imported rules are") +
               " taken at the worst: " + reason,
           place});
    }
  }
}

std::vector<ReachEntry> Judge::reach(const PlaceTerms& from, const PlaceTerms& to) const {
  const Network& network = world({model_.conditionDefaults()}).network;
  std::map<std::pair<PartyId, PartyId>, ReachEntry> entries;
  for (ClassIndex a : classesOf(network, from)) {
    for (ClassIndex b : classesOf(network, to)) {
      const auto& x = network.endpoint(a);
      const auto& y = network.endpoint(b);
      if (x.party == y.party || x.family != y.family) continue;
      for (const Network::Opening& opening : network.openings(a, b, Setting{})) {
        ReachEntry& entry = entries[{x.party, y.party}];
        entry.from = network.at(x.party).name;
        entry.to = network.at(y.party).name;
        entry.services |= opening.services;
        entry.assumed = entry.assumed || !opening.way.atoms.empty();
      }
    }
  }
  std::vector<ReachEntry> list;
  for (auto& [key, entry] : entries) list.push_back(std::move(entry));
  return list;
}

}  // namespace vauban::channel
