// A ruleset as nft lists it in JSON (`nft -j list ruleset`, libnftables-json(5) schema version 1) ->
// FilterProgram.
//
// The base chains that a packet meets on its way make one program, in their order: what one accepts goes on
// to the next, what the last accepts passes. Tables of the families ip, ip6 and inet count; dormant ones do
// not. The program speaks about packets that open a conversation (conntrack state new). What cannot be said
// in it exactly is said as a superset with `exact` false and listed as a widening with its place, so that
// whatever the real filter accepts the program may accept:
//  - expressions on what packets here do not have (marks, limits, owners, ICMP codes, extension headers), and
//    all that is not known here, may match or not; elements of sets that may change at any time, too;
//  - states: as for iptables files (iptables.h); where a rule says notrack, every rule on states is inexact;
//  - chains of type nat rewrite; drops in them, and in tables of other families, are ignored and listed.
// nft lists on one line: places are a line and a column of it, at the object of the rule.
//
// Reference: libnftables-json(5), nft(8) of nftables 1.0. Stateless; safe to call from many threads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/filter_program.h"

namespace vauban::import {

struct NftJsonLimits {
  std::size_t bytes = 64U << 20U;
  std::size_t depth = 64;
  std::size_t values = 4'000'000;  // of the JSON text
  std::size_t rules = 200'000;     // of the program, sets written out
  std::size_t chains = 20'000;
  std::size_t jumps = 500;  // nested; the kernel stops at 16
  std::size_t diagnostics = 1000;
};

// The packets that the program speaks about.
enum class FlowState { opening, established, related };

struct NftJsonOptions {
  std::string hook = "forward";  // forward, input or output; in any letter case, as rules name the chain
  // Other than `opening` the program says what happens to packets of live flows, for whoever wants more than
  // its `established` and `related`.
  FlowState state = FlowState::opening;
  // Bridges: the chains of family bridge in the place of the others.
  bool bridge = false;
  // Only tables of this name and of the families that count, as if there were no others; empty: all.
  std::string table;
  NftJsonLimits limits;
};

// `name` goes into every place. Fails with all mistakes found: no JSON, no ruleset, values of the wrong kind,
// unknown chains and sets, loops.
Result<model::FilterProgram> importNftJson(const std::string& name, std::string_view text,
                                           const NftJsonOptions& options = {});

}  // namespace vauban::import
