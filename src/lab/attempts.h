// What is tried in a lab: every way to bring bytes from a machine to the adversary that the carriers know.
//
// Attempts come from the plan and from the verifier's view of who may talk to whom, never from its verdicts:
// what they observe is independent of what they are held against. A held machine tries, under its own, its
// neighbours' and forged addresses, in both families; through every service that it reaches; and by
// reflection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/probe.h"
#include "lab/running_lab.h"

namespace vauban::lab {

struct Attempt {
  std::string text;  // "query name to dns-int", unique within a lab
  MachineId from, to;
  Probe probe;
  std::optional<model::ServiceId> via;
  bool direct = true;           // no relay, store, look-up or reflection
  space::ServiceSet opener;     // of the first hop
  std::vector<MachineId> path;  // from, what lies between, to
  bool expected = false;        // the first hop is one that the verifier lets pass
  std::size_t chunkBytes = 0;   // of the payload; 0: the carrier's own
  // A flow that has to live for it: who opens it to whom.
  std::optional<std::pair<MachineId, MachineId>> flow;
};

// Packets worth trying: what rules and claims speak of, and one of each common protocol; sorted, at most 48.
std::vector<space::Service> sampledServices(const model::Model& model);

// From a held machine to an adversary's.
std::vector<Attempt> attemptsFrom(RunningLab& lab, MachineId from, MachineId to,
                                  const std::vector<space::Service>& services);

}  // namespace vauban::lab
