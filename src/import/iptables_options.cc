#include "import/iptables_options.h"

#include <unordered_map>
#include <unordered_set>

namespace vauban::import {

IptablesOptionSpec iptablesOption(std::string_view name) {
  using enum IptablesOption;
  static const std::unordered_map<std::string_view, IptablesOptionSpec> known{
      {"-s", {source, 1}},
      {"--source", {source, 1}},
      {"--src", {source, 1}},
      {"-d", {destination, 1}},
      {"--destination", {destination, 1}},
      {"--dst", {destination, 1}},
      {"-p", {protocol, 1}},
      {"--protocol", {protocol, 1}},
      {"--proto", {protocol, 1}},
      {"-i", {in, 1}},
      {"--in-interface", {in, 1}},
      {"-o", {out, 1}},
      {"--out-interface", {out, 1}},
      {"-j", {jump, 1}},
      {"--jump", {jump, 1}},
      {"-g", {goTo, 1}},
      {"--goto", {goTo, 1}},
      {"-m", {match, 1}},
      {"--match", {match, 1}},
      {"-f", {fragment, 0}},
      {"--fragment", {fragment, 0}},
      {"-c", {counters, 2}},
      {"--set-counters", {counters, 2}},
      {"-4", {family4, 0}},
      {"--ipv4", {family4, 0}},
      {"-6", {family6, 0}},
      {"--ipv6", {family6, 0}},
      {"--sport", {sourcePort, 1}},
      {"--source-port", {sourcePort, 1}},
      {"--dport", {destinationPort, 1}},
      {"--destination-port", {destinationPort, 1}},
      {"--sports", {sourcePorts, 1}},
      {"--source-ports", {sourcePorts, 1}},
      {"--dports", {destinationPorts, 1}},
      {"--destination-ports", {destinationPorts, 1}},
      {"--ports", {ports, 1}},
      {"--port", {ports, 1}},
      {"--tcp-flags", {tcpFlags, 2}},
      {"--syn", {syn, 0}},
      {"--icmp-type", {icmpType, 1}},
      {"--icmpv6-type", {icmp6Type, 1}},
      {"--src-range", {sourceRange, 1}},
      {"--dst-range", {destinationRange, 1}},
      {"--state", {state, 1}},
      {"--ctstate", {state, 1}},
      {"--ctproto", {ctProtocol, 1}},
      {"--ctorigsrc", {ctOriginalSource, 1}},
      {"--ctorigdst", {ctOriginalDestination, 1}},
      {"--ctorigsrcport", {ctOriginalSourcePort, 1}},
      {"--ctorigdstport", {ctOriginalDestinationPort, 1}},
      {"--ctdir", {ctDirection, 1}},
      {"--ctreplsrc", {ctOther, 1}},
      {"--ctrepldst", {ctOther, 1}},
      {"--ctreplsrcport", {ctOther, 1}},
      {"--ctrepldstport", {ctOther, 1}},
      {"--ctstatus", {ctOther, 1}},
      {"--ctexpire", {ctOther, 1}},
      {"--comment", {comment, 1}},
      {"--tcp-option", {inexact, 1}},
      {"--mss", {inexact, 1}},
      {"--chunk-types", {inexact, 2}},
      {"--dccp-types", {inexact, 1}},
      {"--dccp-option", {inexact, 1}},
      {"--to-source", {toSource, 1}},
      {"--to-destination", {toDestination, 1}},
      {"--to-ports", {toPorts, 1}},
      {"--to", {to, 1}},
      {"--notrack", {noTrack, 0}},
      {"--log-prefix", {unknown, 1}},
      {"--nflog-prefix", {unknown, 1}},
      {"--ulog-prefix", {unknown, 1}},
      {"--string", {unknown, 1}},
      {"--hex-string", {unknown, 1}},
      {"--bytecode", {unknown, 1}},
  };
  const auto found = known.find(name);
  return found == known.end() ? IptablesOptionSpec{} : found->second;
}

IptablesMatch iptablesMatch(std::string_view name) {
  static const std::unordered_set<std::string_view> exact{
      "tcp",       "udp",       "udplite", "sctp",    "dccp",  "icmp",      "icmp6",   "icmpv6",
      "ipv6-icmp", "multiport", "mport",   "iprange", "state", "conntrack", "comment", "standard"};
  static const std::unordered_set<std::string_view> inexact{
      "addrtype", "ah",        "bpf",      "cgroup", "cluster",   "connbytes", "connlabel",  "connlimit",
      "connmark", "cpu",       "devgroup", "dscp",   "dst",       "ecn",       "esp",        "eui64",
      "frag",     "hashlimit", "hbh",      "helper", "hl",        "ipcomp",    "ipv6header", "ipvs",
      "length",   "limit",     "mac",      "mark",   "mh",        "nfacct",    "osf",        "owner",
      "physdev",  "pkttype",   "policy",   "quota",  "rateest",   "realm",     "recent",     "rpfilter",
      "rt",       "set",       "socket",   "srh",    "statistic", "string",    "tcpmss",     "time",
      "tos",      "ttl",       "u32",      "random", "nth",       "psd",       "unclean",    "geoip"};
  if (exact.contains(name)) return IptablesMatch::exact;
  return inexact.contains(name) ? IptablesMatch::inexact : IptablesMatch::unknown;
}

}  // namespace vauban::import
