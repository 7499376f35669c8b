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

#include "attack/attack_graph.h"
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

  // Has them judged at the same time, so that `state` knows them.
  void judgeAll(const std::vector<Design>& designs, unsigned threads) const;

  // The same verdicts of the model's own claims, the same depths and the same upper ends of success as of
  // `state`, for less where ways on which no enforcement point fails decide them; possible is a
  // goal that is possible in `state`, but the lower end of its success may be less. Remembered.
  Result<DesignState> bounded(const Design& design) const { return bounded(design, View::real); }

  // Bounds of designs, remembered: as if nothing that is not mixed permitted anything, and as if all that is
  // not mixed permitted what it does. Every part of `design` (with the same mixed members) is at least as
  // open as the one and, where it has all of `design`, at most as open as the other. Only claims that are not
  // kept today are judged shut, as far as by `bounded`; only `always` ones open.
  Result<DesignState> shut(const Design& design) const { return bounded(design, View::shut); }
  Result<DesignState> open(const Design& design) const { return state(design, View::open); }

  // What the verifier alone says of the claims of the three above; claims about goals are left out.
  // Remembered.
  using Verdicts = std::map<std::string, channel::Verdict>;  // by claim
  Result<Verdicts> verdicts(const Design& design) const { return verdicts(design, View::real); }
  Result<Verdicts> verdictsShut(const Design& design) const { return verdicts(design, View::shut); }
  Result<Verdicts> verdictsOpen(const Design& design) const { return verdicts(design, View::open); }

  // The goals of `shut` as if no enforcement point could fail: at least as deep as they are. Not remembered.
  Result<std::vector<GoalState>> goalsAtBest(const Design& design) const;

  const std::vector<model::Goal>& goals() const { return goals_; }
  std::size_t judged() const;       // designs, of each view
  std::size_t wholeGraphs() const;  // of them those whose points could fail

 private:
  Result<ModelTree> tree(const Design& design, View view) const;
  Result<model::Model> model(const Design& design, View view) const;
  Result<DesignState> state(const Design& design, View view) const;
  Result<DesignState> bounded(const Design& design, View view) const;
  Result<Verdicts> verdicts(const Design& design, View view) const;
  // Of a bound only the claims that it bounds are left; what is kept today is at its best already.
  Result<model::Model> judgedModel(const Design& design, View view) const;
  struct Judged {
    DesignState state;
    bool whole = true;  // false: only as far as `bounded` promises
  };
  Result<Judged> judge(const Design& design, View view, bool whole) const;
  Result<std::vector<GoalState>> goalsIn(const attack::AttackGraph& graph) const;

  ModelTree tree_;
  const PatternPlaces& places_;
  const PatternCatalogue& patterns_;
  const std::vector<Candidate>& candidates_;
  DesignJudging judging_;
  std::vector<std::uint32_t> order_;  // by candidate: when it is applied
  std::vector<model::Goal> goals_;
  mutable std::mutex mutex_;
  using Known = std::map<std::pair<View, Design>, Result<DesignState>>;
  Result<DesignState> remember(Known& known, const std::pair<View, Design>& key, Result<Judged> judged) const;

  mutable Known known_, bounded_;
  mutable std::map<std::pair<View, Design>, Result<Verdicts>> verdicts_;
};

}  // namespace vauban::plan
