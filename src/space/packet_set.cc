#include "space/packet_set.h"

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <unordered_map>
#include <unordered_set>

#include "base/result.h"
#include "space/diagram_node.h"

namespace vauban::space {
namespace {

using namespace diagram;
using boost::multiprecision::cpp_int;

constexpr std::array kFamilies = {Family::ipv4, Family::ipv6};

// An address of the family uses the last `digitsOf` of the 32 digits of a field.
constexpr unsigned digitsOf(Family family) { return family == Family::ipv4 ? 8 : 32; }
constexpr unsigned firstLevel(unsigned field, Family family) {
  return field + kAddressDigits - digitsOf(family);
}

NodeRef ofFamilies(NodeRef ipv4, NodeRef ipv6) {
  const NodeRef children[] = {ipv4, ipv6};
  return make(kFamily, 0x8001, children);
}

NodeRef familyOf(NodeRef f, Family family) { return step(f, kFamily, static_cast<unsigned>(family)); }

NodeRef unionOfNodes(std::vector<NodeRef> nodes) {
  if (nodes.empty()) return kFalse;
  while (nodes.size() > 1) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i + 1 < nodes.size(); i += 2) nodes[kept++] = join(nodes[i], nodes[i + 1]);
    if (nodes.size() % 2 == 1) nodes[kept++] = nodes.back();
    nodes.resize(kept);
  }
  return nodes.front();
}

NodeRef addressNode(const AddressSet& set, unsigned field, Family family, NodeRef inside) {
  std::vector<NodeRef> nodes;
  for (const AddressRange& part : set.ranges()) {
    if (part.family != family) continue;
    nodes.push_back(range(firstLevel(field, family), digitsOf(family), part.first, part.last, inside));
  }
  return unionOfNodes(std::move(nodes));
}

NodeRef productNode(const AddressSet& source, const AddressSet& destination, NodeRef services) {
  NodeRef nodes[2];
  for (const Family family : kFamilies) {
    const NodeRef below = addressNode(destination, kDestination, family, services);
    nodes[static_cast<unsigned>(family)] = addressNode(source, kSource, family, below);
  }
  return ofFamilies(nodes[0], nodes[1]);
}

// The addresses of one field of a diagram whose levels below the field count as "some": f reads no level
// between the family and the field.
AddressSet addressesOf(NodeRef f, unsigned field) {
  std::vector<AddressRange> ranges;
  for (const Family family : kFamilies) {
    forIntervals(familyOf(f, family), firstLevel(field, family), digitsOf(family),
                 [&](Bits128 first, Bits128 last, NodeRef below) {
                   if (below != kFalse) ranges.push_back({family, first, last});
                 });
  }
  return AddressSet::of(std::move(ranges));
}

template <class Change>
NodeRef withServices(NodeRef f, Change& change, std::unordered_map<NodeRef, NodeRef>& known) {
  if (f == kFalse) return kFalse;
  if (const auto found = known.find(f); found != known.end()) return found->second;
  NodeRef result = nullptr;
  if (f->level >= kProtocol) {
    result = change(ServiceSet::fromNode(f)).node();
  } else {
    NodeRef children[16];
    for (unsigned i = 0; i < f->count; ++i) children[i] = withServices(f->children()[i], change, known);
    result = make(f->level, f->ends, children);
  }
  known.emplace(f, result);
  return result;
}

NodeRef answers(NodeRef services) { return ServiceSet::fromNode(services).reversed().node(); }

// How many digits of the two address fields of `family` come before `level`.
unsigned digitsBefore(unsigned level, Family family) {
  const unsigned digits = digitsOf(family);
  if (level >= kProtocol) return 2 * digits;
  if (level >= kDestination)
    return digits + std::max(level, firstLevel(kDestination, family)) - firstLevel(kDestination, family);
  return std::max(level, firstLevel(kSource, family)) - firstLevel(kSource, family);
}

class Counter {
 public:
  explicit Counter(Family family) : family_(family) {}

  // Packets of f over the digits that come after the first `before` ones.
  cpp_int count(NodeRef f, unsigned before) {
    if (f == kFalse) return 0;
    return own(f) << (4 * (digitsBefore(f->level, family_) - before));
  }

 private:
  const cpp_int& own(NodeRef f) {
    if (const auto found = known_.find(f); found != known_.end()) return found->second;
    cpp_int total = 0;
    if (f->level >= kProtocol) {
      total = ServiceSet::fromNode(f).cardinality();
    } else {
      const unsigned after = digitsBefore(f->level, family_) + 1;
      for (unsigned i = 0, digit = 0, width = 1; digit < 16; ++digit, ++width) {
        if (((f->ends >> digit) & 1U) == 0) continue;
        total += count(f->children()[i++], after) * width;
        width = 0;
      }
    }
    return known_.emplace(f, std::move(total)).first->second;
  }

  Family family_;
  std::unordered_map<NodeRef, cpp_int> known_;
};

Bits128 leastAddress(NodeRef& f, unsigned level, unsigned digits) {
  Bits128 value = 0;
  for (unsigned i = 0; i < digits; ++i) {
    unsigned digit = 0;
    while (step(f, level + i, digit) == kFalse) ++digit;
    f = step(f, level + i, digit);
    value = (value << 4) | digit;
  }
  return value;
}

}  // namespace

std::string Packet::toString() const {
  return source.toString() + " -> " + destination.toString() + " " + service.toString();
}

PacketSet::PacketSet() : node_(kFalse) {}

PacketSet PacketSet::all() { return PacketSet(kTrue); }

