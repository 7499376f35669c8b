// What a lab showed, as JSON (docs/formats/lab-record.md), and as what an architect reads in a terminal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lab/experiment.h"
#include "report/verdict_report.h"

namespace vauban::report {

// One scenario: an architecture and what was tried on it. `all`: every probe, not only those that showed
// something or should have.
nlohmann::ordered_json labScenario(const std::string& name, const lab::LabPlan& plan,
                                   const lab::Experiment& experiment,
                                   const std::vector<channel::ClaimResult>& results, bool all);
// One that could not be played, and why.
nlohmann::ordered_json labFailure(const std::string& name, const std::string& why);
// What would be played: machines, daemons, probes; nothing is started.
nlohmann::ordered_json labOutlook(const std::string& name, const lab::LabPlan& plan);
// The whole record: where and when it was made, then the scenarios.
nlohmann::ordered_json labRecord(std::vector<nlohmann::ordered_json> scenarios);

std::string labText(const nlohmann::ordered_json& record, const TextStyle& style);
std::string labOutlookText(const nlohmann::ordered_json& outlook);

}  // namespace vauban::report
