// "Some path has all its steps" as a binary decision diagram over steps: exact, and read again in linear time
// for each set of probabilities.
//
// Order of steps: by how many paths they are in, then by number; each node is there once. A value after
// build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vauban::measure {

class PathDiagram {
 public:
  // `paths`: sets of steps, numbers below `steps`. nullopt: more than `mostNodes`.
  static std::optional<PathDiagram> build(std::size_t steps,
                                          std::span<const std::vector<std::uint32_t>> paths,
                                          std::size_t mostNodes);

  // Steps succeed independently with these probabilities.
  double probability(std::span<const double> succeeds) const;
  std::size_t nodeCount() const { return nodes_.size(); }

 private:
  struct Node {
    std::uint32_t step;
    std::uint32_t fails, succeeds;  // nodes before this one; 0: no path, 1: some path
  };
  std::vector<Node> nodes_;  // children first; the first two are the ends
  std::uint32_t root_ = 0;
};

}  // namespace vauban::measure
