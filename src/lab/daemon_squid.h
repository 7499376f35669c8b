// A forward proxy: squid. What it looks up, and when, is the order of its rules: see `squidRules`.
#pragma once

#include <string>

#include "lab/daemon_program.h"

namespace vauban::lab {

// The access rules. Squid evaluates them in order and looks up what a rule needs when it gets there: a `dst`
// rule the host name of the request, a `dstdomain` rule without -n the name of a literal address. So what is
// not stated becomes a rule that matches nothing and stands first.
std::string squidRules(const ServiceSite& site);

std::string squidConfiguration(const ServiceSite& site, const std::vector<std::uint16_t>& ports,
                               const DaemonFolder& folder);
Result<std::unique_ptr<Daemon>> startSquid(const DaemonPlace& place);

}  // namespace vauban::lab
