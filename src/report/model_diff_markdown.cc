// As a comment on a pull request (GitHub Flavored Markdown). What comes from a model stands in code spans: it
// is no markup there, mentions nobody and opens no link.
#include <fmt/format.h>

#include <algorithm>

#include "report/claim_words.h"
#include "report/markup.h"
#include "report/model_diff.h"
#include "report/verdict_report.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::Hop;

namespace {

// A comment ends at 65,536 characters: longer tables are cut, and say so.
constexpr std::size_t kMostRows = 40;
constexpr std::size_t kMostHops = 12;

// A code span: its fence is longer than any run of backticks inside (GFM 6.3). In a table's cell a bar is
// escaped even there (GFM 4.10).
std::string code(const std::string& words, bool inTable = false) {
  std::string text;
  std::size_t run = 0, longest = 0;
  for (const char c : validText(words)) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    if (c == '|' && inTable) text += '\\';
    text += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  if (text.empty()) return "";
  const std::string fence(longest + 1, '`');
  const std::string gap = longest == 0 ? "" : " ";
  return fence + gap + text + gap + fence;
}
std::string cellCode(const std::string& words) { return code(words, true); }

// Words of ours with names in between.
std::string plain(const std::string& words) {
  std::string text;
  for (const char c : validText(words)) {
    if (c == '<') {
      text += "&lt;";
    } else if (c == '&') {
      text += "&amp;";
    } else if (c == '@' || c == '#') {
      text += std::string(1, c) + "<!-- -->";
    } else {
      if (std::string_view("\\`*_{}[]>|~!").find(c) != std::string_view::npos) text += '\\';
      text += c == '\n' || c == '\r' ? ' ' : c;
    }
  }
  return text;
}

std::string site(const std::optional<reach::RuleSite>& rule, bool inTable = false) {
  if (!rule) return "no rule decides";
  const std::string line = lineOf(rule->place);
  return code(line, inTable) +
         (rule->text.empty() ? "" : (line.empty() ? "" : " ") + code(rule->text, inTable));
}

std::string hops(const std::vector<Hop>& witness) {
  std::string text;
  for (std::size_t i = 0; i < witness.size() && i < kMostHops; ++i) {
    text += fmt::format("{}. {}", i + 1, plain(hopInWords(witness[i])));
    if (witness[i].rule) text += ": " + site(witness[i].rule);
    text += "\n";
  }
  if (witness.size() > kMostHops) text += fmt::format("\n… and {} more hops\n", witness.size() - kMostHops);
  return text;
}

std::string verdictOf(const std::optional<ClaimResult>& result) {
  return result ? channel::toString(result->judgement.verdict) : "–";
}

const char* wordOf(const ClaimChange& change) {
  switch (change.step) {
    case ClaimStep::worse:
      return "**worse**";
    case ClaimStep::better:
      return "better";
    case ClaimStep::added:
      return change.isWorse() ? "**new, not kept**" : "new";
    case ClaimStep::removed:
      return "removed";
    case ClaimStep::rewritten:
      return "rewritten";
  }
  return "";
}

// What a reviewer needs of a claim that is not kept now, or of what was open and is shut.
std::string detail(const ClaimChange& change) {
  const bool gone = change.step == ClaimStep::better || change.step == ClaimStep::removed;
  const std::optional<ClaimResult>& shown = gone ? change.before : change.after;
  if (!shown || (shown->judgement.witness.empty() && shown->judgement.reason.empty())) return {};
  const channel::Judgement& judgement = shown->judgement;
  std::string text = fmt::format("\n{}, {}:", code(change.id),
                                 gone ? "the way there was" : channel::toString(judgement.verdict));
  const std::string capacity = capacityInWords(judgement);
  if (!capacity.empty()) text += " " + capacity;
  text += "\n";
  if (!judgement.reason.empty()) text += "\n" + code(judgement.reason) + "\n";
  if (!judgement.witness.empty()) text += "\n" + hops(judgement.witness);
  for (const reach::Atom& atom : judgement.conditions) {
    if (gone) break;
    text += fmt::format("\nKept if you state, in {}: {}", code(atom.where), code(atom.line));
    if (!atom.test.empty()) text += ". Test it: " + plain(atom.test);
    text += "\n";
  }
  return text;
}

std::string claims(const ModelDiff& diff) {
  if (diff.claims.empty()) return {};
  std::string text = "\n### Claims\n| claim | before | now | |\n| --- | --- | --- | --- |\n", details;
  for (const ClaimChange& change : diff.claims) {
    const bool both = change.step != ClaimStep::rewritten && change.rewritten;
    text += fmt::format("| {} | {} | {} | {}{} |\n", cellCode(change.id), verdictOf(change.before),
                        verdictOf(change.after), wordOf(change), both ? ", rewritten" : "");
    details += detail(change);
  }
  return text + details;
}

std::string reachTable(const std::vector<ReachChange>& changes, bool gained) {
  if (changes.empty()) return {};
  std::string text = fmt::format(
      "\n### Reach {}\n| from | to | {} | for example | {} | {} |\n| --- | --- | --- | --- | --- | --- |\n",
      gained ? "gained" : "lost", gained ? "can now open" : "can no longer open",
      gained ? "passes by" : "passed by", gained ? "was shut by" : "is shut by");
  for (std::size_t i = 0; i < changes.size() && i < kMostRows; ++i) {
    const ReachChange& change = changes[i];
    std::string notes;
    if (change.placeIsNew) notes += gained ? ", new place" : ", place removed";
    if (change.assumed) notes += ", worst case of an unstated key";
    if (change.whileSwitched) notes += ", only while a condition is not at its default";
    text += fmt::format(
        "| {} | {} | {}{} | {} | {} | {} |\n", cellCode(change.from), cellCode(change.to),
        cellCode(serviceInWords(change.services)), notes,
        cellCode(fmt::format("{} -> {} {}", change.source, change.destination, change.example.toString())),
        site(change.passes, true), change.shuts ? site(change.shuts, true) : "–");
  }
  if (changes.size() > kMostRows) {
    text += fmt::format("\n… and {} more; `--format json` has all.\n", changes.size() - kMostRows);
  }
  return text;
}

std::string cell(const std::optional<channel::EgressCell>& cell) {
  if (!cell) return "–";
  std::string text = toString(cell->kind);
  if (cell->kind == channel::EgressCell::Kind::shut) return text;
  if (cell->bitsPerSecond > 0) text += ", " + rateInWords(cell->bitsPerSecond);
  if (!cell->firstHop.empty()) text += ", first to " + cellCode(cell->firstHop);
  return text;
}

// Hosts whose zone changed in the same way say nothing new.
bool saysNothingNew(const std::vector<EgressChange>& changes, const EgressChange& change, std::size_t index) {
  if (change.isZone) return false;
  // Hosts follow their zone in the table.
  for (std::size_t i = index; i-- > 0;) {
    const EgressChange& zone = changes[i];
    if (!zone.isZone || zone.protocol != change.protocol) continue;
    auto kind = [](const std::optional<channel::EgressCell>& c) {
      return c ? static_cast<int>(c->kind) : -1;
    };
    return kind(zone.before) == kind(change.before) && kind(zone.after) == kind(change.after);
  }
  return false;
}

std::string egressTable(const ModelDiff& diff) {
  std::string rows;
  std::size_t count = 0, left = 0, implied = 0;
  auto add = [&](const std::vector<EgressChange>& changes, const char* word) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const EgressChange& change = changes[i];
      if (saysNothingNew(changes, change, i)) {
        ++implied;
        continue;
      }
      if (++count > kMostRows) {
        ++left;
        continue;
      }
      rows +=
          fmt::format("| {}{} | {} | {} | {} | {} |\n", change.isZone ? "zone " : "host ",
                      cellCode(change.place), change.protocol, cell(change.before), cell(change.after), word);
    }
  };
  add(diff.opened, "**opened**");
  add(diff.shut, "closed");
  add(diff.removed, "place removed");
  if (rows.empty()) return {};
  std::string text =
      "\n### What can leave\n| from | over | before | now | |\n| --- | --- | --- | --- | --- |\n" + rows;
  if (implied != 0) {
    text +=
        fmt::format("\n{} of {} cells are hosts that changed as their zone did; they are left out here.\n",
                    implied, diff.opened.size() + diff.shut.size() + diff.removed.size());
  }
  if (left != 0) text += fmt::format("\n… and {} more; `--format json` has all.\n", left);
  return text;
}

}  // namespace

std::string diffMarkdown(const ModelDiff& diff) {
  std::string text = "## Vauban: what changes" + (diff.name.empty() ? "" : " in " + code(diff.name)) + "\n";
  text += fmt::format("**{}**: {}.\n\n{} against {}; {} claim{} as before.\n",
                      diff.gotWorse() ? "Worse"
                      : diff.empty()  ? "No change"
                                      : "No claim got worse",
                      summaryOf(diff), code(diff.newFile), code(diff.oldFile), diff.unchangedClaims,
                      diff.unchangedClaims == 1 ? "" : "s");
  return text + claims(diff) + reachTable(diff.gained, true) + reachTable(diff.lost, false) +
         egressTable(diff);
}

}  // namespace vauban::report
