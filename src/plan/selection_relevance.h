// A guess which candidates a level depends on, from all designs judged so far.
//
// A design at which the level is good and one at which it is not differ in a candidate that matters (good: as
// its direction has it, with more built for a closing level). The least set of candidates that explains all
// such pairs is the guess; the smaller a difference, the more it says. Only the order of questions rests on
// it, never an answer.
#pragma once

#include <vector>

#include "plan/selection_knowledge.h"

namespace vauban::plan {

struct Relevance {
  CandidateSet guessed;        // what turned the level before, and what explains the rest
  std::vector<double> weight;  // by candidate: how much speaks for it; > 0
};

Relevance relevanceOf(const SelectionKnowledge& knowledge, std::size_t level);

}  // namespace vauban::plan
