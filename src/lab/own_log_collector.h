// A collector of log lines, in process: what comes by datagram or stream is kept, and names and IPv4
// addresses in it are looked up where nothing says that they are not.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "lab/own_server.h"

namespace vauban::lab {

struct LogPlan {
  std::vector<os::InternetAddress> addresses;
  std::optional<std::uint16_t> udp, tcp;
  std::vector<os::InternetAddress> resolvers;  // asked for what a line names; empty: nobody
};

Result<std::unique_ptr<Daemon>> startLogCollector(os::Testbed& testbed, os::NodeId node, const LogPlan& plan);

// The names that a line is looked up for: what is a domain name of two labels or more, and the reverse name
// of an IPv4 address; at most 32.
std::vector<std::string> namesIn(std::string_view line);

}  // namespace vauban::lab
