// Where a model stands: which compositions are built of those that have a place in it, by implementation
// group, by standard and by role. Counts, no score: nobody knows what a weighted sum of these would mean.
//
// A pattern has a place where its members fit; it is built there where applying it changes nothing, or where
// the model says that it is deployed. Values; pure functions. Unit: person-days.
#pragma once

#include <string>
#include <vector>

#include "plan/plan_problem.h"

namespace vauban::plan {

struct PatternStanding {
  PatternId pattern;
  std::size_t places = 0, built = 0;
  bool deployed = false;         // the model names it under `countermeasures`
  std::vector<Members> missing;  // in the order of the model
  double daysLeft = 0;
};

struct LevelStanding {
  unsigned level = 1;  // implementation group
  std::size_t places = 0, built = 0;
};

struct StandardStanding {
  Standard standard;
  std::vector<std::string> reached;      // controls towards which something built goes
  std::vector<std::string> withinReach;  // and those that a pattern with a place would add
  // All others: nothing here goes towards them, which says nothing of whether they are met.
  std::size_t silent = 0;
};

struct RoleStanding {
  std::string role;  // NICE
  double daysLeft = 0;
};

struct Maturity {
  std::vector<PatternStanding> patterns;  // those with a place or deployed, by id
  std::vector<LevelStanding> levels;      // 1 to 3
  // The highest group of which, and below, everything that has a place is built; 0: not even the first.
  unsigned reached = 0;
  std::vector<StandardStanding> standards;
  std::vector<RoleStanding> roles;  // by role
};

Maturity maturityOf(const ModelTree& tree, const PatternPlaces& places, const PatternCatalogue& patterns,
                    const std::vector<Standard>& standards);

}  // namespace vauban::plan
