// Places and services named on the command line: the same words as in a model file.
#pragma once

#include <string>

#include "base/result.h"
#include "model/model.h"

namespace vauban::model {

// The claim `never: {channel: {from, to, over}}` of a call. Words are separated by commas; an empty text is
// `any`. Diagnostics name the option in place of a file.
Result<Claim> claimOfCall(const Model& model, const std::string& from, const std::string& to,
                          const std::string& over);

}  // namespace vauban::model
