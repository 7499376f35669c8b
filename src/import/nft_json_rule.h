// What one listed rule does, before it is known where it stands; for the files of this room only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "import/nft_json_match.h"

namespace vauban::import {

// Packets of the matches meet the target; what no branch takes goes on to the next rule.
struct NftBranch {
  NftMatches matches;
  TargetKind target = TargetKind::none;
  std::string_view chain;  // of jump and goTo
  std::string reason;      // why the target is not exact; empty where it is
  space::Rewrite rewrite;
};

struct NftRule {
  const JsonValue* object = nullptr;
  std::vector<NftBranch> branches;
  std::vector<std::string> remarks;  // what else it does that is not followed
  bool offloads = false;             // packets of live flows pass by the chains from then on
  // Changes addresses or ports on its own, without NAT: what is changed becomes anything.
  std::vector<NftBranch> mangles;
};

NftRule readNftRule(const NftMatchContext& context, const NftRuleText& text);

}  // namespace vauban::import
