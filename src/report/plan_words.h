// What every format of a plan says of it, in words: amounts of a tier, states of a goal, effort by role, what
// a step is known to do, and how sure all of it is. Pure functions of their arguments.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/plan_report.h"

namespace vauban::report {

// One line of valid UTF-8, whatever is in it.
std::string oneLineOf(std::string_view text);
std::string joined(const std::vector<std::string>& words, std::string_view between);

std::string dayWords(double days);  // "12", "0.5"; "no limit"
double totalDays(const plan::Plan& plan);

// "Network Operations"; the id where the catalogue does not have it.
std::string roleName(const catalog::Catalogue& catalogue, const std::string& id);
// "Network Operations 10, Systems Administration 6".
std::string effortWords(const PlanReport& report, const plan::Candidate& candidate);
// Of all steps, by role.
std::map<std::string, double> effortByRole(const plan::Plan& plan);
// "clients=hq-lan resolvers=dns-int1,dns-int2".
std::string membersWords(const plan::Candidate& candidate);
std::vector<std::string> standardsWords(const plan::Candidate& candidate);  // "AC-4", "CIS 9.2"

struct ClaimCount {
  std::size_t kept = 0, of = 0;
  std::map<channel::Verdict, std::size_t> others;  // not kept
};
// The model's own claims; guarantees of patterns are none.
ClaimCount claimCount(const plan::Plan& plan, const plan::DesignState& state);
std::string claimCountWords(const ClaimCount& count);  // "2 of 5 (2 broken, 1 conditional)"

std::string goalWords(const plan::Plan& plan, std::size_t goal);
std::string depthWords(const plan::GoalState& state);    // "impossible", "0 (open)", "2", "at least 2"
std::string successWords(const plan::GoalState& state);  // "0.1..0.9"; "0..1 (nobody knows)"
// Before a step: after the one before it, or today.
const std::vector<plan::GoalState>& goalsBefore(const plan::Plan& plan, std::size_t step);
// Layers more; none where one of the two is no exact number.
std::optional<long> depthGained(const plan::GoalState& before, const plan::GoalState& after);
// By goal where it changes: "records gets outside: 1 -> 2".
std::vector<std::string> depthChanges(const plan::Plan& plan, std::size_t step);
std::vector<std::string> successChanges(const plan::Plan& plan, std::size_t step);

// What the tier counts, of this plan.
std::string tierMeaning(const plan::Plan& plan, plan::TierKind kind);
std::string amountWords(plan::TierKind kind, double amount);  // "1 claim", "0.35 of attack success"
// By tier: "3 claims, 2 layers".
std::string valueWords(const plan::Plan& plan, const std::vector<double>& value);
// How far what stands after a step falls short of the best set of its cost.
std::string lossWords(const plan::Plan& plan, const plan::PlanStep& step);

// The effect with the most that is known: the first; "E3 0.2..0.6 that T1048 is stopped by D3-NTF", with how
// many pairs there are besides. "applicable (E1)" where no grade lets a number stand.
std::string effectWords(const plan::PlanStep& step);
std::string effectValue(const measure::Effectiveness& known);  // "E3 0.2..0.6", "E1 applicable", "proven"

// Whether the set is the best, and if that is not proven how much better another could be; a sentence a line.
std::vector<std::string> optimumWords(const plan::Plan& plan);
std::string orderWords(const plan::Plan& plan);
// Why there is no step; "" where there is one.
std::string emptyWords(const plan::Plan& plan);
// What is judgement, what was solved again, what was left out.
std::vector<std::string> planNotes(const PlanReport& report);

}  // namespace vauban::report
