// Certificates as files (docs/formats/certificate.md).
#pragma once

#include <string>

#include "channel/certificate.h"
#include "model/model.h"

namespace vauban::report {

std::string certificateJson(const model::Model& model, const channel::Certificate& certificate);
// The certificate in words, for a terminal.
std::string certificateText(const channel::Certificate& certificate);
// A claim's id as a file name: what is not a letter, digit, '.', '-' or '_' becomes '_'.
std::string certificateFileName(const std::string& claimId);

}  // namespace vauban::report
