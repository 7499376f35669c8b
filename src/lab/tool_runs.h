// The second witness at work in a lab: which real tunnelling tools somebody on a machine can try, and what
// each brought, beside what our own probe of the same carrier brought at the same time.
//
// A tool that brings bytes where the probe brings none shows that the probes are blind. One that brings none
// closes nothing.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/running_lab.h"
#include "lab/second_witness.h"

namespace vauban::lab {

// Domains below his that are delegated to tunnel servers: of each domain of `his` one for iodine and one for
// dns2tcp, whose name servers are the first two of `tools` (`toolAddresses`). None where there are fewer.
// They are told to his name server
// (`Adversary::start`) and to nobody else: what leads to `his` leads to them.
std::vector<Domain> tunnelDomains(const std::vector<Domain>& his,
                                  const std::vector<os::InternetAddress>& tools);

struct ToolOutcome {
  std::string text;  // "iodine by dns on dns-int below his-internet.test", unique for `from` and `to`
  Tool tool = Tool::iodine;
  MachineId from, to;
  std::optional<model::ServiceId> via;
  std::vector<MachineId> path;  // from, what lies between, to
  space::ServiceSet opener;     // of the first hop
  bool expected = false;        // the first hop is one that the verifier lets pass

  bool tried = false;
  std::string failure;  // why not, or why it could not be run
  ToolRun run;
  std::size_t probeBytes = 0;  // that the carrier's own probe brought
  std::string probeNote;

  enum class Against { notTried, both, neither, probeOnly, toolOnly };
  Against against() const;
  bool direct() const { return !via; }
};
const char* toString(ToolOutcome::Against against);

struct ToolOptions {
  std::chrono::milliseconds atMost{12'000};  // each
  std::size_t bytes = 8192;
  std::size_t mostRuns = 40;  // the rest is left out
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

// Everything that applies from `from`, which is held, to `to`, which is an adversary's, in order: iodine and
// dns2tcp direct, ptunnel-ng direct; by each DNS service that `from` reaches dig, iodine and dns2tcp; by each
// HTTP proxy curl. Tools that are not installed are among them, not tried. One after the other: they share
// ports of both machines.
std::vector<ToolOutcome> runTools(RunningLab& lab, MachineId from, MachineId to,
                                  const ToolOptions& options = {});

}  // namespace vauban::lab
