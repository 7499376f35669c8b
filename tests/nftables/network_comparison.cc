#include "tests/nftables/network_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reach/class_matrix.h"
#include "reach/network.h"

namespace vauban::tests {

using model::HostId;
using model::ZoneId;
using reach::ClassIndex;
using reach::PartyId;
using space::Address;
using space::AddressSet;
using space::Family;
using space::PacketSet;

namespace {

// Forged sources are asked for class by class.
constexpr std::size_t kMostClasses = 120;

class Comparison {
 public:
  Comparison(const model::Model& model, const compile::CompileOptions& options,
             const compile::Ruleset& ruleset, const compile::ReadBack& listed)
      : model_(model),
        options_(options),
        ruleset_(ruleset),
        listed_(listed),
        network_(model, atoms_, {conditions(model, options)}) {
    for (std::size_t p = 0; p < network_.points().size(); ++p) {
      const auto& link = network_.points()[p].link;
      const bool ours = options.device ? link && model.at(*link).device == options.device
                        : options.link ? link == options.link
                                       : !link;
      if (ours) points_.insert(reach::PointId(p));
    }
    for (const auto& [host, addresses] : options.addresses) {
      for (const Address& address : addresses) given_ = given_ | AddressSet(address);
    }
  }

  std::string difference() const {
    for (const compile::ZoneInterface& in : ruleset_.interfaces) {
      for (const compile::ZoneInterface& out : ruleset_.interfaces) {
        if (in.zone == out.zone && !model_.at(in.zone).isolated) continue;
        if (noted(in.zone, out.zone)) continue;
        const std::vector<std::string> inNames{in.name}, outNames{out.name};
        const PacketSet loaded =
            reach::acceptedPackets(listed_.opening, {{}, &inNames, &outNames}) - compile::foreignIcmp();
        std::string found =
            compare(in, out, "own", loaded, own(in.zone, out.zone), model_.at(in.zone).addresses);
        if (found.empty() && joined(in.zone, out.zone) && network_.endpointCount() <= kMostClasses)
          found = compare(in, out, "forged", loaded - toItself(out.zone),
                          forged(in.zone, out.zone) - toItself(out.zone), others(in.zone));
        if (!found.empty()) return found;
      }
    }
    return {};
  }

 private:
  static std::vector<bool> conditions(const model::Model& model, const compile::CompileOptions& options) {
    return options.openConditions ? *options.openConditions : model.conditionDefaults();
  }

  bool ideal() const { return points_.contains(reach::PointId(std::size_t{0})); }

  // By the point itself, and not by way of other zones.
  bool joined(ZoneId a, ZoneId b) const {
    return ideal() || std::ranges::any_of(points_, [&](reach::PointId point) {
             const model::Link& link = model_.at(*network_.points()[point.index()].link);
             return (link.from == a && link.to == b) || (link.from == b && link.to == a);
           });
  }

  // Zones between which the ruleset says that it passes nothing.
  bool noted(ZoneId a, ZoneId b) const {
    return std::ranges::any_of(ruleset_.notes, [&](const compile::Note& note) {
      auto between = [&](ZoneId first, ZoneId second) {
        return note.text.find(fmt::format("passes nothing between {} and {},", model_.at(first).name,
                                          model_.at(second).name)) != std::string::npos;
      };
      return between(a, b) || between(b, a);
    });
  }

  reach::Setting setting() const {
    return options_.unstated == compile::Unstated::best ? reach::Setting::best() : reach::Setting();
  }

  // Of the addresses that a class stands for those that its party has here.
  AddressSet addressesOf(ClassIndex index) const {
    const reach::EndpointClass& endpoint = network_.endpoint(index);
    const reach::Party& party = network_.at(endpoint.party);
    if (party.kind == reach::Party::Kind::host && model_.at(party.host).addresses.empty()) {
      AddressSet own;
      for (const Address& address : options_.addresses.at(party.host)) own = own | AddressSet(address);
      return own & endpoint.addresses;
    }
    return endpoint.addresses - given_;
  }

  // `direct`: between zones that the point joins itself, over no other.
  PacketSet packetsOf(const reach::Way& way, bool direct) const {
    const bool decided = way.kind == reach::WayKind::rule || way.kind == reach::WayKind::uncovered;
    const bool here = !way.points.empty() && std::ranges::all_of(way.points, [&](reach::PointId point) {
      return points_.contains(point);
    });
    if (!decided || !here || way.tapped.valid() || (direct && way.points.size() > 1)) return {};
    return PacketSet::product(addressesOf(way.from), addressesOf(way.to), way.packets);
  }

  PacketSet own(ZoneId from, ZoneId to) const {
    PacketSet all;
    for (ClassIndex a = 0; a < network_.endpointCount(); ++a) {
      if (network_.endpoint(a).zone != from || network_.endpoint(a).linkLocal) continue;
      for (ClassIndex b = 0; b < network_.endpointCount(); ++b) {
        if (network_.endpoint(b).zone != to || network_.endpoint(b).linkLocal) continue;
        for (const reach::Network::Opening& opening : network_.openings(a, b, setting()))
          all |= packetsOf(opening.way, joined(from, to));
      }
    }
    return all - compile::foreignIcmp();
  }

