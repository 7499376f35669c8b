// RFC 4180: fields in quotes where they need them, records end in CRLF, one header. What a spreadsheet would
// take for a formula is kept from being one (spreadsheet_text.h).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/plan_report.h"
#include "report/plan_words.h"
#include "report/spreadsheet_text.h"

namespace vauban::report {

using plan::Plan;
using plan::PlanStep;

namespace {

constexpr std::array kHeader = {"step",
                                "start_day",
                                "end_day",
                                "candidate",
                                "kind",
                                "title",
                                "members",
                                "effort_days",
                                "effort_by_role",
                                "effort_basis",
                                "accountable",
                                "accountable_name",
                                "outside_soc",
                                "claims_kept",
                                "claims_lost",
                                "provable",
                                "not_provable_yet",
                                "depth",
                                "attack_success",
                                "countermeasure",
                                "against",
                                "grade",
                                "effect_low",
                                "effect_high",
                                "controls",
                                "value",
                                "loss",
                                "loss_proven",
                                "best_instead",
                                "why"};

std::string field(const std::string& text) {
  const std::string valid = spreadsheetText(text);
  if (valid.find_first_of("\",\r\n") == std::string::npos) return valid;
  std::string quoted = "\"";
  for (const char c : valid) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

// "claims=3;depth=2".
std::string tiers(const Plan& plan, const std::vector<double>& value) {
  std::vector<std::string> all;
  for (std::size_t t = 0; t < std::min(value.size(), plan.problem.tiers.size()); ++t)
    all.push_back(fmt::format("{}={}", word(plan.problem.tiers[t]), dayWords(value[t])));
  return joined(all, ";");
}

std::vector<std::string> record(const Plan& plan, const PlanReport& report, std::size_t s) {
  const PlanStep& step = plan.steps[s];
  const plan::Candidate& candidate = plan.candidates[step.candidate];
  std::vector<std::string> roles, controls;
  for (const plan::Effort& it : candidate.effort) roles.push_back(it.role + "=" + dayWords(it.days));
  for (const auto& [framework, id] : candidate.standards)
    controls.push_back(fmt::format("{}:{}", catalog::word(framework), id));
  std::vector<std::string> all = {std::to_string(s + 1),
                                  dayWords(step.start),
                                  dayWords(step.end),
                                  candidate.id,
                                  std::string(word(candidate.kind)),
                                  candidate.title,
                                  membersWords(candidate),
                                  dayWords(candidate.days()),
                                  joined(roles, ";"),
                                  "judgement",
                                  candidate.accountable,
                                  roleName(report.catalogue, candidate.accountable),
                                  joined(step.owners, ";"),
                                  joined(step.kept, ";"),
                                  joined(step.lost, ";"),
                                  joined(step.provable, ";"),
                                  joined(step.unproven, ";"),
                                  joined(depthChanges(plan, s), ";"),
                                  joined(successChanges(plan, s), ";")};
  // The first is the best known; a grade that may not rank has no number.
  if (step.effects.empty()) {
    all.insert(all.end(), 5, "");
  } else {
    const plan::StepEffect& best = step.effects.front();
    const bool ranks = best.known.ranks();
    all.push_back(best.countermeasure);
    all.push_back(best.technique);
    all.push_back(best.known.grade ? std::string(word(*best.known.grade)) : "");
    all.push_back(ranks ? dayWords(best.known.interval->lo) : "");
    all.push_back(ranks ? dayWords(best.known.interval->hi) : "");
  }
  all.push_back(joined(controls, ";"));
  all.push_back(tiers(plan, step.value));
  all.push_back(tiers(plan, step.loss));
  all.push_back(step.lossProven ? "yes" : "no");
  all.push_back(joined(step.bestInstead, ";"));
  all.push_back(step.why);
  return all;
}

std::string written(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : ",") + field(fields[i]);
  return line + "\r\n";
}

}  // namespace

std::string planCsv(const PlanReport& report) {
  std::string out = written({kHeader.begin(), kHeader.end()});
  for (std::size_t s = 0; s < report.plan.steps.size(); ++s) out += written(record(report.plan, report, s));
  return out;
}

}  // namespace vauban::report
