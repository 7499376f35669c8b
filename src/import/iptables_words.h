// The names that iptables files use for protocols, ports and ICMP messages; for the files of this room only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "space/service_set.h"

namespace vauban::import {

// A number from 0 to `most`, decimal or 0x hexadecimal.
std::optional<std::uint32_t> numberOf(std::string_view text, std::uint32_t most);

// Names of /etc/protocols (IANA Assigned Internet Protocol Numbers) and numbers. "all" and 0 are nullopt's
// business of the caller: they come back as 0.
std::optional<std::uint8_t> protocolOfWord(std::string_view word);

// A port by number or by its usual name in /etc/services.
std::optional<std::uint16_t> portOfWord(std::string_view word);

// "80", "80:90", ":90", "80:", with names too. A range written backwards comes back in order with `backwards`
// set: the kernel takes it and matches nothing, other tools exchange the ends.
struct PortsMatch {
  space::PortRange range;
  bool backwards = false;
};
std::optional<PortsMatch> portsOfWord(std::string_view word);

struct IcmpMatch {
  std::uint8_t firstType = 0, lastType = 255;
  bool code = false;  // a code is asked for as well, which packets here do not have
};
// The argument of --icmp-type (v6: --icmpv6-type): name, number, number/code or "any".
std::optional<IcmpMatch> icmpOfWord(std::string_view word, bool v6);

}  // namespace vauban::import
