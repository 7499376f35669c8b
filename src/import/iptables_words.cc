#include "import/iptables_words.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace vauban::import {
namespace {

struct Named {
  std::string_view name;
  std::uint16_t number;
};

constexpr std::array kProtocols{
    Named{"all", 0},
    Named{"icmp", 1},
    Named{"igmp", 2},
    Named{"ggp", 3},
    Named{"ipencap", 4},
    Named{"ipip", 4},
    Named{"ipv4", 4},
    Named{"st", 5},
    Named{"tcp", 6},
    Named{"egp", 8},
    Named{"igp", 9},
    Named{"pup", 12},
    Named{"udp", 17},
    Named{"hmp", 20},
    Named{"xns-idp", 22},
    Named{"rdp", 27},
    Named{"iso-tp4", 29},
    Named{"dccp", 33},
    Named{"xtp", 36},
    Named{"ddp", 37},
    Named{"idpr-cmtp", 38},
    Named{"ipv6", 41},
    Named{"ipv6-route", 43},
    Named{"ipv6-frag", 44},
    Named{"idrp", 45},
    Named{"rsvp", 46},
    Named{"gre", 47},
    Named{"esp", 50},
    Named{"ipv6-crypt", 50},
    Named{"ah", 51},
    Named{"ipv6-auth", 51},
    Named{"skip", 57},
    Named{"ipv6-icmp", 58},
    Named{"icmpv6", 58},
    Named{"icmp6", 58},
    Named{"ipv6-nonxt", 59},
    Named{"ipv6-opts", 60},
    Named{"rspf", 73},
    Named{"vmtp", 81},
    Named{"eigrp", 88},
    Named{"ospf", 89},
    Named{"ospfigp", 89},
    Named{"ax.25", 93},
    Named{"etherip", 97},
    Named{"encap", 98},
    Named{"pim", 103},
    Named{"ipcomp", 108},
    Named{"vrrp", 112},
    Named{"l2tp", 115},
    Named{"isis", 124},
    Named{"sctp", 132},
    Named{"fc", 133},
    Named{"mobility-header", 135},
    Named{"ipv6-mh", 135},
    Named{"mh", 135},
    Named{"udplite", 136},
    Named{"mpls-in-ip", 137},
    Named{"manet", 138},
    Named{"hip", 139},
    Named{"shim6", 140},
    Named{"wesp", 141},
    Named{"rohc", 142},
};

constexpr std::array kPorts{
    Named{"ftp-data", 20},
    Named{"ftp", 21},
    Named{"ssh", 22},
    Named{"telnet", 23},
    Named{"smtp", 25},
    Named{"time", 37},
    Named{"whois", 43},
    Named{"tacacs", 49},
    Named{"domain", 53},
    Named{"bootps", 67},
    Named{"bootpc", 68},
    Named{"tftp", 69},
    Named{"gopher", 70},
    Named{"finger", 79},
    Named{"http", 80},
    Named{"www", 80},
    Named{"kerberos", 88},
    Named{"pop2", 109},
    Named{"pop3", 110},
    Named{"sunrpc", 111},
    Named{"portmapper", 111},
    Named{"auth", 113},
    Named{"ident", 113},
    Named{"nntp", 119},
    Named{"ntp", 123},
    Named{"epmap", 135},
    Named{"loc-srv", 135},
    Named{"netbios-ns", 137},
    Named{"netbios-dgm", 138},
    Named{"netbios-ssn", 139},
    Named{"imap2", 143},
    Named{"imap", 143},
    Named{"snmp", 161},
    Named{"snmp-trap", 162},
    Named{"snmptrap", 162},
    Named{"bgp", 179},
    Named{"irc", 194},
    Named{"imap3", 220},
    Named{"ldap", 389},
    Named{"https", 443},
    Named{"microsoft-ds", 445},
    Named{"kpasswd", 464},
    Named{"submissions", 465},
    Named{"ssmtp", 465},
    Named{"smtps", 465},
    Named{"isakmp", 500},
    Named{"exec", 512},
    Named{"login", 513},
    Named{"shell", 514},
    Named{"syslog", 514},
    Named{"printer", 515},
    Named{"route", 520},
    Named{"router", 520},
    Named{"dhcpv6-client", 546},
    Named{"dhcpv6-server", 547},
    Named{"rtsp", 554},
    Named{"nntps", 563},
    Named{"submission", 587},
    Named{"ipp", 631},
    Named{"ldaps", 636},
    Named{"domain-s", 853},
    Named{"rsync", 873},
    Named{"ftps-data", 989},
    Named{"ftps", 990},
    Named{"telnets", 992},
    Named{"imaps", 993},
    Named{"pop3s", 995},
    Named{"socks", 1080},
    Named{"openvpn", 1194},
    Named{"ms-sql-s", 1433},
    Named{"ms-sql-m", 1434},
    Named{"l2f", 1701},
    Named{"l2tp", 1701},
    Named{"pptp", 1723},
    Named{"radius", 1812},
    Named{"radius-acct", 1813},
    Named{"nfs", 2049},
    Named{"webcache", 8080},
    Named{"http-alt", 8080},
    Named{"squid", 3128},
    Named{"mysql", 3306},
    Named{"ms-wbt-server", 3389},
    Named{"svn", 3690},
    Named{"ipsec-nat-t", 4500},
    Named{"sip", 5060},
    Named{"sip-tls", 5061},
    Named{"xmpp-client", 5222},
    Named{"xmpp-server", 5269},
    Named{"mdns", 5353},
    Named{"postgresql", 5432},
    Named{"x11", 6000},
    Named{"ircd", 6667},
    Named{"git", 9418},
    Named{"munin", 4949},
    Named{"zabbix-agent", 10050},
    Named{"bacula-fd", 9102},
};

struct IcmpName {
  std::string_view name;
  std::uint8_t type;
  bool code;
};

// libxt_icmp.h of iptables.
constexpr std::array kIcmp4{
    IcmpName{"echo-reply", 0, false},
    IcmpName{"pong", 0, false},
    IcmpName{"destination-unreachable", 3, false},
    IcmpName{"network-unreachable", 3, true},
    IcmpName{"host-unreachable", 3, true},
    IcmpName{"protocol-unreachable", 3, true},
    IcmpName{"port-unreachable", 3, true},
    IcmpName{"fragmentation-needed", 3, true},
    IcmpName{"source-route-failed", 3, true},
    IcmpName{"network-unknown", 3, true},
    IcmpName{"host-unknown", 3, true},
    IcmpName{"network-prohibited", 3, true},
    IcmpName{"host-prohibited", 3, true},
    IcmpName{"TOS-network-unreachable", 3, true},
    IcmpName{"TOS-host-unreachable", 3, true},
    IcmpName{"communication-prohibited", 3, true},
    IcmpName{"host-precedence-violation", 3, true},
    IcmpName{"precedence-cutoff", 3, true},
    IcmpName{"source-quench", 4, false},
    IcmpName{"redirect", 5, false},
    IcmpName{"network-redirect", 5, true},
    IcmpName{"host-redirect", 5, true},
    IcmpName{"TOS-network-redirect", 5, true},
    IcmpName{"TOS-host-redirect", 5, true},
    IcmpName{"echo-request", 8, false},
    IcmpName{"ping", 8, false},
    IcmpName{"router-advertisement", 9, false},
    IcmpName{"router-solicitation", 10, false},
    IcmpName{"time-exceeded", 11, false},
    IcmpName{"ttl-exceeded", 11, false},
    IcmpName{"ttl-zero-during-transit", 11, true},
    IcmpName{"ttl-zero-during-reassembly", 11, true},
    IcmpName{"parameter-problem", 12, false},
    IcmpName{"ip-header-bad", 12, true},
    IcmpName{"required-option-missing", 12, true},
    IcmpName{"timestamp-request", 13, false},
    IcmpName{"timestamp-reply", 14, false},
    IcmpName{"address-mask-request", 17, false},
    IcmpName{"address-mask-reply", 18, false},
};
constexpr std::array kIcmp6{
    IcmpName{"destination-unreachable", 1, false},
    IcmpName{"no-route", 1, true},
    IcmpName{"communication-prohibited", 1, true},
    IcmpName{"beyond-scope", 1, true},
    IcmpName{"address-unreachable", 1, true},
    IcmpName{"port-unreachable", 1, true},
    IcmpName{"failed-policy", 1, true},
    IcmpName{"reject-route", 1, true},
    IcmpName{"packet-too-big", 2, false},
    IcmpName{"time-exceeded", 3, false},
    IcmpName{"ttl-exceeded", 3, false},
    IcmpName{"ttl-zero-during-transit", 3, true},
    IcmpName{"ttl-zero-during-reassembly", 3, true},
    IcmpName{"parameter-problem", 4, false},
    IcmpName{"bad-header", 4, true},
    IcmpName{"unknown-header-type", 4, true},
    IcmpName{"unknown-option", 4, true},
    IcmpName{"echo-request", 128, false},
    IcmpName{"ping", 128, false},
    IcmpName{"echo-reply", 129, false},
    IcmpName{"pong", 129, false},
    IcmpName{"mld-listener-query", 130, false},
    IcmpName{"mld-listener-report", 131, false},
    IcmpName{"mld-listener-done", 132, false},
    IcmpName{"mld-listener-reduction", 132, false},
    IcmpName{"router-solicitation", 133, false},
    IcmpName{"router-advertisement", 134, false},
    IcmpName{"neighbour-solicitation", 135, false},
    IcmpName{"neighbor-solicitation", 135, false},
    IcmpName{"neighbour-advertisement", 136, false},
    IcmpName{"neighbor-advertisement", 136, false},
    IcmpName{"redirect", 137, false},
};

bool sameWord(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<std::uint32_t> numberOf(std::string_view text, std::uint32_t most) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most)
    return std::nullopt;
  return value;
}

