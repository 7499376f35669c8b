// Where a service's messages go (semantics 4): by its lists, and by the names that it is told.
#include <algorithm>

#include "channel/run.h"

namespace vauban::channel {

using model::Destination;
using model::Effect;
using model::NamesRule;
using model::PlaceTerm;
using model::ServiceInstance;
using reach::ClassIndex;
using reach::PartyId;
using reach::Way;
using reach::WayKind;
using space::NameSet;
using space::ServiceSet;

namespace {

// An address list that covers as much as this trusts nobody: it holds strangers (docs/decisions).
bool broad(const space::AddressRange& range) {
  const int host = range.family == space::Family::ipv4 ? 16 : 96;
  return range.last - range.first >= (space::Bits128{1} << host);
}

const space::AddressSet& linkLocal() {
  static const space::AddressSet addresses(*space::AddressRange::parse("fe80::/10"));
  return addresses;
}

// What a machine takes for itself (RFC 1122 section 3.2.1.3, RFC 4291 sections 2.5.2 and 2.5.3); who sends to
// the unspecified address has got to himself, too.
const space::AddressSet& itself() {
  static const space::AddressSet addresses = space::AddressSet(*space::AddressRange::parse("127.0.0.0/8")) |
                                             space::AddressSet(*space::AddressRange::parse("0.0.0.0/32")) |
                                             space::AddressSet(*space::AddressRange::parse("::/127"));
  return addresses;
}

const NameSet& reverseNames() {
  static const NameSet names = NameSet::suffix("in-addr.arpa") | NameSet::suffix("ip6.arpa");
  return names;
}

}  // namespace

// Neighbours with a family in common have other addresses by which to meet, so the network gives them no such
// ways. But a list may refuse all those others: whoever chooses the destination then names this one.
// Any machine with IPv6 has such an address besides those it states (RFC 4291 section 2.1). In an isolated
// zone they meet so where its filter passes that family uncovered.
std::vector<Way> Solver::Run::toLinkLocal(PartyId from, PartyId to) const {
  std::vector<Way> ways;
  for (const ClassIndex destination : net.at(to).classes) {
    const reach::EndpointClass& there = net.endpoint(destination);
    const bool besides = !there.linkLocal && there.family == space::Family::ipv6;
    if ((!there.linkLocal && !besides) || !there.zone.valid()) continue;
    for (const ClassIndex own : net.at(from).classes) {
      const reach::EndpointClass& here = net.endpoint(own);
      if (here.zone != there.zone || here.family != there.family) continue;
      if (model.at(there.zone).isolated) {
        for (auto& opening : net.openings(own, destination, setting)) {
          if (opening.way.kind != WayKind::uncovered && opening.way.kind != WayKind::failed) continue;
          opening.way.linkLocal = besides;
          ways.push_back(std::move(opening.way));
        }
        continue;
      }
      Way way;
      way.kind = WayKind::free;
      way.from = way.bears = own;
      way.to = way.sentTo = destination;
      way.fromZone = there.zone;
      way.packets = ServiceSet::all();
      way.answered = true;
      way.linkLocal = besides;
      ways.push_back(way);
    }
  }
  return ways;
}

std::optional<Solver::Run::Onward> Solver::Run::leadsTo(const ServiceInstance& service, const Effect& effect,
                                                        const NameSet& names, const Way& way) {
  const ClassIndex to = way.to;
  const reach::EndpointClass& endpoint = net.endpoint(to);
  const std::string where = model.at(service.host).name + "." + service.name;
  NameSet asked = names;
  if (effect.names == NamesRule::reverse) asked = reverseNames();
  if (effect.names == NamesRule::filter) asked = asked & allowedNames(service);
  if (!service.answers.empty()) asked = forwarded(service, asked);
  const NameSet next = effect.keepsNames ? asked : NameSet::all();
  // An address list: it is trusted for the service that lists it, so it leads to the adversary only where it
  // is too broad.
  auto addressListed = [&](bool adversary) {
    if (!service.addresses) return true;
    const model::AddressList& list = *service.addresses;
    if (way.linkLocal || way.loopback) {
      const space::AddressSet& meant = way.loopback ? itself() : linkLocal();
      return !list.deny.contains(meant) && (!list.allow || list.allow->intersects(meant - list.deny));
    }
    if (endpoint.addresses.ranges().empty()) return false;
    if (list.deny.contains(endpoint.addresses)) return false;
    if (!list.allow) return true;
    if (!adversary) return list.allow->intersects(endpoint.addresses);
    rests.insert({true, where + " talks to the addresses on its list only", list.place});
    return std::ranges::any_of(list.allow->ranges(), [&](const space::AddressRange& range) {
      return broad(range) && space::AddressSet(range).intersects(endpoint.addresses);
    });
  };
  const bool adversary = net.at(endpoint.party).adversary;
  // On the path of others' packets he reads what goes to trusted names and addresses there as well.
  if (adversary && (model.at(endpoint.zone).onPath || way.tapped.valid()) && !asked.empty()) {
    auto throughHim = [&](const std::optional<model::PlaceTerms>& terms) {
      return !terms || net.named(*terms, to) || std::ranges::any_of(*terms, [](const PlaceTerm& term) {
        return term.kind == PlaceTerm::Kind::name;
      });
    };
    const auto& terms = effect.destination == Destination::resolver ? service.resolver
                        : effect.destination == Destination::pool   ? service.pool
                                                                    : service.upstream;
    const bool listed = !service.addresses || !service.addresses->allow ||
                        service.addresses->allow->intersects(endpoint.addresses);
    if (throughHim(terms) && listed) return Onward{next};
  }
  // Words of a list, and names: a hostile one leads anywhere, one of our own to any host of ours, another to
  // nobody here; but whoever is told a name asks on for it, so that a hostile one leads through him.
  auto means = [&](const model::PlaceTerms& terms, const NameSet& told) {
    if (net.named(terms, to)) return true;
    return std::ranges::any_of(terms, [&](const PlaceTerm& term) {
      if (term.kind != PlaceTerm::Kind::name) return false;
      if (trust.hostile.contains(term.text)) return true;
      const bool own = trust.own.contains(term.text);
      return adversary ? !own && told.intersects(trust.hostile) : own;
    });
  };
  const bool parents = service.upstream.has_value();
  switch (effect.destination) {
    case Destination::fixed:
      if (asked.empty()) return std::nullopt;
      if (parents && !means(*service.upstream, effect.keepsNames ? asked : NameSet{})) return std::nullopt;
      if (!parents && adversary && (asked & trust.hostile).empty()) return std::nullopt;
      return Onward{next};
    case Destination::byName: {
      if (parents && !asked.empty() && means(*service.upstream, asked)) return Onward{next};
      // A proxy with parents asks nobody else; a mail relay still delivers and bounces by name.
      if (parents && effect.keepsNames) return std::nullopt;
      const NameSet hostile = asked & trust.hostile;
      if (!hostile.empty() && addressListed(adversary))
        return Onward{effect.keepsNames ? hostile : NameSet::all()};
      if (hostile.empty()) {
        const bool own = service.names.has_value();
        rests.insert({true, where + (own ? " asks" : " is asked") + " for allow-listed names only",
                      own ? service.names->place : service.place});
      }
      // A name of our own may lead to any host of ours.
      const NameSet own = asked & trust.own;
      if (!adversary && !own.empty() && service.answers.empty() && addressListed(false)) {
        return Onward{effect.keepsNames ? own : NameSet::all()};
      }
      return std::nullopt;
    }
    case Destination::byAddress:
      if (service.names && service.names->allow) return std::nullopt;  // it refuses literals
      if (parents && !means(*service.upstream, NameSet::all())) return std::nullopt;
      if (!addressListed(adversary)) return std::nullopt;
      return Onward{NameSet::all()};
    case Destination::anyone:
      return Onward{NameSet::all()};
    case Destination::pool:
      if (service.pool && !net.named(*service.pool, to)) return std::nullopt;
      return Onward{NameSet::all()};
    case Destination::resolver:
      if (asked.empty()) return std::nullopt;
      if (service.resolver && !means(*service.resolver, asked)) return std::nullopt;
      return Onward{asked};
  }
  return std::nullopt;
}

}  // namespace vauban::channel
