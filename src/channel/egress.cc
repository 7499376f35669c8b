// The egress table: every zone and host class x every protocol, to every untrusted zone.
#include <algorithm>

#include "channel/verdict.h"

namespace vauban::channel {

using space::ServiceSet;

namespace {

struct Protocol {
  const char* name;
  ServiceSet services;
};

const std::vector<Protocol>& egressProtocols() {
  static const std::vector<Protocol> protocols = [] {
    auto tcp = [](std::uint16_t port) { return ServiceSet::ports(space::kTcp, {port, port}); };
    auto udp = [](std::uint16_t port) { return ServiceSet::ports(space::kUdp, {port, port}); };
    std::vector<Protocol> list{
        {"dns", udp(53) | tcp(53)},
        {"ntp", udp(123)},
        {"icmp", ServiceSet::protocol(space::kIcmp) | ServiceSet::protocol(space::kIcmpV6)},
        {"http", tcp(80)},
        {"https", tcp(443) | udp(443)},
        {"smtp", tcp(25) | tcp(465) | tcp(587)},
        {"ssh", tcp(22)},
    };
    ServiceSet named;
    for (const Protocol& protocol : list) named |= protocol.services;
    list.push_back({"other tcp", ServiceSet::protocol(space::kTcp) - named});
    list.push_back({"other udp", ServiceSet::protocol(space::kUdp) - named});
    list.push_back(
        {"other ip", ~(named | ServiceSet::protocol(space::kTcp) | ServiceSet::protocol(space::kUdp))});
    return list;
  }();
  return protocols;
}

}  // namespace

EgressTable Judge::egress() const {
  EgressTable table;
  for (const Protocol& protocol : egressProtocols()) table.protocols.emplace_back(protocol.name);
  model::PlaceTerms untrusted;
  for (std::size_t z = 0; z < model_.zones.size(); ++z) {
    if (!model_.zones[z].untrusted) continue;
    model::PlaceTerm term;
    term.kind = model::PlaceTerm::Kind::zone;
    term.zone = model::ZoneId(z);
    untrusted.push_back(term);
  }
  if (untrusted.empty()) return table;
  auto addRow = [&](const std::string& name, const model::PlaceTerm& place, bool isZone) {
    EgressRow row;
    row.place = name;
    row.isZone = isZone;
    for (const Protocol& protocol : egressProtocols()) {
      model::Claim claim;
      claim.kind = model::ClaimKind::never;
      claim.subject = model::ClaimSubject::channel;
      claim.from = {place};
      claim.to = untrusted;
      claim.over = protocol.services;
      claim.direct = true;
      Judgement judgement = judge(claim).judgement;
      if (judgement.verdict != Verdict::broken) {
        claim.direct = false;
        judgement = judge(claim).judgement;
      }
      EgressCell cell;
      if (judgement.verdict == Verdict::broken) {
        cell.kind = judgement.direct ? EgressCell::Kind::direct : EgressCell::Kind::relayed;
      } else if (judgement.verdict == Verdict::conditional) {
        cell.kind = EgressCell::Kind::conditional;
      } else if (judgement.verdict == Verdict::undecided) {
        cell.kind = EgressCell::Kind::undecided;
      }
      cell.viaRelay = !judgement.direct;
      cell.conditions = judgement.conditions;
      if (cell.kind != EgressCell::Kind::shut) {
        cell.bitsPerSecond = judgement.bitsPerSecond;
        if (!judgement.witness.empty()) cell.firstHop = judgement.witness.front().to;
      }
      row.cells.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  };
  for (std::size_t z = 0; z < model_.zones.size(); ++z) {
    if (model_.zones[z].untrusted) continue;
    model::PlaceTerm zone;
    zone.kind = model::PlaceTerm::Kind::zone;
    zone.zone = model::ZoneId(z);
    addRow(model_.zones[z].name, zone, true);
    for (std::size_t h = 0; h < model_.hosts.size(); ++h) {
      if (model_.hosts[h].zone != model::ZoneId(z)) continue;
      model::PlaceTerm host;
      host.kind = model::PlaceTerm::Kind::host;
      host.host = model::HostId(h);
      addRow(model_.hosts[h].name, host, false);
    }
  }
  return table;
}

}  // namespace vauban::channel
