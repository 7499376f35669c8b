#include "space/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace vauban::space {
namespace {

constexpr unsigned widthOf(Family family) { return family == Family::ipv4 ? 32 : 128; }

// Addresses 0..2^bits-1 of a block; bits may be 128.
constexpr Bits128 blockMask(unsigned bits) { return bits >= 128 ? ~Bits128{0} : (Bits128{1} << bits) - 1; }

std::string dottedQuad(std::uint32_t value) {
  return fmt::format("{}.{}.{}.{}", value >> 24, (value >> 16) & 255U, (value >> 8) & 255U, value & 255U);
}

// RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as "::" (4.2), the
// IPv4-mapped prefix in mixed notation (5).
std::string ipv6Text(Bits128 value) {
  if ((value >> 32) == 0xFFFFU) return "::ffff:" + dottedQuad(static_cast<std::uint32_t>(value));
  std::array<unsigned, 8> groups{};
  for (unsigned i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(value >> (16 * (7 - i))) & 0xFFFFU;
  unsigned zerosAt = 8;
  unsigned zeros = 1;
  for (unsigned i = 0; i < 8;) {
    unsigned end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > zeros) {
      zeros = end - i;
      zerosAt = i;
    }
    i = std::max(end, i + 1);
  }
  std::string text;
  for (unsigned i = 0; i < 8; ++i) {
    if (i == zerosAt) {
      text += "::";
      i += zeros - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

std::string prefixText(Family family, Bits128 first, unsigned hostBits) {
  const std::string address = Address{family, first}.toString();
  return hostBits == 0 ? address : fmt::format("{}/{}", address, widthOf(family) - hostBits);
}

// The number of host bits of the largest aligned block that begins at `first` and ends by `last`.
unsigned blockAt(Family family, Bits128 first, Bits128 last) {
  unsigned bits = 0;
  while (bits < widthOf(family) && (first & blockMask(bits + 1)) == 0 && blockMask(bits + 1) <= last - first)
    ++bits;
  return bits;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  if (copy.find(':') == std::string::npos) {
    in_addr address{};
    if (inet_pton(AF_INET, copy.c_str(), &address) != 1) return std::nullopt;
    return Address{Family::ipv4, ntohl(address.s_addr)};
  }
  in6_addr address{};
  if (inet_pton(AF_INET6, copy.c_str(), &address) != 1) return std::nullopt;
  Bits128 value = 0;
  for (const unsigned char octet : address.s6_addr) value = (value << 8) | octet;
  return Address{Family::ipv6, value};
}

std::string Address::toString() const {
  return family == Family::ipv4 ? dottedQuad(static_cast<std::uint32_t>(value)) : ipv6Text(value);
}

std::optional<AddressRange> AddressRange::parse(std::string_view text, bool strict) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto address = Address::parse(text.substr(0, slash));
    const std::string_view digits = text.substr(slash + 1);
    if (!address || digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (length > widthOf(address->family)) return std::nullopt;
    const Bits128 mask = blockMask(widthOf(address->family) - length);
    if (strict && (address->value & mask) != 0) return std::nullopt;
    return AddressRange{address->family, address->value & ~mask, address->value | mask};
  }
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = Address::parse(text.substr(0, dash));
    const auto last = Address::parse(text.substr(dash + 1));
    if (!first || !last || first->family != last->family || first->value > last->value) return std::nullopt;
    return AddressRange{first->family, first->value, last->value};
  }
  const auto address = Address::parse(text);
  if (!address) return std::nullopt;
  return AddressRange{address->family, address->value, address->value};
}

std::string AddressRange::toString() const {
  const unsigned bits = blockAt(family, first, last);
  if (blockMask(bits) == last - first) return prefixText(family, first, bits);
  return Address{family, first}.toString() + "-" + Address{family, last}.toString();
}

AddressSet AddressSet::all() {
  return of({{Family::ipv4, 0, maxAddress(Family::ipv4)}, {Family::ipv6, 0, ~Bits128{0}}});
}

AddressSet AddressSet::all(Family family) { return AddressSet(AddressRange{family, 0, maxAddress(family)}); }

AddressSet AddressSet::of(std::vector<AddressRange> ranges) {
  std::sort(ranges.begin(), ranges.end());
  AddressSet set;
  for (const AddressRange& range : ranges) {
    if (!set.ranges_.empty()) {
      AddressRange& back = set.ranges_.back();
      if (back.family == range.family &&
          (back.last == maxAddress(back.family) || range.first <= back.last + 1)) {
        back.last = std::max(back.last, range.last);
        continue;
      }
    }
    set.ranges_.push_back(range);
  }
  return set;
}

bool AddressSet::contains(Address address) const {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](const Address& left, const AddressRange& right) {
                                  return left < Address{right.family, right.first};
                                });
  if (after == ranges_.begin()) return false;
  --after;
  return after->family == address.family && address.value <= after->last;
}

