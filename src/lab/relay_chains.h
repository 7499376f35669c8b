// Where services that relay to fixed upstreams lead in a lab, over one of them or several in a row.
//
// From the plan alone: what configuration says, not what filters let through. A value.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/lab_plan.h"

namespace vauban::lab {

enum class RelayKind {
  streams,    // over TCP: tcp-relay, http-reverse-proxy, mirrors, ot-gateway, a data-diode without UDP
  datagrams,  // over UDP: udp-relay, data-diode
  questions,  // of DNS: dns-forwarder
  mail,       // smtp-relay and mail-gateway with a smart host
};

struct RelayChain {
  std::vector<const ServiceSite*> sites;  // of the plan, the first relay first; at least one
  os::InternetAddress target;             // where the last one sends
  std::uint16_t port = 0;                 // to which port there
  // Of streams, what all of them let through: neither: any bytes.
  bool http = false, modbus = false;
  bool oneWay = false;  // one of them brings nothing back

  const ServiceSite& first() const { return *sites.front(); }
};

// The TCP ports at which what plays the service takes conversations of its clients.
std::vector<std::uint16_t> tcpEntrancesOf(const ServiceSite& site, const LabPlan& plan);

// All chains that lead to the machine and do not pass it or `around`, shortest first; at most four services
// each, 64 chains. Of streams none that a gateway of another protocol would cut.
std::vector<RelayChain> chainsTo(const LabPlan& plan, MachineId goal, MachineId around, RelayKind kind);

// Chains of DNS services from any of the targets to the machine; empty: one of them is an address of it.
bool leadsTo(const LabPlan& plan, const std::vector<ServiceSite::Target>& targets, MachineId goal);

}  // namespace vauban::lab
