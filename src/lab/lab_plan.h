// What stands in a lab: the machines that play an architecture's classes of hosts, where they stand, which
// names lead where. A value, made from a model by `planLab` (plan_lab.h) before anything is started.
//
// The plan holds a copy of the model whose addresses are those of the lab, in documentation ranges (RFC 5737,
// RFC 3849): 198.51.100.0/24 in trusted zones, 203.0.113.0/24 in untrusted ones, 2001:db8::/32 in all. Each
// class of addresses that no rule tells apart is one address here; a group of hosts is one machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "model/model.h"
#include "os/internet_address.h"

namespace vauban::lab {

using MachineId = StrongId<struct MachineTag>;

// A machine's interface in a zone.
struct Leg {
  model::ZoneId zone;
  std::string interface;                       // of the machine: "eth0", "eth1"
  std::vector<os::InternetAddress> addresses;  // its own, IPv4 first; at least one
};

struct Machine {
  enum class Kind {
    host,       // a host or group of the model
    adversary,  // all that an untrusted zone holds, his hosts apart
    world,  // what the outside needs to work and nobody hostile holds: root and trusted name servers, time
  };
  Kind kind = Kind::host;
  std::string node;  // its name in the testbed, unique
  std::optional<model::HostId> host;
  std::vector<Leg> legs;   // home first
  bool adversary = false;  // its zone is untrusted

  // The first of the family, of any leg; nullptr: none.
  const os::InternetAddress* address(bool ipv6) const {
    for (const Leg& leg : legs)
      for (const os::InternetAddress& address : leg.addresses)
        if (address.ipv6 == ipv6) return &address;
    return nullptr;
  }
};

// Addresses of an adversary's machine on which tunnel servers listen instead of his own.
std::vector<os::InternetAddress> toolAddresses(const Machine& machine);

// A name that is served in the lab, with all names below it.
struct Domain {
  std::string name;  // "vendor.example", without a final dot
  bool trusted = false;
  MachineId machine;                       // its name server and what its names lead to
  os::InternetAddress nameServer;          // IPv4, of the machine
  std::vector<os::InternetAddress> hosts;  // what the names lead to
};

struct NameTree {
  MachineId world;
  os::InternetAddress root,
      tld;  // IPv4 addresses of `world`: of the root servers, of those of all top-level domains
  std::vector<Domain> domains;  // a domain may lie below another one, which then delegates it
};

// A service of the model where it stands in the lab.
struct ServiceSite {
  model::ServiceId id;
  const model::ServiceInstance* service = nullptr;  // of the plan's model: lists hold the lab's addresses
  const model::Behaviour* behaviour = nullptr;
  MachineId machine;
  std::string node;
  // Where it listens: the machine's addresses, and the first port of each protocol of its listening set. No
  // port: it listens nowhere (a copier), or on a protocol without ports.
  std::vector<os::InternetAddress> addresses;
  std::optional<std::uint16_t> udp, tcp;
  // Where its configuration leads; empty where the model names none. An untrusted zone: the adversary there.
  struct Target {
    os::InternetAddress address;
    std::optional<std::uint16_t> udp,
        tcp;           // of the service there that takes what this one emits; else the default
    std::string name;  // where the model names a domain: that
  };
  std::vector<Target> upstream, resolvers, from;
};

// An enforcement point: the ideal one, a device, or a link without one.
struct Router {
  std::string node;
  std::string point;  // as verdicts name it
  std::optional<model::DeviceId> device;
  std::optional<model::LinkId> link;
  struct Side {
    model::ZoneId zone;
    std::string interface;
    os::InternetAddress v4, v6;  // its own there, which are in no zone
  };
  std::vector<Side> sides;

  const Side* side(model::ZoneId zone) const {
    for (const Side& side : sides)
      if (side.zone == zone) return &side;
    return nullptr;
  }
};

struct LabPlan {
  model::Model model;  // relocated
  std::vector<Machine> machines;
  std::vector<Router> routers;
  // Addresses of each zone in the lab: those of its machines, and spare ones that nobody has, for whoever
  // forges.
  std::vector<std::vector<os::InternetAddress>> zoneAddresses, spares;
  model::ZoneId outside;  // the untrusted zone in which `world` stands; invalid: there is none
  std::vector<ServiceSite> services;
  NameTree names;

  const Machine& at(MachineId id) const { return machines[id.index()]; }
  MachineId machineOf(model::HostId host) const;
  // The machine of what an untrusted zone holds besides hosts of the model; invalid: the zone is trusted.
  MachineId adversaryOf(model::ZoneId zone) const;
  // Who has the address; invalid: nobody.
  MachineId holder(const os::InternetAddress& address) const;
};

}  // namespace vauban::lab
