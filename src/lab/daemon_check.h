// The functional check of a daemon, by what it is: a question that the service is there to answer, asked from
// a client.
#pragma once

#include <string>

#include "lab/daemon_program.h"

namespace vauban::lab {

// The address by which a client asks: IPv4 where there is one.
const os::InternetAddress& askedAddress(const ServiceSite& site);

// The first of the service's TCP ports at which the client is let in; the others may be for other clients.
Result<std::uint16_t> openPort(const DaemonPlace& place);

// Whether the client, by whatever address of its own it asks, is one of those that may read what the service
// stores.
bool mayRead(const DaemonPlace& place);

// `place.node` is the client.
Result<std::string> checkDns(const DaemonPlace& place);
Result<std::string> checkClock(const DaemonPlace& place);
Result<std::string> checkProxy(const DaemonPlace& place);
Result<std::string> checkWeb(const DaemonPlace& place);
// A marker is written, and read back by one who may.
Result<std::string> checkStore(const DaemonPlace& place);
// Something is sent, and the relay says that it went on.
Result<std::string> checkRelay(const DaemonPlace& place, Daemon& relay, bool tcp);
// A register is read; of one that takes no reads, written (with what it is).
Result<std::string> checkModbus(const DaemonPlace& place, bool reads);
// A line is sent and kept.
Result<std::string> checkLog(const DaemonPlace& place, Daemon& collector);
Result<std::string> checkEcho(const DaemonPlace& place);

}  // namespace vauban::lab
