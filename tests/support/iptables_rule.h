// One rule of iptables-save as the oracle in iptables_interpreter.h takes it: checks of a packet, one after
// the other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/iptables_interpreter.h"
#include "tests/support/iptables_text.h"

namespace vauban::tests {

using Check = std::function<bool(const ConcretePacket&)>;

struct Rule {
  int line = 0;
  std::string table;
  std::string target;  // empty: counts only
  bool isGoto = false;
  bool repaired = false;                 // its text was put together from a wrapped line
  std::vector<Check> base;               // addresses, interfaces, protocol
  std::vector<Check> checks;             // of the match modules
  std::vector<std::string> undecidable;  // names for the oracle
  std::string spelling;                  // for -D, which repeats the rule
};

// Whether the packet goes on to the next rule behind that target.
bool goesOn(const std::string& target);
// Reads the words of one rule behind its command and chain.
void readRule(Rule& rule, std::vector<Token> tokens, std::size_t begin);

}  // namespace vauban::tests
