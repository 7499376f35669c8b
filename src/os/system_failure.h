// What the kernel refused, as a diagnostic: the operation in words, then the kernel's own error.
#pragma once

#include <string>

#include "base/result.h"

namespace vauban::os {

// "Operation not permitted (EPERM)".
std::string systemError(int error);

// A failure whose message is "OPERATION: ERROR"; the operation says what was tried and on what.
std::unexpected<Diagnostics> systemFailure(const std::string& operation, int error);

// One without an error of the kernel.
std::unexpected<Diagnostics> labFailure(std::string message, std::string expected = {},
                                        std::string nearest = {});

}  // namespace vauban::os
