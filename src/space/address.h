// IPv4 and IPv6 addresses, ranges and sets of them (RFC 791, RFC 4291, RFC 4632 prefixes).
// Values; immutable use from many threads is safe.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vauban::space {

using Bits128 = unsigned __int128;

enum class Family : std::uint8_t { ipv4 = 0, ipv6 = 1 };

struct Address {
  Family family = Family::ipv4;
  Bits128 value = 0;  // host order; an IPv4 address is below 2^32

  auto operator<=>(const Address&) const = default;

  static std::optional<Address> parse(std::string_view text);  // dotted quad or RFC 4291 text
  std::string toString() const;                                // RFC 5952 for IPv6
};

constexpr Bits128 maxAddress(Family family) {
  return family == Family::ipv4 ? Bits128{0xFFFFFFFFU} : ~Bits128{0};
}

// An inclusive range within one family. Invariant: first <= last <= maxAddress(family).
struct AddressRange {
  Family family = Family::ipv4;
  Bits128 first = 0;
  Bits128 last = 0;

  auto operator<=>(const AddressRange&) const = default;

  // "10.0.0.0/8", "10.0.0.1", "10.0.0.1-10.0.0.9", "2001:db8::/32". Host bits below the prefix are
  // accepted and cleared (as iptables-save does); `strict` refuses them.
  static std::optional<AddressRange> parse(std::string_view text, bool strict = false);
  std::string toString() const;  // as prefix where it is one, else "first-last"
};

// A set of addresses of both families. Canonical: ranges sorted (IPv4 first), disjoint, not adjacent,
// so equality is equality of the vectors.
class AddressSet {
 public:
  AddressSet() = default;  // empty
  explicit AddressSet(AddressRange range) : ranges_{range} {}
  explicit AddressSet(const Address& one) : ranges_{{one.family, one.value, one.value}} {}
  static AddressSet all();
  static AddressSet all(Family family);
  static AddressSet of(std::vector<AddressRange> ranges);  // any order, may overlap

  const std::vector<AddressRange>& ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }
  bool contains(Address address) const;
  bool contains(const AddressSet& other) const;
  bool intersects(const AddressSet& other) const;
  std::optional<Address> witness() const;  // the least address
  AddressSet only(Family family) const;

  AddressSet operator|(const AddressSet& other) const;
  AddressSet operator&(const AddressSet& other) const;
  AddressSet operator-(const AddressSet& other) const;
  AddressSet operator~() const;
  auto operator<=>(const AddressSet&) const = default;

  bool Validate() const;
  std::string toString() const;  // "10.0.0.0/8, 2001:db8::/32"; "none"; prefixes, never more than needed

 private:
  std::vector<AddressRange> ranges_;
};

}  // namespace vauban::space
