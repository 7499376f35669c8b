// Verdicts as SARIF 2.1.0 (OASIS, 27 March 2020), as GitHub code scanning and other viewers read it
// (docs/formats/sarif.md).
#pragma once

#include <string>
#include <vector>

#include "channel/verdict.h"
#include "model/model.h"

namespace vauban::report {

struct SarifCall {
  std::string version;  // of this program
  std::string folder;   // absolute: files below it are named relative to it, others by a file: URI
};

// One result for each claim that is not kept; each kind of claim is a rule.
std::string verifySarif(const model::Model& model, const std::vector<channel::ClaimResult>& results,
                        const channel::Trust& trust, const SarifCall& call);

// A model that cannot be judged: its mistakes as results, and an invocation that did not succeed.
std::string diagnosticsSarif(const Diagnostics& diagnostics, const SarifCall& call);

// The URI of a file (RFC 3986); relative where the file is below the folder.
struct SarifUri {
  std::string uri;
  bool relative = false;
};
SarifUri sarifUri(const std::string& file, const std::string& folder);

}  // namespace vauban::report
