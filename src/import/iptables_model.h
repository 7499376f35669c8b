// A first model around an iptables file, for an architect to go on from: what `vauban import iptables FILE`
// prints.
#pragma once

#include <string>

#include "base/result.h"
#include "model/filter_program.h"

namespace vauban::import {

// YAML text of a valid model without claims (so that verifying it shows the egress table): zones guessed from
// the networks in the rules, the internet as the untrusted rest, one device, links that name the file and the
// chain. What the import widened stands in comments with its lines. Deterministic. Guesses are marked as
// such: none of them closes anything by itself.
Result<std::string> importedModel(const std::string& path, const std::string& chain = "FORWARD");

// The same around a program that was read from a file of any kind (a key of `rules` of a link).
std::string modelAround(const model::FilterProgram& program, const std::string& path, const std::string& kind,
                        const std::string& chain);

// The same from text already in memory; `path` is only written down.
Result<std::string> importedModelText(const std::string& path, const std::string& text,
                                      const std::string& chain);

}  // namespace vauban::import