PacketSet PacketSet::product(const AddressSet& source, const AddressSet& destination, ServiceSet services) {
  return PacketSet(productNode(source, destination, services.node()));
}

PacketSet PacketSet::single(const Packet& packet) {
  return product(AddressSet(packet.source), AddressSet(packet.destination),
                 ServiceSet::single(packet.service));
}

bool PacketSet::empty() const { return node_ == kFalse; }

bool PacketSet::contains(const Packet& packet) const {
  const Family family = packet.source.family;
  if (packet.destination.family != family) return false;
  NodeRef f = familyOf(node_, family);
  f = follow(f, firstLevel(kSource, family), digitsOf(family), packet.source.value);
  f = follow(f, firstLevel(kDestination, family), digitsOf(family), packet.destination.value);
  return ServiceSet::fromNode(f).contains(packet.service);
}

std::optional<Packet> PacketSet::witness() const {
  if (empty()) return std::nullopt;
  const Family family = familyOf(node_, Family::ipv4) != kFalse ? Family::ipv4 : Family::ipv6;
  NodeRef f = familyOf(node_, family);
  Packet packet;
  packet.source = {family, leastAddress(f, firstLevel(kSource, family), digitsOf(family))};
  packet.destination = {family, leastAddress(f, firstLevel(kDestination, family), digitsOf(family))};
  packet.service = *ServiceSet::fromNode(f).witness(false);
  return packet;
}

// g++ 12 mistakes an assignment inside cpp_int::str() for an overlapping copy (a known false positive).
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wrestrict"
#endif
std::string PacketSet::cardinality() const {
  cpp_int total = 0;
  for (const Family family : kFamilies) total += Counter(family).count(familyOf(node_, family), 0);
  return total.str();
}

#pragma GCC diagnostic pop

PacketSet PacketSet::operator|(PacketSet other) const { return PacketSet(join(node_, other.node_)); }
PacketSet PacketSet::operator&(PacketSet other) const { return PacketSet(meet(node_, other.node_)); }
PacketSet PacketSet::operator-(PacketSet other) const { return PacketSet(minus(node_, other.node_)); }
PacketSet PacketSet::operator~() const { return PacketSet(minus(kTrue, node_)); }

PacketSet PacketSet::unionOf(std::vector<PacketSet> sets) {
  std::vector<NodeRef> nodes(sets.size());
  std::transform(sets.begin(), sets.end(), nodes.begin(), [](PacketSet set) { return set.node_; });
  return PacketSet(unionOfNodes(std::move(nodes)));
}

PacketSet PacketSet::rewritten(const Rewrite& rewrite) const {
  NodeRef f = node_;
  const AddressSet any = AddressSet::all();
  if (rewrite.source) f = meet(exists(f, Field::source), productNode(*rewrite.source, any, kTrue));
  if (rewrite.destination)
    f = meet(exists(f, Field::destination), productNode(any, *rewrite.destination, kTrue));
  if (rewrite.sourcePorts || rewrite.destinationPorts) {
    auto change = [&rewrite](ServiceSet services) {
      if (rewrite.sourcePorts) services = services.withSourcePorts(*rewrite.sourcePorts);
      if (rewrite.destinationPorts) services = services.withDestinationPorts(*rewrite.destinationPorts);
      return services;
    };
    std::unordered_map<NodeRef, NodeRef> known;
    f = withServices(f, change, known);
  }
  return PacketSet(f);
}

PacketSet PacketSet::reversed() const { return PacketSet(exchange(node_, Field::source, answers)); }

AddressSet PacketSet::sources() const { return addressesOf(node_, kSource); }

AddressSet PacketSet::destinations() const { return addressesOf(exists(node_, Field::source), kDestination); }

ServiceSet PacketSet::services() const { return ServiceSet::fromNode(image(node_, kTrue)); }

ServiceSet PacketSet::services(const AddressSet& source, const AddressSet& destination) const {
  return ServiceSet::fromNode(image(node_, productNode(source, destination, kTrue)));
}

std::vector<std::vector<ServiceSet>> PacketSet::services(const std::vector<AddressSet>& sources,
                                                         const std::vector<AddressSet>& destinations) const {
  const AddressSet any = AddressSet::all();
  std::vector<NodeRef> columns(destinations.size());
  std::transform(destinations.begin(), destinations.end(), columns.begin(),
                 [&any](const AddressSet& set) { return productNode(any, set, kTrue); });
  std::vector<std::vector<ServiceSet>> matrix(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const NodeRef row = imageOfSource(node_, productNode(sources[i], any, kTrue));
    matrix[i].reserve(columns.size());
    for (const NodeRef column : columns) matrix[i].push_back(ServiceSet::fromNode(image(row, column)));
  }
  return matrix;
}

bool PacketSet::Validate() const {
  if (!wellFormed(node_)) return false;
  if (node_->level == kFamily && node_->ends != 0x8001) return false;
  for (const Family family : kFamilies) {
    std::unordered_set<NodeRef> seen;
    std::vector<NodeRef> open{familyOf(node_, family)};
    while (!open.empty()) {
      const NodeRef f = open.back();
      open.pop_back();
      if (!seen.insert(f).second) continue;
      if (f->level >= kProtocol) {
        if (!ServiceSet::fromNode(f).Validate()) return false;
        continue;
      }
      const unsigned field = f->level >= kDestination ? kDestination : kSource;
      if (f->level < firstLevel(field, family)) return false;
      open.insert(open.end(), f->children(), f->children() + f->count);
    }
  }
  return true;
}

}  // namespace vauban::space
