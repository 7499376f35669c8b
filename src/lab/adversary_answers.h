// What the adversary's servers answer to a datagram. Functions of the message alone; any bytes may be given.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lab/lab_plan.h"
#include "lab/offers.h"
#include "os/raw_sender.h"

namespace vauban::lab {

// The authoritative answer to a DNS message: an address for every name within a domain of `his`, never that a
// name does not exist; NS and SOA at the domain itself; nothing is to be kept (TTL 0). Refused for other
// names. Empty for what is no question. Right under query name minimisation (RFC 9156): names between the
// domain and the one that is meant have data or none, and are no delegations. TXT records are what is
// offered; without `offers` there are none.
os::Bytes adversaryDnsAnswer(const std::vector<Domain>& his,
                             const std::vector<os::InternetAddress>& elsewhere,
                             std::span<const std::uint8_t> message, const Offers* offers = nullptr);

// The answer of a stratum 1 server that serves the machine's own time to a client's request, whose transmit
// timestamp it gives back (RFC 5905 section 7.3). Empty for what is no client's request.
os::Bytes adversaryTimeAnswer(std::span<const std::uint8_t> request, std::uint64_t unixNanoseconds);

}  // namespace vauban::lab
