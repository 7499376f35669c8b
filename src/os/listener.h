// Whether somebody listens at a port inside a namespace, as the kernel's tables of sockets say.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "os/internet_address.h"
#include "os/net_namespace.h"
#include "os/process.h"

namespace vauban::os {

// A socket that takes what is sent to a port. One bound to all addresses of the family takes what is sent to
// any; one bound to "::" counts for IPv4 as well, which it may or may not take (the tables do not say).
struct Listener {
  bool tcp = false;  // else UDP
  std::uint16_t port = 0;
  std::optional<InternetAddress> address = std::nullopt;  // any, where there is none

  std::string toString() const;  // "udp 198.51.100.34 port 53"
};

Result<bool> listens(const NetNamespace& network, const Listener& listener);

// Waits until somebody does. Fails at once when `process` (may be null) has ended altogether, and says how
// and with what output; else after `atMost`. A program may listen before it serves: some need
// `Process::awaitOutput` too.
Result<void> awaitListener(const NetNamespace& network, const Listener& listener,
                           std::chrono::milliseconds atMost, Process* process);

}  // namespace vauban::os
