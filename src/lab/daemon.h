// The programs that play the services of a lab, by behaviour: unbound, named, nsd, chronyd, squid, nginx,
// vsftpd, sshd, exim, and servers of our own inside the runner where no program does what the behaviour says.
//
// The rule: a property that the model states is set to what it states; one that it does not state is set to
// its worst, because that is what the verdict assumed. Where a program cannot be as bad as that, `limitsOf`
// says so; where it cannot play the behaviour at all, `whyNotReproduced` does.
//
// A daemon is stopped by its destructor, must not outlive its testbed, and is for one thread at a time;
// several may be started in parallel. Its files lie in a folder of its own in the testbed's, which goes with
// the testbed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/lab_plan.h"
#include "os/testbed.h"

namespace vauban::lab {

// How somebody who has an account gets in: ssh -i keyFile user@address.
struct Login {
  std::string user;
  std::string keyFile;  // readable by root of the lab only
};

class Daemon {
 public:
  virtual ~Daemon() = default;  // stops it

  virtual const std::string& software() const = 0;  // "unbound 1.17.1", "vauban udp-relay"
  virtual bool running() = 0;
  virtual std::string output() = 0;  // the end of what it logged, at most 4 KiB
  // Of stores: all bytes that strangers have put there and somebody else may read, at most 4 MiB; else empty.
  virtual std::string contents() { return {}; }
  virtual std::optional<Login> login() const { return std::nullopt; }
};

inline constexpr std::size_t kMostStoredBytes = std::size_t{4} << 20U;

// Why the behaviour of a service, as configured, is not reproduced: one clause; nullopt: it is.
std::optional<std::string> whyNotReproduced(const ServiceSite& site);

// What of the behaviour the daemon does not do, though the service is reproduced otherwise: clauses, to be
// printed.
std::vector<std::string> limitsOf(const ServiceSite& site, const LabPlan& plan);

// Programs that must be installed for it: {"unbound"}; for its check too ("dig", "curl", "ssh").
std::vector<std::string> programsOf(const ServiceSite& site, const LabPlan& plan);

// Configured, started, and listening when it returns. The failure quotes what the program said.
Result<std::unique_ptr<Daemon>> startDaemon(os::Testbed& testbed, os::NodeId node, const ServiceSite& site,
                                            const LabPlan& plan);

// Whether it does what it is there for, asked from a node that the model lets use it: what was asked and
// answered, in one line. May wait for what the daemon needs first (a clock that is set).
Result<std::string> checkDaemon(os::Testbed& testbed, os::NodeId client, const ServiceSite& site,
                                const LabPlan& plan, Daemon& daemon);

}  // namespace vauban::lab
