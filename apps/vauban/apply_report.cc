#include "apply_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/verdict_report.h"

namespace vauban {
namespace {

using Json = nlohmann::ordered_json;
using plan::ClaimEffect;

std::string verdictWord(const std::optional<channel::Verdict>& verdict) {
  return verdict ? channel::toString(*verdict) : "not sayable";
}

std::string effortWords(const plan::Pattern& pattern) {
  std::string text;
  for (const plan::Effort& it : pattern.effort)
    text += fmt::format("{}{} {:g}", text.empty() ? "" : ", ", it.role, it.days);
  return fmt::format("{:g} person-days ({}; a judgement, no measurement)", pattern.effortDays(), text);
}

std::string leftOver(const ClaimEffect& claim) {
  std::string text;
  for (const channel::Hop& hop : claim.witness)
    text += fmt::format("    {} -> {}  {}\n", hop.from, hop.to, report::serviceInWords(hop.packets));
  for (const reach::Atom& atom : claim.conditions)
    text += fmt::format("    kept if you state, in {}:  {}\n", atom.where, atom.line);
  if (!claim.reason.empty()) text += "    " + claim.reason + "\n";
  return text;
}

Json metadata(const plan::Pattern& pattern) {
  Json effort = Json::object();
  for (const plan::Effort& it : pattern.effort) effort[it.role] = it.days;
  Json standards = Json::array();
  for (const auto& [framework, id] : pattern.standards)
    standards.push_back({{"framework", catalog::word(framework)}, {"id", id}});
  return {{"pattern", pattern.id},
          {"title", pattern.title},
          {"summary", pattern.summary},
          {"reference", pattern.reference},
          {"effort_days", pattern.effortDays()},
          {"effort", effort},
          {"effort_basis", "judgement"},
          {"accountable", pattern.accountable},
          {"maturity", pattern.maturity},
          {"d3fend", pattern.d3fend},
          {"standards", standards},
          {"depends_on", pattern.dependsOn},
          {"conflicts", pattern.conflicts}};
}

std::string dumped(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string appliedText(const AppliedPattern& it) {
  std::string text = fmt::format("{}: {}\nmembers: {}\n", it.pattern.id, it.pattern.title,
                                 plan::inWords(it.pattern, it.members));
  if (it.applied.statements.empty()) text += "the model states all of it already\n";
  for (const plan::Statement& statement : it.applied.statements)
    text += fmt::format(
        "  {}{}{}  {}\n", statement.was.empty() ? "+" : "~ ", statement.was.empty() ? " " : "",
        statement.where,
        statement.was.empty() ? statement.text : fmt::format("{} (was {})", statement.text, statement.was));
  std::size_t unchanged = 0;
  std::string provable, others;
  for (const ClaimEffect& claim : it.effect.claims) {
    const std::string change =
        fmt::format("{}: {} -> {}", claim.id, verdictWord(claim.before), verdictWord(claim.after));
    if (claim.becameProvable()) {
      provable += "  " + change + "\n";
    } else if (claim.gotWorse()) {
      others += "worse: " + change + "\n" + leftOver(claim);
    } else if (claim.guarantee && claim.after != channel::Verdict::kept) {
      others += "not kept: " + change + "\n" + leftOver(claim);
    } else if (claim.before != claim.after) {
      others += "better: " + change + "\n";
    } else {
      ++unchanged;
    }
  }
  text += provable.empty() ? "nothing became provable\n" : "became provable:\n" + provable;
  text += others + fmt::format("{} claims as before\n", unchanged);
  for (const std::string& member : it.unused)
    text += fmt::format("{} of the call is not used: the model states its own\n", member);
  for (const std::string& id : it.waitsFor)
    text += fmt::format("it relies on pattern {}, which the model does not list as deployed\n", id);
  return text + "effort: " + effortWords(it.pattern) + "\n";
}

std::string appliedJson(const AppliedPattern& it) {
  Json json = {{"vauban", 1}};
  json.update(metadata(it.pattern));
  Json members = Json::object();
  for (const plan::Member& member : it.pattern.members) members[member.name] = it.members.at(member.name);
  json["members"] = members;
  json["statements"] = Json::array();
  for (const plan::Statement& statement : it.applied.statements)
    json["statements"].push_back({{"where", statement.where},
                                  {"text", statement.text},
                                  {"was", statement.was.empty() ? Json() : Json(statement.was)}});
  json["claims"] = Json::array();
  const auto word = [](const std::optional<channel::Verdict>& verdict) {
    return verdict ? Json(channel::toString(*verdict)) : Json();
  };
  for (const ClaimEffect& claim : it.effect.claims) {
    Json hops = Json::array(), conditions = Json::array();
    for (const channel::Hop& hop : claim.witness)
      hops.push_back({{"from", hop.from}, {"to", hop.to}, {"service", report::serviceInWords(hop.packets)}});
    for (const reach::Atom& atom : claim.conditions)
      conditions.push_back({{"where", atom.where}, {"line", atom.line}});
    json["claims"].push_back({{"id", claim.id},
                              {"guarantee", claim.guarantee},
                              {"before", word(claim.before)},
                              {"after", word(claim.after)},
                              {"became_provable", claim.becameProvable()},
                              {"witness", hops},
                              {"conditions", conditions}});
  }
  json["waits_for"] = it.waitsFor;
  json["unused"] = it.unused;
  json["model"] = it.applied.tree.toYaml();
  return dumped(json);
}

std::string patternsText(const plan::PatternCatalogue& patterns, const std::vector<plan::Fits>& fits) {
  std::string text;
  std::size_t width = 0, places = 0;
  for (const plan::Pattern& pattern : patterns.all()) width = std::max(width, pattern.id.size());
  for (std::size_t p = 0; p < patterns.all().size(); ++p) {
    const plan::Pattern& pattern = patterns.all()[p];
    text += fmt::format("{:<{}}  IG{}  {:>3g} days  {}\n", pattern.id, width, pattern.maturity,
                        pattern.effortDays(), pattern.title);
    if (fits.empty()) {
      for (const plan::Member& member : pattern.members)
        text += fmt::format("{:<{}}    {} ({}{}): {}\n", "", width, member.name, plan::word(member.kind),
                            member.all ? ", all that fit" : "", member.means);
      continue;
    }
    for (const plan::Members& members : fits[p].assignments)
      text += fmt::format("{:<{}}    {}\n", "", width, plan::inWords(pattern, members));
    if (!fits[p].complete) text += fmt::format("{:<{}}    and more\n", "", width);
    places += fits[p].assignments.size();
  }
  if (!fits.empty()) text += fmt::format("{} places where a pattern would change something\n", places);
  return text;
}

std::string patternsJson(const plan::PatternCatalogue& patterns, const std::vector<plan::Fits>& fits) {
  Json list = Json::array();
  for (std::size_t p = 0; p < patterns.all().size(); ++p) {
    const plan::Pattern& pattern = patterns.all()[p];
    Json entry = metadata(pattern);
    entry["members"] = Json::array();
    for (const plan::Member& member : pattern.members)
      entry["members"].push_back({{"name", member.name},
                                  {"kind", plan::word(member.kind)},
                                  {"all", member.all},
                                  {"means", member.means}});
    if (!fits.empty()) {
      entry["fits"] = Json::array();
      for (const plan::Members& members : fits[p].assignments) entry["fits"].push_back(members);
      entry["all_fits"] = fits[p].complete;
    }
    list.push_back(std::move(entry));
  }
  return dumped({{"vauban", 1}, {"patterns", list}});
}

}  // namespace vauban
