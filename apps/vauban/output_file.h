// Answers that go to a file where the call names one.
#pragma once

#include <string>

#include "base/result.h"
#include "exit_code.h"

namespace vauban {

// The bytes as they are. Error: it cannot be written.
Result<void> writeFile(const std::string& path, const std::string& bytes);

// To the standard output, or to the file `output` where it is not "". What is wrong is told as by refuse():
// as JSON where that is the format, else for people alone.
ExitCode tell(const Result<std::string>& answer, const std::string& output, const std::string& format);

}  // namespace vauban
