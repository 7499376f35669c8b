// What to build next: the best set under a budget, as a road map, with what each step makes true and why it
// stands where it does (semantics 11).
//
// The set is chosen by the selection engine over tiers (plan_problem.h); every design that is credited has
// been solved by the verifier and the attack graph, so that what an attacker goes round counts for nothing.
// The order is the one with the greatest area under the value curve, one step built after the other. Optimal
// where it says `proven`, else with the bound that is known. Values; deterministic unless time runs out.
// Unit: person-days.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/budget_front.h"
#include "plan/plan_problem.h"
#include "plan/road_map.h"

namespace vauban::plan {

enum class Credit : std::uint8_t {
  design,  // of a design what is true of the whole of it
  paths,   // of each candidate today's shortest ways that it cuts: what a planner does that solves nothing
           // again. Only for comparison
};

struct PlanQuestion {
  std::optional<double> budgetDays;     // none: the model's; it has none: no limit
  std::map<std::string, double> roles;  // by role; empty: the model's
  std::optional<Standard> standard;
  CandidateScope scope;
  std::size_t target = kTargetDepth;
  double seconds = 120;              // for all of the search
  std::size_t evaluations = 20'000;  // designs judged
  unsigned threads = 1;
  bool front = true;   // the best at other budgets, too
  bool orders = true;  // road map; false: the set alone
  Credit credit = Credit::design;
};

// What a plan is made in and with; all of it outlives the plan.
struct PlanGround {
  const ModelTree* tree = nullptr;
  const PatternPlaces* places = nullptr;
  const PatternCatalogue* patterns = nullptr;
  DesignJudging judging;
};

// What is known of what a step deploys.
struct StepEffect {
  std::string countermeasure, technique;
  measure::Effectiveness known;
};

struct PlanStep {
  std::uint32_t candidate = 0;
  double start = 0, end = 0;          // days from now, one step after the other
  std::vector<std::string> kept;      // claims of the model that are kept from here on
  std::vector<std::string> lost;      // that were kept and are not
  std::vector<std::string> provable;  // guarantees of patterns that hold from here on
  std::vector<std::string> unproven;  // guarantees of this step that do not hold yet
  std::vector<GoalState> goals;       // after it
  std::vector<double> value;          // by tier, after it
  std::vector<double> loss;           // by tier, against the best set of the same cost
  bool lossProven = false;
  std::vector<std::string> bestInstead;  // that set, where it is another
  std::vector<StepEffect> effects;       // each with its grade; those that rank, best first
  std::vector<std::string> owners;       // D3FEND tactics of what it deploys that no SOC has authority over
  std::string why;                       // why it stands here and not later
};

struct PlanAlternative {
  double budget = 0, days = 0;
  std::vector<std::string> chosen;  // ids
  std::vector<double> value;
  bool proven = false;
};

struct Plan {
  std::vector<Candidate> candidates;
  bool allPlaces = true;  // false: a pattern fits more places than were looked at
  std::vector<model::Goal> goals;
  std::vector<std::string> goalWords;
  PlanProblem problem;
  double budgetDays = 0;  // infinite: none
  std::optional<Standard> standard;
  DesignState before, after;
  std::vector<double> valueBefore;
  SelectionAnswer answer;
  std::vector<PlanStep> steps;
  bool orderProven = false;
  std::vector<double> area;  // by tier
  std::vector<PlanAlternative> front;
  std::size_t judged = 0;                    // designs solved
  std::vector<std::string> controlsReached;  // of the standard
};

// Errors: the model cannot be read; no design that can be built is allowed.
Result<Plan> planOf(const PlanGround& ground, const PlanQuestion& question);

}  // namespace vauban::plan
