// The full matrix of a rule file: between every two classes of addresses that its rules tell apart, the
// services that may open a conversation.
#pragma once

#include <vector>

#include "reach/filter_evaluator.h"

namespace vauban::reach {

struct ClassMatrix {
  std::vector<space::AddressSet> sources, destinations;
  std::vector<std::vector<space::ServiceSet>> cells;  // by source, then destination
  const space::ServiceSet& at(std::size_t source, std::size_t destination) const {
    return cells[source][destination];
  }
};

// All packets that the program may accept: inexact rules and unknown interfaces at whatever opens more. Rules
// that name hosts without addresses are taken by their addresses only.
space::PacketSet acceptedPackets(const model::FilterProgram& program, const FilterContext& context = {});

// Of one family, interfaces unknown, conditions closed.
ClassMatrix classMatrix(const model::FilterProgram& program, space::Family family);

}  // namespace vauban::reach
