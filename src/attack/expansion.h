// The attack graph host by host: each fact of a class once for each of its hosts, each step between all hosts
// for which it stands.
//
// An AND/OR graph. Nodes: every fact that is about a host class, once for each *member* (host) of the class;
// every other fact and every layer once; and a node that needs all of its predecessors (AND) for each
// instance of a step with more than one premise or layer. An instance of a step with one premise is an edge.
// All other nodes need one predecessor. Nodes that hold by themselves are listed (`axioms`).
//
// Which hosts a step is about: its premises and its conclusion are about one host, but for those of the
// neighbour and of the two ends of a hop, which are any host of theirs; where both ends are of one class, any
// other one. Machines that no list has stand as one. A credential is one whatever it opens, as in the class
// graph. What a class does to itself and what therefore is no step of the class graph is none here.
//
// Cost: 4 bytes a node and 4 an edge (CSR), time linear in both; sizes are known, and held against limits,
// before anything is made. Deterministic: ids follow those of the class graph. A value that refers to the
// class graph, which must outlive it; immutable: any number of threads may read it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attack/attack_graph.h"

namespace vauban::attack {

using HostNodeId = StrongId<struct HostNodeTag>;

struct ExpansionLimits {
  std::uint64_t nodes = 200'000'000, edges = 1'000'000'000;
};

class Expansion {
 public:
  static Result<Expansion> of(const AttackGraph& graph, const ExpansionLimits& limits = {});

  std::size_t nodeCount() const { return starts_.size() - 1; }
  std::size_t edgeCount() const { return targets_.size(); }
  // Of the nodes: those that are a fact about a host, and those that need all of their predecessors.
  std::size_t factNodeCount() const { return firstOfFact_.back(); }
  std::size_t stepNodeCount() const { return nodeCount() - firstStep_; }

  // How many hosts a class has; `host` names one of them (the groups of a class in order of the model).
  std::uint32_t members(reach::PartyId party) const { return members_[party.index()]; }
  model::HostId host(reach::PartyId party, std::uint32_t member) const;
  // Of a fact about a class: member < members of its party; of any other: member 0.
  HostNodeId node(FactId fact, std::uint32_t member) const {
    return HostNodeId(firstOfFact_[fact.index()] + member);
  }
  std::uint32_t instances(FactId fact) const {
    return firstOfFact_[fact.index() + 1] - firstOfFact_[fact.index()];
  }
  bool needsAll(HostNodeId node) const { return node.index() >= firstStep_; }
  std::span<const HostNodeId> next(HostNodeId node) const {
    return std::span(targets_).subspan(starts_[node.index()],
                                       starts_[node.index() + 1] - starts_[node.index()]);
  }
  std::span<const HostNodeId> axioms() const { return axioms_; }

  // By node, 1 where it holds once these layers have failed: the least fixpoint.
  std::vector<std::uint8_t> holding(std::span<const LayerId> failed) const;
  // The class that a fact is about; not valid where it is about none.
  static reach::PartyId about(const AttackGraph& graph, FactId fact);
  std::size_t bytes() const;  // of memory that it holds

 private:
  explicit Expansion(const AttackGraph& graph) : graph_(&graph) {}
  class Writer;

  const AttackGraph* graph_;
  std::vector<std::uint32_t> members_;      // by party
  std::vector<std::uint32_t> firstOfFact_;  // by fact, and one more: nodes of facts, then of layers
  std::size_t firstStep_ = 0;               // then of steps
  std::vector<std::uint32_t> starts_{0};    // by node, and one more
  std::vector<HostNodeId> targets_;
  std::vector<HostNodeId> axioms_;
};

}  // namespace vauban::attack
