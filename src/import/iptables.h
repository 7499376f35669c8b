// Rule files of iptables and ip6tables, as iptables-save writes them or as people edit them -> FilterProgram.
//
// The program speaks about packets that open a conversation (state NEW). What cannot be said in it exactly is
// said as a superset with `exact` false and listed as a widening with its line, so that whatever the real
// filter accepts the program may accept:
//  - states: rules that no opening packet meets are left out; `established` and `related` keep what the rules
//  do
//    with the packets of existing flows. Packets that the file itself exempts from tracking (NOTRACK) may
//    bear the state NEW or UNTRACKED, so rules on states are inexact for them; so is the drop of NEW packets
//    for ICMP messages to which connection tracking never gives that state;
//  - TCP flags: a packet that opens a conversation bears SYN and none of ACK, RST, FIN;
//  - tables: `filter` decides, `nat` rewrites; a drop in `raw`, `mangle` or `security` is ignored and listed;
//  - only what the wanted chain can reach is in the program. Chains of the nat table are named "nat:NAME".
//
// References: iptables(8), iptables-extensions(8), iptables-restore(8) of iptables 1.8. Stateless; safe to
// call from many threads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/filter_program.h"

namespace vauban::import {

struct IptablesLimits {
  std::size_t bytes = 64U << 20U;
  std::size_t lineBytes = 64U << 10U;
  std::size_t rules = 200'000;
  std::size_t chains = 20'000;
  std::size_t depth = 500;  // of jumps; netfilter has no such limit, its evaluation here does
  std::size_t diagnostics = 1000;
};

struct IptablesOptions {
  std::string chain = "FORWARD";        // FORWARD, INPUT or OUTPUT
  std::optional<space::Family> family;  // unset: by the header, the addresses and the protocols of the file
  IptablesLimits limits;
};

// `name` goes into every place. Fails with all mistakes found: broken syntax, addresses, unknown chains,
// loops.
Result<model::FilterProgram> importIptables(const std::string& name, std::string_view text,
                                            const IptablesOptions& options = {});

}  // namespace vauban::import
