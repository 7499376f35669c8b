// Time: chronyd. It never sets the machine's clock (-x), has no command port, and takes nobody for a source
// whom it was not told of.
#pragma once

#include <string>

#include "lab/daemon_program.h"

namespace vauban::lab {

std::string chronyConfiguration(const ServiceSite& site, const DaemonFolder& folder);

Result<std::unique_ptr<Daemon>> startChronyd(const DaemonPlace& place);
// A source of time on all addresses of a node, port 123.
Result<std::unique_ptr<Daemon>> startClock(os::Testbed& testbed, os::NodeId node, const std::string& name);

}  // namespace vauban::lab
