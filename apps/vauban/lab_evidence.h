// What a lab record says of the claims of a model as it is now (semantics 9: a proof is strengthened by a
// record whose cone is its own, and the record is void when something in the cone has changed).
#pragma once

#include <string>
#include <vector>

#include "channel/verdict.h"
#include "load_model.h"

namespace vauban {

// The hash of what a verdict rests on: of a kept claim its certificate's cone, else that of its witness's
// parties.
std::string verdictCone(const LoadedModel& loaded, const channel::Judge& judge,
                        const channel::ClaimResult& result);

struct LabEvidence {
  enum class State {
    none,       // the record does not speak of the claim
    confirmed,  // predicted equalled observed, and nothing that the verdict rests on has changed
    refuted,    // it did not
    open,       // inconclusive, not reproduced, not tried
    isVoid,     // what the verdict rests on has changed since
  };
  State state = State::none;
  std::string text;  // one line
};

// By claim, in the order of `results`. Fails where the file is no record: at most 64 MiB of JSON.
Result<std::vector<LabEvidence>> labEvidence(const std::string& file, const LoadedModel& loaded,
                                             const channel::Judge& judge,
                                             const std::vector<channel::ClaimResult>& results);

}  // namespace vauban
