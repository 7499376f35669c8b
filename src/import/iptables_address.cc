#include "import/iptables_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "space/name_set.h"

namespace vauban::import {
namespace {

using space::Address;
using space::AddressRange;
using space::Bits128;
using space::Family;

// "10/8" and "10.1/16", which iptables takes for 10.0.0.0/8 and 10.1.0.0/16.
std::string padded(std::string_view text) {
  std::string full(text);
  for (auto dots = std::ranges::count(full, '.'); dots < 3; ++dots) full += ".0";
  return full;
}

// The range of the longest prefix that an address with this mask is sure to lie in.
AddressRange prefixRange(Address address, Bits128 mask, bool& exact) {
  const Bits128 all = space::maxAddress(address.family);
  Bits128 prefix = all;
  while ((prefix & ~mask & all) != 0) prefix = (prefix << 1) & all;
  exact = exact && prefix == mask;
  return {address.family, address.value & prefix, (address.value & prefix) | (all & ~prefix)};
}

// Top-level domains are not numbers (RFC 3696 section 2), so no mistyped address passes for a name.
bool isHostName(std::string_view text) {
  const auto name = space::normaliseName(text);
  if (!name) return false;
  const char last = (*name)[name->rfind('.') == std::string::npos ? 0 : name->rfind('.') + 1];
  return last >= 'a' && last <= 'z';
}

std::optional<AddressRange> one(std::string_view text, Family family, bool& exact) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    const auto address = Address::parse(text);
    if (!address && isHostName(text)) {  // iptables looks it up when it loads the file: any address
      exact = false;
      return AddressRange{family, 0, space::maxAddress(family)};
    }
    if (!address) return std::nullopt;
    return AddressRange{address->family, address->value, address->value};
  }
  const std::string_view tail = text.substr(slash + 1);
  if (const auto mask = Address::parse(tail)) {
    const auto address = Address::parse(text.substr(0, slash));
    if (!address || address->family != mask->family) return std::nullopt;
    return prefixRange(*address, mask->value, exact);
  }
  if (auto range = AddressRange::parse(text)) return range;
  if (family != Family::ipv4 || slash == 0 || std::ranges::count(text.substr(0, slash), '.') >= 3)
    return std::nullopt;
  return AddressRange::parse(padded(text.substr(0, slash)) + "/" + std::string(tail));
}

}  // namespace

std::expected<IptablesAddresses, std::string> iptablesAddresses(std::string_view text, Family family) {
  IptablesAddresses result;
  std::vector<AddressRange> ranges;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    const auto range = one(word, family, result.exact);
    if (!range) return std::unexpected(fmt::format("'{}' is no address", word));
    if (range->family != family) {
      return std::unexpected(fmt::format("'{}' is no IPv{} address, and the file is read as such", word,
                                         family == Family::ipv4 ? 4 : 6));
    }
    ranges.push_back(*range);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  result.addresses =
      ranges.size() == 1 ? space::AddressSet(ranges.front()) : space::AddressSet::of(std::move(ranges));
  return result;
}

}  // namespace vauban::import
