// The outer form of an iptables file: tables, chains, and rules as tokens; for the files of this room only.
//
// Everything here points into the text that was read, which must outlive it, and into `unquoted`, where
// tokens that had to be changed (quotes, escapes) live.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.h"
#include "import/iptables.h"

namespace vauban::import {

struct IptablesToken {
  std::string_view text;
  std::uint32_t column = 0;
  bool quoted = false;  // a quoted token is never an option
};

struct IptablesLine {
  std::uint32_t line = 0, column = 0;
  std::string_view text;                     // as written, trimmed, without counters
  std::uint32_t firstToken = 0, tokens = 0;  // what follows "-A CHAIN"
};

struct IptablesChain {
  std::string_view name;
  std::string_view policy;  // "-" or "" of user chains
  std::uint32_t line = 0;   // where it is declared; 0: only used
  std::vector<IptablesLine> rules;
};

struct IptablesTable {
  std::string_view name;
  std::vector<IptablesChain> chains;
  std::unordered_map<std::string_view, std::size_t> byName;

  const IptablesChain* find(std::string_view chain) const;
};

struct IptablesFile {
  std::string name;
  std::vector<IptablesTable> tables;
  std::vector<IptablesToken> tokens;
  std::deque<std::string> unquoted;
  std::vector<IptablesLine> skipped;  // lines outside of all tables that are no rules
  bool namesIp6tables = false;        // in a comment, as ip6tables-save heads its files

  const IptablesTable* find(std::string_view table) const;
  Place place(const IptablesLine& line) const { return {name, line.line, line.column}; }
};

// Diagnostics are added in the order of the lines. The file is as complete as the mistakes let it be.
IptablesFile readIptablesText(const std::string& name, std::string_view text, const IptablesLimits& limits,
                              Diagnostics& diagnostics);

}  // namespace vauban::import
