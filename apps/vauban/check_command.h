// `vauban check`: follows certificates with the independent checker. Links nothing of the solver.
#pragma once

#include <istream>
#include <string>

#include "exit_code.h"

namespace vauban {

// Exit 0: accepted; 1: rejected; 2: the certificate or the model cannot be read.
ExitCode checkCommand(const std::string& certificate, const std::string& model, bool json);

// Lines of a certificate's path, a tab, and a model's path; answers each with one line: accepted, rejected or
// unreadable, a tab, and the first reason. Exit 0 where all are accepted, else 1.
ExitCode checkBatch(std::istream& lines);

}  // namespace vauban
