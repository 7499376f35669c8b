#include "import/nft_json_field.h"

#include <algorithm>
#include <array>

#include "import/iptables_states.h"
#include "import/iptables_words.h"

namespace vauban::import {
namespace {

using space::AddressRange;
using space::AddressSet;
using space::Family;
using space::PortRange;
using space::ServiceSet;
using Kind = NftField::Kind;

constexpr std::array kWithPorts{space::kTcp, space::kUdp, space::kDccp, space::kSctp, space::kUdpLite};

constexpr std::array<std::uint8_t, 5> kExtensionHeaders{0, 43, 44, 51, 60};

struct Named {
  std::string_view name;
  std::uint8_t number;
};

// nft(8), "ICMP TYPE TYPE" and "ICMPV6 TYPE TYPE".
constexpr std::array kIcmpTypes{Named{"echo-reply", 0},           Named{"destination-unreachable", 3},
                                Named{"source-quench", 4},        Named{"redirect", 5},
                                Named{"echo-request", 8},         Named{"router-advertisement", 9},
                                Named{"router-solicitation", 10}, Named{"time-exceeded", 11},
                                Named{"parameter-problem", 12},   Named{"timestamp-request", 13},
                                Named{"timestamp-reply", 14},     Named{"info-request", 15},
                                Named{"info-reply", 16},          Named{"address-mask-request", 17},
                                Named{"address-mask-reply", 18}};
constexpr std::array kIcmp6Types{Named{"destination-unreachable", 1}, Named{"packet-too-big", 2},
                                 Named{"time-exceeded", 3},           Named{"parameter-problem", 4},
                                 Named{"echo-request", 128},          Named{"echo-reply", 129},
                                 Named{"mld-listener-query", 130},    Named{"mld-listener-report", 131},
                                 Named{"mld-listener-done", 132},     Named{"mld-listener-reduction", 132},
                                 Named{"nd-router-solicit", 133},     Named{"nd-router-advert", 134},
                                 Named{"nd-neighbor-solicit", 135},   Named{"nd-neighbor-advert", 136},
                                 Named{"nd-redirect", 137},           Named{"router-renumbering", 138},
                                 Named{"ind-neighbor-solicit", 141},  Named{"ind-neighbor-advert", 142},
                                 Named{"mld2-listener-report", 143}};

// Names of /etc/protocols that rules of iptables use otherwise, or not.
constexpr std::array kProtocols{Named{"ip", 0}, Named{"hopopt", 0}, Named{"ipip", 94},
                                Named{"ethernet", 143}};

NftField unknown(std::string name, NftMatch packets = {}) {
  NftField field;
  field.name = std::move(name);
  field.packets = std::move(packets);
  return field;
}

NftField known(Kind kind, std::string name, NftMatch packets = {}) {
  NftField field = unknown(std::move(name), std::move(packets));
  field.kind = kind;
  return field;
}

NftMatch ofFamily(Family family) {
  NftMatch match;
  match.onlyFamily(family);
  return match;
}

NftMatch ofProtocol(std::uint8_t protocol) {
  NftMatch match;
  match.services = ServiceSet::protocol(protocol);
  return match;
}

NftField portField(std::string_view side, std::uint8_t protocol, std::string name) {
  NftField field = known(side == "sport" ? Kind::sourcePort : Kind::destinationPort, std::move(name));
  field.protocol = protocol;
  if (protocol != 0) field.packets = ofProtocol(protocol);
  field.packets.anyTransport = protocol == 0;
  return field;
}

NftField protocolField(std::string name, NftMatch packets = {}) {
  packets.saysProtocol = true;
  return known(Kind::protocol, std::move(name), std::move(packets));
}

NftField payload(const JsonValue& object) {
  const std::string_view protocol = object.textAt("protocol"), part = object.textAt("field");
  if (protocol.empty()) return unknown("bytes of the packet");
  const std::string name = std::string(protocol) + " " + std::string(part);
  if (protocol == "ip" || protocol == "ip6") {
    const NftMatch packets = ofFamily(protocol == "ip" ? Family::ipv4 : Family::ipv6);
    if (part == "saddr") return known(Kind::source, name, packets);
    if (part == "daddr") return known(Kind::destination, name, packets);
    if (part == "protocol") return protocolField(name, packets);
    return unknown(name, packets);  // `nexthdr` too: it may be that of an extension header
  }
  if (protocol == "th" && (part == "sport" || part == "dport")) return portField(part, 0, name);
  if (protocol == "icmp" || protocol == "icmpv6") {
    const std::uint8_t number = protocol == "icmp" ? space::kIcmp : space::kIcmpV6;
    NftMatch packets = ofFamily(protocol == "icmp" ? Family::ipv4 : Family::ipv6);
    packets.services = ServiceSet::protocol(number);
    NftField field = known(part == "type" ? Kind::icmpType : Kind::unknown, name, packets);
    field.protocol = number;
    return field;
  }
  if (protocol == "ether" && part == "type") return known(Kind::family, name);
  if (protocol == "arp") return known(Kind::never, name);
  const auto number = protocol == "comp" ? std::optional<std::uint8_t>(108) : protocolOfWord(protocol);
  if (!number) return unknown(name);
  if (space::hasPorts(*number) && (part == "sport" || part == "dport")) return portField(part, *number, name);
  if (*number == space::kTcp && part == "flags") return known(Kind::tcpFlags, name, ofProtocol(*number));
  // Of IPv6 the kernel skips an authentication header, and the packet is what is behind it.
  return unknown(name, protocol == "ah" ? NftMatch{} : ofProtocol(*number));
}

NftField meta(const JsonValue& object) {
  const std::string_view key = object.textAt("key");
  const std::string name = "meta " + std::string(key);
  if (key == "nfproto" || key == "protocol") return known(Kind::family, name);
  if (key == "l4proto") return protocolField(name);
  if (key == "iifname" || key == "iif") return known(Kind::in, name);
  if (key == "oifname" || key == "oif") return known(Kind::out, name);
  return unknown(name);
}

NftField ct(const JsonValue& object) {
  const std::string_view key = object.textAt("key");
  const std::string name = "ct " + std::string(key);
  if (key == "state") return known(Kind::state, name);
  if (key == "direction") return known(Kind::direction, name);
  NftField field = unknown(name);
  field.packets.dependsOnFlow = true;
  return field;
}

unsigned bitOfState(std::string_view word) {
  const std::string_view words[] = {"new", "established", "related", "invalid", "untracked"};
  const unsigned bits[] = {kNew, kEstablished, kRelated, kInvalid, kUntracked};
  for (std::size_t i = 0; i < std::size(words); ++i) {
    if (word == words[i]) return bits[i];
  }
  return 0;
}

// The bits of a word, of a list of words, or of 0; the octet of TCP flags with ECN and CWR.
std::optional<unsigned> flagBits(const JsonValue& value) {
  if (value.is(JsonValue::Kind::number) && value.number >= 0 && value.number <= 255)
    return static_cast<unsigned>(value.number);
  if (value.is(JsonValue::Kind::text)) {
    if (value.text == "ecn") return 64;
    if (value.text == "cwr") return 128;
    std::string upper = value.text;
    for (char& c : upper) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return upper == "ALL" || upper == "NONE" ? std::nullopt : flagsOf(upper);
  }
  const JsonValue* list = value.is(JsonValue::Kind::array) ? &value : value.only("|");
  if (list == nullptr || !list->is(JsonValue::Kind::array)) return std::nullopt;
  unsigned bits = 0;
  for (const JsonValue& item : list->items) {
    const auto one = item.is(JsonValue::Kind::array) ? std::nullopt : flagBits(item);
    if (!one) return std::nullopt;
    bits |= *one;
  }
  return bits;
}

struct Numbers {
  std::uint32_t first, last;
};

std::optional<std::uint32_t> numberOfValue(const NftField& field, const JsonValue& value,
                                           std::uint32_t most) {
  if (value.is(JsonValue::Kind::number)) {
    if (value.number < 0 || value.number > most) return std::nullopt;
    return static_cast<std::uint32_t>(value.number);
  }
  if (!value.is(JsonValue::Kind::text)) return std::nullopt;
  if (const auto number = numberOf(value.text, most)) return number;
  auto named = [&](const auto& names) -> std::optional<std::uint32_t> {
    for (const Named& entry : names) {
      if (entry.name == value.text) return entry.number;
    }
    return std::nullopt;
  };
  if (field.kind == Kind::icmpType)
    return field.protocol == space::kIcmp ? named(kIcmpTypes) : named(kIcmp6Types);
  if (field.kind == Kind::protocol) {
    if (const auto number = named(kProtocols)) return number;
    if (value.text == "all") return std::nullopt;
    if (const auto protocol = protocolOfWord(value.text)) return *protocol;
    return std::nullopt;
  }
  if (const auto port = portOfWord(value.text)) return *port;
  return std::nullopt;
}

std::optional<Numbers> numbersOf(const NftField& field, std::string_view op, const JsonValue& value,
                                 std::uint32_t most) {
  if (const JsonValue* range = value.only("range")) {
    if (!range->is(JsonValue::Kind::array) || range->items.size() != 2) return std::nullopt;
    const auto first = numberOfValue(field, range->items[0], most);
    const auto last = numberOfValue(field, range->items[1], most);
    if (!first || !last || *first > *last) return std::nullopt;
    return Numbers{*first, *last};
  }
  const auto number = numberOfValue(field, value, most);
  if (!number) return std::nullopt;
  if (op == "<") return *number == 0 ? std::nullopt : std::optional(Numbers{0, *number - 1});
  if (op == "<=") return Numbers{0, *number};
  if (op == ">") return *number == most ? std::nullopt : std::optional(Numbers{*number + 1, most});
  if (op == ">=") return Numbers{*number, most};
  return Numbers{*number, *number};
}

std::optional<AddressSet> addressesOf(const JsonValue& value, Family family) {
  std::optional<AddressRange> range;
  if (value.is(JsonValue::Kind::text)) {
    range = AddressRange::parse(value.text);
  } else if (const JsonValue* prefix = value.only("prefix")) {
    const JsonValue* length = prefix->find("len");
    const std::int64_t most = family == Family::ipv4 ? 32 : 128;
    if (length == nullptr || !length->is(JsonValue::Kind::number) || length->number < 0 ||
        length->number > most)
      return std::nullopt;
    range = AddressRange::parse(std::string(prefix->textAt("addr")) + "/" + std::to_string(length->number));
  } else if (const JsonValue* ends = value.only("range")) {
    if (!ends->is(JsonValue::Kind::array) || ends->items.size() != 2) return std::nullopt;
    range = AddressRange::parse(ends->items[0].text + "-" + ends->items[1].text);
  }
  if (!range || range->family != family) return std::nullopt;
  return AddressSet(*range);
}

// The names of interfaces; a '*' at the end matches any ending, which rules here write as '+'.
std::optional<model::InterfaceMatch> interfaceOf(const JsonValue& value) {
  if (!value.is(JsonValue::Kind::text) || value.text.empty()) return std::nullopt;
  std::string pattern = value.text;
  if (pattern.ends_with('+') || pattern.find('\\') != std::string::npos) return std::nullopt;
  if (pattern.ends_with('*')) pattern.back() = '+';
  return model::InterfaceMatch{pattern, false};
}

using Values = std::vector<const JsonValue*>;

std::optional<NftMatches> one(NftMatch match) { return NftMatches{std::move(match)}; }

std::optional<NftMatches> addressValues(const NftField& field, const Values& values, bool negated) {
  NftMatch match = field.packets;
  AddressSet& side = field.kind == Kind::source ? match.source : match.destination;
  const Family family = side.ranges().front().family;
  std::vector<AddressRange> ranges;
  for (const JsonValue* value : values) {
    const auto set = addressesOf(*value, family);
    if (!set) return std::nullopt;
    ranges.insert(ranges.end(), set->ranges().begin(), set->ranges().end());
  }
  const AddressSet set = AddressSet::of(std::move(ranges));
  side = negated ? side - set : set;
  return one(std::move(match));
}

std::optional<NftMatches> familyValues(const NftField& field, const Values& values, bool negated) {
  bool has[2] = {false, false};
  for (const JsonValue* value : values) {
    const bool four = value->isText("ipv4") || value->isText("ip") ||
                      (value->is(JsonValue::Kind::number) && (value->number == 2 || value->number == 0x0800));
    const bool six = value->isText("ipv6") || value->isText("ip6") ||
                     (value->is(JsonValue::Kind::number) && (value->number == 10 || value->number == 0x86dd));
    // ARP and the like are no packets here.
    has[0] = has[0] || four;
    has[1] = has[1] || six;
  }
  NftMatches matches;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (has[family == Family::ipv4 ? 0 : 1] != negated) {
      matches.push_back(field.packets);
      matches.back().onlyFamily(family);
    }
  }
  return matches;
}

std::optional<NftMatches> serviceValues(const NftField& field, std::string_view op, const Values& values,
                                        bool negated) {
  const bool ports = field.kind == Kind::sourcePort || field.kind == Kind::destinationPort;
  const std::uint32_t most = ports ? 65535 : 255;
  ServiceSet set;
  for (const JsonValue* value : values) {
    const auto numbers = numbersOf(field, op, *value, most);
    if (!numbers) return std::nullopt;
    if (field.kind == Kind::icmpType) {
      set |= ServiceSet::icmp(field.protocol, static_cast<std::uint8_t>(numbers->first),
                              static_cast<std::uint8_t>(numbers->last));
    } else if (field.kind == Kind::protocol) {
      for (std::uint32_t p = numbers->first; p <= numbers->last; ++p)
        set |= ServiceSet::protocol(static_cast<std::uint8_t>(p));
    } else {
      const PortRange range{static_cast<std::uint16_t>(numbers->first),
                            static_cast<std::uint16_t>(numbers->last)};
      for (const std::uint8_t protocol : kWithPorts) {
        if (field.protocol != 0 && field.protocol != protocol) continue;
        set |= field.kind == Kind::sourcePort ? ServiceSet::ports(protocol, range, {})
                                              : ServiceSet::ports(protocol, range);
      }
    }
  }
  NftMatch match = field.packets;
  // Behind these headers of IPv6 the kernel looks further (RFC 8200 section 4).
  const bool skipped = std::ranges::any_of(
      kExtensionHeaders, [&](std::uint8_t header) { return set.intersects(ServiceSet::protocol(header)); });
  if (field.kind == Kind::protocol && skipped && !negated) {
    NftMatch four = match, six = match;
    four.onlyFamily(Family::ipv4);
    six.onlyFamily(Family::ipv6);
    four.services = six.services = match.services & set;
    for (const std::uint8_t header : kExtensionHeaders) six.doubt |= ServiceSet::protocol(header);
    six.doubt &= six.services;
    return NftMatches{std::move(four), std::move(six)};
  }
  if (ports && field.protocol == 0) {
    // Of packets without ports the kernel takes the same bytes, whatever they are.
    ServiceSet without = ServiceSet::all();
    for (const std::uint8_t protocol : kWithPorts) without -= ServiceSet::protocol(protocol);
    match.services = (negated ? ServiceSet::all() - set : set) | without;
    match.doubt = without;
  } else {
    match.services = negated ? match.services - set : match.services & set;
  }
  return one(std::move(match));
}

std::optional<NftMatches> interfaceValues(const NftField& field, const Values& values, bool negated) {
  NftMatches matches;
  for (const JsonValue* value : values) {
    const auto name = interfaceOf(*value);
    if (!name) return std::nullopt;
    NftMatch match = field.packets;
    (field.kind == Kind::in ? match.in : match.out) = *name;
    matches.push_back(std::move(match));
  }
  if (!negated) return matches;
  NftMatch match = field.packets;
  if (matches.size() == 1) {
    auto& side = field.kind == Kind::in ? match.in : match.out;
    side = field.kind == Kind::in ? matches.front().in : matches.front().out;
    side->negated = true;
  } else {
    match.except = std::move(matches);
  }
  return one(std::move(match));
}

std::optional<NftMatches> stateValues(const NftField& field, std::string_view op, const Values& values,
                                      bool negated) {
  unsigned bits = 0;
  for (const JsonValue* value : values) {
    const JsonValue* list = value->is(JsonValue::Kind::array) ? value : value->only("|");
    if (list != nullptr && op != "in") return std::nullopt;  // both bits at once
    if (list == nullptr) {
      const unsigned bit = bitOfState(value->text);
      if (bit == 0) return std::nullopt;
      bits |= bit;
      continue;
    }
    for (const JsonValue& item : list->items) {
      const unsigned bit = bitOfState(item.text);
      if (bit == 0) return std::nullopt;
      bits |= bit;
    }
  }
  NftMatch match = field.packets;
  match.asksState = true;
  match.states = negated ? kAllStates & ~bits : bits;
  return one(std::move(match));
}

std::optional<NftMatches> directionValues(const NftField& field, const Values& values, bool negated) {
  if (values.size() != 1) return std::nullopt;
  const bool original = values.front()->isText("original");
  if (!original && !values.front()->isText("reply")) return std::nullopt;
  NftMatch match = field.packets;
  match.asksState = true;
  match.dependsOnFlow = true;
  match.states = kNew | kEstablished | kRelated;  // the others have no flow to look at
  if (original == negated) match.states &= ~static_cast<unsigned>(kNew);
  return one(std::move(match));
}

std::optional<NftMatches> flagValues(const NftField& field, std::string_view op, const Values& values,
                                     bool negated) {
  if (values.size() != 1) return std::nullopt;
  const auto bits = flagBits(*values.front());
  if (!bits) return std::nullopt;
  NftMatch match = field.packets;
  match.flags = op == "in" && !field.masked ? flagsMeaning(*bits, 0, !negated)
                                            : flagsMeaning(field.mask, *bits, negated);
  return one(std::move(match));
}

}  // namespace

