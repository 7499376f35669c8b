// Words of iptables-save for the oracle in iptables_interpreter.h: its own tokenizer, names and addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "space/packet_set.h"

namespace vauban::tests {

struct Token {
  std::string text;
  bool quoted = false;  // a quoted word is never an option, whatever it begins with
};

using NamedNumber = std::pair<std::string_view, int>;

struct IcmpName {
  std::string_view name;
  int type;
  int code;  // -1: every code
};

constexpr int kAnyType = 255;  // xt_icmp takes this number for every type

std::string lower(std::string_view text);
bool isSpace(char c);
std::vector<std::string> split(std::string_view text, char separator);
std::optional<std::uint32_t> number(std::string_view text);
std::vector<Token> tokenize(std::string_view line);
bool isOption(const Token& token);
bool rejoinWrapped(std::string& line);
std::optional<int> lookUp(std::span<const NamedNumber> table, std::string_view name);
std::optional<int> protocolNumber(std::string_view text);
std::optional<int> portNumber(std::string_view text);
std::span<const IcmpName> icmpNames(bool v6);

// As in the kernel an arbitrary mask, not necessarily a prefix.
struct MaskedAddress {
  space::Family family;
  space::Bits128 value, mask;

  bool contains(const space::Address& address) const {
    return address.family == family && (address.value & mask) == (value & mask);
  }
};

std::optional<space::Address> parseAddress(std::string_view text);
std::optional<MaskedAddress> parseMaskedAddress(std::string_view text);

}  // namespace vauban::tests
