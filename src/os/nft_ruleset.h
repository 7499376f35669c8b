// nftables in a network namespace, by libnftables: rules loaded from text, read back as JSON, counters.
//
// The library is looked for when it is first needed: who only verifies does without it. It keeps state of its
// own, so one thread at a time is let in, from whichever thread the calls come.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/net_namespace.h"

namespace vauban::os {

// Loads the text of a ruleset (nft(8)) as one transaction: all of it or nothing. Each error is a diagnostic
// with its line and column in `file`, which is only a name. At most 16 MiB.
Result<void> loadRules(const NetNamespace& network, const std::string& text, const std::string& file);

// All rules, as libnftables-json(5) has them, or as text that can be loaded again.
Result<std::string> listRulesJson(const NetNamespace& network);
Result<std::string> listRulesText(const NetNamespace& network);

// What a rule or a named counter has counted. A value.
struct RuleCounter {
  std::string family, table;
  std::string chain;    // of a rule; empty for a named counter
  std::string name;     // of a named counter
  std::string comment;  // of a rule
  std::uint64_t handle = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  bool operator==(const RuleCounter&) const = default;
};

// In the order of the listing: of each table the named counters and those inside rules.
Result<std::vector<RuleCounter>> ruleCounters(const NetNamespace& network);

// Why rules cannot be loaded at all, such as that there is no libnftables; empty where they can.
std::string nftablesProblem();

}  // namespace vauban::os
