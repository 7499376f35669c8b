// SSH: OpenSSH's server, with a key of its own and one for whoever has an account.
//
// Where the lab is the machine's root, whoever logs in is root of the node; in a user namespace the server is
// no root (it could not give its powers up there), and neither is he.
#pragma once

#include <string>

#include "lab/daemon_program.h"

namespace vauban::lab {

// Addresses that an `addresses` list may have in the lab, each of which sshd is told; more are not
// reproduced.
inline constexpr std::size_t kMostOpenAddresses = 256;

// The addresses that forwarding may lead to; empty: any. nullopt: too many.
std::optional<std::vector<os::InternetAddress>> openAddresses(const ServiceSite& site);

std::string sshdConfiguration(const ServiceSite& site, const std::vector<std::uint16_t>& ports,
                              const DaemonFolder& folder);
Result<std::unique_ptr<Daemon>> startSshd(const DaemonPlace& place);
Result<std::string> checkSshd(const DaemonPlace& place, const Login& login);

}  // namespace vauban::lab
