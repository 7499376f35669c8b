// Writes certificates to a folder.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "channel/verdict.h"

namespace vauban {

struct CertificatesWritten {
  std::vector<std::string> files;    // one for each claim that is kept
  std::vector<std::string> without;  // claims that are kept, of a kind that has no certificate
};

// One file a kept claim; the folder is made. A file is written whole or not at all. Files of claims that are
// no longer kept are removed, others are left alone.
Result<CertificatesWritten> writeCertificates(const std::string& folder, const model::Model& model,
                                              const channel::Judge& judge,
                                              const std::vector<channel::ClaimResult>& results);

}  // namespace vauban
