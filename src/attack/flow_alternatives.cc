#include "attack/flow_alternatives.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/result.h"

namespace vauban::attack {
namespace {

using Alternatives = std::vector<FlowAlternative>;  // an antichain: none holds another

class Sequencer {
 public:
  Sequencer(const FlowDrawing& drawing, const FlowLimits& limits)
      : drawing_(drawing),
        limits_(limits),
        nodes_(drawing.actions + drawing.gates.size()),
        in_(nodes_),
        out_(nodes_),
        values_(nodes_) {}

  std::optional<FlowSequence> run() {
    join();
    leaveBareAsidesOut();
    if (!settleGates()) return std::nullopt;
    FlowSequence sequence;
    sequence.before.resize(drawing_.actions);
    for (std::size_t action = 0; action < drawing_.actions; ++action) {
      Alternatives ways;
      if (!anyOf(action, ways)) return std::nullopt;
      const bool first = std::ranges::any_of(ways, &FlowAlternative::empty);
      std::erase_if(ways, [&](const FlowAlternative& way) {
        return std::ranges::binary_search(way, FlowActionId(action));
      });
      if (ways.empty() && !in_[action].empty()) sequence.circular.emplace_back(action);
      if (first) ways.clear();
      std::ranges::sort(ways, [](const FlowAlternative& a, const FlowAlternative& b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
      });
      sequence.before[action] = std::move(ways);
    }
    sequence.order = ordered(sequence.before);
    return sequence;
  }

 private:
  bool isGate(std::size_t node) const { return node >= drawing_.actions; }
  FlowGate gate(std::size_t node) const { return drawing_.gates[node - drawing_.actions]; }

  void join() {
    for (const FlowDrawing::Arrow& arrow : drawing_.arrows) {
      VAUBAN_CHECK(arrow.from < nodes_ && arrow.to < nodes_);
      in_[arrow.to].push_back(arrow.from);
    }
    for (std::size_t node = 0; node < nodes_; ++node) {
      std::ranges::sort(in_[node]);
      const auto repeated = std::ranges::unique(in_[node]);
      in_[node].erase(repeated.begin(), repeated.end());
      for (const std::uint32_t from : in_[node]) out_[from].push_back(static_cast<std::uint32_t>(node));
    }
  }

  // Asides that nothing but asides leads to.
  void leaveBareAsidesOut() {
    std::vector<bool> told(nodes_, false);
    std::vector<std::size_t> todo;
    for (std::size_t node = 0; node < nodes_; ++node) {
      told[node] = !isGate(node) || gate(node) != FlowGate::aside;
      if (told[node]) todo.push_back(node);
    }
    while (!todo.empty()) {
      const std::size_t node = todo.back();
      todo.pop_back();
      for (const std::uint32_t to : out_[node]) {
        if (!told[to]) todo.push_back(to);
        told[to] = true;
      }
    }
    for (std::size_t node = 0; node < nodes_; ++node)
      std::erase_if(in_[node], [&](std::uint32_t from) { return !told[from]; });
  }

  // The least fixpoint. A gate is looked at again when one before it has changed, those in front first, so
  // that where there is no circle each is looked at once.
  bool settleGates() {
    const std::vector<std::size_t> rank = ranks();
    std::vector<std::size_t> nodeOf(nodes_);
    for (std::size_t node = 0; node < nodes_; ++node) nodeOf[rank[node]] = node;
    std::set<std::size_t> todo;
    for (std::size_t node = drawing_.actions; node < nodes_; ++node) todo.insert(rank[node]);
    while (!todo.empty()) {
      const std::size_t node = nodeOf[*todo.begin()];
      todo.erase(todo.begin());
      Alternatives ways;
      if (!(gate(node) == FlowGate::all ? allOf(node, ways) : anyOf(node, ways))) return false;
      std::ranges::sort(ways);
      if (ways == values_[node]) continue;
      values_[node] = std::move(ways);
      for (const std::uint32_t to : out_[node])
        if (isGate(to)) todo.insert(rank[to]);
    }
    return true;
  }

