// Cables and routes of a lab: which zone leads over which enforcement points to which other.
//
// Every zone is a bridge on one node, "wire", on which machines and routers have their ports; a bridge
// forwards no IP. Addresses stand alone (/32, /128); a zone's members know each other as neighbours on the
// wire, everything else goes to the first router on the way. Where several ways lead somewhere, the shortest
// is taken, first in the order of the model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/lab_plan.h"
#include "os/network_request.h"

namespace vauban::lab {

// Nodes of the testbed by their place in the plan.
struct LabNodes {
  os::NodeId wire;
  std::vector<os::NodeId> machines, routers;

  os::NodeId of(MachineId machine) const { return machines[machine.index()]; }
};

// The port of a machine's leg or a router's side on the wire.
std::string portName(MachineId machine, std::size_t leg);
std::string bridgeName(model::ZoneId zone);

// The router that a machine in `from` hands packets for `to` to; nullopt: there is no way.
std::optional<std::size_t> firstRouter(const LabPlan& plan, model::ZoneId from, model::ZoneId to);

// Everything, in order.
std::vector<os::NetworkRequest> wiring(const LabPlan& plan, const LabNodes& nodes);

}  // namespace vauban::lab
