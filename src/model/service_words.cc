#include "model/service_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/nearest_name.h"
#include "model/model_reader.h"

namespace vauban::model {
namespace {

using space::ServiceSet;

// Types by the names of the IANA registries; -1: the family has no such message.
struct IcmpName {
  std::string_view name;
  int v4, v6;
};
constexpr std::array kIcmpNames{
    IcmpName{"echo", 8, 128},
    IcmpName{"echo-request", 8, 128},
    IcmpName{"echo-reply", 0, 129},
    IcmpName{"destination-unreachable", 3, 1},
    IcmpName{"unreachable", 3, 1},
    IcmpName{"packet-too-big", 3, 2},  // in IPv4 a code of "unreachable" (RFC 1191)
    IcmpName{"source-quench", 4, -1},
    IcmpName{"redirect", 5, 137},
    IcmpName{"router-advertisement", 9, 134},
    IcmpName{"router-solicitation", 10, 133},
    IcmpName{"time-exceeded", 11, 3},
    IcmpName{"parameter-problem", 12, 4},
    IcmpName{"timestamp", 13, -1},
    IcmpName{"timestamp-request", 13, -1},
    IcmpName{"timestamp-reply", 14, -1},
    IcmpName{"information-request", 15, -1},
    IcmpName{"information-reply", 16, -1},
    IcmpName{"address-mask-request", 17, -1},
    IcmpName{"address-mask-reply", 18, -1},
    IcmpName{"extended-echo-request", 42, 160},  // RFC 8335
    IcmpName{"extended-echo-reply", 43, 161},
    IcmpName{"multicast-listener-query", -1, 130},
    IcmpName{"multicast-listener-report", -1, 131},
    IcmpName{"multicast-listener-done", -1, 132},
    IcmpName{"multicast-listener-report-v2", -1, 143},
    IcmpName{"neighbour-solicitation", -1, 135},
    IcmpName{"neighbor-solicitation", -1, 135},
    IcmpName{"neighbour-advertisement", -1, 136},
    IcmpName{"neighbor-advertisement", -1, 136},
};

ServiceSet icmpType(std::uint8_t protocol, int type) {
  if (type < 0) return {};
  return ServiceSet::icmp(protocol, static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(type));
}

std::optional<std::uint32_t> decimal(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  if (text.empty() || text.size() > 5) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<std::uint8_t> protocolWithPorts(std::string_view name) {
  if (name == "tcp") return space::kTcp;
  if (name == "udp") return space::kUdp;
  if (name == "sctp") return space::kSctp;
  if (name == "dccp") return space::kDccp;
  if (name == "udplite") return space::kUdpLite;
  return std::nullopt;
}

std::optional<ServiceSet> portsOf(std::uint8_t protocol, std::string_view text, WordProblem& problem) {
  const auto dash = text.find('-');
  const auto first = decimal(text.substr(0, dash), 65535);
  const auto last = dash == std::string_view::npos ? first : decimal(text.substr(dash + 1), 65535);
  if (!first || !last) {
    problem = {
        fmt::format("'{}' is no port or range of ports", text), "a port from 0 to 65535, or first-last", {}};
    return std::nullopt;
  }
  if (*first > *last) {
    problem = {fmt::format("the port range {} is empty", text), fmt::format("{}-{}", *last, *first), {}};
    return std::nullopt;
  }
  return ServiceSet::ports(protocol, {static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)});
}

std::optional<ServiceSet> icmpOfNumber(std::string_view text, WordProblem& problem) {
  const auto number = decimal(text, 255);
  if (!number) {
    Words names;
    for (const auto& entry : kIcmpNames) names.push_back(entry.name);
    const auto nearest = nearestName(text, names);
    problem = {fmt::format("no ICMP message '{}'", text), "a name as 'echo', or a type from 0 to 255",
               nearest.empty() ? nearest : "icmp/" + nearest};
    return std::nullopt;
  }
  ServiceSet set = icmpType(space::kIcmp, static_cast<int>(*number));
  for (const auto& entry : kIcmpNames) {
    // Only what is wholly the same message: type 3 covers more than "packet too big".
    if (entry.v4 == static_cast<int>(*number)) set |= icmpType(space::kIcmpV6, entry.v6);
  }
  return set;
}

std::optional<ServiceSet> withSlash(std::string_view word, std::size_t slash, WordProblem& problem) {
  const auto left = word.substr(0, slash), right = word.substr(slash + 1);
  if (const auto protocol = protocolWithPorts(left)) return portsOf(*protocol, right, problem);
  if (left == "icmp") {
    if (auto named = icmpOfName(right)) return named;
    return icmpOfNumber(right, problem);
  }
  if (left == "icmpv6") {
    if (const auto number = decimal(right, 255)) return icmpType(space::kIcmpV6, static_cast<int>(*number));
    problem = {fmt::format("no ICMPv6 type '{}'", right), "a type from 0 to 255", {}};
    return std::nullopt;
  }
  if (left == "ip") {
    if (const auto number = decimal(right, 255))
      return ServiceSet::protocol(static_cast<std::uint8_t>(*number));
    problem = {fmt::format("no IP protocol '{}'", right), "a protocol number from 0 to 255", {}};
    return std::nullopt;
  }
  const auto nearest = nearestName(left, {"tcp", "udp", "sctp", "dccp", "udplite", "icmp", "icmpv6", "ip"});
  problem = {fmt::format("no protocol '{}'", left), "tcp, udp, sctp, dccp, udplite, icmp, icmpv6 or ip",
             nearest.empty() ? nearest : nearest + "/" + std::string(right)};
  return std::nullopt;
}

}  // namespace

std::optional<ServiceSet> icmpOfName(std::string_view name) {
  for (const auto& entry : kIcmpNames) {
    if (entry.name == name) return icmpType(space::kIcmp, entry.v4) | icmpType(space::kIcmpV6, entry.v6);
  }
  return std::nullopt;
}

std::optional<ServiceSet> serviceOfWord(std::string_view word, const ServiceNames& declared,
                                        WordProblem& problem) {
  if (const auto found = declared.find(word); found != declared.end()) return found->second;
  const auto& builtIn = builtInServices();
  const auto found =
      std::ranges::lower_bound(builtIn, word, {}, [](const auto& s) { return std::string_view(s.name); });
  if (found != builtIn.end() && found->name == word) return found->services;
  if (const auto slash = word.find('/'); slash != std::string_view::npos)
    return withSlash(word, slash, problem);
  Words names;
  for (const auto& entry : builtIn) names.push_back(entry.name);
  for (const auto& [name, services] : declared) names.push_back(name);
  problem = {fmt::format("no service '{}'", word), "a name, protocol/port, icmp/NAME, ip/NUMBER or any",
             nearestName(word, names)};
  return std::nullopt;
}

std::optional<ServiceSet> readServices(NodeReader& reader, const yaml::Node& node,
                                       const ServiceNames& declared, bool someAtLeast) {
  ServiceSet all;
  bool good = !node.isMapping() && !(someAtLeast && node.isSequence() && node.size() == 0);
  for (const auto* item : reader.oneOrMany(node, someAtLeast)) {
    const auto word = reader.text(*item);
    WordProblem problem;
    const auto set = word ? serviceOfWord(*word, declared, problem) : std::nullopt;
    if (set) {
      all |= *set;
    } else {
      good = false;
      if (word) {
        reader.error(*item, std::move(problem.message), std::move(problem.expected),
                     std::move(problem.nearest));
      }
    }
  }
  if (!good) return std::nullopt;
  return all;
}

}  // namespace vauban::model
