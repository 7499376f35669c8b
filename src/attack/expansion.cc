#include "attack/expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace vauban::attack {

using reach::PartyId;

namespace {

constexpr std::uint64_t kMostHosts = 1'000'000'000;  // of one class

// What a premise or a conclusion is about: one of the hosts that an instance of a step binds, or none.
struct Role {
  PartyId party;
  bool other = false;  // the neighbour, or the far end of a hop
  auto operator<=>(const Role&) const = default;
};

// A step as hosts see it: variables, each over the hosts of a class, and what of it is about which.
struct Shape {
  static constexpr std::size_t kMostVariables = 6;
  static constexpr std::uint8_t kNone = UINT8_MAX;
  struct Variable {
    Role role;
    std::uint32_t members = 1;
  };
  struct Term {
    FactId fact;
    std::uint8_t variable = kNone;
  };
  std::array<Variable, kMostVariables> variables;
  std::size_t variableCount = 0;  // those of the premises come first
  std::size_t premiseVariables = 0;
  std::vector<Term> premises;
  Term conclusion;
  std::span<const LayerId> layers;

  std::size_t needs() const { return premises.size() + layers.size(); }
  // Two hosts of one class are two.
  bool apart(std::size_t a, std::size_t b) const {
    return variables[a].role.party == variables[b].role.party && variables[a].members > 1;
  }
};

// How a step of a template is to be read: whether code on H is his on H, on another host of its class, or on
// both.
struct Reading {
  bool here = true, neighbour = false;
  auto operator<=>(const Reading&) const = default;
};

class Shapes {
 public:
  Shapes(const AttackGraph& graph, const std::vector<std::uint32_t>& members)
      : graph_(graph), members_(members) {
    for (std::size_t f = 0; f < graph.facts.size(); ++f) about_.push_back(Expansion::about(graph, FactId(f)));
  }

  PartyId about(FactId fact) const { return about_[fact.index()]; }

  // Those of a step: one, or one for each way in which its templates read it.
  template <class Use>
  void forEach(StepId step, const Use& use) {
    const AttackStep& what = graph_.steps[step.index()];
    if (!what.rule.valid()) return use(shape(step, {}));
    std::vector<Reading> readings{readingOf(step, what.rule)};
    for (const TemplateId also : what.also) readings.push_back(readingOf(step, also));
    std::ranges::sort(readings);
    readings.erase(std::ranges::unique(readings).begin(), readings.end());
    for (const Reading& reading : readings) use(shape(step, reading));
  }

 private:
  Reading readingOf(StepId step, TemplateId rule) const {
    const PartyId here = graph_.steps[step.index()].party;
    bool code = false, neighbour = false;
    for (const Premise& premise : graph_.templates->at(rule).needs) {
      code = code || premise.kind == PremiseKind::code;
      neighbour = neighbour || premise.kind == PremiseKind::neighbour;
    }
    const auto premises = graph_.graph.premises(step);
    const bool ofAnotherClass = std::ranges::any_of(premises, [&](FactId fact) {
      return graph_.facts[fact.index()].kind == FactKind::code && about(fact) != here;
    });
    if (!neighbour || ofAnotherClass) return {};
    return {code, true};
  }

  // Of a hop within one class: which end the fact is about. It leaves from one host and arrives at another.
  bool farEnd(const channel::FlowStep& moved, FactId id, bool conclusion) const {
    const Fact& fact = graph_.facts[id.index()];
    switch (fact.kind) {
      case FactKind::bytes:
      case FactKind::escapes:
      case FactKind::hears:
        return fact.index == moved.to;
      case FactKind::leaves:
        return !conclusion;
      case FactKind::code:
        return true;
      default:
        return false;
    }
  }

  Shape shape(StepId step, Reading reading) {
    const AttackStep& what = graph_.steps[step.index()];
    Shape made;
    made.layers = graph_.graph.layers(step);
    const channel::FlowStep* hop = nullptr;
    if (!what.rule.valid() && what.flow != UINT32_MAX) {
      const channel::FlowStep& moved = graph_.flow.steps[what.flow];
      const bool within = graph_.flow.nodes[moved.from].party == graph_.flow.nodes[moved.to].party;
      if (within && !moved.hops.empty()) hop = &moved;
    }
    auto variable = [&](Role role) {
      for (std::size_t v = 0; v < made.variableCount; ++v) {
        if (made.variables[v].role == role) return static_cast<std::uint8_t>(v);
      }
      VAUBAN_CHECK(made.variableCount < Shape::kMostVariables);
      made.variables[made.variableCount] = {role, members_[role.party.index()]};
      return static_cast<std::uint8_t>(made.variableCount++);
    };
    auto add = [&](FactId fact, bool other) {
      const PartyId party = about(fact);
      made.premises.push_back({fact, party.valid() ? variable({party, other}) : Shape::kNone});
    };
    for (const FactId fact : graph_.graph.premises(step)) {
      if (hop != nullptr) {
        add(fact, farEnd(*hop, fact, false));
      } else if (graph_.facts[fact.index()].kind == FactKind::code && about(fact) == what.party) {
        if (reading.here) add(fact, false);
        if (reading.neighbour) add(fact, true);
      } else {
        add(fact, false);
      }
    }
    made.premiseVariables = made.variableCount;
    const FactId conclusion = graph_.graph.conclusion(step);
    made.conclusion.fact = conclusion;
    if (about(conclusion).valid())
      made.conclusion.variable =
          variable({about(conclusion), hop != nullptr && farEnd(*hop, conclusion, true)});
    return made;
  }

