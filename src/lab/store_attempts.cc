// Bytes that wait in a store until the receiver, or somebody for him, reads (semantics 4 `stores`).
#include <fmt/format.h>

#include <algorithm>

#include "lab/attempt_maker.h"
#include "lab/daemon_names.h"
#include "lab/daemon_vsftpd.h"

namespace vauban::lab {

using os::InternetAddress;

namespace {

bool isDevice(const ServiceSite& site) { return site.behaviour->name == "modbus-device"; }

bool isStore(const ServiceSite& site) {
  const std::string& behaviour = site.behaviour->name;
  if (behaviour == "file-share" || behaviour == "object-store" || isDevice(site)) return true;
  return behaviour == "web-server" && states(*site.service, "accepts-uploads", {"true"});
}

class Stores : public AttemptMaker {
 public:
  using AttemptMaker::AttemptMaker;

  std::vector<Attempt> all() {
    for (const ServiceSite& site : plan_.services) {
      if (!isStore(site) || !site.tcp || !plays(site) || site.machine == to_) continue;
      if (plan_.at(site.machine).adversary) continue;
      for (const Door& in : doors(from_, to_, site, false))
        for (const Door& out : doors(to_, from_, site, true)) leave(site, in, out);
    }
    return std::move(attempts_);
  }

 private:
  // A way from a machine to a store: its own addresses, or the first of relays that lead to it.
  struct Door {
    std::vector<const ServiceSite*> relays;
    InternetAddress own, its;
    std::uint16_t port = 0;
    std::uint8_t unit = 1;
  };
  // What relays of one protocol let through is not what a store of another one understands.
  static bool understands(const ServiceSite& store, const RelayChain& chain) {
    if (isDevice(store)) return !chain.http;
    return !chain.modbus && !(chain.http && isFtpShare(store));
  }
  std::vector<Door> doors(MachineId machine, MachineId other, const ServiceSite& store, bool reading) const {
    std::vector<Door> result;
    if (machine == store.machine) {
      result.push_back({{}, store.addresses.front(), store.addresses.front(), *store.tcp, 1});
      return result;
    }
    if (const auto own = entrance(machine, store, space::kTcp))
      result.push_back({{}, own->own, own->its, own->port, 1});
    const std::vector<std::uint16_t> ports = tcpEntrancesOf(store, plan_);
    for (const RelayChain& chain : chainsTo(plan_, store.machine, machine, RelayKind::streams)) {
      if (std::ranges::find(ports, chain.port) == ports.end() || !play(chain) || chain.oneWay) continue;
      if (!understands(store, chain)) continue;
      const bool passesOther =
          std::ranges::any_of(chain.sites, [&](const ServiceSite* site) { return site->machine == other; });
      const auto in = entrance(machine, chain.first(), space::kTcp);
      if (passesOther || !in) continue;
      Door door{chain.sites, in->own, in->its, in->port, 1};
      if (reading) door.unit = unitOf(*chain.sites.back(), store);
      result.push_back(std::move(door));
    }
    return result;
  }
  // Under which number a gateway has the device.
  std::uint8_t unitOf(const ServiceSite& gateway, const ServiceSite& device) const {
    for (std::size_t i = 0; i < gateway.upstream.size() && i < 247; ++i)
      if (plan_.holder(gateway.upstream[i].address) == device.machine)
        return static_cast<std::uint8_t>(i + 1);
    return 1;
  }

  void leave(const ServiceSite& store, const Door& in, const Door& out) {
    const Carrier carrier = isDevice(store) ? Carrier::registerRead : Carrier::storeRead;
    std::vector<const ServiceSite*> way = in.relays;
    way.push_back(&store);
    way.insert(way.end(), out.relays.rbegin(), out.relays.rend());
    Attempt attempt =
        make(carrier, in.own, in.its, in.port,
             fmt::format("{} by {} for {}", carrierName(carrier), namesOf(way), receiver().node));
    attempt.probe.fetch = Fetch{out.own, out.its, out.port, out.unit};
    attempt.probe.ftp = isFtpShare(store);
    attempt.via = way.front()->id;
    attempt.direct = store.machine == from_ && out.relays.empty();
    attempt.path = {from_};
    for (const ServiceSite* site : way)
      if (site->machine != attempt.path.back()) attempt.path.push_back(site->machine);
    attempt.path.push_back(to_);
    // Of what the sender holds himself the first hop is the reading.
    attempt.opener = port(space::kTcp, store.machine == from_ ? out.port : in.port);
    attempt.expected = true;
    attempts_.push_back(std::move(attempt));
  }

  std::vector<Attempt> attempts_;
};

}  // namespace

std::vector<Attempt> storeAttempts(RunningLab& lab, MachineId from, MachineId to) {
  return Stores(lab, from, to).all();
}

}  // namespace vauban::lab