bool AddressSet::contains(const AddressSet& other) const { return (other - *this).empty(); }

bool AddressSet::intersects(const AddressSet& other) const { return !(*this & other).empty(); }

std::optional<Address> AddressSet::witness() const {
  if (ranges_.empty()) return std::nullopt;
  return Address{ranges_.front().family, ranges_.front().first};
}

AddressSet AddressSet::only(Family family) const {
  AddressSet set;
  std::copy_if(ranges_.begin(), ranges_.end(), std::back_inserter(set.ranges_),
               [family](const AddressRange& range) { return range.family == family; });
  return set;
}

AddressSet AddressSet::operator|(const AddressSet& other) const {
  std::vector<AddressRange> both = ranges_;
  both.insert(both.end(), other.ranges_.begin(), other.ranges_.end());
  return of(std::move(both));
}

AddressSet AddressSet::operator&(const AddressSet& other) const {
  // Two canonical lists meet in a canonical list: parts of one range stay apart by a gap of the other set.
  AddressSet set;
  auto left = ranges_.begin();
  auto right = other.ranges_.begin();
  while (left != ranges_.end() && right != other.ranges_.end()) {
    if (left->family != right->family) {
      ++(left->family < right->family ? left : right);
      continue;
    }
    const Bits128 first = std::max(left->first, right->first);
    const Bits128 last = std::min(left->last, right->last);
    if (first <= last) set.ranges_.push_back({left->family, first, last});
    ++(left->last < right->last ? left : right);
  }
  return set;
}

AddressSet AddressSet::operator-(const AddressSet& other) const { return *this & ~other; }

AddressSet AddressSet::operator~() const {
  AddressSet set;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    Bits128 next = 0;
    bool open = true;  // false once a range has reached the end of the family
    for (const AddressRange& range : ranges_) {
      if (range.family != family) continue;
      if (range.first > next) set.ranges_.push_back({family, next, range.first - 1});
      open = range.last != maxAddress(family);
      next = range.last + 1;
    }
    if (open) set.ranges_.push_back({family, next, maxAddress(family)});
  }
  return set;
}

bool AddressSet::Validate() const {
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    const AddressRange& range = ranges_[i];
    if (range.first > range.last || range.last > maxAddress(range.family)) return false;
    if (i == 0) continue;
    const AddressRange& before = ranges_[i - 1];
    if (before.family > range.family) return false;
    if (before.family == range.family && (before.last >= range.first || before.last + 1 == range.first))
      return false;
  }
  return true;
}

std::string AddressSet::toString() const {
  std::string text;
  for (const AddressRange& range : ranges_) {
    for (Bits128 first = range.first;;) {
      const unsigned bits = blockAt(range.family, first, range.last);
      if (!text.empty()) text += ", ";
      text += prefixText(range.family, first, bits);
      const Bits128 last = first | blockMask(bits);
      if (last == range.last) break;
      first = last + 1;
    }
  }
  return text.empty() ? "none" : text;
}

}  // namespace vauban::space
