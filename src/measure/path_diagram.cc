#include "measure/path_diagram.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace vauban::measure {
namespace {

using Path = std::vector<std::uint32_t>;  // ranks of steps still to be taken, increasing
using Paths = std::vector<Path>;          // none holds another; sorted

// Paths that hold another path add nothing.
Paths withoutSupersets(Paths paths) {
  std::ranges::sort(
      paths, [](const Path& a, const Path& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  Paths kept;
  for (Path& path : paths) {
    const bool holds =
        std::ranges::any_of(kept, [&](const Path& less) { return std::ranges::includes(path, less); });
    if (!holds) kept.push_back(std::move(path));
  }
  return kept;
}

}  // namespace

std::optional<PathDiagram> PathDiagram::build(std::size_t steps,
                                              std::span<const std::vector<std::uint32_t>> paths,
                                              std::size_t mostNodes) {
  std::vector<std::size_t> uses(steps);
  for (const auto& path : paths)
    for (const std::uint32_t step : path) ++uses[step];
  std::vector<std::uint32_t> stepOf(steps), rankOf(steps);
  std::iota(stepOf.begin(), stepOf.end(), 0U);
  std::ranges::stable_sort(stepOf, [&](std::uint32_t a, std::uint32_t b) { return uses[a] > uses[b]; });
  for (std::uint32_t rank = 0; rank < steps; ++rank) rankOf[stepOf[rank]] = rank;

  Paths all;
  for (const auto& path : paths) {
    Path ranks;
    for (const std::uint32_t step : path) ranks.push_back(rankOf[step]);
    std::ranges::sort(ranks);
    ranks.erase(std::ranges::unique(ranks).begin(), ranks.end());
    all.push_back(std::move(ranks));
  }

  PathDiagram diagram;
  diagram.nodes_ = {{UINT32_MAX, 0, 0}, {UINT32_MAX, 1, 1}};
  std::map<Paths, std::uint32_t> made;
  std::map<std::vector<std::uint32_t>, std::uint32_t> unique;
  // Depth: the number of steps, since each level takes one away; what is open stands on a stack of our own.
  struct Open {
    Paths paths;
    std::uint32_t step = 0, fails = UINT32_MAX;
    int stage = 0;
  };
  const auto known = [&](const Paths& some) -> std::optional<std::uint32_t> {
    if (some.empty()) return 0U;
    if (some.front().empty()) return 1U;
    const auto found = made.find(some);
    if (found == made.end()) return std::nullopt;
    return found->second;
  };
  std::vector<Open> stack;
  stack.push_back({withoutSupersets(std::move(all))});
  std::uint32_t last = 0;  // the node that the entry taken off the stack last became
  while (!stack.empty()) {
    Open& open = stack.back();
    if (open.stage == 0) {
      if (const auto node = known(open.paths)) {
        last = *node;
        stack.pop_back();
        continue;
      }
      if (made.size() > mostNodes || diagram.nodes_.size() > mostNodes) return std::nullopt;
      open.step = open.paths.front().front();
      for (const Path& path : open.paths) open.step = std::min(open.step, path.front());
      Paths without;
      for (const Path& path : open.paths)
        if (path.front() != open.step) without.push_back(path);
      open.stage = 1;
      stack.push_back({std::move(without)});
    } else if (open.stage == 1) {
      open.fails = last;
      Paths with = open.paths;
      for (Path& path : with)
        if (path.front() == open.step) path.erase(path.begin());
      open.stage = 2;
      stack.push_back({withoutSupersets(std::move(with))});
    } else {
      std::uint32_t node = last;
      if (open.fails != last) {
        const auto next = static_cast<std::uint32_t>(diagram.nodes_.size());
        const auto [at, fresh] = unique.try_emplace({open.step, open.fails, last}, next);
        if (fresh) diagram.nodes_.push_back({stepOf[open.step], open.fails, last});
        node = at->second;
      }
      made.emplace(std::move(open.paths), node);
      last = node;
      stack.pop_back();
    }
  }
  diagram.root_ = last;
  return diagram;
}

double PathDiagram::probability(std::span<const double> succeeds) const {
  std::vector<double> value(nodes_.size());
  value[1] = 1;
  for (std::size_t n = 2; n < nodes_.size(); ++n) {
    const Node& node = nodes_[n];
    const double p = succeeds[node.step];
    value[n] = p * value[node.succeeds] + (1 - p) * value[node.fails];
  }
  return value[root_];
}

}  // namespace vauban::measure
