// Whether a ruleset that was loaded and listed again does what the matrix says: equality of packet sets, for
// every two interfaces and each conntrack state.
#pragma once

#include "compile/nftables.h"
#include "space/packet_set.h"

namespace vauban::compile {

// The listed ruleset as programs, one for the packets of each conntrack state (import::importNftJson).
struct ReadBack {
  model::FilterProgram opening, established, related;
};

struct Proof {
  std::size_t pairs = 0;  // of interfaces
};

// ICMP messages of the other family: packets that no machine sends or takes. Rulesets drop them where rules
// decide.
space::PacketSet foreignIcmp();

// What packets in one interface and out of another may pass, as reach has it.
struct Expected {
  space::PacketSet opening, established, related;
  space::PacketSet rejected;  // of the opening ones: answered by an error
};
Result<Expected> expectedBetween(const model::Model& model, const CompileOptions& options,
                                 const std::string& in, const std::string& out);

// A diagnostic with a packet for each two interfaces where the sets differ (at most 20 of them); also where
// the listed ruleset could not be read exactly. `options` are those with which it was compiled.
Result<Proof> provenEqual(const model::Model& model, const CompileOptions& options, const ReadBack& listed);

}  // namespace vauban::compile
