// Mail: exim as a relay by the recipient's domain or to a smart host, and as a mailbox. It is never root.
#pragma once

#include <string>

#include "lab/daemon_program.h"

namespace vauban::lab {

std::string eximConfiguration(const ServiceSite& site, const std::vector<std::uint16_t>& ports,
                              const DaemonFolder& folder);
Result<std::unique_ptr<Daemon>> startExim(const DaemonPlace& place);
// A dialogue up to the recipient, and no message.
Result<std::string> checkExim(const DaemonPlace& place);

}  // namespace vauban::lab