  // Reverse postorder over the gates' arrows.
  std::vector<std::size_t> ranks() const {
    std::vector<std::size_t> rank(nodes_, 0);
    std::vector<bool> seen(nodes_, false);
    std::size_t next = nodes_;
    for (std::size_t start = nodes_; start-- > 0;) {
      if (seen[start]) continue;
      seen[start] = true;
      std::vector<std::pair<std::size_t, std::size_t>> path{{start, 0}};
      while (!path.empty()) {
        auto& [node, done] = path.back();
        if (isGate(node) && done < out_[node].size()) {
          const std::size_t to = out_[node][done++];
          if (seen[to]) continue;
          seen[to] = true;
          path.emplace_back(to, 0);
        } else {
          rank[node] = --next;
          path.pop_back();
        }
      }
    }
    return rank;
  }

  bool add(Alternatives& ways, FlowAlternative way) {
    for (const FlowAlternative& other : ways) {
      work_ += other.size() + way.size() + 1;
      if (std::ranges::includes(way, other)) return work_ <= limits_.work;
    }
    std::erase_if(ways, [&](const FlowAlternative& other) { return std::ranges::includes(other, way); });
    ways.push_back(std::move(way));
    return ways.size() <= limits_.alternatives && work_ <= limits_.work;
  }

  Alternatives valueOf(std::size_t node) const {
    return isGate(node) ? values_[node] : Alternatives{{FlowActionId(node)}};
  }

  bool anyOf(std::size_t node, Alternatives& ways) {
    work_ += in_[node].size();
    if (in_[node].empty() && isGate(node)) ways.emplace_back();
    for (const std::uint32_t from : in_[node])
      for (FlowAlternative& way : valueOf(from))
        if (!add(ways, std::move(way))) return false;
    return work_ <= limits_.work;
  }

  bool allOf(std::size_t node, Alternatives& ways) {
    work_ += in_[node].size();
    ways.emplace_back();
    for (const std::uint32_t from : in_[node]) {
      Alternatives joined;
      const Alternatives more = valueOf(from);
      for (const FlowAlternative& one : ways) {
        for (const FlowAlternative& other : more) {
          FlowAlternative both;
          std::ranges::set_union(one, other, std::back_inserter(both));
          work_ += both.size();
          if (!add(joined, std::move(both))) return false;
        }
      }
      ways = std::move(joined);
    }
    return work_ <= limits_.work;
  }

  std::vector<FlowActionId> ordered(const std::vector<Alternatives>& before) const {
    struct Way {
      std::size_t action = 0, left = 0;
    };
    const std::size_t count = drawing_.actions;
    std::vector<Way> ways;
    std::vector<std::vector<std::size_t>> waysWith(count);  // by member
    std::vector<std::size_t> waysLeft(count, 0);
    // `open`: all of its alternatives are done, or it has none; `enabled`: one of them is.
    std::set<std::size_t> open, enabled, rest;
    for (std::size_t action = 0; action < count; ++action) {
      rest.insert(action);
      waysLeft[action] = before[action].size();
      if (before[action].empty()) open.insert(action);
      for (const FlowAlternative& way : before[action]) {
        for (const FlowActionId member : way) waysWith[member.index()].push_back(ways.size());
        ways.push_back({action, way.size()});
      }
    }
    std::vector<FlowActionId> order;
    while (!rest.empty()) {
      const std::set<std::size_t>& from = !open.empty() ? open : !enabled.empty() ? enabled : rest;
      const std::size_t action = *from.begin();
      for (std::set<std::size_t>* set : {&open, &enabled, &rest}) set->erase(action);
      order.emplace_back(action);
      for (const std::size_t way : waysWith[action]) {
        const std::size_t reached = ways[way].action;
        if (--ways[way].left != 0 || !rest.contains(reached)) continue;
        enabled.insert(reached);
        if (--waysLeft[reached] == 0) open.insert(reached);
      }
    }
    return order;
  }

  const FlowDrawing& drawing_;
  const FlowLimits& limits_;
  std::size_t nodes_ = 0, work_ = 0;
  std::vector<std::vector<std::uint32_t>> in_, out_;
  std::vector<Alternatives> values_;  // of gates
};

}  // namespace

std::optional<FlowSequence> sequenceOf(const FlowDrawing& drawing, const FlowLimits& limits) {
  return Sequencer(drawing, limits).run();
}

}  // namespace vauban::attack
