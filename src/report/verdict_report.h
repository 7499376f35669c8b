// Verdicts as JSON (docs/formats/verify-json.md) and as what an architect reads in a terminal.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "channel/verdict.h"
#include "model/model.h"
#include "model/model_reader.h"

namespace vauban::report {

struct TextStyle {
  bool colour = false;   // only on a terminal
  bool verbose = false;  // all assumptions, and the certificate of what is kept
  // Verdicts of a run before this one, by claim: what differs is marked. Outlives the call.
  const std::map<std::string, channel::Verdict>* before = nullptr;
};

std::string verifyJson(const model::Model& model, const std::vector<channel::ClaimResult>& results,
                       const channel::Trust& trust);
std::string verifyText(const model::Model& model, const std::vector<channel::ClaimResult>& results,
                       const channel::Trust& trust, const TextStyle& style);

std::string egressJson(const model::Model& model, const channel::EgressTable& table);
std::string egressText(const channel::EgressTable& table, const TextStyle& style);

std::string reachJson(const model::Model& model, const std::vector<channel::ReachEntry>& entries);
std::string reachText(const std::vector<channel::ReachEntry>& entries);

std::string servicesJson(const model::BehaviourCatalogue& behaviours);
std::string servicesText(const model::BehaviourCatalogue& behaviours);

std::string diagnosticsJson(const Diagnostics& diagnostics);

// "1.2 Mbit/s".
std::string rateInWords(double bitsPerSecond);
// The name of a built-in service where the set is one, else its notation.
std::string serviceInWords(space::ServiceSet services);

}  // namespace vauban::report
