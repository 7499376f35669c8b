// From parsed rules to the program of one built-in chain; for the files of this room only.
#pragma once

#include <string>
#include <vector>

#include "import/iptables_rule.h"

namespace vauban::import {

// The rules of a table, chain by chain in the order of IptablesTable::chains.
struct ParsedTable {
  const IptablesTable* table = nullptr;
  std::vector<std::vector<IptablesRule>> rules;

  std::optional<std::size_t> chain(std::string_view name) const;
  // The chains that a packet may walk from `chain` on, that one first, each once, in the order of their
  // jumps.
  std::vector<std::size_t> reachable(std::size_t chain) const;
};

struct ParsedFile {
  const IptablesFile* text = nullptr;
  space::Family family = space::Family::ipv4;
  std::vector<ParsedTable> tables;

  const ParsedTable* find(std::string_view name) const;
};

// The tables are free of loops, and `chain` is FORWARD, INPUT or OUTPUT.
model::FilterProgram buildProgram(const ParsedFile& file, const std::string& chain);

}  // namespace vauban::import
