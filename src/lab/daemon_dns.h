// DNS services: unbound where a question is decided before anything is asked upstream, named (BIND) where it
// may be decided afterwards or updates are taken, nsd where nobody is asked.
//
// The texts are pure functions of the plan, for tests and for evidence.
#pragma once

#include <map>
#include <string>

#include "lab/daemon_program.h"

namespace vauban::lab {

enum class DnsSoftware { unbound, named, nsd };

// The host's `software` word decides where it fits the behaviour; the worst case of a list needs named.
DnsSoftware dnsSoftwareOf(const ServiceSite& site, const LabPlan& plan);

std::string unboundConfiguration(const ServiceSite& site, const DaemonFolder& folder);

// named.conf and the zone files that it names, by file name.
std::map<std::string, std::string> namedFiles(const ServiceSite& site, const LabPlan& plan,
                                              const DaemonFolder& folder);

// Zones by origin ("": the root), as master files; all names of a service's own.
using Zones = std::map<std::string, std::string>;
Zones ownZones(const ServiceSite& site, const LabPlan& plan);

// nsd.conf, and a file for each zone.
std::map<std::string, std::string> nsdFiles(const Zones& zones, const std::vector<os::Listener>& listeners,
                                            const DaemonFolder& folder);

// A master file's beginning: SOA and NS, the server's own address as glue.
std::string zoneHead(const std::string& origin, const os::InternetAddress& nameServer);
// "@ A 203.0.113.5": a line for the owner and each address.
std::string addressRecords(const std::string& owner, const std::vector<os::InternetAddress>& addresses);

Result<std::unique_ptr<Daemon>> startDns(const DaemonPlace& place);
Result<std::unique_ptr<Daemon>> startNsd(os::Testbed& testbed, os::NodeId node, const DaemonFolder& folder,
                                         const Zones& zones, const std::vector<os::Listener>& listeners);

}  // namespace vauban::lab
