#include <fmt/format.h>

#include <cmath>

#include "report/plan_report.h"
#include "report/plan_sheets.h"
#include "report/plan_words.h"

namespace vauban::report {

using plan::Plan;
using plan::PlanStep;

namespace {

class PlanText {
 public:
  explicit PlanText(const PlanReport& report) : report_(report), plan_(report.plan) {}

  std::string text() {
    addHead();
    addToday();
    addRoadMap();
    addThen();
    addAlternatives();
    line("");
    for (const std::string& note : planNotes(report_)) line("{}", note);
    return std::move(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out_ += oneLineOf(fmt::format(format, std::forward<Args>(args)...));
    while (out_.ends_with(' ')) out_.pop_back();
    out_ += "\n";
  }
  void told(std::string_view name, const std::string& words) {
    if (!words.empty()) line("               {:<13} {}", std::string(name) + ":", words);
  }

  void addHead() {
    line("{}{}", report_.model.empty() ? "model" : report_.model,
         report_.today.empty() ? "" : ", " + report_.today);
    line("Budget: {}{}", dayWords(plan_.budgetDays), std::isfinite(plan_.budgetDays) ? " person-days" : "");
    if (plan_.standard)
      line("Standard: {}; of its {} controls something in reach goes towards {}, this plan towards {}{}",
           plan::inWords(*plan_.standard), plan_.standard->controls.size(), plan_.problem.controls.size(),
           plan_.controlsReached.size(),
           plan_.controlsReached.empty() ? "" : ": " + joined(plan_.controlsReached, ", "));
    line("What counts, the first most:");
    for (std::size_t t = 0; t < plan_.problem.tiers.size(); ++t)
      line("  {} {:<9} {}", t + 1, word(plan_.problem.tiers[t]), tierMeaning(plan_, plan_.problem.tiers[t]));
  }

  void addToday() {
    line("");
    line("Today");
    line("  claims kept: {}", claimCountWords(claimCount(plan_, plan_.before)));
    for (std::size_t g = 0; g < plan_.before.goals.size(); ++g) addGoal(g, plan_.before.goals[g]);
  }

  void addGoal(std::size_t g, const plan::GoalState& state) {
    line("  {}: depth {}, attack success {}", goalWords(plan_, g), depthWords(state), successWords(state));
  }

  void addRoadMap() {
    line("");
    if (plan_.steps.empty()) {
      line("Road map");
      line("  {}", emptyWords(plan_));
    } else {
      line("Road map: {} step{}, {} days, one after the other", plan_.steps.size(),
           plan_.steps.size() == 1 ? "" : "s", dayWords(totalDays(plan_)));
      line("  {:>3}  {:<9} {}", "#", "days", "what");
      for (std::size_t s = 0; s < plan_.steps.size(); ++s) addStep(s);
    }
    const std::vector<std::string> optimum = optimumWords(plan_);
    for (std::size_t i = 0; i < optimum.size(); ++i) line("{}{}", i == 0 ? "" : "  ", optimum[i]);
    if (!plan_.steps.empty()) line("{}", orderWords(plan_));
  }

  void addStep(std::size_t s) {
    const PlanStep& step = plan_.steps[s];
    const plan::Candidate& candidate = plan_.candidates[step.candidate];
    line("  {:>3}  {:<9} {}", s + 1, dayWords(step.start) + "-" + dayWords(step.end), candidate.title);
    const std::string members = membersWords(candidate);
    told("candidate",
         fmt::format("{} ({}){}", candidate.id, word(candidate.kind), members.empty() ? "" : " " + members));
    told("effort", fmt::format("{} days, a judgement: {}", dayWords(candidate.days()),
                               effortWords(report_, candidate)));
    told("accountable", roleName(report_.catalogue, candidate.accountable));
    if (!step.owners.empty()) told("authority", joined(step.owners, ", ") + ": not within a SOC's authority");
    told("kept", joined(step.kept, ", "));
    told("NOT kept now", joined(step.lost, ", "));
    told("provable", joined(step.provable, ", "));
    told("not yet", joined(step.unproven, ", "));
    told("depth", joined(depthChanges(plan_, s), "; "));
    told("success", joined(successChanges(plan_, s), "; "));
    told("known effect", effectWords(step));
    told("towards", joined(standardsWords(candidate), ", "));
    told("this far", lossWords(plan_, step));
    told("why", step.why);
  }

  void addThen() {
    line("");
    line("With all of it built");
    line("  claims kept: {}", claimCountWords(claimCount(plan_, plan_.after)));
    for (std::size_t g = 0; g < plan_.after.goals.size(); ++g) addGoal(g, plan_.after.goals[g]);
    std::vector<std::string> roles;
    for (const auto& [role, days] : effortByRole(plan_))
      roles.push_back(roleName(report_.catalogue, role) + " " + dayWords(days));
    if (!roles.empty()) line("  effort by role: {}", joined(roles, ", "));
  }

  void addAlternatives() {
    if (plan_.front.empty()) return;
    out_ += "\n" + sheetText(alternativesSheet(report_), false);
  }

  const PlanReport& report_;
  const Plan& plan_;
  std::string out_;
};

}  // namespace

std::string planText(const PlanReport& report) { return PlanText(report).text(); }

}  // namespace vauban::report
