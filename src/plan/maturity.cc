#include "plan/maturity.h"

#include <algorithm>
#include <map>
#include <set>

namespace vauban::plan {

Maturity maturityOf(const ModelTree& tree, const PatternPlaces& places, const PatternCatalogue& patterns,
                    const std::vector<Standard>& standards) {
  using Control = std::pair<catalog::Framework, std::string>;
  Maturity maturity;
  std::set<Control> reached, reachable;
  std::map<std::string, double> roles;
  for (unsigned level = 1; level <= 3; ++level) maturity.levels.push_back({level, 0, 0});
  for (std::size_t p = 0; p < patterns.all().size(); ++p) {
    const Pattern& pattern = patterns.all()[p];
    if (pattern.single) continue;
    PatternStanding standing;
    standing.pattern = PatternId(p);
    standing.deployed =
        std::ranges::any_of(places.model().countermeasures,
                            [&](const model::Countermeasure& it) { return it.pattern == pattern.id; });
    for (const Members& members : places.fits(pattern).assignments) {
      ++standing.places;
      const auto applied = applyPattern(tree, places, pattern, members);
      if (applied && applied->statements.empty()) {
        ++standing.built;
        continue;
      }
      standing.missing.push_back(members);
      standing.daysLeft += pattern.effortDays();
      for (const Effort& it : pattern.effort) roles[it.role] += it.days;
    }
    if (standing.places == 0 && !standing.deployed) continue;
    LevelStanding& level = maturity.levels[pattern.maturity - 1];
    level.places += standing.places;
    level.built += standing.built;
    for (const Control& control : pattern.standards) {
      if (standing.built > 0 || standing.deployed) reached.insert(control);
      reachable.insert(control);
    }
    maturity.patterns.push_back(std::move(standing));
  }
  for (const LevelStanding& level : maturity.levels) {
    if (level.built < level.places) break;
    maturity.reached = level.level;
  }
  for (const Standard& standard : standards) {
    StandardStanding standing;
    standing.standard = standard;
    for (const std::string& id : standard.controls) {
      if (reached.contains({standard.framework, id})) {
        standing.reached.push_back(id);
      } else if (reachable.contains({standard.framework, id})) {
        standing.withinReach.push_back(id);
      } else {
        ++standing.silent;
      }
    }
    maturity.standards.push_back(std::move(standing));
  }
  for (const auto& [role, days] : roles) maturity.roles.push_back({role, days});
  return maturity;
}

}  // namespace vauban::plan
