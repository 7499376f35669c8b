// A design: the model with some candidates built, and what is true of it.
//
// Everything is judged on the whole changed design by the verifier and the attack graph, never added up from
// what each candidate does alone: an attacker goes round what is built in one place, and two statements may
// prove together what neither proves. Candidates are applied in one order whatever the order of building:
// patterns before those that depend on them, then singles, then withdrawals.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "measure/measure.h"
#include "plan/candidates.h"

namespace vauban::plan {

// Of a goal of the model, in a design.
struct GoalState {
  bool possible = true;   // false: not even when everything fails that may
  std::size_t depth = 0;  // layers that must fail; at least so many where it is not exact
  bool exact = true;
  measure::Interval success;  // of the way that is best for the attacker; [0, 0] where it is impossible
};

struct DesignState {
  std::map<std::string, channel::Verdict> claims;  // by id; guarantees of patterns among them
  std::vector<GoalState> goals;                    // in the order of `Designs::goals`
};

struct DesignJudging {
  Judging judging;                                       // with templates and use
  const measure::CatalogueEvidence* evidence = nullptr;  // none: no success is measured
  double seconds = 5;                                    // for the depth of one goal
};

// All designs of a list of candidates; refers to all that it is made of. Any number of threads may ask.
class Designs {
  enum class View : std::uint8_t { real, shut, open };

 public:
  Designs(ModelTree tree, const PatternPlaces& places, const PatternCatalogue& patterns,
          const std::vector<Candidate>& candidates, DesignJudging judging);

  // Errors: two candidates clash (a name, an address); the changed model cannot be read.
  Result<ModelTree> tree(const Design& design) const { return tree(design, View::real); }
  Result<model::Model> model(const Design& design) const { return model(design, View::real); }
  Result<DesignState> state(const Design& design) const { return state(design, View::real); }  // remembered

  // Bounds of designs, remembered: as if nothing that is not mixed permitted anything, and as if all that is
  // not mixed permitted what it does. Every part of `design` (with the same mixed members) is at least as
  // open as the one and, where it has all of `design`, at most as open as the other. Only claims that are not
  // kept today are judged shut, only `always` ones open.
  Result<DesignState> shut(const Design& design) const { return state(design, View::shut); }
  Result<DesignState> open(const Design& design) const { return state(design, View::open); }

  // What the verifier alone says of the design as if nothing that is not mixed permitted anything, by claim;
  // claims about goals are left out. Not remembered.
  Result<std::map<std::string, channel::Verdict>> verdictsShut(const Design& design) const;

  const std::vector<model::Goal>& goals() const { return goals_; }
  std::size_t judged() const;

 private:
  Result<ModelTree> tree(const Design& design, View view) const;
  Result<model::Model> model(const Design& design, View view) const;
  Result<DesignState> state(const Design& design, View view) const;
  Result<DesignState> judge(const Design& design, View view) const;

  ModelTree tree_;
  const PatternPlaces& places_;
  const PatternCatalogue& patterns_;
  const std::vector<Candidate>& candidates_;
  DesignJudging judging_;
  std::vector<std::uint32_t> order_;  // by candidate: when it is applied
  std::vector<model::Goal> goals_;
  mutable std::mutex mutex_;
  mutable std::map<std::pair<View, Design>, Result<DesignState>> known_;
};

}  // namespace vauban::plan