  const AttackGraph& graph_;
  const std::vector<std::uint32_t>& members_;
  std::vector<PartyId> about_;  // by fact
};

// Calls with each way to give the variables [first, end) hosts, none of them the host of another.
template <class Use>
void bindEach(const Shape& shape, std::size_t first, std::size_t end,
              std::array<std::uint32_t, Shape::kMostVariables>& bound, const Use& use) {
  if (first == end) return use();
  for (std::uint32_t m = 0; m < shape.variables[first].members; ++m) {
    bool free = true;
    for (std::size_t v = 0; v < first && free; ++v) free = !shape.apart(first, v) || bound[v] != m;
    if (!free) continue;
    bound[first] = m;
    bindEach(shape, first + 1, end, bound, use);
  }
}

// In how many ways: exact, at most `most`.
std::uint64_t ways(const Shape& shape, std::size_t first, std::size_t end, std::uint64_t most) {
  std::uint64_t count = 1;
  for (std::size_t v = first; v < end; ++v) {
    std::uint64_t taken = 0;
    for (std::size_t w = 0; w < v; ++w) taken += shape.apart(v, w) ? 1 : 0;
    const std::uint64_t left =
        shape.variables[v].members - std::min<std::uint64_t>(taken, shape.variables[v].members);
    if (left == 0) return 0;
    count = count > most / left ? most : count * left;
  }
  return count;
}

}  // namespace

PartyId Expansion::about(const AttackGraph& graph, FactId id) {
  const Fact& fact = graph.facts[id.index()];
  return fact.kind == FactKind::supplied ? PartyId(fact.index) : fact.party;
}

// Goes over all edges, twice: to count those of each node, then to write them.
class Expansion::Writer {
 public:
  explicit Writer(Expansion& made) : made_(made) {}

  template <class Edge>
  void goOver(Shapes& shapes, const Edge& edge) {
    const DerivationGraph& graph = made_.graph_->graph;
    const std::size_t firstLayer = made_.firstOfFact_.back();
    std::size_t step = made_.firstStep_;
    std::array<std::uint32_t, Shape::kMostVariables> bound{};
    auto nodeOf = [&](const Shape::Term& term) {
      return made_.node(term.fact, term.variable == Shape::kNone ? 0 : bound[term.variable]);
    };
    for (std::size_t s = 0; s < graph.stepCount(); ++s) {
      shapes.forEach(StepId(s), [&](const Shape& shape) {
        bindEach(shape, 0, shape.premiseVariables, bound, [&] {
          HostNodeId from;
          if (shape.needs() == 1) {
            from = shape.premises.empty() ? HostNodeId(firstLayer + shape.layers.front().index())
                                          : nodeOf(shape.premises.front());
          } else if (shape.needs() > 1) {
            // One that concludes nothing is no instance.
            if (ways(shape, shape.premiseVariables, shape.variableCount, 1) == 0) return;
            from = HostNodeId(step++);
            for (const Shape::Term& term : shape.premises) edge(nodeOf(term), from);
            for (const LayerId layer : shape.layers) edge(HostNodeId(firstLayer + layer.index()), from);
          }
          bindEach(shape, shape.premiseVariables, shape.variableCount, bound,
                   [&] { edge(from, nodeOf(shape.conclusion)); });
        });
      });
    }
  }

 private:
  Expansion& made_;
};

