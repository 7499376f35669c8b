// An oracle for tests: what the kernel would do with one packet, told by walking the rules of an
// iptables-save text one after the other. It shares no code and no idea with the importer that it judges: no
// sets, no simplification, its own tokenizer and its own address parser; of the project it knows only what a
// Packet is.
//
// The packet is the first of a new conversation (conntrack NEW, TCP with SYN alone, not a fragment), already
// past nat and not changed by it, and of the family of the file. Only the filter table is walked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "space/packet_set.h"

namespace vauban::tests {

struct ConcretePacket {
  space::Packet packet;
  std::string in, out;  // interfaces; empty where the chain has none (INPUT: out, OUTPUT: in)
  std::string mac;      // empty: not from an Ethernet interface, so that no mac match holds, negated or not
  std::uint8_t icmpCode = 0;
};

// unknown: the walk met a target that decides outside of the rules (NFQUEUE) or that the file does not
// define.
enum class Decision { accept, drop, reject, unknown };

struct Verdict {
  Decision decision = Decision::unknown;
  int line = 0;          // the deciding line, 0 = policy
  bool guessed = false;  // a match that a packet alone cannot decide was met on the way
};

class IptablesInterpreter {
 public:
  // Answers matches that the packet alone does not decide (limit, recent, set, owner, mark, addrtype, a host
  // name, an option unknown here ...). The answer is that of the match as written, after its negation.
  // It is asked only where all decidable matches of a rule hold and the rule can change the verdict: a
  // limit in front of LOG is no guess.
  using Oracle = std::function<bool(int line, std::string_view match)>;

  IptablesInterpreter(std::string text, std::string chain);  // chain of filter: FORWARD, INPUT, OUTPUT

  Verdict decide(const ConcretePacket& packet, const Oracle& oracle) const;

  // Lines that are neither rule, chain, table nor comment. They were left out.
  const std::vector<int>& oddLines() const;
  // Rules of the filter table, in order of the file: for tests of the parser.
  int ruleCount() const;

 private:
  struct Table;
  std::shared_ptr<const Table> table_;
  std::string chain_;
};

// With an oracle that always says no.
Decision interpretIptables(const std::string& fileText, const std::string& chain,
                           const ConcretePacket& packet);

}  // namespace vauban::tests
