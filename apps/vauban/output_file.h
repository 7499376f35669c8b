// Answers that go to a file where the call names one.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "exit_code.h"

namespace vauban {

// What keeps a file of this name from being written, as far as that can be known before there is anything to
// write; for commands that search for long. "" is the standard output. Touches nothing.
std::optional<Diagnostic> outputMistake(const std::string& path);

// The bytes as they are, whole or not at all: what stood in a file before stays where they cannot be written.
// Error: that.
Result<void> writeFile(const std::string& path, const std::string& bytes);

// To the standard output, or to the file `output` where it is not "". What is wrong is told as by refuse():
// as JSON where that is the format, else for people alone.
ExitCode tell(const Result<std::string>& answer, const std::string& output, const std::string& format);

}  // namespace vauban
