// What an outside needs that nobody hostile holds: the root of the name tree, its top-level domains, the name
// servers and pages of trusted domains, a source of time. All on one machine, `NameTree::world`.
//
// Every domain of the tree is delegated by the one above it, with glue (one server has
// all zones of the world, and the nearest answers); a domain that the world serves leads to its
// hosts, itself and with everything below it that is not delegated further. On the hosts' addresses that are
// the world's, ports 80 and 443 answer every request with a page (without TLS), port 123 tells the time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/daemon.h"
#include "lab/lab_plan.h"
#include "os/testbed.h"

namespace vauban::lab {

// The text that pages of trusted names have in them.
inline constexpr const char* kTrustedPage = "a page of a trusted name";

// nsd, and nginx and chronyd; all listening when it returns.
Result<std::vector<std::unique_ptr<Daemon>>> startWorld(os::Testbed& testbed, os::NodeId node,
                                                        const LabPlan& plan);
std::vector<std::string> programsOfWorld();

// The zones that the world serves, by origin ("" is the root), as master files (RFC 1035 section 5).
std::map<std::string, std::string> worldZones(const LabPlan& plan);

}  // namespace vauban::lab
