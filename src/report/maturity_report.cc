#include "report/maturity_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "report/plan_words.h"

namespace vauban::report {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string maturityText(const MaturityReport& report, bool verbose) {
  const plan::Maturity& maturity = report.maturity;
  std::string out = fmt::format("{}: where it stands\n\nCompositions, at the places where they fit\n",
                                report.model.empty() ? "model" : report.model);
  out += fmt::format("  {:<34} {:<6} {:>6} {:>6} {:>10}\n", "", "group", "places", "built", "days left");
  for (const plan::PatternStanding& it : maturity.patterns) {
    const plan::Pattern& pattern = report.patterns.at(it.pattern);
    out += fmt::format("  {:<34} IG{:<4} {:>6} {:>6} {:>10}{}\n", pattern.id, pattern.maturity, it.places,
                       it.built, it.daysLeft, it.deployed ? "  the model says it is deployed" : "");
    if (verbose)
      for (const plan::Members& members : it.missing)
        out += fmt::format("      not yet: {}\n", plan::inWords(pattern, members));
  }
  if (maturity.patterns.empty()) out += "  none has a place here\n";
  out += "\nBy implementation group\n";
  for (const plan::LevelStanding& it : maturity.levels)
    out += fmt::format("  IG{}  {} of {} places built\n", it.level, it.built, it.places);
  std::size_t places = 0;
  for (const plan::LevelStanding& it : maturity.levels)
    places += it.level <= maturity.reached ? it.places : 0;
  if (maturity.reached == 0) {
    out += "  not all of IG1 is built where it fits\n";
  } else {
    // Where nothing has a place, nothing was done.
    out += fmt::format(
        "  {} IG{}{} {}\n", places == 0 ? "nothing of" : "all of", maturity.reached,
        maturity.reached > 1 ? " and below" : "",
        places == 0 ? "has a place here: that says nothing of how far it is" : "is built where it fits");
  }
  for (const plan::StandardStanding& it : maturity.standards) {
    out += fmt::format(
        "\n{}: of {} controls something built goes towards {}, {} more are within reach of what fits here\n",
        plan::inWords(it.standard), it.standard.controls.size(), it.reached.size(), it.withinReach.size());
    if (!it.reached.empty()) out += fmt::format("  reached: {}\n", fmt::join(it.reached, ", "));
    if (!it.withinReach.empty()) out += fmt::format("  within reach: {}\n", fmt::join(it.withinReach, ", "));
    out += fmt::format("  {} that no composition speaks of: nothing is said of whether they are met\n",
                       it.silent);
  }
  out += "\nWork left, by role (days are a judgement of this project, no measurement)\n";
  for (const plan::RoleStanding& it : maturity.roles)
    out +=
        fmt::format("  {}  {:<40} {:>8} days\n", it.role, roleName(report.catalogue, it.role), it.daysLeft);
  if (maturity.roles.empty()) out += "  none\n";
  out +=
      "\na composition whose place is gone once it is built (a zone that is isolated already) is not counted "
      "as built;"
      " `countermeasures` in the model says that it is\n";
  return out;
}

std::string maturityJson(const MaturityReport& report) {
  const plan::Maturity& maturity = report.maturity;
  Json root;
  root["schema"] = "vauban-maturity-1";
  root["model"] = report.model;
  root["effort_basis"] = "judgement";
  root["reached"] = maturity.reached;
  root["patterns"] = Json::array();
  for (const plan::PatternStanding& it : maturity.patterns) {
    const plan::Pattern& pattern = report.patterns.at(it.pattern);
    root["patterns"].push_back({{"pattern", pattern.id},
                                {"title", pattern.title},
                                {"group", pattern.maturity},
                                {"places", it.places},
                                {"built", it.built},
                                {"deployed", it.deployed},
                                {"days_left", it.daysLeft},
                                {"missing", it.missing}});
  }
  root["groups"] = Json::array();
  for (const plan::LevelStanding& it : maturity.levels)
    root["groups"].push_back({{"group", it.level}, {"places", it.places}, {"built", it.built}});
  root["standards"] = Json::array();
  for (const plan::StandardStanding& it : maturity.standards)
    root["standards"].push_back({{"name", plan::inWords(it.standard)},
                                 {"framework", catalog::word(it.standard.framework)},
                                 {"profile", it.standard.profile},
                                 {"controls", it.standard.controls.size()},
                                 {"reached", it.reached},
                                 {"within_reach", it.withinReach},
                                 {"silent", it.silent}});
  root["roles"] = Json::array();
  for (const plan::RoleStanding& it : maturity.roles)
    root["roles"].push_back(
        {{"id", it.role}, {"name", roleName(report.catalogue, it.role)}, {"days_left", it.daysLeft}});
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
