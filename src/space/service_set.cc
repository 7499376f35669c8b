#include "space/service_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/result.h"
#include "space/diagram_node.h"

namespace vauban::space {
namespace {

using namespace diagram;

constexpr std::array<std::uint8_t, 7> kWithFields = {kIcmp, kTcp, kUdp, kDccp, kIcmpV6, kSctp, kUdpLite};
constexpr std::uint16_t kFirstEphemeral = 49152;  // RFC 6335, section 6

const char* nameOf(std::uint8_t protocol) {
  switch (protocol) {
    case kIcmp:
      return "icmp";
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    case kDccp:
      return "dccp";
    case kIcmpV6:
      return "icmpv6";
    case kSctp:
      return "sctp";
    case kUdpLite:
      return "udplite";
    default:
      return nullptr;
  }
}

bool inUniverse(Service service) {
  if (hasPorts(service.protocol)) return true;
  return service.sourcePort == 0 && service.destinationPort <= (hasIcmpType(service.protocol) ? 255 : 0);
}

NodeRef ofProtocol(std::uint8_t protocol, NodeRef content) {
  return range(kProtocol, 2, protocol, protocol, content);
}

NodeRef contentOf(NodeRef f, std::uint8_t protocol) { return follow(f, kProtocol, 2, protocol); }

NodeRef portNode(unsigned level, PortRange ports, NodeRef inside) {
  return range(level, kPortDigits, ports.first, ports.last, inside);
}

// f with the content of each protocol with ports or types replaced by change(protocol, content).
template <class Change>
NodeRef withContents(NodeRef f, Change change) {
  NodeRef high[16];
  for (unsigned digit = 0; digit < 16; ++digit) high[digit] = step(f, kProtocol, digit);
  std::array<NodeRef, 16> low{};
  for (unsigned digit = 0; digit < 16; ++digit) {
    bool touched = false;
    for (const std::uint8_t protocol : kWithFields) {
      if (protocol >> 4 != digit) continue;
      if (!touched) {
        for (unsigned d = 0; d < 16; ++d) low[d] = step(high[digit], kProtocol + 1, d);
      }
      touched = true;
      low[protocol & 15U] = change(protocol, low[protocol & 15U]);
    }
    if (touched) high[digit] = make(kProtocol + 1, 0xFFFF, low.data());
  }
  return make(kProtocol, 0xFFFF, high);
}

NodeRef answeringTypes(std::uint8_t protocol, NodeRef types) {
  // RFC 792 and RFC 4443: echo, timestamp and information requests and their answers.
  struct Pair {
    std::uint8_t request, answer;
  };
  static constexpr Pair kV4[] = {{8, 0}, {13, 14}, {17, 18}};
  static constexpr Pair kV6[] = {{128, 129}};
  const auto one = [](std::uint8_t type) { return range(kIcmpType, 2, type, type, kTrue); };
  NodeRef result = types;
  const auto move = [&](std::uint8_t from, std::uint8_t to) {
    if (follow(types, kIcmpType, 2, from) == kTrue) result = join(result, one(to));
  };
  const auto exchangeTypes = [&](Pair pair) {
    result = minus(result, join(one(pair.request), one(pair.answer)));
    move(pair.request, pair.answer);
    move(pair.answer, pair.request);
  };
  if (protocol == kIcmp) std::ranges::for_each(kV4, exchangeTypes);
  if (protocol == kIcmpV6) std::ranges::for_each(kV6, exchangeTypes);
  return result;
}

NodeRef reversedServices(NodeRef f) {
  return withContents(f, [](std::uint8_t protocol, NodeRef content) {
    if (hasPorts(protocol)) return exchange(content, Field::sourcePort, nullptr);
    return answeringTypes(protocol, content);
  });
}

constexpr Node kReversedKey{0, 0, 0, 0};

// Points of the digits from `level` to the end that f accepts.
std::uint64_t pointsBelow(NodeRef f, unsigned level, std::unordered_map<NodeRef, std::uint64_t>& known) {
  if (f == kFalse) return 0;
  const auto scaled = [&](std::uint64_t points) { return points << (4 * (f->level - level)); };
  if (f == kTrue) return scaled(1);
  if (const auto found = known.find(f); found != known.end()) return scaled(found->second);
  std::uint64_t points = 0;
  for (unsigned digit = 0; digit < 16; ++digit) points += pointsBelow(f->child(digit), f->level + 1, known);
  known.emplace(f, points);
  return scaled(points);
}

// The least value of a field for which f is not empty; f becomes what is below it. Precondition: f is not
// empty.
std::uint16_t leastValue(NodeRef& f, unsigned level, unsigned digits) {
  unsigned value = 0;
  for (unsigned i = 0; i < digits; ++i) {
    unsigned digit = 0;
    while (step(f, level + i, digit) == kFalse) ++digit;
    f = step(f, level + i, digit);
    value = (value << 4) | digit;
  }
  return static_cast<std::uint16_t>(value);
}

std::string rangeText(PortRange ports) {
  return ports.first == ports.last ? std::to_string(ports.first)
                                   : fmt::format("{}-{}", ports.first, ports.last);
}

}  // namespace

bool hasPorts(std::uint8_t protocol) {
  return protocol == kTcp || protocol == kUdp || protocol == kDccp || protocol == kSctp ||
         protocol == kUdpLite;
}

bool hasIcmpType(std::uint8_t protocol) { return protocol == kIcmp || protocol == kIcmpV6; }

std::string Service::toString() const {
  const char* name = nameOf(protocol);
  if (name == nullptr) return fmt::format("ip/{}", protocol);
  return fmt::format("{}/{}", name, destinationPort);
}

ServiceSet::ServiceSet() : node_(kFalse) {}

ServiceSet ServiceSet::all() { return ServiceSet(kTrue); }

ServiceSet ServiceSet::fromNode(NodeRef node) {
  VAUBAN_CHECK(node->level >= kProtocol);
  return ServiceSet(node);
}

ServiceSet ServiceSet::protocol(std::uint8_t protocol) { return ServiceSet(ofProtocol(protocol, kTrue)); }

ServiceSet ServiceSet::ports(std::uint8_t protocol, PortRange source, PortRange destination) {
  VAUBAN_CHECK(hasPorts(protocol));
  if (source.first > source.last || destination.first > destination.last) return {};
  return ServiceSet(
      ofProtocol(protocol, portNode(kSourcePort, source, portNode(kDestinationPort, destination, kTrue))));
}

ServiceSet ServiceSet::icmp(std::uint8_t protocol, std::uint8_t firstType, std::uint8_t lastType) {
  VAUBAN_CHECK(hasIcmpType(protocol));
  if (firstType > lastType) return {};
  return ServiceSet(ofProtocol(protocol, range(kIcmpType, 2, firstType, lastType, kTrue)));
}

ServiceSet ServiceSet::single(Service service) {
  if (!inUniverse(service)) return {};
  if (hasPorts(service.protocol)) {
    return ports(service.protocol, {service.sourcePort, service.sourcePort},
                 {service.destinationPort, service.destinationPort});
  }
  if (!hasIcmpType(service.protocol)) return protocol(service.protocol);
  const auto type = static_cast<std::uint8_t>(service.destinationPort);
  return icmp(service.protocol, type, type);
}

bool ServiceSet::empty() const { return node_ == kFalse; }

bool ServiceSet::contains(Service service) const {
  if (!inUniverse(service)) return false;
  NodeRef f = contentOf(node_, service.protocol);
  f = follow(f, kSourcePort, kPortDigits, service.sourcePort);
  return follow(f, kDestinationPort, kPortDigits, service.destinationPort) == kTrue;
}

std::optional<Service> ServiceSet::witness(bool preferEphemeral) const {
  if (empty()) return std::nullopt;
  Service service;
  NodeRef f = node_;
  service.protocol = static_cast<std::uint8_t>(leastValue(f, kProtocol, 2));
  if (hasPorts(service.protocol)) {
    if (preferEphemeral) {
      const NodeRef ephemeral = meet(f, portNode(kSourcePort, {kFirstEphemeral, 65535}, kTrue));
      if (ephemeral != kFalse) f = ephemeral;
    }
    service.sourcePort = leastValue(f, kSourcePort, kPortDigits);
    service.destinationPort = leastValue(f, kDestinationPort, kPortDigits);
  } else if (hasIcmpType(service.protocol)) {
    service.destinationPort = leastValue(f, kIcmpType, 2);
  }
  return service;
}

unsigned __int128 ServiceSet::cardinality() const {
  unsigned __int128 points = 0;
  std::unordered_map<NodeRef, std::uint64_t> known;
  for (unsigned p = 0; p < 256; ++p) {
    const auto protocol = static_cast<std::uint8_t>(p);
    const NodeRef content = contentOf(node_, protocol);
    if (content == kFalse) continue;
    points += pointsBelow(content,
                          hasPorts(protocol)      ? kSourcePort
                          : hasIcmpType(protocol) ? kIcmpType
                                                  : kTerminal,
                          known);
  }
  return points;
}

ServiceSet ServiceSet::operator|(ServiceSet other) const { return ServiceSet(join(node_, other.node_)); }
ServiceSet ServiceSet::operator&(ServiceSet other) const { return ServiceSet(meet(node_, other.node_)); }
ServiceSet ServiceSet::operator-(ServiceSet other) const { return ServiceSet(minus(node_, other.node_)); }
ServiceSet ServiceSet::operator~() const { return ServiceSet(minus(kTrue, node_)); }

ServiceSet ServiceSet::reversed() const {
  return ServiceSet(remembered(node_, kReversedKey, reversedServices));
}

// Only protocols with ports read the digits of the source port, so the others stay as they are.
ServiceSet ServiceSet::anySourcePort() const { return ServiceSet(exists(node_, Field::sourcePort)); }

ServiceSet ServiceSet::withDestinationPorts(PortRange to) const {
  const bool some = to.first <= to.last;
  return ServiceSet(withContents(node_, [&](std::uint8_t protocol, NodeRef content) {
    if (!hasPorts(protocol)) return content;
    return some ? meet(exists(content, Field::destinationPort), portNode(kDestinationPort, to, kTrue))
                : kFalse;
  }));
}

ServiceSet ServiceSet::withSourcePorts(PortRange to) const {
  const bool some = to.first <= to.last;
  return ServiceSet(withContents(node_, [&](std::uint8_t protocol, NodeRef content) {
    if (!hasPorts(protocol)) return content;
    return some ? meet(exists(content, Field::sourcePort), portNode(kSourcePort, to, kTrue)) : kFalse;
  }));
}

bool ServiceSet::Validate() const {
  if (node_->level < kProtocol || !wellFormed(node_)) return false;
  // No content reads a digit that its protocol does not have; wellFormed has seen that levels grow.
  for (unsigned p = 0; p < 256; ++p) {
    const auto protocol = static_cast<std::uint8_t>(p);
    const unsigned first = hasPorts(protocol) ? kSourcePort : hasIcmpType(protocol) ? kIcmpType : kTerminal;
    if (contentOf(node_, protocol)->level < first) return false;
  }
  return true;
}

std::vector<ServiceSet::Box> ServiceSet::boxes() const {
  std::vector<Box> boxes;
  for (unsigned p = 0; p < 256; ++p) {
    const auto protocol = static_cast<std::uint8_t>(p);
    const NodeRef content = contentOf(node_, protocol);
    if (content == kFalse) continue;
    const auto port = [](Bits128 value) { return static_cast<std::uint16_t>(value); };
    if (hasPorts(protocol)) {
      forIntervals(content, kSourcePort, kPortDigits, [&](Bits128 first, Bits128 last, NodeRef below) {
        const PortRange source{port(first), port(last)};
        forIntervals(below, kDestinationPort, kPortDigits, [&](Bits128 low, Bits128 high, NodeRef in) {
          if (in == kTrue) boxes.push_back({protocol, protocol, source, {port(low), port(high)}});
        });
      });
    } else if (hasIcmpType(protocol)) {
      forIntervals(content, kIcmpType, 2, [&](Bits128 low, Bits128 high, NodeRef in) {
        if (in == kTrue) boxes.push_back({protocol, protocol, {0, 0}, {port(low), port(high)}});
      });
    } else if (!boxes.empty() && boxes.back().lastProtocol + 1U == p &&
               !hasPorts(boxes.back().lastProtocol) && !hasIcmpType(boxes.back().lastProtocol)) {
      boxes.back().lastProtocol = protocol;
    } else {
      boxes.push_back({protocol, protocol, {0, 0}, {0, 0}});
    }
  }
  return boxes;
}

std::string ServiceSet::toString() const {
  if (empty()) return "none";
  if (full()) return "any";
  std::string text;
  const auto add = [&text](const std::string& item) { text += text.empty() ? item : ", " + item; };
  const auto whole = [this](unsigned p) {
    return p < 256 && contentOf(node_, static_cast<std::uint8_t>(p)) == kTrue;
  };
  const std::vector<Box> all = boxes();
  for (unsigned p = 0; p < 256; ++p) {
    const auto protocol = static_cast<std::uint8_t>(p);
    const char* name = nameOf(protocol);
    if (whole(p)) {  // neighbours that are whole read best as one range
      unsigned end = p;
      while (whole(end + 1)) ++end;
      add(end > p ? fmt::format("ip/{}-{}", p, end) : name != nullptr ? name : fmt::format("ip/{}", p));
      p = end;
      continue;
    }
    for (const Box& box : all) {
      if (box.firstProtocol != protocol) continue;
      const bool anySource = hasIcmpType(protocol) || box.source == PortRange{};
      add(anySource ? fmt::format("{}/{}", name, rangeText(box.destination))
                    : fmt::format("{}/{}>{}", name, rangeText(box.source), rangeText(box.destination)));
    }
  }
  return text;
}

}  // namespace vauban::space
