#include "compile/nft_match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

namespace vauban::compile {

using space::AddressSet;
using space::Family;
using space::PortRange;
using space::ServiceSet;

namespace {

std::string protocolName(std::uint8_t protocol) {
  switch (protocol) {
    case space::kIcmp:
      return "icmp";
    case space::kTcp:
      return "tcp";
    case space::kUdp:
      return "udp";
    case space::kDccp:
      return "dccp";
    case 50:
      return "esp";
    case 51:
      return "ah";
    case space::kIcmpV6:
      return "ipv6-icmp";
    case space::kSctp:
      return "sctp";
    case space::kUdpLite:
      return "udplite";
    default:
      return std::to_string(protocol);
  }
}

std::string oneOf(const std::vector<std::string>& words) {
  return words.size() == 1 ? words.front() : fmt::format("{{ {} }}", fmt::join(words, ", "));
}

std::string rangeText(PortRange range) {
  return range.first == range.last ? std::to_string(range.first)
                                   : fmt::format("{}-{}", range.first, range.last);
}

std::string portsText(const std::vector<PortRange>& ranges) {
  std::vector<std::string> words;
  for (const PortRange range : ranges) words.push_back(rangeText(range));
  return oneOf(words);
}

constexpr PortRange kAny{};

// The services by what a match can say at once: whole protocols, ports by protocol, types.
struct Grouped {
  std::vector<std::uint8_t> whole;
  // Source ports, destination ports -> the protocols with just these.
  std::map<std::pair<PortRange, std::vector<PortRange>>, std::vector<std::uint8_t>> ports;
  std::map<std::uint8_t, std::vector<PortRange>> types;
};

Grouped grouped(ServiceSet services) {
  Grouped groups;
  std::map<std::pair<std::uint8_t, PortRange>, std::vector<PortRange>> ports;
  for (const ServiceSet::Box& box : services.boxes()) {
    for (unsigned p = box.firstProtocol; p <= box.lastProtocol; ++p) {
      const auto protocol = static_cast<std::uint8_t>(p);
      const bool all =
          box.destination.first == 0 && box.destination.last >= (space::hasPorts(protocol) ? 65535 : 255);
      if (space::hasPorts(protocol)) {
        if (all && box.source == kAny) {
          groups.whole.push_back(protocol);
        } else {
          ports[{protocol, box.source}].push_back(box.destination);
        }
      } else if (space::hasIcmpType(protocol) && !all) {
        groups.types[protocol].push_back(box.destination);
      } else {
        groups.whole.push_back(protocol);
      }
    }
  }
  std::ranges::sort(groups.whole);
  for (const auto& [key, destinations] : ports) groups.ports[{key.second, destinations}].push_back(key.first);
  return groups;
}

// Protocols in order, runs of them as ranges.
std::string protocolsText(const std::vector<std::uint8_t>& protocols) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < protocols.size();) {
    std::size_t last = i;
    while (last + 1 < protocols.size() && protocols[last + 1] == protocols[last] + 1) ++last;
    if (last >= i + 2) {
      words.push_back(fmt::format("{}-{}", protocols[i], protocols[last]));
      i = last + 1;
    } else {
      words.push_back(protocolName(protocols[i]));
      ++i;
    }
  }
  return oneOf(words);
}

std::vector<std::string> serviceMatches(ServiceSet services, std::optional<Family> family) {
  if (services.full()) return {""};
  const Grouped groups = grouped(services);
  std::vector<std::string> matches;
  if (!groups.whole.empty()) matches.push_back("meta l4proto " + protocolsText(groups.whole));
  for (const auto& [ports, protocols] : groups.ports) {
    const auto& [source, destinations] = ports;
    const bool one = protocols.size() == 1;
    const std::string head = one ? protocolName(protocols.front()) : "th";
    std::string match = one ? "" : "meta l4proto " + protocolsText(protocols);
    auto add = [&](std::string_view side, const std::string& text) {
      match += fmt::format("{}{} {} {}", match.empty() ? "" : " ", head, side, text);
    };
    if (source != kAny) add("sport", rangeText(source));
    if (destinations != std::vector{kAny}) add("dport", portsText(destinations));
    matches.push_back(std::move(match));
  }
  for (const auto& [protocol, types] : groups.types) {
    const Family own = protocol == space::kIcmp ? Family::ipv4 : Family::ipv6;
    if (family && *family != own) continue;  // dropped before (foreignIcmp)
    matches.push_back(
        fmt::format("{} type {}", protocol == space::kIcmp ? "icmp" : "icmpv6", portsText(types)));
  }
  return matches;
}

}  // namespace

std::string nftAddresses(const AddressSet& addresses, const std::vector<NamedSet>& named) {
  if (addresses.ranges().size() > 1) {
    const auto known = std::ranges::find(named, addresses, &NamedSet::addresses);
    if (known != named.end()) return "@" + known->name;
  }
  std::vector<std::string> words;
  for (const auto& range : addresses.ranges()) words.push_back(range.toString());
  return oneOf(words);
}

std::vector<std::string> nftMatches(const AddressSet& source, const AddressSet& destination,
                                    ServiceSet services, const std::vector<NamedSet>& named) {
  if (source == AddressSet::all() && destination == AddressSet::all())
    return serviceMatches(services, std::nullopt);
  std::vector<std::string> matches;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const AddressSet from = source.only(family), to = destination.only(family);
    if (from.empty() || to.empty()) continue;
    const AddressSet all = AddressSet::all(family);
    const char* word = family == Family::ipv4 ? "ip" : "ip6";
    std::string head;
    if (from != all) head = fmt::format("{} saddr {}", word, nftAddresses(from, named));
    if (to != all) {
      head += fmt::format("{}{} daddr {}", head.empty() ? "" : " ", word, nftAddresses(to, named));
    }
    if (head.empty()) head = fmt::format("meta nfproto {}", family == Family::ipv4 ? "ipv4" : "ipv6");
    for (const std::string& match : serviceMatches(services, family))
      matches.push_back(match.empty() ? head : head + " " + match);
  }
  return matches;
}

std::string nftText(std::string_view text, std::size_t most) {
  if (text.size() > most) text.remove_prefix(text.size() - most);
  std::string result(text);
  for (char& c : result) {
    if (c == '"') c = '\'';
    if (c < ' ' || c > '~' || c == '\\') c = '?';
  }
  return result;
}

}  // namespace vauban::compile
