// HTTP servers: nginx as a server of a page, as a store (PUT and GET, RFC 4918 section 9.7), as a gateway to
// fixed origins, as a mirror that caches. Without TLS on whatever port.
#pragma once

#include <string>
#include <vector>

#include "lab/daemon_program.h"

namespace vauban::lab {

// A web server that does not state `calls-out: false` fetches what a request names, here:
// GET /fetch?url=http://NAME-OR-ADDRESS:PORT/... (the URL is taken as it stands, not unescaped).
inline constexpr const char* kFetchPath = "/fetch";

// The page that a web server of the model answers with.
std::string pageOf(const ServiceSite& site);

// `readers` of a store are told by their addresses; others may write.
std::string nginxConfiguration(const ServiceSite& site, const LabPlan& plan,
                               const std::vector<std::uint16_t>& ports, const DaemonFolder& folder);
Result<std::unique_ptr<Daemon>> startNginx(const DaemonPlace& place);

// A page on each address and port, whatever is asked for.
Result<std::unique_ptr<Daemon>> startPages(os::Testbed& testbed, os::NodeId node, const std::string& name,
                                           const std::vector<os::InternetAddress>& addresses,
                                           const std::vector<std::uint16_t>& ports, const std::string& page);

}  // namespace vauban::lab
