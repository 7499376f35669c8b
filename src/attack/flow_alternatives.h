// What must have been done before an action of a drawing can be, and an order to tell it in.
//
// A drawing has actions and gates between them, joined by arrows. An arrow into an action or into an `any`
// gate is one way of several; an `all` gate wants all its arrows. An `aside` (a tool, an asset, a note) hands
// on what leads to it as `any` does, and says nothing where no action leads to it. A gate that nothing leads
// to holds from the start.
//
// The answer is the least one: what only a circle of gates holds up never holds. Deterministic; values; any
// number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.h"

namespace vauban::attack {

using FlowActionId = StrongId<struct FlowActionTag>;

// Actions that must all have been done: sorted, each once, never empty.
using FlowAlternative = std::vector<FlowActionId>;

enum class FlowGate : std::uint8_t { any, all, aside };

struct FlowDrawing {
  struct Arrow {
    std::uint32_t from = 0, to = 0;  // nodes: the actions, then the gates
  };
  std::size_t actions = 0;
  std::vector<FlowGate> gates;
  std::vector<Arrow> arrows;  // twice the same is once
};

struct FlowSequence {
  // For each action its alternatives: any one of them is enough. None holds another, none names the action
  // itself; sorted by size, then by members. No alternative: the action can come first.
  std::vector<std::vector<FlowAlternative>> before;
  // Every action once. Each stands behind all the actions of its alternatives where that can be; in a circle,
  // behind those of one alternative where that can be; the earlier number first.
  std::vector<FlowActionId> order;
  // Something leads to these, but only what has no beginning: themselves, or circles of gates. They can come
  // first.
  std::vector<FlowActionId> circular;
};

struct FlowLimits {
  std::size_t alternatives = 1'000;  // of an action or a gate
  std::size_t work = 100'000'000;    // comparisons of members
};

// Nothing where a limit is exceeded.
std::optional<FlowSequence> sequenceOf(const FlowDrawing& drawing, const FlowLimits& limits = {});

}  // namespace vauban::attack
