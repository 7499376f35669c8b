// The second witness: tools that people really use to get bytes out, run against the lab as they are. Where
// one brings bytes out, the probes must have done so too; where one fails, nothing is closed by it: tools
// give up for reasons of their own.
//
// Each ends in time, whatever it does by itself: iodine asks on for ever, and dns2tcpd listens five seconds
// before it serves. What a tunnel brings ends in a stream to the adversary's servers, so that his witness
// counts it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/adversary.h"
#include "lab/payload.h"
#include "os/testbed.h"

namespace vauban::lab {

enum class Tool {
  iodine,   // IP over DNS; needs /dev/net/tun
  dns2tcp,  // TCP over DNS
  ptunnel,  // TCP over ICMP echo
  curl,     // an upload by HTTP, through a proxy or direct
  dig,      // one question after the other
};
inline constexpr std::size_t kTools = 5;

const char* toolName(Tool tool);                 // "iodine", "ptunnel-ng"
std::vector<std::string> programsOf(Tool tool);  // {"iodine", "iodined"}
std::vector<std::string> missingFor(Tool tool);  // of those that are not installed

struct ToolPlace {
  os::NodeId client;
  // iodine, dns2tcp: an address of the adversary that was left free (`Adversary::start`), and a domain that
  // is delegated to it. ptunnel: any address of his.
  os::InternetAddress server;
  std::string domain;
  os::InternetAddress via;  // the resolver that the client asks; of curl, where there is a port, the proxy
  std::uint16_t viaPort = 0;
  std::string url;  // of curl
  // Of iodine: the network inside the tunnel, which nobody else uses; the server has its first address.
  os::AddressPrefix tunnel;
};

struct ToolRun {
  std::string tool;
  bool established = false;  // as the tool says; of the others, that something arrived
  std::size_t bytes = 0;     // of the payload that arrived
  bool complete = false;
  std::string note;  // what it said last, where it did not bring all
  std::chrono::microseconds took{0};
};

// A failure says that the tool could not be run at all. dig wants chunks of at most 100 bytes.
Result<ToolRun> runTool(os::Testbed& testbed, Adversary& adversary, Tool tool, const ToolPlace& place,
                        const Payload& payload, std::chrono::milliseconds atMost);

}  // namespace vauban::lab
