// One packet on a FilterProgram, by walking its chains rule by rule: the slow twin of reach's evaluator and
// the measure of the importers. Knows of sets only whether they contain a point.
#pragma once

#include <string>

#include "model/filter_program.h"
#include "space/packet_set.h"

namespace vauban::tests {

struct ProgramDecision {
  bool mayAccept = false;   // for some behaviour of the inexact rules
  bool mustAccept = false;  // for every one
  bool exact = true;        // no inexact rule that may match lies on the way
};

// `in` and `out` are the names of the interfaces; empty where the packet has none, which no rule on one
// matches. Rules with conditions are taken as absent.
ProgramDecision decideByProgram(const model::FilterProgram& program, const space::Packet& packet,
                                const std::string& in, const std::string& out);

}  // namespace vauban::tests
