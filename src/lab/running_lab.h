// A lab that stands: nodes wired, routers under the rulesets of `compile`, daemons serving, the adversary
// watching.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/adversary.h"
#include "lab/daemon.h"
#include "lab/lab_plan.h"
#include "lab/lab_reach.h"
#include "lab/lab_wiring.h"
#include "os/testbed.h"

namespace vauban::lab {

struct RunningOptions {
  // What is said while it happens; from one thread at a time.
  std::function<void(const std::string&)> progress = [](const std::string&) {};
  std::string evidence;  // folder for captures; empty: none are kept
  // Rules that are loaded into a router behind the compiled ones: what the model does not say (tests of the
  // lab itself).
  std::map<std::string, std::string> extraRules;  // by point
};

// What became of a service of the model.
struct ServiceState {
  model::ServiceId service;
  std::string software;       // empty: nothing plays it
  std::string notReproduced;  // why not
  std::string check;          // what the functional check asked and was told
  std::string failure;        // why the service does not work: what goes over it shows nothing
};

class RunningLab {
 public:
  // Starts everything. A failure is of the lab itself; daemons that do not work are in `services`.
  static Result<std::unique_ptr<RunningLab>> start(os::Testbed& testbed, const LabPlan& plan,
                                                   const RunningOptions& options);
  ~RunningLab();

  os::Testbed& testbed() { return testbed_; }
  const LabPlan& plan() const { return plan_; }
  const LabNodes& nodes() const { return nodes_; }
  const LabReach& reach() const { return reach_; }
  const Ways& ways() const { return ways_; }
  const std::vector<ServiceState>& services() const { return states_; }  // by ServiceId
  Daemon* daemon(model::ServiceId service) { return daemons_[service.index()].get(); }
  // His servers and eyes on a machine of an untrusted zone, or where code of his waits; nullptr elsewhere.
  Adversary* adversary(MachineId machine);
  // Code of his waits on a machine of ours from now on.
  Result<void> wait(MachineId machine);
  const std::map<MachineId, std::unique_ptr<Adversary>>& adversaries() const { return adversaries_; }
  const std::vector<std::string>& rulesets() const { return rulesets_; }  // by router

  // Asks each service for what it is there for; what does not answer shows nothing. At the start, and again
  // after all that was tried: a service that died meanwhile was none.
  void checkDaemons();
  // Every observer sees what it must; the failure says which does not.
  Result<void> control();

  struct Took {
    std::chrono::microseconds topology{0}, daemons{0};
  };
  const Took& took() const { return took_; }

 private:
  RunningLab(os::Testbed& testbed, const LabPlan& plan, const RunningOptions& options);
  Result<void> build();
  // Every router forwards, before it has rules.
  Result<void> forwards();
  Result<void> loadRules();
  Result<void> startAdversaries();
  void startDaemons();
  // What a service needs and cannot have, as the matrix shuts it or nothing plays it; empty: nothing.
  std::string lacking(const ServiceSite& site, int depth) const;

  os::Testbed& testbed_;
  const LabPlan& plan_;
  RunningOptions options_;
  LabReach reach_;
  Ways ways_;
  LabNodes nodes_;
  std::vector<std::string> rulesets_;
  std::map<MachineId, std::unique_ptr<Adversary>> adversaries_;
  std::vector<std::unique_ptr<Daemon>> world_, daemons_;
  std::vector<ServiceState> states_;
  Took took_;
};

}  // namespace vauban::lab
