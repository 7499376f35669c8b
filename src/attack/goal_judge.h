// Claims about goals: `never: {goal}`, `depth`, `tripwire` (semantics 5, 7 and 8).
//
// A claim is held against a counterexample: a way to the goal with nothing failed (never), with fewer things
// failed than the claim allows (depth); one that needs no more things to fail than the goal's depth and meets
// fewer decoys than the claim asks for (tripwire).
//   kept         there is none, whatever the model leaves unstated
//   conditional  there is none once some of it is stated: a least set of such statements (implicit hitting
//   sets
//                over the gaps that counterexamples use). What is stated may fail as anything stated: for
//                depth it counts as one layer of its own
//   broken       there is one although everything is stated; a way with the fewest steps found
//   undecided    time ran out
// Conditions of the model are taken together: each hop may meet another value. Refers to the graph;
// immutable, any number of threads may ask.
#pragma once

#include <string>
#include <vector>

#include "attack/attack_graph.h"
#include "attack/attack_path.h"
#include "attack/least_sets.h"
#include "attack/technique_use.h"
#include "channel/verdict.h"

namespace vauban::attack {

bool isAboutGoal(const model::Claim& claim);

class GoalJudge {
 public:
  // `use` names techniques and knows decoys; the graph is that of the whole model, from its own start.
  GoalJudge(const AttackGraph& graph, const TechniqueUse& use, std::string today, double seconds = 30);
  // Of a claim of the graph's model that is about a goal.
  channel::ClaimResult judge(const model::Claim& claim) const;
  // Puts its own in the place of results of claims about goals.
  void judgeAmong(std::vector<channel::ClaimResult>& results) const;

 private:
  const AttackGraph& graph_;
  const TechniqueUse& use_;
  std::string today_;
  double seconds_;
  std::vector<std::vector<StepId>> decoys_;  // steps of each
};

// "T1190 Exploit Public-Facing Application on portal.https, if software nginx fails": a step in one line.
std::string stepInWords(const AttackGraph& graph, const TechniqueUse& use, const PathStep& step);

}  // namespace vauban::attack
