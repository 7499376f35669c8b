#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "catalog/framework_words.h"
#include "report/explain_report.h"

namespace vauban::report {

using catalog::Explanation;
using catalog::Link;
using catalog::LinkGroup;
using catalog::Path;
using catalog::Subject;

namespace {

constexpr std::size_t kRows = 6;          // of a table, unless all is asked for
constexpr std::size_t kRunningLines = 2;  // of a running list, likewise
constexpr std::size_t kValues = 6;        // of a line of the head, likewise

// Groups whose links want a line each: there is more to say of each than its id and name.
constexpr std::array<std::string_view, 14> kTables = {"countermeasures",
                                                      "countermeasures-extension",
                                                      "attack-techniques",
                                                      "attack-techniques-extension",
                                                      "mitigations",
                                                      "d3fend",
                                                      "trials",
                                                      "owners",
                                                      "artifacts",
                                                      "relations",
                                                      "other-versions",
                                                      "parents",
                                                      "tactics",
                                                      "two-steps-d3fend"};

std::string paint(const std::string& text, const char* colour, const ExplainStyle& style) {
  return style.colour ? colour + text + "\x1b[0m" : text;
}
constexpr const char* kBold = "\x1b[1m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kGap = "\x1b[33m";

// Columns on a terminal: bytes that begin a character (RFC 3629).
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string shownId(const Link& link) {
  if (link.id.empty()) return link.name;
  return link.framework ? catalog::shownId(*link.framework, link.id) : link.id;
}

template <class Of>
bool areAllEqual(const std::vector<Link>& links, Of of) {
  return std::ranges::all_of(links, [&](const Link& link) { return of(link) == of(links.front()); });
}

std::string relationOf(const Link& link) { return (link.inverse ? "<- " : "-> ") + link.relation; }
std::string matchOf(const Link& link) {
  return link.paths.empty() || !link.paths.front().match
             ? std::string()
             : std::string(catalog::word(*link.paths.front().match));
}
std::string ruleOf(const Link& link) {
  if (link.paths.empty() || !link.paths.front().rule) return {};
  const catalog::Rule rule = *link.paths.front().rule;
  return rule == catalog::Rule::official ? std::string() : std::string(catalog::word(rule));
}
bool isInferred(const Link& link) { return link.grade == catalog::Grade::e0; }

// The way to it where that says more than the relation does.
std::string wayOf(const Link& link, const ExplainStyle& style) {
  std::string text;
  for (const Path& path : link.paths) {
    if (path.steps.size() < 2) continue;
    text += (text.empty() ? "" : " | ") + catalog::pathText(path, true);
    if (!style.all) break;
  }
  if (link.furtherPaths != 0 && !text.empty()) text += fmt::format("  (+{})", link.furtherPaths);
  return text;
}

// What is the same for all links of a group is said once, in its heading.
struct Shared {
  bool relation, effect, rule, may, ours, detail;

  explicit Shared(const std::vector<Link>& links)
      : relation(areAllEqual(links, relationOf) || std::ranges::all_of(links, isInferred)),
        effect(areAllEqual(links, [](const Link& link) { return link.effect; })),
        rule(areAllEqual(links, ruleOf)),
        may(areAllEqual(links, [](const Link& link) { return link.restsOnMay; })),
        ours(areAllEqual(links, [](const Link& link) { return link.ours; })),
        detail(areAllEqual(links, [](const Link& link) { return link.detail; })) {}

  std::string heading(const std::vector<Link>& links) const {
    const Link& first = links.front();
    std::string text;
    const auto add = [&](const std::string& what) {
      if (!what.empty()) text += (text.empty() ? "" : ", ") + what;
    };
    if (first.grade && areAllEqual(links, [](const Link& link) { return link.grade; }))
      add(std::string(catalog::word(*first.grade)));
    if (effect) add(first.effect);
    if (relation && !isInferred(first) && first.relation != catalog::kInTwoSteps) add(relationOf(first));
    if (detail && !isInferred(first)) add(first.detail);
    if (rule && !ruleOf(first).empty()) add("rule " + ruleOf(first));
    if (may && first.restsOnMay) add("by a possibility (may-)");
    if (ours && first.ours) add("this project's");
    return text.empty() ? text : fmt::format("  [{}]", text);
  }
};

// What a table shows of a link, column by column; a column that is empty in all rows is left out.
using Cells = std::array<std::string, 9>;

Cells cellsOf(const Link& link, const Shared& shared, const ExplainStyle& style) {
  std::string standing = link.standing;
  if (link.ours && !shared.ours) standing += standing.empty() ? "ours" : ", ours";
  return {shownId(link),
          link.id.empty() ? std::string() : link.name,
          shared.relation ? std::string() : relationOf(link),
          matchOf(link),
          link.restsOnMay && !shared.may ? "may" : "",
          shared.detail ? std::string() : link.detail,
          std::move(standing),
          shared.effect ? std::string() : link.effect,
          (shared.rule || ruleOf(link).empty() ? std::string() : ruleOf(link) + "  ") + wayOf(link, style)};
}

std::string tableText(const std::vector<Link>& links, const Shared& shared, const ExplainStyle& style) {
  const std::size_t count = style.all || links.size() <= kRows + 1 ? links.size() : kRows;
  std::vector<Cells> rows;
  std::array<std::size_t, std::tuple_size_v<Cells>> widths{};
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(cellsOf(links[i], shared, style));
    for (std::size_t c = 0; c < widths.size(); ++c) widths[c] = std::max(widths[c], columns(rows.back()[c]));
  }
  std::string out;
  for (const Cells& row : rows) {
    std::string line = " ";
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (widths[c] == 0) continue;
      line += " " + row[c] + std::string(widths[c] - columns(row[c]) + 1, ' ');
    }
    while (line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  if (count < links.size()) out += fmt::format("  and {} more (--all)\n", links.size() - count);
  return out;
}

std::string itemText(const Link& link, const Shared& shared) {
  std::string text = shownId(link);
  if (link.count) text += fmt::format(" {}", *link.count);
  if (!link.id.empty() && !link.name.empty() && link.name != link.id) text += " " + link.name;
  std::string more;
  const auto add = [&](const std::string& what) {
    if (!what.empty()) more += (more.empty() ? "" : ", ") + what;
  };
  if (!shared.detail) add(link.detail);
  add(link.standing);
  if (link.ours && !shared.ours) add("ours");
  if (link.restsOnMay && !shared.may) add("may");
  if (!shared.effect) add(link.effect);
  return more.empty() ? text : fmt::format("{} ({})", text, more);
}

// Items that follow each other, broken at the style's width; cut off after some lines.
std::string runningItems(std::string line, const std::vector<const Link*>& links, const Shared& shared,
                         const ExplainStyle& style) {
  std::string out;
  std::size_t lines = 0;
  bool fresh = true;  // nothing but the start of the line is in `line`
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::string item = itemText(*links[i], shared) + (i + 1 < links.size() ? "," : "");
    if (!fresh && columns(line) + 1 + columns(item) > style.width) {
      out += line + "\n";
      line = "   ";
      if (++lines == kRunningLines && !style.all)
        return out + fmt::format("    and {} more (--all)\n", links.size() - i);
    }
    line += " " + item;
    fresh = false;
  }
  return out + line + "\n";
}

std::string runningText(const std::vector<Link>& links, const Shared& shared, const ExplainStyle& style) {
  std::vector<std::pair<std::string, std::vector<const Link*>>> byRelation;
  for (const Link& link : links) {
    const std::string relation = shared.relation || link.count ? std::string() : relationOf(link) + ":";
    auto at = std::ranges::find(byRelation, relation, [](const auto& entry) { return entry.first; });
    if (at == byRelation.end()) at = byRelation.insert(byRelation.end(), {relation, {}});
    at->second.push_back(&link);
  }
  std::string out;
  for (const auto& [relation, some] : byRelation)
    out += runningItems(relation.empty() ? " " : "  " + relation, some, shared, style);
  return out;
}

std::string groupText(const LinkGroup& group, const ExplainStyle& style) {
  std::string out = paint(group.title, kBold, style);
  if (group.links.empty()) return out + ": " + paint(group.gap, kGap, style) + "\n";
  const Shared shared(group.links);
  out += fmt::format("  {}{}\n", group.links.size(), shared.heading(group.links));
  if (!group.note.empty()) out += paint("  " + group.note, kDim, style) + "\n";
  const bool table = std::ranges::find(kTables, group.key) != kTables.end();
  return out + (table || style.all ? tableText(group.links, shared, style)
                                   : runningText(group.links, shared, style));
}

// What is reached in two steps is of little interest where there is something of the same framework in one;
// not so countermeasures, which are what most questions are about.
bool isLeftOut(const Explanation& explanation, const LinkGroup& group) {
  constexpr std::string_view kTwoSteps = "two-steps-";
  if (!group.key.starts_with(kTwoSteps) || group.key.ends_with("-d3fend")) return false;
  const std::string_view direct = std::string_view(group.key).substr(kTwoSteps.size());
  return std::ranges::any_of(explanation.groups, [&](const LinkGroup& other) {
    return other.key == direct && !other.links.empty();
  });
}

std::string subjectText(const Subject& subject) {
  std::string words(catalog::word(subject.kind));
  std::ranges::replace(words, '-', ' ');
  return words;
}

std::string headText(const Explanation& explanation, const ExplainStyle& style) {
  const Subject& subject = explanation.subject;
  std::string out = paint(catalog::shownId(subject.framework, subject.id), kBold, style);
  if (!subject.name.empty()) out += "  " + paint(subject.name, kBold, style);
  out += fmt::format("\n{}{}{}, {}\n", catalog::title(subject.framework),
                     explanation.version.empty() ? "" : " " + explanation.version,
                     explanation.released.empty() ? "" : fmt::format(" ({})", explanation.released),
                     subjectText(subject));
  if (!subject.because.empty()) out += paint(subject.because, kGap, style) + "\n";
  std::size_t width = 0;
  for (const catalog::ExplainedLine& line : explanation.lines) width = std::max(width, line.key.size());
  for (const catalog::ExplainedLine& line : explanation.lines) {
    const std::size_t count = style.all || line.values.size() <= kValues + 1 ? line.values.size() : kValues;
    std::string values;
    for (std::size_t i = 0; i < count; ++i) values += (i == 0 ? "" : ", ") + line.values[i];
    if (count < line.values.size()) values += fmt::format(" and {} more (--all)", line.values.size() - count);
    out += fmt::format("  {:<{}}  {}\n", line.key, width, values);
  }
  return out;
}

}  // namespace

std::string explainText(const Explanation& explanation, const ExplainStyle& style) {
  std::string out = headText(explanation, style), left;
  bool brief = false;  // a group without links takes one line and needs no room around it
  for (const LinkGroup& group : explanation.groups) {
    if (!style.all && isLeftOut(explanation, group)) {
      left += fmt::format("{}{} {}", left.empty() ? "" : ", ", group.links.size(), group.title);
      continue;
    }
    if (!brief || !group.links.empty()) out += "\n";
    out += groupText(group, style);
    brief = group.links.empty();
  }
  if (!left.empty()) out += fmt::format("\nNot shown: {} (--all)\n", left);
  return out;
}

std::string explainText(const catalog::Answer& answer, const ExplainStyle& style) {
  std::string out;
  if (!answer.choices.empty()) {
    out = fmt::format("{} may be\n", answer.asked);
    std::size_t width = 0;
    for (const Subject& choice : answer.choices) width = std::max(width, catalog::sayExactly(choice).size());
    for (const Subject& choice : answer.choices) {
      out += fmt::format("  {:<{}}  {} {}{}\n", catalog::sayExactly(choice), width,
                         catalog::title(choice.framework), subjectText(choice),
                         choice.name.empty() ? "" : ": " + choice.name);
    }
  }
  for (const Explanation& explanation : answer.explanations)
    out += (out.empty() ? "" : "\n\n") + explainText(explanation, style);
  return out;
}

}  // namespace vauban::report
