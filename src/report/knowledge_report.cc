#include "report/knowledge_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace vauban::report {

using catalog::Catalogue;
using catalog::Framework;
using Json = nlohmann::ordered_json;

namespace {

using Counts = std::vector<std::pair<std::string, std::size_t>>;

std::size_t live(const auto& list) {
  return static_cast<std::size_t>(
      std::ranges::count(list, catalog::Standing::live, [](const auto& it) { return it.standing; }));
}

Counts countsOf(const Catalogue& catalogue) {
  Counts counts;
  std::map<catalog::ClassKind, std::size_t> kinds;
  std::size_t techniques = 0;
  for (const catalog::OntologyClass& it : catalogue.ontology.classes) {
    ++kinds[it.kind];
    if (it.kind == catalog::ClassKind::defensive && !it.id.empty()) ++techniques;
  }
  const auto say = [&](std::string what, std::size_t count) {
    if (count != 0) counts.emplace_back(std::move(what), count);
  };
  say("D3FEND techniques", techniques);
  say("D3FEND artifacts", kinds[catalog::ClassKind::artifact]);
  say("D3FEND relations to artifacts", catalogue.ontology.relations.size());
  say("D3FEND references", catalogue.ontology.references.size());
  for (const catalog::Attack& it : catalogue.attack) {
    const std::string domain(catalog::word(it.domain));
    say(domain + " techniques, live", live(it.techniques));
    say(domain + " mitigations, live", live(it.mitigations));
    say(domain + " groups, live", live(it.groups));
    say(domain + " campaigns, live", live(it.campaigns));
    say(domain + " software, live", live(it.software));
  }
  std::map<Framework, std::size_t> controls;
  std::map<std::pair<Framework, std::string>, std::size_t> profiles;
  for (const catalog::Control& it : catalogue.controls) {
    ++controls[it.framework];
    for (const std::string& profile : it.profiles) ++profiles[{it.framework, profile}];
  }
  for (const auto& [framework, count] : controls) say(fmt::format("{} controls", word(framework)), count);
  for (const auto& [profile, count] : profiles)
    say(fmt::format("{} controls, {}", word(profile.first), profile.second), count);
  std::map<std::pair<Framework, Framework>, std::size_t> crosswalks;
  for (const catalog::Crosswalk& it : catalogue.crosswalks) ++crosswalks[{it.fromFramework, it.toFramework}];
  for (const auto& [pair, count] : crosswalks)
    say(fmt::format("{} to {} pairs", word(pair.first), word(pair.second)), count);
  say("ordinal scores (E2)", catalogue.scores.size());
  say("trial rates (E3)", catalogue.trialRates.size());
  say("techniques with public rules", [&] {
    std::set<std::string_view> found;
    for (const catalog::RuleCount& it : catalogue.ruleCounts) {
      if (it.rules != 0) found.insert(it.technique);
    }
    return found.size();
  }());
  say("work roles", catalogue.roles.size());
  say("services with a traffic artifact", catalogue.protocols.size());
  return counts;
}

}  // namespace

std::string knowledgeText(const Catalogue& catalogue) {
  std::string text = "Sources\n";
  std::set<std::string> notices;
  for (const catalog::Source& it : catalogue.sources) {
    text += fmt::format("  {:<26} {:<18} {:<22} {}\n", it.id, word(it.framework), it.version, it.date);
    text += fmt::format("    {}\n    licence: {}\n", it.origin, it.licence);
    if (!it.sha256.empty()) text += fmt::format("    {}\n", it.sha256);
    if (!it.notice.empty()) notices.insert(it.notice);
  }
  text += "\nCounts\n";
  for (const auto& [what, count] : countsOf(catalogue)) text += fmt::format("  {:>7}  {}\n", count, what);
  if (!notices.empty()) text += "\nNotices\n";
  for (const std::string& notice : notices) text += "  " + notice + "\n";
  return text;
}

std::string knowledgeJson(const Catalogue& catalogue) {
  Json sources = Json::array(), counts = Json::object();
  for (const catalog::Source& it : catalogue.sources) {
    sources.push_back({{"id", it.id},
                       {"framework", word(it.framework)},
                       {"version", it.version},
                       {"date", it.date},
                       {"origin", it.origin},
                       {"licence", it.licence},
                       {"notice", it.notice},
                       {"sha256", it.sha256}});
  }
  for (const auto& [what, count] : countsOf(catalogue)) counts[what] = count;
  const Json json = {
      {"format", "vauban-knowledge"}, {"version", 1}, {"sources", sources}, {"counts", counts}};
  return json.dump(1) + "\n";
}

}  // namespace vauban::report