std::optional<std::uint8_t> protocolOfWord(std::string_view word) {
  if (const auto number = numberOf(word, 255)) return static_cast<std::uint8_t>(*number);
  for (const Named& entry : kProtocols) {
    if (sameWord(entry.name, word)) return static_cast<std::uint8_t>(entry.number);
  }
  return std::nullopt;
}

std::optional<std::uint16_t> portOfWord(std::string_view word) {
  if (const auto number = numberOf(word, 65535)) return static_cast<std::uint16_t>(*number);
  for (const Named& entry : kPorts) {
    if (sameWord(entry.name, word)) return entry.number;
  }
  return std::nullopt;
}

std::optional<PortsMatch> portsOfWord(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) {
    const auto port = portOfWord(word);
    if (!port) return std::nullopt;
    return PortsMatch{{*port, *port}};
  }
  const auto first = colon == 0 ? std::optional<std::uint16_t>(0) : portOfWord(word.substr(0, colon));
  const auto last =
      colon + 1 == word.size() ? std::optional<std::uint16_t>(65535) : portOfWord(word.substr(colon + 1));
  if (!first || !last) return std::nullopt;
  return PortsMatch{{std::min(*first, *last), std::max(*first, *last)}, *first > *last};
}

std::optional<IcmpMatch> icmpOfWord(std::string_view word, bool v6) {
  if (sameWord(word, "any")) return IcmpMatch{};
  const auto slash = word.find('/');
  if (const auto type = numberOf(word.substr(0, slash), 255)) {
    if (slash != std::string_view::npos && !numberOf(word.substr(slash + 1), 255)) return std::nullopt;
    // IPv4 type 255 is how iptables itself writes "any".
    if (*type == 255 && !v6) return IcmpMatch{};
    const auto value = static_cast<std::uint8_t>(*type);
    return IcmpMatch{value, value, slash != std::string_view::npos};
  }
  auto find = [&](const auto& names) -> std::optional<IcmpMatch> {
    for (const IcmpName& entry : names) {
      if (sameWord(entry.name, word)) return IcmpMatch{entry.type, entry.type, entry.code};
    }
    return std::nullopt;
  };
  return v6 ? find(kIcmp6) : find(kIcmp4);
}

}  // namespace vauban::import
