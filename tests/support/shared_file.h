// The reference data beside the checkout, for tests that are about the real files; it is not part of the
// project.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "os/whole_file.h"

namespace vauban::test {

inline std::string sharedPath(const std::string& name) {
  return std::string(VAUBAN_SHARED_DIR) + "/data/" + name;
}
inline bool hasShared(const std::string& name) { return std::filesystem::exists(sharedPath(name)); }

// A file, unpacked where it is packed; fails the test where it cannot be read.
inline std::string sharedFile(const std::string& name) {
  Result<std::string> text = os::wholeFile(sharedPath(name), 1U << 30U);
  if (text) return std::move(*text);
  ADD_FAILURE() << name << ": " << text.error().front().message;
  return {};
}

// The rows of a tab-separated table below its header, each as column name -> cell.
inline std::vector<std::map<std::string, std::string>> sharedTable(const std::string& name) {
  const auto cells = [](const std::string& line) {
    std::vector<std::string> found(1);
    for (const char c : line) {
      if (c == '\t') {
        found.emplace_back();
      } else {
        found.back() += c;
      }
    }
    return found;
  };
  std::istringstream text(sharedFile(name));
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> header = cells(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(text, line)) {
    const std::vector<std::string> row = cells(line);
    std::map<std::string, std::string>& named = rows.emplace_back();
    for (std::size_t i = 0; i < header.size(); ++i)
      named[header[i]] = i < row.size() ? row[i] : std::string();
  }
  return rows;
}

}  // namespace vauban::test

#define VAUBAN_NEEDS_SHARED(name)     \
  if (!vauban::test::hasShared(name)) \
  GTEST_SKIP() << "needs the reference data beside the checkout: " << (name)