NftField nftField(const JsonValue& expression) {
  if (const JsonValue* object = expression.only("payload")) return payload(*object);
  if (const JsonValue* object = expression.only("meta")) return meta(*object);
  if (const JsonValue* object = expression.only("ct")) return ct(*object);
  if (const JsonValue* pair = expression.only("&");
      pair != nullptr && pair->is(JsonValue::Kind::array) && pair->items.size() == 2) {
    NftField field = nftField(pair->items.front());
    const auto mask = flagBits(pair->items.back());
    if (field.kind == Kind::tcpFlags && mask && !field.masked) {
      field.mask = *mask;
      field.masked = true;
      return field;
    }
    // A part of something: what is not there cannot match, and what is may.
    field.kind = field.kind == Kind::never ? Kind::never : Kind::unknown;
    field.packets.dependsOnFlow = field.packets.dependsOnFlow || field.name == "ct state";
    field.name += " under a mask";
    return field;
  }
  const std::string name = expression.keys.empty() ? "an expression" : expression.keys.front();
  return unknown(name);
}

std::optional<NftMatches> nftValues(const NftField& field, std::string_view op, const Values& values,
                                    bool negated) {
  const bool compares = op == "<" || op == ">" || op == "<=" || op == ">=";
  switch (field.kind) {
    case Kind::never:
      return NftMatches{};
    case Kind::source:
    case Kind::destination:
      return compares ? std::nullopt : addressValues(field, values, negated);
    case Kind::family:
      return compares ? std::nullopt : familyValues(field, values, negated);
    case Kind::protocol:
    case Kind::sourcePort:
    case Kind::destinationPort:
    case Kind::icmpType:
      return serviceValues(field, op, values, negated);
    case Kind::in:
    case Kind::out:
      return compares ? std::nullopt : interfaceValues(field, values, negated);
    case Kind::state:
      return compares ? std::nullopt : stateValues(field, op, values, negated);
    case Kind::direction:
      return compares ? std::nullopt : directionValues(field, values, negated);
    case Kind::tcpFlags:
      return compares ? std::nullopt : flagValues(field, op, values, negated);
    case Kind::unknown:
      break;
  }
  return std::nullopt;
}

}  // namespace vauban::import
