#include "maturity_command.h"

#include <iostream>

#include "plan_ground.h"
#include "report/maturity_report.h"
#include "verdict_format.h"

namespace vauban {

ExitCode maturityCommand(const MaturityCall& call) {
  const auto ground = planningGround(call.model);
  if (!ground) return refuse(call.format, ground.error());
  const PlanningGround& on = **ground;
  const std::vector<std::string> usual{"800-53:moderate", "cis:ig1", "cis:ig2",
                                       "cis:ig3",         "csf",     "iso-27001"};
  std::vector<plan::Standard> standards;
  Diagnostics mistakes;
  for (const std::string& word : call.standards.empty() ? usual : call.standards) {
    const auto standard = plan::standardOfWord(on.catalogue, word);
    if (standard)
      standards.push_back(*standard);
    else
      mistakes.insert(mistakes.end(), standard.error().begin(), standard.error().end());
  }
  if (!mistakes.empty()) return refuse(call.format, mistakes);
  const plan::Maturity maturity = plan::maturityOf(on.of->tree, *on.of->places, on.patterns, standards);
  const report::MaturityReport report{maturity, on.patterns, on.catalogue, on.of->loaded.model.name};
  std::cout << (call.format == "json" ? report::maturityJson(report)
                                      : report::maturityText(report, call.verbose));
  return ExitCode::ok;
}

}  // namespace vauban
