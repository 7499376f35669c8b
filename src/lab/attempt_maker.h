// What the files share that enumerate attempts of one sender at one receiver; for this room only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/attempts.h"
#include "lab/relay_chains.h"

namespace vauban::lab {

inline constexpr std::uint16_t kHighPort = 40'000;  // that no service has by default

class AttemptMaker {
 public:
  AttemptMaker(RunningLab& lab, MachineId from, MachineId to)
      : lab_(lab), plan_(lab.plan()), reach_(lab.reach()), from_(from), to_(to) {}

 protected:
  // Two addresses of one family, and whether the matrix lets the packets in question pass.
  struct Ends {
    os::InternetAddress own, its;
    bool passes = false;
  };

  const Machine& sender() const { return plan_.at(from_); }
  const Machine& receiver() const { return plan_.at(to_); }

  static space::ServiceSet port(std::uint8_t protocol, std::uint16_t number) {
    return space::ServiceSet::ports(protocol, {number, number});
  }
  // The packets of one kind, with the source port that it wants or any.
  static space::ServiceSet one(const space::Service& service);
  // Whether there is such a thing in the family.
  static bool ofFamily(const space::Service& service, bool ipv6);
  static Carrier carrierOf(const space::Service& service);
  bool hasPassage(const os::InternetAddress& from, const os::InternetAddress& to,
                  const space::Service& service) const {
    return reach_.opens(from, to).intersects(one(service));
  }

  // Addresses of a machine that rules may tell apart: of a family, of both (IPv4 first).
  std::vector<os::InternetAddress> distinct(const Machine& machine, bool ipv6) const {
    return reach_.distinct(machine, ipv6);
  }
  std::vector<os::InternetAddress> addressesOf(const Machine& machine) const;
  // An address of the machine and one of the place between which the packets pass, else any two; nullopt:
  // they have no family in common.
  std::optional<Ends> ends(const Machine& machine, const std::vector<os::InternetAddress>& place,
                           const space::ServiceSet& packets) const;

  // Addresses and the port for a conversation of a machine with a service: of its ports the first that the
  // filters let the machine use. nullopt: none.
  struct Entrance {
    os::InternetAddress own, its;
    std::uint16_t port = 0;
  };
  std::optional<Entrance> entrance(MachineId machine, const ServiceSite& site, std::uint8_t protocol) const;

  bool plays(const ServiceSite& site) const { return lab_.daemon(site.id) != nullptr; }
  bool play(const RelayChain& chain) const;
  static std::string namesOf(const std::vector<const ServiceSite*>& sites);  // "web on gate, files on store"

  // A conversation that the sender opens to the receiver, between each two addresses that rules tell apart.
  void converse(const std::vector<space::Service>& services, std::vector<Attempt>& attempts) const;

  // Direct, by the home leg, with all the bytes of the carrier.
  Attempt make(Carrier carrier, const os::InternetAddress& source, const os::InternetAddress& destination,
               std::uint16_t port, std::string text) const;

  RunningLab& lab_;
  const LabPlan& plan_;
  const LabReach& reach_;
  MachineId from_, to_;
};

// Packets forged into live flows, errors that quote them, and what is sent back to a forged source.
std::vector<Attempt> forgedAttempts(RunningLab& lab, MachineId from, MachineId to,
                                    const std::vector<space::Service>& services);
// Through services that pass on what they are told.
std::vector<Attempt> relayAttempts(RunningLab& lab, MachineId from, MachineId to,
                                   const std::vector<space::Service>& services);
// Left by the sender in stores where the receiver reads.
std::vector<Attempt> storeAttempts(RunningLab& lab, MachineId from, MachineId to);

}  // namespace vauban::lab
