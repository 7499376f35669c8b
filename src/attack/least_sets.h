// The minimal sets of layers that derive a goal, or that keep it off, least ones first.
//
// "The goal holds once these layers have failed" only ever becomes true as layers are added. Two families are
// asked for: the minimal sets that *derive* the goal, and the minimal sets that *keep it off*, however many
// of the others fail. Every member of one family meets every member of the other, so each is found as least
// hitting sets of what is known of the other (implicit hitting sets; Chandrasekaran et al., 2011; Reiter,
// 1987):
//   1. The closure judges a candidate. If it fails the test, the candidate is grown or shrunk to a minimal
//   set of the
//      other family that it does not meet: one more row of an integer program.
//   2. A greedy hitting set is the next candidate, as long as it fails; one that passes is an upper bound.
//   3. The integer program gives the least hitting set: a lower bound, and exact once it passes. Sets already
//   found,
//      and all that contain them, are cut off; what it gives next is minimal again, and not smaller.
//
// Sets are sorted; the order of the answer is that of the size, then as found. Same graph, same answer,
// unless time runs out.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "attack/closure.h"
#include "attack/integer_program.h"

namespace vauban::attack {

struct SearchLimits {
  double seconds = 30;    // for one search
  std::size_t sets = 64;  // sets in an answer; 1: no search for others, and whether there are is not known
  std::size_t rounds = 20'000;  // candidates judged in one search
};

using LayerSet = std::vector<LayerId>;

enum class Family : std::uint8_t { derives, keepsOff };

struct LeastSetsAnswer {
  // Where the goal holds with no layer failed nothing keeps it off; where it does not with all nothing
  // derives it.
  bool possible = false;
  std::size_t lower = 0;       // no set is smaller
  bool exact = false;          // sets[0] has `lower` members
  std::vector<LayerSet> sets;  // if not exact, the first is the smallest known; empty only where not possible
  bool complete = false;       // `sets` are all there are (with `leastOnly`: all of the least size)
};

class LeastSets {
 public:
  // Refers to the graph and the solver.
  LeastSets(const DerivationGraph& graph, FactId goal, Family family, const Solver& solver = Solver::highs());
  LeastSetsAnswer find(bool leastOnly, const SearchLimits& limits);

 private:
  // Whether a candidate is in the family, perhaps with more than it needs. If not, `row` is a minimal set of
  // the other family that it does not meet.
  bool passes(const LayerSet& candidate, LayerSet& row);
  // A minimal set of the family inside one that passes.
  LayerSet minimalWithin(const LayerSet& passing);
  LayerSet shrunk(const LayerSet& deriving);  // minimal in deriving
  LayerSet refused();                         // grows what has failed as far as it goes; what is left
  void failAll(const LayerSet& layers) { closure_.fail(layers); }
  LayerSet others(const LayerSet& layers) const;
  LayerSet needed() const;  // layers that the supports of the goal rest on

  void addRow(LayerSet row);
  // Judges, and where the candidate fails adds rows that do not meet each other until what they have in all
  // passes.
  bool judge(const LayerSet& candidate, LayerSet* passing);
  LayerSet greedy() const;
  // The least hitting set of the rows without those found, of a size between the two.
  Solution least(std::size_t atLeast, std::size_t atMost) const;
  void establishLeast(LeastSetsAnswer& answer);
  void addMore(LeastSetsAnswer& answer, bool leastOnly, const SearchLimits& limits);
  double secondsLeft() const;
  bool outOfTime() const { return secondsLeft() <= 0 || rounds_ >= mostRounds_; }

  const DerivationGraph& graph_;
  FactId goal_;
  Family family_;
  const Solver& solver_;
  Closure closure_;  // nothing failed, but while a candidate is judged
  Closure::Mark nothing_;
  std::vector<LayerSet> rows_;     // members of the other family
  std::vector<LayerSet> blocked_;  // sets of the answer
  std::chrono::steady_clock::time_point end_;
  std::size_t rounds_ = 0, mostRounds_ = 0;
};

}  // namespace vauban::attack
