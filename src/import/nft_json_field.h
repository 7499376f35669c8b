// The left side of an expression: which part of a packet it looks at, and what a value of it means; for the
// files of this room only.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "import/nft_json_match.h"

namespace vauban::import {

struct NftField {
  enum class Kind {
    unknown,
    never,  // packets of IP have no such part
    source,
    destination,
    family,
    protocol,
    sourcePort,
    destinationPort,
    icmpType,
    in,
    out,
    state,
    direction,
    tcpFlags,
  };
  Kind kind = Kind::unknown;
  // What a packet is that has this part: the kernel looks at no other.
  NftMatch packets;
  std::uint8_t protocol = 0;  // of ports, 0: whatever the packet is of; of ICMP types
  unsigned mask = 255;        // of TCP flags
  bool masked = false;        // {"&": [FIELD, MASK]}
  std::string name;           // for reasons: "meta mark"
};

NftField nftField(const JsonValue& expression);

// The packets of a field that bear one of some values, or (negated) none of them. `values` are JSON values,
// ranges and prefixes; nullopt for values that are not known here. `op` is "==", "in" or a comparison.
std::optional<NftMatches> nftValues(const NftField& field, std::string_view op,
                                    const std::vector<const JsonValue*>& values, bool negated);

}  // namespace vauban::import
