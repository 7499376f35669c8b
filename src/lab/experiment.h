// A lab's whole course: everything tried, and for each claim what was predicted and what was observed.
//
// The comparison never weakens an observation: bytes that arrived where the verifier says that none can are a
// disagreement whatever else failed. The other way round a dead observer, a failed control or a service that
// does not work makes the result inconclusive, never "blocked".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "channel/verdict.h"
#include "lab/attempts.h"
#include "lab/carries.h"
#include "lab/packet_matrix.h"
#include "lab/running_lab.h"
#include "lab/tool_runs.h"

namespace vauban::lab {

struct Trial {
  Attempt attempt;
  bool tried = false;
  Sent sent;
  Witness::Seen seen;
  std::string failure;  // of the probe itself
  double bitsPerSecond() const;
};

struct ClaimOutcome {
  enum class Status {
    agrees,  // predicted equals observed
    disagrees,
    inconclusive,   // nothing can be said
    notReproduced,  // what the prediction rests on has no daemon
    notTried,       // the lab has no probe for this kind of claim
  };
  std::string id;
  channel::Verdict predicted = channel::Verdict::kept;
  Status status = Status::notTried;
  std::vector<std::size_t> trials;  // that bear on it
  std::optional<std::size_t>
      best;  // of those, the one that brought most; of broken claims the witness's own if it did
  std::optional<std::size_t> carry;    // of `best`: who carried the bytes to where it began
  std::size_t cells = 0, arrived = 0;  // of the packet matrix
  std::string note;                    // why inconclusive, not reproduced, not tried; what was left out
  std::string coneHash;
};
const char* toString(ClaimOutcome::Status status);

struct Experiment {
  std::vector<ClaimOutcome> claims;  // in the order of the model
  std::vector<Trial> trials;
  std::vector<Carry> carries;
  std::vector<ToolOutcome> tools;
  PacketMatrix matrix;
  std::vector<ServiceState> services;
  std::vector<std::string> rulesets, routers;
  RunningLab::Took lab;
  std::chrono::microseconds took{0};
  std::size_t nodes = 0, trialsLeft = 0;
  std::string inconclusive;  // of everything

  bool agrees() const;  // no claim and no cell of the matrix disagrees
  bool inconclusiveAtAll() const;
};

struct ExperimentOptions {
  RunningOptions running;
  std::string claim;              // only this one; empty: all
  std::size_t mostBytes = 65536;  // a probe
  bool tools = false;             // real tunnelling tools besides
  std::size_t mostTrialsOfClaim = 250, mostTrials = 1500;
  // Called when the lab stands, and when all is done (`--keep`, tests that break something).
  std::function<void(RunningLab&)> whenUp, whenDone;
};

// `results`: of the model as written, in its order. `cones`: by claim, the hash of what the verdict rests on.
Result<Experiment> runExperiment(os::Testbed& testbed, const LabPlan& plan,
                                 const std::vector<channel::ClaimResult>& results,
                                 const std::vector<std::string>& cones, const ExperimentOptions& options);

}  // namespace vauban::lab
