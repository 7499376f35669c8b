// The least set of states closed under the checker's own steps, found by search. A certificate's closures are
// never searched for: they are held against each step. This serves what no certificate says: which tunnels he
// opens though nobody in `from` helps him.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "check/one_step.h"

namespace vauban::check {

class Search {
 public:
  // `hisEnd`: what starts in the claim's `from` goes no further.
  Search(const Network& network, const Ways& ways, const Aims& aims, const Stance& stance, bool hisEnd)
      : network_(network), stance_(stance), step_(network, ways, aims, stance_), hisEnd_(hisEnd) {}
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  // Whether the bytes get to where he waits. Code that they have brought somewhere hears there, too: the
  // search starts again, until none is new.
  bool arrives();
  const std::string& way() const { return way_; }
  const std::vector<State>& states() const { return states_; }
  std::vector<bool> codes() const;  // by party: where code of his is

 private:
  void look();
  std::string wayTo(std::size_t at) const;
  void add(const State& state, std::size_t from, const std::string& how);

  const Network& network_;
  Stance stance_;
  OneStep step_;
  bool hisEnd_;
  std::vector<State> states_;
  std::vector<std::pair<std::size_t, std::string>> steps_;  // from which state, and how
  std::string way_;
  bool arrived_ = false;
};

}  // namespace vauban::check
