#include "os/system_failure.h"

#include <fmt/format.h>

#include <cstring>

namespace vauban::os {

std::string systemError(int error) {
  const char* name = strerrorname_np(error);
  const char* text = strerrordesc_np(error);
  if (name == nullptr || text == nullptr) return fmt::format("error {}", error);
  return fmt::format("{} ({})", text, name);
}

std::unexpected<Diagnostics> systemFailure(const std::string& operation, int error) {
  return failure({Severity::error, {}, 0, fmt::format("{}: {}", operation, systemError(error)), {}, {}});
}

std::unexpected<Diagnostics> labFailure(std::string message, std::string expected, std::string nearest) {
  return failure({Severity::error, {}, 0, std::move(message), std::move(expected), std::move(nearest)});
}

}  // namespace vauban::os
