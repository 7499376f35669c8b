#include "tests/support/iptables_text.h"

#include <arpa/inet.h>

#include <array>
#include <cctype>
#include <charconv>

namespace vauban::tests {

using space::Bits128;
using space::Family;

// ---- Text ----

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Decimal, or hexadecimal after 0x; the whole text or nothing.
std::optional<std::uint32_t> number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// The quoting of iptables-restore: double quotes, inside of which a backslash takes the next character as it
// is. A word may also stand in single quotes, as lines out of shell scripts do.
std::vector<Token> tokenize(std::string_view line) {
  std::vector<Token> tokens;
  std::size_t i = 0;
  while (i < line.size()) {
    if (isSpace(line[i])) {
      ++i;
      continue;
    }
    Token token;
    if (line[i] == '\'' && line.find('\'', i + 1) != std::string_view::npos) {
      const std::size_t end = line.find('\'', i + 1);
      token = {std::string(line.substr(i + 1, end - i - 1)), true};
      i = end + 1;
    } else {
      bool open = false;
      for (; i < line.size() && (open || !isSpace(line[i])); ++i) {
        if (line[i] == '"') {
          open = !open;
          token.quoted = true;
        } else if (open && line[i] == '\\' && i + 1 < line.size()) {
          token.text += line[++i];
        } else {
          token.text += line[i];
        }
      }
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool isOption(const Token& token) {
  return !token.quoted && token.text.size() >= 2 && token.text[0] == '-' &&
         !std::isdigit(static_cast<unsigned char>(token.text[1]));
}

// A listing copied out of a terminal of 80 columns can hold a long line as its first 80 characters, a long
// run of blanks, and the rest. The cut can go through a word, so the halves are put together again.
bool rejoinWrapped(std::string& line) {
  constexpr std::size_t kColumns = 80, kLeastGap = 30;
  if (line.size() <= kColumns + kLeastGap) return false;
  const std::size_t rest = line.find_first_not_of(" \t\r", kColumns);
  if (rest == std::string::npos || rest < kColumns + kLeastGap) return false;
  line.erase(kColumns, rest - kColumns);
  return true;
}

// ---- Names ----

constexpr NamedNumber kProtocols[] = {
    {"icmp", 1},
    {"igmp", 2},
    {"ggp", 3},
    {"ipencap", 4},
    {"st", 5},
    {"tcp", 6},
    {"egp", 8},
    {"igp", 9},
    {"pup", 12},
    {"udp", 17},
    {"hmp", 20},
    {"xns-idp", 22},
    {"rdp", 27},
    {"iso-tp4", 29},
    {"dccp", 33},
    {"xtp", 36},
    {"ddp", 37},
    {"idpr-cmtp", 38},
    {"ipv6", 41},
    {"ipv6-route", 43},
    {"ipv6-frag", 44},
    {"idrp", 45},
    {"rsvp", 46},
    {"gre", 47},
    {"esp", 50},
    {"ipv6-crypt", 50},
    {"ah", 51},
    {"ipv6-auth", 51},
    {"skip", 57},
    {"ipv6-icmp", 58},
    {"icmpv6", 58},
    {"icmp6", 58},
    {"ipv6-nonxt", 59},
    {"ipv6-opts", 60},
    {"rspf", 73},
    {"vmtp", 81},
    {"eigrp", 88},
    {"ospf", 89},
    {"ospfigp", 89},
    {"ax.25", 93},
    {"ipip", 94},
    {"etherip", 97},
    {"encap", 98},
    {"pim", 103},
    {"ipcomp", 108},
    {"vrrp", 112},
    {"l2tp", 115},
    {"isis", 124},
    {"sctp", 132},
    {"fc", 133},
    {"mh", 135},
    {"ipv6-mh", 135},
    {"mobility-header", 135},
    {"udplite", 136},
    {"mpls-in-ip", 137},
    {"manet", 138},
    {"hip", 139},
    {"shim6", 140},
    {"wesp", 141},
    {"rohc", 142},
};

// From the public list of service names; a name that is missing here becomes a question to the oracle.
constexpr NamedNumber kServices[] = {
    {"echo", 7},           {"discard", 9},
    {"daytime", 13},       {"chargen", 19},
    {"ftp-data", 20},      {"ftp", 21},
    {"ssh", 22},           {"telnet", 23},
    {"smtp", 25},          {"mail", 25},
    {"time", 37},          {"whois", 43},
    {"tacacs", 49},        {"domain", 53},
    {"bootps", 67},        {"bootpc", 68},
    {"tftp", 69},          {"gopher", 70},
    {"finger", 79},        {"http", 80},
    {"www", 80},           {"kerberos", 88},
    {"pop2", 109},         {"pop3", 110},
    {"pop-3", 110},        {"sunrpc", 111},
    {"portmapper", 111},   {"auth", 113},
    {"ident", 113},        {"nntp", 119},
    {"ntp", 123},          {"epmap", 135},
    {"loc-srv", 135},      {"netbios-ns", 137},
    {"netbios-dgm", 138},  {"netbios-ssn", 139},
    {"imap", 143},         {"imap2", 143},
    {"snmp", 161},         {"snmp-trap", 162},
    {"snmptrap", 162},     {"xdmcp", 177},
    {"bgp", 179},          {"irc", 194},
    {"ldap", 389},         {"https", 443},
    {"microsoft-ds", 445}, {"submissions", 465},
    {"smtps", 465},        {"ssmtp", 465},
    {"urd", 465},          {"isakmp", 500},
    {"exec", 512},         {"login", 513},
    {"shell", 514},        {"syslog", 514},
    {"printer", 515},      {"route", 520},
    {"submission", 587},   {"nntps", 563},
    {"ipp", 631},          {"ldaps", 636},
    {"domain-s", 853},     {"rsync", 873},
    {"ftps-data", 989},    {"ftps", 990},
    {"telnets", 992},      {"imaps", 993},
    {"ircs", 994},         {"pop3s", 995},
    {"socks", 1080},       {"openvpn", 1194},
    {"ms-sql-s", 1433},    {"ms-sql-m", 1434},
    {"l2f", 1701},         {"l2tp", 1701},
    {"pptp", 1723},        {"radius", 1812},
    {"radius-acct", 1813}, {"nfs", 2049},
    {"mysql", 3306},       {"ms-wbt-server", 3389},
    {"svn", 3690},         {"ipsec-nat-t", 4500},
    {"sip", 5060},         {"sip-tls", 5061},
    {"xmpp-client", 5222}, {"xmpp-server", 5269},
    {"mdns", 5353},        {"postgresql", 5432},
    {"x11", 6000},         {"ircd", 6667},
    {"http-alt", 8080},    {"webcache", 8080},
    {"git", 9418},
};

constexpr IcmpName kIcmpNameTable[] = {
    {"any", kAnyType, -1},
    {"echo-reply", 0, -1},
    {"pong", 0, -1},
    {"destination-unreachable", 3, -1},
    {"network-unreachable", 3, 0},
    {"host-unreachable", 3, 1},
    {"protocol-unreachable", 3, 2},
    {"port-unreachable", 3, 3},
    {"fragmentation-needed", 3, 4},
    {"source-route-failed", 3, 5},
    {"network-unknown", 3, 6},
    {"host-unknown", 3, 7},
    {"network-prohibited", 3, 9},
    {"host-prohibited", 3, 10},
    {"tos-network-unreachable", 3, 11},
    {"tos-host-unreachable", 3, 12},
    {"communication-prohibited", 3, 13},
    {"host-precedence-violation", 3, 14},
    {"precedence-cutoff", 3, 15},
    {"source-quench", 4, -1},
    {"redirect", 5, -1},
    {"network-redirect", 5, 0},
    {"host-redirect", 5, 1},
    {"tos-network-redirect", 5, 2},
    {"tos-host-redirect", 5, 3},
    {"echo-request", 8, -1},
    {"ping", 8, -1},
    {"router-advertisement", 9, -1},
    {"router-solicitation", 10, -1},
    {"time-exceeded", 11, -1},
    {"ttl-exceeded", 11, -1},
    {"ttl-zero-during-transit", 11, 0},
    {"ttl-zero-during-reassembly", 11, 1},
    {"parameter-problem", 12, -1},
    {"ip-header-bad", 12, 0},
    {"required-option-missing", 12, 1},
    {"timestamp-request", 13, -1},
    {"timestamp-reply", 14, -1},
    {"address-mask-request", 17, -1},
    {"address-mask-reply", 18, -1},
};

constexpr IcmpName kIcmpV6NameTable[] = {
    {"destination-unreachable", 1, -1},
    {"no-route", 1, 0},
    {"communication-prohibited", 1, 1},
    {"beyond-scope", 1, 2},
    {"address-unreachable", 1, 3},
    {"port-unreachable", 1, 4},
    {"failed-policy", 1, 5},
    {"reject-route", 1, 6},
    {"packet-too-big", 2, -1},
    {"time-exceeded", 3, -1},
    {"ttl-exceeded", 3, -1},
    {"ttl-zero-during-transit", 3, 0},
    {"ttl-zero-during-reassembly", 3, 1},
    {"parameter-problem", 4, -1},
    {"bad-header", 4, 0},
    {"unknown-header-type", 4, 1},
    {"unknown-option", 4, 2},
    {"echo-request", 128, -1},
    {"ping", 128, -1},
    {"echo-reply", 129, -1},
    {"pong", 129, -1},
    {"mld-listener-query", 130, -1},
    {"mld-listener-report", 131, -1},
    {"mld-listener-done", 132, -1},
    {"mld-listener-reduction", 132, -1},
    {"router-solicitation", 133, -1},
    {"router-advertisement", 134, -1},
    {"neighbour-solicitation", 135, -1},
    {"neighbor-solicitation", 135, -1},
    {"neighbour-advertisement", 136, -1},
    {"neighbor-advertisement", 136, -1},
    {"redirect", 137, -1},
};

std::optional<int> lookUp(std::span<const NamedNumber> table, std::string_view name) {
  const std::string key = lower(name);
  for (const auto& [known, value] : table) {
    if (known == key) return value;
  }
  return std::nullopt;
}

// 0 is "all".
std::optional<int> protocolNumber(std::string_view text) {
  if (const auto value = number(text)) return *value <= 255 ? std::optional<int>(*value) : std::nullopt;
  if (const std::string name = lower(text); name == "all" || name == "any" || name == "ip") return 0;
  return lookUp(kProtocols, text);
}

std::optional<int> portNumber(std::string_view text) {
  if (const auto value = number(text)) return *value <= 65535 ? std::optional<int>(*value) : std::nullopt;
  return lookUp(kServices, text);
}

// ---- Addresses ----

namespace {

Bits128 fromBytes(const unsigned char* bytes, int count) {
  Bits128 value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

std::optional<space::Address> parseAddress(std::string_view text) {
  const std::string copy(text);
  unsigned char bytes[16];
  if (inet_pton(AF_INET, copy.c_str(), bytes) == 1) return space::Address{Family::ipv4, fromBytes(bytes, 4)};
  if (inet_pton(AF_INET6, copy.c_str(), bytes) == 1) {
    return space::Address{Family::ipv6, fromBytes(bytes, 16)};
  }
  // iptables completes a short network with zeros: "10/8" is 10.0.0.0/8.
  const auto parts = split(text, '.');
  if (parts.size() > 3) return std::nullopt;
  Bits128 value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = i < parts.size() ? number(parts[i]) : std::optional<std::uint32_t>(0);
    if (!byte || *byte > 255 || (i < parts.size() && parts[i].starts_with("0x"))) return std::nullopt;
    value = value << 8 | *byte;
  }
  return space::Address{Family::ipv4, value};
}

std::optional<MaskedAddress> parseMaskedAddress(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parseAddress(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int width = address->family == Family::ipv4 ? 32 : 128;
  const Bits128 ones = space::maxAddress(address->family);
  if (slash == std::string_view::npos) return MaskedAddress{address->family, address->value, ones};
  const std::string_view suffix = text.substr(slash + 1);
  if (const auto length = number(suffix)) {
    if (static_cast<int>(*length) > width) return std::nullopt;
    // Shifting by the whole width is not defined, so the empty prefix stands apart.
    const Bits128 mask = *length == 0 ? 0 : ones & (ones << (width - static_cast<int>(*length)));
    return MaskedAddress{address->family, address->value, mask};
  }
  const auto mask = parseAddress(suffix);
  if (!mask || mask->family != address->family) return std::nullopt;
  return MaskedAddress{address->family, address->value, mask->value};
}

std::span<const IcmpName> icmpNames(bool v6) {
  if (v6) return kIcmpV6NameTable;
  return kIcmpNameTable;
}

}  // namespace vauban::tests
