// Questions and answers of DNS (RFC 1035), as many of them as the lab's probes and the adversary's server
// need. Names are text without a final dot; reading takes any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "os/raw_sender.h"

namespace vauban::lab {

enum DnsType : std::uint16_t {
  kDnsA = 1,
  kDnsNs = 2,
  kDnsSoa = 6,
  kDnsTxt = 16,
  kDnsAaaa = 28,
  kDnsOpt = 41,
  kDnsAny = 255
};

// One question; recursion is asked for. The name must be one that `nameWith` gives, or as short and as plain.
os::Bytes dnsQuestion(std::uint16_t id, std::string_view name, std::uint16_t type);

// The first question of a message, whichever way it goes.
struct DnsQuestion {
  std::uint16_t id = 0;
  bool answer = false;  // the message is one
  unsigned code = 0;    // of an answer (RCODE): 0 no error, 2 server failure, 3 no such name, 5 refused
  unsigned opcode = 0;
  bool recursionDesired = false, extended = false;  // an OPT record follows (RFC 6891)
  std::string name;                                 // as written, letter for letter
  std::uint16_t type = 0;
  std::span<const std::uint8_t> wire;  // the question as it stands, to be given back
};
std::optional<DnsQuestion> readDnsQuestion(std::span<const std::uint8_t> message);

// Lower case; and whether `name` is `domain` or below it. Both are compared without case.
std::string lowerCase(std::string_view text);
bool isWithin(std::string_view name, std::string_view domain);

// A name as labels. Empty and overlong labels are left out.
void putName(os::Bytes& bytes, std::string_view name);

}  // namespace vauban::lab
