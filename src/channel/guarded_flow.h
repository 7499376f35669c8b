// Where bytes can go when things fail: the graph of semantics 5 with a guard on every step (semantics 8).
//
// Nodes are states of the channel fixpoint, each with the names that its bytes can still ask for. A step may
// be taken when all its atoms hold: layers that have failed (Atom::failure), gaps of the model (worst case:
// they are there), and that his code runs at a party. A path whose atoms are only gaps and code that is there
// is a channel of the model as written; that is how `impossible` of a channel claim cuts the attack graph.
//
// What keeps the machines of a zone apart may fail as well: then whoever holds one sends as any other, and
// hears what arrives at its address. So bytes arrive at a party's address first (`atAddress`), and are held
// there by code that runs on it, or on a neighbour.
//
// Nodes 0 .. parties-1 are `held` at each party, whoever it is. A value; the network outlives nothing of it.
#pragma once

#include <string>
#include <vector>

#include "channel/solver.h"

namespace vauban::channel {

// The layer that keeps the machines of a zone apart.
reach::Atom switchesAtom(const model::Zone& zone);

struct FlowNode {
  StateKind kind = StateKind::held;
  reach::PartyId party;
  model::ServiceId service;  // of told, readable
  space::NameSet names;
  bool atAddress = false;  // of kind held: on the wire at an address of the party, held by nobody yet
};

struct FlowStep {
  std::uint32_t from = 0, to = 0;  // nodes
  reach::AtomIds atoms;
  std::vector<Hop> hops;      // none: no packet moves
  space::ServiceSet packets;  // of the first hop's opener; all where none
  bool borrowed = false;      // one machine sends as another of its zone, which it does not hold
};

class GuardedFlow {
 public:
  std::vector<FlowNode> nodes;
  std::vector<FlowStep> steps;        // sorted by from, to; none that another makes unnecessary
  std::vector<reach::AtomId> codeAt;  // by party: his code runs there; not valid where he is at home
};

}  // namespace vauban::channel
