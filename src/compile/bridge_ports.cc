#include "compile/bridge_ports.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compile/nft_match.h"
#include "compile/point_plan.h"

namespace vauban::compile {

using space::AddressSet;
using space::Family;

namespace {

// An IPv6 address as the number that raw bytes of a packet are compared with.
std::string hex(space::Bits128 value) {
  return fmt::format("0x{:016x}{:016x}", static_cast<std::uint64_t>(value >> 64U),
                     static_cast<std::uint64_t>(value));
}

std::string oneOf(const std::vector<std::string>& words) {
  return words.size() == 1 ? words.front() : fmt::format("{{ {} }}", fmt::join(words, ", "));
}

}  // namespace

void writeBridgePorts(const model::Model& model, const CompileOptions& options, const PointPlan& plan,
                      RulesetText& text) {
  text.open("table bridge " + options.table);
  text.open("chain ports");
  text.line("type filter hook prerouting priority filter; policy accept;");
  for (const HostInterface& port : options.hostInterfaces) {
    if (!port.bridgePort) continue;
    const model::Host& host = model.at(port.host);
    // Of a family that is not covered and passes, any source does.
    const auto passes = [&](Family family) {
      return std::ranges::any_of(plan.pairs, [&](const auto& pair) {
        return pair.first.first == port.zone && plan.policies[pair.second].of(family) == Coverage::passes;
      });
    };
    const AddressSet own = addressesOf(model, options, port.host, port.zone);
    const AddressSet four = own.only(Family::ipv4), six = own.only(Family::ipv6);
    const std::string from = fmt::format("iifname \"{}\"", port.name);
    auto drop = [&](const std::string& match) {
      text.rule(from + " " + match, "drop", host.place, host.name);
    };
    if (four.empty() && !passes(Family::ipv4)) {
      drop("ether type { ip, arp }");
    } else if (!passes(Family::ipv4)) {
      const std::string words = nftAddresses(four, {});
      drop("arp saddr ip != " + words);
      drop("ip saddr != " + words);
    }
    if (passes(Family::ipv6)) {
      drop("udp sport { 67, 547 }");
      continue;
    }
    const AddressSet local(*space::AddressRange::parse("fe80::/10"));
    const AddressSet unspecified(*space::AddressRange::parse("::"));
    drop("ip6 saddr != " + nftAddresses(six | local | unspecified, {}));
    std::vector<std::string> targets;
    for (const auto& range : six.ranges())
      targets.push_back(range.first == range.last ? hex(range.first)
                                                  : fmt::format("{}-{}", hex(range.first), hex(range.last)));
    // Advertisements for addresses that are neither link-local nor its own.
    drop("icmpv6 type nd-neighbor-advert @th,64,10 != 0x3fa" +
         (targets.empty() ? std::string() : " @th,64,128 != " + oneOf(targets)));
    drop("icmpv6 type { nd-router-advert, nd-redirect }");
    drop("udp sport { 67, 547 }");
  }
  text.close();
  text.close();
}

}  // namespace vauban::compile
