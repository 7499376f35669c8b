// A listed rule as nft writes it, for printing; for the files of this room only.
#pragma once

#include <string>

#include "import/nft_json_value.h"

namespace vauban::import {

// "ip saddr 10.0.0.0/8 tcp dport 22 accept", shortened. What has no short form is "...".
std::string nftRuleText(const JsonValue& rule);

}  // namespace vauban::import
