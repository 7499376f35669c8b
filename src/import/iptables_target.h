// What the target of a rule (-j, -g) does; for the files of this room only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/iptables_options.h"
#include "import/iptables_rule.h"

namespace vauban::import {

struct TargetRequest {
  std::string_view name;
  bool goTo = false;
  bool noTrack = false;  // CT --notrack
  bool userChain = false;
  space::Family family = space::Family::ipv4;
};

struct TargetArgument {
  IptablesOption option;
  std::string_view text;
};

struct TargetProblem {
  std::optional<std::size_t> argument;  // which one is wrong; none: the target itself
  std::string message, expected;
};

// Fills target, rewrite and targetReason of the rule.
std::optional<TargetProblem> readIptablesTarget(const TargetRequest& request,
                                                const std::vector<TargetArgument>& arguments,
                                                IptablesRule& rule);

}  // namespace vauban::import
