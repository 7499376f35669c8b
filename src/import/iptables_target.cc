#include "import/iptables_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "import/iptables_address.h"
#include "import/iptables_words.h"

namespace vauban::import {
namespace {

using space::AddressRange;
using space::AddressSet;
using space::PortRange;

// After these a packet goes on to the next rule.
bool isNoDecision(std::string_view name) {
  static const std::unordered_set<std::string_view> names{
      "LOG",         "ULOG",        "NFLOG",    "MARK",      "CONNMARK", "CHECKSUM", "TCPMSS",
      "CT",          "TRACE",       "CLASSIFY", "DSCP",      "TOS",      "TTL",      "HL",
      "SECMARK",     "CONNSECMARK", "AUDIT",    "IDLETIMER", "LED",      "RATEEST",  "SET",
      "TCPOPTSTRIP", "ECN",         "HMARK",    "ROUTE",     "CONTINUE"};
  return names.contains(name);
}

std::optional<PortRange> portPart(std::string_view text) {
  text = text.substr(0, text.find('/'));  // "first-last/base" shifts within the range
  const std::size_t dash = text.find('-');
  const auto first = portOfWord(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : portOfWord(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

std::optional<AddressSet> addressPart(std::string_view text, space::Family family) {
  const auto range = AddressRange::parse(text);
  if (!range || range->family != family) return std::nullopt;
  return AddressSet(*range);
}

PortRange hull(const std::optional<PortRange>& a, PortRange b) {
  return a ? PortRange{std::min(a->first, b.first), std::max(a->last, b.last)} : b;
}

// "ADDRESS[-ADDRESS][:PORT[-PORT]]", IPv6 addresses in brackets where ports follow.
bool addDestination(std::string_view text, space::Family family, std::optional<AddressSet>& addresses,
                    std::optional<PortRange>& ports) {
  std::string_view address = text, port;
  bool hasPort = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    address = text.substr(1, end - 1);
    port = text.substr(end + 1);
    hasPort = !port.empty();
    if (hasPort && port.front() != ':') return false;
    if (hasPort) port.remove_prefix(1);
  } else if (family == space::Family::ipv4) {
    const std::size_t colon = text.find(':');
    hasPort = colon != std::string_view::npos;
    address = text.substr(0, colon);
    if (hasPort) port = text.substr(colon + 1);
  }
  if (!address.empty()) {
    const auto set = addressPart(address, family);
    if (!set) return false;
    addresses = addresses ? *addresses | *set : *set;
  } else if (!hasPort) {
    return false;
  }
  if (hasPort) {
    const auto range = portPart(port);
    if (!range) return false;
    ports = hull(ports, *range);
  }
  return true;
}

std::optional<TargetProblem> readRewrite(const TargetRequest& request,
                                         const std::vector<TargetArgument>& arguments, IptablesRule& rule) {
  const std::string_view name = request.name;
  const bool source = name == "SNAT" || name == "MASQUERADE" || name == "SAME";
  auto& addresses = source ? rule.rewrite.source : rule.rewrite.destination;
  auto& ports = source ? rule.rewrite.sourcePorts : rule.rewrite.destinationPorts;
  const auto wanted = source ? IptablesOption::toSource : IptablesOption::toDestination;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& [option, text] = arguments[i];
    if (option == wanted || (option == IptablesOption::to && name != "REDIRECT")) {
      if (!addDestination(text, request.family, addresses, ports)) {
        return TargetProblem{i, fmt::format("'{}' is nothing to rewrite to", text),
                             "ADDRESS, FIRST-LAST or ADDRESS:PORT"};
      }
    } else if (option == IptablesOption::toPorts) {
      const auto range = portPart(text);
      if (!range)
        return TargetProblem{i, fmt::format("'{}' is no port or range of ports", text), "PORT or FIRST-LAST"};
      ports = hull(ports, *range);
    } else {
      return TargetProblem{i, fmt::format("{} does not take this", name), {}};
    }
  }
  if (name == "NETMAP") {  // of the destination or the source, by the chain it stands in
    rule.target = TargetKind::rewriteDestination;
  } else {
    rule.target = source ? TargetKind::rewriteSource : TargetKind::rewriteDestination;
  }
  if (name == "MASQUERADE") {
    addresses = AddressSet::all(request.family);
    rule.targetReason = "-j MASQUERADE: the address of the interface is not in the file, any is assumed";
  } else if (name == "REDIRECT") {
    rule.target = TargetKind::redirect;
    addresses = AddressSet::all(request.family);
  } else if (!addresses && !ports) {
    return TargetProblem{std::nullopt, fmt::format("{} says nothing to rewrite to", name),
                         source ? "--to-source" : "--to-destination"};
  }
  // The kernel takes another source port where the packet's own is in use.
  if (source && !ports) ports = PortRange{};
  return std::nullopt;
}

}  // namespace

std::optional<TargetProblem> readIptablesTarget(const TargetRequest& request,
                                                const std::vector<TargetArgument>& arguments,
                                                IptablesRule& rule) {
  const std::string_view name = request.name;
  auto set = [&](TargetKind kind) {
    rule.target = kind;
    return std::nullopt;
  };
  if (request.goTo && !request.userChain) {
    return TargetProblem{std::nullopt, fmt::format("no chain '{}' in this table", name),
                         "a chain of the file"};
  }
  if (request.userChain) return set(request.goTo ? TargetKind::goTo : TargetKind::jump);
  if (name == "ACCEPT") return set(TargetKind::accept);
  if (name == "DROP" || name == "TARPIT") return set(TargetKind::drop);
  if (name == "REJECT") return set(TargetKind::reject);
  if (name == "RETURN") return set(TargetKind::doReturn);
  if (name == "NOTRACK" || request.noTrack) return set(TargetKind::noTrack);
  if (isNoDecision(name)) return set(TargetKind::noDecision);
  if (name == "TEE") {
    rule.targetReason = "-j TEE: sends a copy elsewhere, which is not followed";
    return set(TargetKind::noDecision);
  }
  if (name == "DNAT" || name == "SNAT" || name == "MASQUERADE" || name == "REDIRECT" || name == "NETMAP" ||
      name == "SAME") {
    return readRewrite(request, arguments, rule);
  }
  if (name == "QUEUE" || name == "NFQUEUE") {
    rule.targetReason = fmt::format("-j {}: a program decides, which may accept", name);
    return set(TargetKind::mayAccept);
  }
  // Extensions have names in capitals; a chain that is not there is a mistake.
  const bool extension = std::ranges::all_of(
      name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
  if (!extension || name.empty() || name.front() == '-') {
    return TargetProblem{std::nullopt, fmt::format("no chain or target '{}'", name),
                         "a chain of the same table"};
  }
  rule.targetReason = fmt::format("-j {}: a target not known to this importer, which may accept", name);
  return set(TargetKind::mayAccept);
}

}  // namespace vauban::import
