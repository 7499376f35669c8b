// Cables and routes of a lab: which zone leads over which enforcement points to which other.
//
// Every zone is a bridge on one node, "wire", on which machines and routers have their ports; a bridge
// forwards no IP. Addresses stand alone (/32, /128); a zone's members know each other as neighbours on the
// wire, everything else goes to the first router on the way. Where several ways lead somewhere, the shortest
// is taken, first in the order of the model.
#pragma once

#include <map>
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

// Which zones border on which, and the enforcement point between them. A value of its own, whatever becomes
// of the plan.
class Ways {
 public:
  explicit Ways(const LabPlan& plan);

  struct Step {
    std::size_t router;
    model::ZoneId zone;  // behind it
  };
  // The shortest way; empty: there is none, or it is the same zone.
  std::vector<Step> way(model::ZoneId from, model::ZoneId to) const;
  // The router that a machine in `from` hands packets for `to` to; nullopt: there is no way.
  std::optional<std::size_t> firstRouter(model::ZoneId from, model::ZoneId to) const;
  std::optional<std::size_t> ideal() const { return ideal_; }

 private:
  std::map<model::ZoneId, std::map<model::ZoneId, std::size_t>> next_;
  std::optional<std::size_t> ideal_;
};

// Everything, in order.
std::vector<os::NetworkRequest> wiring(const LabPlan& plan, const LabNodes& nodes);

}  // namespace vauban::lab
