// The words for connection states and TCP flags, and what tests of flags say about packets that open a
// conversation; for the files of this room only.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "import/iptables_rule.h"

namespace vauban::import {

// "NEW,RELATED" as StateBits; the error is the word that is none.
std::expected<unsigned, std::string_view> statesOf(std::string_view list);

// "FIN,SYN" as bits of the TCP header's flags octet (RFC 9293 section 3.1).
std::optional<unsigned> flagsOf(std::string_view list);

// Of "--tcp-flags MASK WANTED" and of "--syn".
Flags flagsMeaning(unsigned mask, unsigned wanted, bool negated);
Flags synMeaning(bool negated);

}  // namespace vauban::import
