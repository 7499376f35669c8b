#include "output_file.h"

#include <fstream>
#include <iostream>

#include "verdict_format.h"

namespace vauban {

Result<void> writeFile(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  out.close();
  if (!out) return failure({Severity::error, {path, 0, 0}, 0, "cannot be written", "", ""});
  return {};
}

ExitCode tell(const Result<std::string>& answer, const std::string& output, const std::string& format) {
  const std::string errors = format == "json" ? "json" : "text";
  if (!answer) return refuse(errors, answer.error());
  if (output.empty()) {
    std::cout << *answer;
    return ExitCode::ok;
  }
  const auto written = writeFile(output, *answer);
  return written ? ExitCode::ok : refuse(errors, written.error());
}

}  // namespace vauban
