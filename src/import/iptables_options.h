// The options of iptables and its extensions that this importer knows, and how many arguments each takes; for
// the files of this room only.
#pragma once

#include <cstdint>
#include <string_view>

namespace vauban::import {

enum class IptablesOption : std::uint8_t {
  source,
  destination,
  protocol,
  in,
  out,
  jump,
  goTo,
  match,
  fragment,
  counters,
  family4,
  family6,
  sourcePort,
  destinationPort,
  sourcePorts,
  destinationPorts,
  ports,
  tcpFlags,
  syn,
  icmpType,
  icmp6Type,
  sourceRange,
  destinationRange,
  state,
  ctProtocol,
  ctOriginalSource,
  ctOriginalDestination,
  ctOriginalSourcePort,
  ctOriginalDestinationPort,
  ctDirection,
  ctOther,
  recentSet,
  comment,
  inexact,
  toSource,
  toDestination,
  toPorts,
  to,
  noTrack,
  unknown,
};

struct IptablesOptionSpec {
  IptablesOption option = IptablesOption::unknown;
  // Arguments; -1: all tokens up to the next that looks like an option.
  int arguments = -1;
};

IptablesOptionSpec iptablesOption(std::string_view name);

// What `-m NAME` does to exactness by itself.
enum class IptablesMatch {
  exact,    // its options say all there is
  inexact,  // looks at what packets here do not have (a rate, an owner, a mark)
  unknown,  // not known here; treated as inexact
};
IptablesMatch iptablesMatch(std::string_view name);

}  // namespace vauban::import
