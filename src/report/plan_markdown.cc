// A page in GitHub Flavored Markdown: what comes from a model is text there, no markup and no mention.
#include <fmt/format.h>

#include <cmath>

#include "report/markup.h"
#include "report/plan_report.h"
#include "report/plan_sheets.h"
#include "report/plan_words.h"

namespace vauban::report {

using plan::Plan;
using plan::PlanStep;

namespace {

std::string plain(std::string_view words) {
  std::string text;
  for (const char c : oneLineOf(words)) {
    if (c == '<') {
      text += "&lt;";
    } else if (c == '&') {
      text += "&amp;";
    } else if (c == '@' || c == '#') {
      text += std::string(1, c) + "<!-- -->";
    } else {
      if (std::string_view("\\`*_{}[]>|~!").find(c) != std::string_view::npos) text += '\\';
      text += c;
    }
  }
  return text;
}

std::string table(const Sheet& sheet) { return sheetMarkdown(sheet) + "\n"; }

std::string head(const PlanReport& report) {
  const Plan& plan = report.plan;
  std::string out = fmt::format("# Plan: {}\n\n", plain(report.model.empty() ? "model" : report.model));
  if (!report.today.empty()) out += fmt::format("- Day: {}\n", plain(report.today));
  out += fmt::format("- Budget: {}{}\n", dayWords(plan.budgetDays),
                     std::isfinite(plan.budgetDays) ? " person-days" : "");
  if (plan.standard)
    out += fmt::format(
        "- Standard: {}; of its {} controls something in reach goes towards {}, this plan towards {}\n",
        plain(plan::inWords(*plan.standard)), plan.standard->controls.size(), plan.problem.controls.size(),
        plan.controlsReached.size());
  out +=
      fmt::format("- Claims kept: {} today, {} then\n", plain(claimCountWords(claimCount(plan, plan.before))),
                  plain(claimCountWords(claimCount(plan, plan.after))));
  out += "\nWhat counts, the first most:\n\n";
  for (std::size_t t = 0; t < plan.problem.tiers.size(); ++t)
    out += fmt::format("{}. {}: {}\n", t + 1, word(plan.problem.tiers[t]),
                       plain(tierMeaning(plan, plan.problem.tiers[t])));
  return out + "\n";
}

std::string stepPart(const PlanReport& report, std::size_t s) {
  const Plan& plan = report.plan;
  const PlanStep& step = plan.steps[s];
  const plan::Candidate& candidate = plan.candidates[step.candidate];
  std::string out = fmt::format("### {}. {}\n\n", s + 1, plain(candidate.title));
  const auto told = [&](std::string_view name, const std::string& words) {
    if (!words.empty()) out += fmt::format("- {}: {}\n", name, plain(words));
  };
  const std::string members = membersWords(candidate);
  told("Candidate", candidate.id + " (" + std::string(word(candidate.kind)) + ")" +
                        (members.empty() ? "" : " " + members));
  told("Effort, a judgement", effortWords(report, candidate));
  told("Accountable", roleName(report.catalogue, candidate.accountable));
  told("Not within a SOC's authority", joined(step.owners, ", "));
  told("Becomes kept", joined(step.kept, ", "));
  told("**No longer kept**", joined(step.lost, ", "));
  told("Becomes provable", joined(step.provable, ", "));
  told("Not provable yet", joined(step.unproven, ", "));
  told("Depth", joined(depthChanges(plan, s), "; "));
  told("Attack success", joined(successChanges(plan, s), "; "));
  told("Best-known effect", effectWords(step));
  told("Towards", joined(standardsWords(candidate), ", "));
  told("Against the best set of this cost", lossWords(plan, step));
  told("Why here", step.why);
  return out + "\n";
}

}  // namespace

std::string planMarkdown(const PlanReport& report) {
  const Plan& plan = report.plan;
  std::string out = head(report);
  if (plan.steps.empty())
    out += "### Road map\n\n" + plain(emptyWords(plan)) + "\n\n";
  else
    out += table(roadMapOverview(report));
  const std::vector<std::string> optimum = optimumWords(plan);
  out += plain(optimum.front()) + "\n";
  for (std::size_t i = 1; i < optimum.size(); ++i) out += (i == 1 ? "\n- " : "- ") + plain(optimum[i]) + "\n";
  if (!plan.steps.empty()) out += "\n" + plain(orderWords(plan)) + "\n";
  out += "\n";
  for (std::size_t s = 0; s < plan.steps.size(); ++s) out += stepPart(report, s);
  if (const Sheet goals = goalSheet(report); !goals.rows.empty()) out += table(goals);
  out += table(beforeAfterSheet(report));
  if (!plan.front.empty()) out += table(alternativesSheet(report));
  out += "### What this rests on\n\n";
  for (const std::string& note : planNotes(report)) out += "- " + plain(note) + "\n";
  return out;
}

}  // namespace vauban::report
