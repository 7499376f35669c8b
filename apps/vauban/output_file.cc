#include "output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "call_mistake.h"
#include "verdict_format.h"

namespace vauban {
namespace {

namespace fs = std::filesystem;

bool writes(const fs::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  out.close();
  return static_cast<bool>(out);
}

// Beside the file, then renamed: half of an answer is never under its name.
bool replaces(const fs::path& path, const std::string& bytes) {
  const fs::path part = fmt::format("{}.{}.part", path.string(), getpid());
  std::error_code error;
  if (fs::exists(fs::symlink_status(part, error))) return false;  // somebody else's
  const fs::file_status before = fs::status(path, error);
  if (!writes(part, bytes)) {
    fs::remove(part, error);
    return false;
  }
  if (fs::exists(before)) fs::permissions(part, before.permissions(), error);
  fs::rename(part, path, error);
  if (!error) return true;
  std::error_code ignored;
  fs::remove(part, ignored);
  return false;
}

}  // namespace

std::optional<Diagnostic> outputMistake(const std::string& path) {
  if (path.empty()) return std::nullopt;
  const auto wrong = [](std::string message) { return callMistake("--output", std::move(message)); };
  std::error_code error;
  if (fs::is_directory(path, error)) return wrong(fmt::format("'{}' is a folder", path));
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, error)) return wrong(fmt::format("'{}' is no folder", folder.string()));
  const bool there = fs::exists(path, error);
  if (access(there ? path.c_str() : folder.c_str(), W_OK) != 0)
    return wrong(fmt::format("'{}' cannot be written", path));
  return std::nullopt;
}

Result<void> writeFile(const std::string& path, const std::string& bytes) {
  std::error_code error;
  // Through a link to what it names. A device or a pipe has no half, and a folder may take no second file.
  const bool there = fs::exists(path, error);
  const fs::path real = there ? fs::canonical(path, error) : fs::path(path);
  // What /dev/stdout names is held open by others.
  const bool beside = !there || (!path.starts_with("/dev/") && fs::is_regular_file(real, error) &&
                                 access(real.parent_path().c_str(), W_OK) == 0);
  if (!(beside ? replaces(real, bytes) : writes(path, bytes)))
    return failure({Severity::error, {path, 0, 0}, 0, "cannot be written", "", ""});
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
