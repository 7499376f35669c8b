#include "import/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace vauban::import {

Result<std::string> readRuleFile(const std::string& path, std::size_t mostBytes, const Place& place) {
  auto refuse = [&](std::string_view problem) {
    const Place at = place.file.empty() ? Place{path, 0, 0} : place;
    return failure({Severity::error, at, 0, fmt::format("the rule file {} {}", path, problem), {}, {}});
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return refuse("does not exist");
  if (!std::filesystem::is_regular_file(status))
    return refuse("is not a file");  // a pipe could keep us for ever
  std::ifstream stream(path, std::ios::binary);
  std::string content;
  std::vector<char> block(1U << 16U);
  // One byte more than allowed shows that there is more, whatever the size was said to be.
  while (stream && content.size() <= mostBytes) {
    stream.read(block.data(),
                static_cast<std::streamsize>(std::min(block.size(), mostBytes + 1 - content.size())));
    content.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (content.size() > mostBytes) return refuse(fmt::format("is larger than {} bytes", mostBytes));
  if (!stream.eof()) return refuse("cannot be read");
  return content;
}

}  // namespace vauban::import
