// A first model around a listed ruleset of nftables: what `vauban import nft-json FILE` prints.
#pragma once

#include <string>

#include "base/result.h"

namespace vauban::import {

// As importedModel (iptables_model.h): YAML text of a valid model without claims, guesses marked as such.
// `hook`: forward, input or output, in any letter case.
Result<std::string> importedNftModel(const std::string& path, const std::string& hook = "FORWARD");

// The same from text already in memory; `path` is only written down.
Result<std::string> importedNftModelText(const std::string& path, const std::string& text,
                                         const std::string& hook);

}  // namespace vauban::import