  // Sent by whoever is no host of the model, or the adversary.
  PacketSet forged(ZoneId from, ZoneId to) const {
    PacketSet all;
    const PartyId sender(model_.hosts.size() + from.index());
    for (std::size_t p = 0; p < network_.parties().size(); ++p) {
      for (ClassIndex c = 0; c < network_.endpointCount(); ++c) {
        if (network_.endpoint(c).zone == from || network_.endpoint(c).linkLocal) continue;
        for (const reach::Way& way : network_.waysBearing(sender, PartyId(p), c, setting())) {
          if (network_.endpoint(way.to).zone == to && !network_.endpoint(way.to).linkLocal &&
              way.fromZone == from)
            all |= packetsOf(way, true);
        }
      }
    }
    return all - compile::foreignIcmp();
  }

  // Network asks for no packet that bears an address of the class to which it goes.
  PacketSet toItself(ZoneId zone) const {
    PacketSet all;
    for (ClassIndex c = 0; c < network_.endpointCount(); ++c) {
      const AddressSet& set = network_.endpoint(c).addresses;
      if (network_.endpoint(c).zone == zone) all |= PacketSet::product(set, set, space::ServiceSet::all());
    }
    return all;
  }

  // Sources that are not of the zone. Where hosts are to be told apart, a link's ruleset looks at the side
  // only, and lets those pass that lie behind it.
  AddressSet others(ZoneId zone) const {
    AddressSet others = AddressSet::all() - model_.at(zone).addresses;
    if (ideal()) return others;
    for (std::size_t z = 0; z < model_.zones.size(); ++z) {
      if (byHost()) others = others - model_.zones[z].addresses;
    }
    return others;
  }
  bool byHost() const {
    auto hosts = [](const model::Enforcement& e) {
      return e.antiSpoofing && *e.antiSpoofing.value == model::AntiSpoofing::host;
    };
    // Where gaps are closed reach supposes `host`, and the ruleset `zone`.
    return options_.unstated == compile::Unstated::best || hosts(model_.enforcement) ||
           std::ranges::any_of(model_.links,
                               [&](const model::Link& link) { return hosts(link.enforcement); });
  }

  std::string compare(const compile::ZoneInterface& in, const compile::ZoneInterface& out, const char* what,
                      PacketSet loaded, PacketSet wanted, const AddressSet& sources) const {
    const PacketSet asked =
        PacketSet::product(sources, model_.at(out.zone).addresses, space::ServiceSet::all());
    loaded &= asked;
    wanted &= asked;
    if (loaded == wanted) return {};
    const bool more = !wanted.contains(loaded);
    const auto packet = more ? (loaded - wanted).witness() : (wanted - loaded).witness();
    return fmt::format("from {} to {}, {} source: {} is accepted by {} only", in.name, out.name, what,
                       packet->toString(), more ? "the ruleset" : "reach");
  }

  const model::Model& model_;
  const compile::CompileOptions& options_;
  const compile::Ruleset& ruleset_;
  const compile::ReadBack& listed_;
  reach::Atoms atoms_;
  reach::Network network_;
  std::set<reach::PointId> points_;
  AddressSet given_;
};

}  // namespace

std::optional<std::map<HostId, std::vector<Address>>> plannedAddresses(const model::Model& model) {
  std::map<HostId, std::vector<Address>> planned;
  AddressSet taken;
  for (const model::Host& host : model.hosts) {
    for (const Address& address : host.addresses) taken = taken | AddressSet(address);
  }
  for (std::size_t h = 0; h < model.hosts.size(); ++h) {
    const model::Host& host = model.hosts[h];
    if (!host.addresses.empty()) continue;
    std::vector<ZoneId> zones{host.zone};
    zones.insert(zones.end(), host.alsoIn.begin(), host.alsoIn.end());
    for (const ZoneId zone : zones) {
      for (const Family family : {Family::ipv4, Family::ipv6}) {
        const AddressSet all = model.at(zone).addresses.only(family);
        const auto address = (all - taken).witness();
        if (!all.empty() && !address) return std::nullopt;
        if (!address) continue;
        planned[HostId(h)].push_back(*address);
        taken = taken | AddressSet(*address);
      }
    }
  }
  // A zone that is full now would let others share an address.
  for (const model::Zone& zone : model.zones) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const AddressSet all = zone.addresses.only(family);
      if (!all.empty() && (all - taken).empty()) return std::nullopt;
    }
  }
  return planned;
}

std::string networkDifference(const model::Model& model, const compile::CompileOptions& options,
                              const compile::Ruleset& ruleset, const compile::ReadBack& listed) {
  return Comparison(model, options, ruleset, listed).difference();
}

}  // namespace vauban::tests
