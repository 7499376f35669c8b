// Sets of packets as matches of nft; for the files of this room and their tests.
#pragma once

#include <string>
#include <vector>

#include "space/packet_set.h"

namespace vauban::compile {

// A named set of a table.
struct NamedSet {
  std::string name;
  space::AddressSet addresses;  // of one family
};

// "10.20.0.0/16", "{ 10.0.0.1, 10.0.0.5-10.0.0.9 }", or "@name" where a set of that name holds the same. The
// addresses are of one family, and not none.
std::string nftAddresses(const space::AddressSet& addresses, const std::vector<NamedSet>& named);

// Matches whose union is the product, in a fixed order; "" matches everything. ICMP messages of the other
// family may be left out.
std::vector<std::string> nftMatches(const space::AddressSet& source, const space::AddressSet& destination,
                                    space::ServiceSet services, const std::vector<NamedSet>& named);

// What stands between quotes in a ruleset or behind '#': printable ASCII without quotes and backslashes, at
// most so many bytes, of longer texts the end.
std::string nftText(std::string_view text, std::size_t most);

}  // namespace vauban::compile
