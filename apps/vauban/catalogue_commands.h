// The commands that ask the catalogue and no model: map, explain, audit, query, knowledge.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "exit_code.h"

namespace vauban {

// What was asked of them; lives as long as the command line is parsed and run.
struct CatalogueCall;

// Adds the commands to `app`. Each sets `code` when it has run.
std::shared_ptr<CatalogueCall> addCatalogueCommands(CLI::App& app, ExitCode& code);

}  // namespace vauban