Result<Expansion> Expansion::of(const AttackGraph& graph, const ExpansionLimits& limits) {
  Expansion made(graph);
  const auto tooLarge = [](const std::string& what) {
    Diagnostic problem;
    problem.message = "host by host the attack graph is too large: " + what;
    return failure(std::move(problem));
  };
  std::vector<std::uint64_t> hosts(graph.parties.size(), 0);
  for (std::size_t h = 0; h < graph.standIn.size(); ++h)
    hosts[graph.standIn[h].index()] += std::min(graph.model->hosts[h].count, kMostHosts);
  for (std::size_t p = 0; p < hosts.size(); ++p) {
    if (hosts[p] > kMostHosts) return tooLarge("over 1000000000 hosts like " + graph.parties[p]);
    made.members_.push_back(
        static_cast<std::uint32_t>(graph.outside[p] ? 1 : std::max<std::uint64_t>(1, hosts[p])));
  }

  // Sizes first. Ids have 32 bits, and one value of them is no id.
  const std::uint64_t mostNodes = std::min<std::uint64_t>(limits.nodes, UINT32_MAX - 1);
  const std::uint64_t mostEdges = std::min<std::uint64_t>(limits.edges, UINT32_MAX - 1);
  Shapes shapes(graph, made.members_);
  std::uint64_t nodes = graph.graph.layerCount(), edges = 0;
  made.firstOfFact_.push_back(0);
  for (std::size_t f = 0; f < graph.facts.size(); ++f) {
    const PartyId party = shapes.about(FactId(f));
    nodes += party.valid() ? made.members_[party.index()] : 1;
    if (nodes > mostNodes) return tooLarge(fmt::format("over {} nodes", mostNodes));
    made.firstOfFact_.push_back(static_cast<std::uint32_t>(nodes - graph.graph.layerCount()));
  }
  made.firstStep_ = nodes;
  const auto times = [](std::uint64_t a, std::uint64_t b) {
    return a != 0 && b > UINT32_MAX / a ? UINT32_MAX : a * b;
  };
  for (std::size_t s = 0; s < graph.graph.stepCount(); ++s) {
    shapes.forEach(StepId(s), [&](const Shape& shape) {
      const std::uint64_t concluded = ways(shape, shape.premiseVariables, shape.variableCount, UINT32_MAX);
      if (concluded == 0 || shape.needs() == 0) return;
      const std::uint64_t bindings = ways(shape, 0, shape.premiseVariables, UINT32_MAX);
      if (shape.needs() > 1) nodes += bindings;
      edges += times(bindings, (shape.needs() > 1 ? shape.needs() : 0) + concluded);
    });
    if (nodes > mostNodes) return tooLarge(fmt::format("over {} nodes", mostNodes));
    if (edges > mostEdges) return tooLarge(fmt::format("over {} edges", mostEdges));
  }

  Writer writer(made);
  made.starts_.assign(nodes + 1, 0);
  writer.goOver(shapes, [&](HostNodeId from, HostNodeId to) {
    if (from.valid()) {
      ++made.starts_[from.index() + 1];
    } else {
      made.axioms_.push_back(to);
    }
  });
  for (std::size_t n = 0; n < nodes; ++n) made.starts_[n + 1] += made.starts_[n];
  VAUBAN_CHECK(made.starts_.back() == edges);
  made.targets_.resize(edges);
  // Each start moves to the end of its row, which is where the next one starts.
  writer.goOver(shapes, [&](HostNodeId from, HostNodeId to) {
    if (from.valid()) made.targets_[made.starts_[from.index()]++] = to;
  });
  for (std::size_t n = nodes; n > 0; --n) made.starts_[n] = made.starts_[n - 1];
  made.starts_[0] = 0;
  return made;
}

model::HostId Expansion::host(PartyId party, std::uint32_t member) const {
  std::uint64_t before = 0;
  for (std::size_t h = 0; h < graph_->standIn.size(); ++h) {
    if (graph_->standIn[h].index() != party.index()) continue;
    before += graph_->model->hosts[h].count;
    if (member < before) return model::HostId(h);
  }
  return {};
}

std::vector<std::uint8_t> Expansion::holding(std::span<const LayerId> failed) const {
  std::vector<std::uint8_t> holds(nodeCount(), 0);
  std::vector<std::uint32_t> missing(stepNodeCount(), 0);
  for (const HostNodeId target : targets_) {
    if (needsAll(target)) ++missing[target.index() - firstStep_];
  }
  std::vector<HostNodeId> fresh;
  const auto hold = [&](HostNodeId id) {
    if (holds[id.index()]) return;
    holds[id.index()] = 1;
    fresh.push_back(id);
  };
  for (const HostNodeId axiom : axioms_) hold(axiom);
  for (const LayerId layer : failed) hold(HostNodeId(firstOfFact_.back() + layer.index()));
  while (!fresh.empty()) {
    const HostNodeId id = fresh.back();
    fresh.pop_back();
    for (const HostNodeId target : next(id)) {
      if (!needsAll(target) || --missing[target.index() - firstStep_] == 0) hold(target);
    }
  }
  return holds;
}

std::size_t Expansion::bytes() const {
  return sizeof(std::uint32_t) * (members_.capacity() + firstOfFact_.capacity() + starts_.capacity() +
                                  targets_.capacity() + axioms_.capacity());
}

}  // namespace vauban::attack
