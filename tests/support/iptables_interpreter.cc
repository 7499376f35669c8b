#include "tests/support/iptables_interpreter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

namespace vauban::tests {
namespace {

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

struct Token {
  std::string text;
  bool quoted = false;  // a quoted word is never an option, whatever it begins with
};

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

using NamedNumber = std::pair<std::string_view, int>;

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

struct IcmpName {
  std::string_view name;
  int type;
  int code;  // -1: every code
};

constexpr int kAnyType = 255;  // xt_icmp takes this number for every type

constexpr IcmpName kIcmpNames[] = {
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

constexpr IcmpName kIcmpV6Names[] = {
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

Bits128 fromBytes(const unsigned char* bytes, int count) {
  Bits128 value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

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

// As in the kernel an arbitrary mask, not necessarily a prefix.
struct MaskedAddress {
  Family family;
  Bits128 value, mask;

  bool contains(const space::Address& address) const {
    return address.family == family && (address.value & mask) == (value & mask);
  }
};

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

// ---- Rules ----

bool portsOf(int protocol) {
  return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

using Check = std::function<bool(const ConcretePacket&)>;

struct Rule {
  int line = 0;
  std::string table;
  std::string target;  // empty: counts only
  bool isGoto = false;
  bool repaired = false;                 // its text was put together from a wrapped line
  std::vector<Check> base;               // addresses, interfaces, protocol
  std::vector<Check> checks;             // of the match modules
  std::vector<std::string> undecidable;  // names for the oracle
  std::string spelling;                  // for -D, which repeats the rule
};

// Targets that let the packet go on to the next rule.
const std::set<std::string, std::less<>>& goingOn() {
  static const std::set<std::string, std::less<>> names{
      "LOG",      "ULOG",     "NFLOG",   "MARK",      "CONNMARK", "SECMARK",     "CONNSECMARK",
      "CLASSIFY", "TCPMSS",   "DSCP",    "TOS",       "ECN",      "TTL",         "HL",
      "CT",       "CHECKSUM", "NOTRACK", "TRACE",     "AUDIT",    "SET",         "LED",
      "TEE",      "RATEEST",  "HMARK",   "IDLETIMER", "ACCOUNT",  "TCPOPTSTRIP", "IPV4OPTSSTRIP"};
  return names;
}

using PacketField = std::function<int(const ConcretePacket&)>;

// Reads the words of one rule behind its command and chain.
class RuleReader {
 public:
  RuleReader(Rule& rule, std::vector<Token> tokens, std::size_t begin)
      : rule_(rule), tokens_(std::move(tokens)), next_(begin) {}

  void read() {
    while (next_ < tokens_.size()) {
      const Token& token = tokens_[next_];
      if (!token.quoted && token.text == "!") {
        negated_ = true;
        ++next_;
      } else if (isOption(token)) {
        ++next_;
        readOption(token.text);
        negated_ = false;
      } else if (!token.quoted && token.text.starts_with('#')) {
        break;  // a comment at the end of a line of a script
      } else {
        // A word that no option takes. Behind a target or a comment it is a bit of text without its
        // quotes; elsewhere the line says something that is not understood.
        if (!inTarget_ && module_ != "comment") ask("argument");
        ++next_;
      }
    }
    for (auto& question : moduleQuestions_) {
      if (question.second) rule_.undecidable.push_back(question.first);
    }
  }

 private:
  // The value of an option: one word, after a "!" that old versions write here.
  std::string value() {
    if (next_ < tokens_.size() && !tokens_[next_].quoted && tokens_[next_].text == "!") {
      negated_ = !negated_;
      ++next_;
    }
    if (next_ >= tokens_.size() || isOption(tokens_[next_])) {
      missing_ = true;
      return "";
    }
    std::string text = tokens_[next_++].text;
    if (text.size() > 1 && text[0] == '!' && !tokens_[next_ - 1].quoted) {
      negated_ = !negated_;
      text.erase(0, 1);
    }
    return text;
  }

  void skipValues() {
    while (next_ < tokens_.size() && !isOption(tokens_[next_])) {
      // "! --next": the mark belongs to what follows.
      if (!tokens_[next_].quoted && tokens_[next_].text == "!" && next_ + 1 < tokens_.size() &&
          isOption(tokens_[next_ + 1])) {
        return;
      }
      ++next_;
    }
  }

  void ask(std::string name) { rule_.undecidable.push_back(std::move(name)); }
  void check(Check holds) { rule_.checks.push_back(std::move(holds)); }
  void checkBase(Check holds) { rule_.base.push_back(std::move(holds)); }

  void readOption(std::string option) {
    missing_ = false;
    // "--dport=80" and "-ptcp" are how getopt also takes them.
    if (const std::size_t equals = option.find('='); option.starts_with("--") && equals != option.npos) {
      insertValue(option.substr(equals + 1));
      option.resize(equals);
    } else if (!option.starts_with("--") && option.size() > 2) {
      insertValue(option.substr(2));
      option.resize(2);
    }
    if (module_ == "policy" && option == "--proto") {
      skipValues();  // that module has an option of this name
      return;
    }
    if (option == "-s" || option == "--source" || option == "--src") {
      addresses("source", [](const ConcretePacket& p) { return p.packet.source; }, true);
    } else if (option == "-d" || option == "--destination" || option == "--dst") {
      addresses("destination", [](const ConcretePacket& p) { return p.packet.destination; }, true);
    } else if (option == "-p" || option == "--protocol" || option == "--proto") {
      protocol(true);
    } else if (option == "-i" || option == "--in-interface") {
      interface([](const ConcretePacket& p) -> const std::string& { return p.in; });
    } else if (option == "-o" || option == "--out-interface") {
      interface([](const ConcretePacket& p) -> const std::string& { return p.out; });
    } else if (option == "-f" || option == "--fragment") {
      checkBase([negated = negated_](const ConcretePacket&) { return negated; });
    } else if (option == "-4" || option == "--ipv4") {
      checkBase([](const ConcretePacket& p) { return p.packet.source.family == Family::ipv4; });
    } else if (option == "-6" || option == "--ipv6") {
      checkBase([](const ConcretePacket& p) { return p.packet.source.family == Family::ipv6; });
    } else if (option == "-j" || option == "--jump" || option == "-g" || option == "--goto") {
      rule_.target = value();
      rule_.isGoto = option == "-g" || option == "--goto";
      inTarget_ = true;
      module_.clear();
    } else if (option == "-m" || option == "--match") {
      openModule(value());
    } else if (option == "-t" || option == "--table") {
      rule_.table = value();
    } else if (option == "-c" || option == "--set-counters") {
      value();
      if (next_ < tokens_.size() && number(tokens_[next_].text)) ++next_;
    } else if (option == "-w" || option == "-W" || option == "-v" || option == "-n" || option == "--wait" ||
               option == "--verbose" || option == "--numeric" || option == "-x" || option == "--modprobe") {
      skipValues();
    } else if (!moduleOption(option)) {
      if (inTarget_) {
        // A prefix is free text too.
        if ((option == "--log-prefix" || option == "--nflog-prefix") && next_ < tokens_.size()) ++next_;
      } else {
        if (module_.empty()) {
          ask(option);
        } else {
          // An option of a known module that is not modelled here (--tcp-option, --ctstatus ...).
          moduleQuestions_.back().second = true;
        }
      }
      skipValues();
    }
    if (missing_ && !inTarget_) ask(option);
  }

  void insertValue(std::string text) {
    tokens_.insert(tokens_.begin() + static_cast<std::ptrdiff_t>(next_), Token{std::move(text), true});
  }

  void openModule(const std::string& name) {
    static const std::set<std::string, std::less<>> modelled{
        "tcp",    "udp",       "udplite", "sctp", "dccp",      "icmp",  "icmp6",
        "icmpv6", "multiport", "iprange", "mac",  "conntrack", "state", "comment"};
    module_ = name;
    inTarget_ = false;
    moduleQuestions_.emplace_back(name, !modelled.contains(name));
    static const std::map<std::string, std::vector<int>, std::less<>> ofProtocol{
        {"tcp", {6}},   {"udp", {17, 136}}, {"udplite", {136}}, {"sctp", {132}},
        {"dccp", {33}}, {"icmp", {1}},      {"icmp6", {58}},    {"icmpv6", {58}}};
    // The kernel takes these modules only together with their protocol.
    if (const auto found = ofProtocol.find(name); found != ofProtocol.end()) {
      check([protocols = found->second](const ConcretePacket& p) {
        return std::ranges::find(protocols, p.packet.service.protocol) != protocols.end();
      });
    }
  }

  bool moduleOption(const std::string& option) {
    const auto sourcePort = [](const ConcretePacket& p) { return int{p.packet.service.sourcePort}; };
    const auto destinationPort = [](const ConcretePacket& p) {
      return int{p.packet.service.destinationPort};
    };
    const auto source = [](const ConcretePacket& p) { return p.packet.source; };
    const auto destination = [](const ConcretePacket& p) { return p.packet.destination; };
    if (option == "--sport" || option == "--sports" || option == "--source-port" ||
        option == "--source-ports") {
      ports("sport", {sourcePort}, false);
    } else if (option == "--dport" || option == "--dports" || option == "--destination-port" ||
               option == "--destination-ports") {
      ports("dport", {destinationPort}, false);
    } else if (option == "--port" || option == "--ports") {
      ports("ports", {sourcePort, destinationPort}, false);
    } else if (option == "--tcp-flags") {
      tcpFlags();
    } else if (option == "--syn") {
      check([negated = negated_](const ConcretePacket& p) {
        return p.packet.service.protocol == 6 && !negated;
      });
    } else if (option == "--icmp-type") {
      icmpType(1, kIcmpNames);
    } else if (option == "--icmpv6-type") {
      icmpType(58, kIcmpV6Names);
    } else if (option == "--src-range") {
      addressRange(source);
    } else if (option == "--dst-range") {
      addressRange(destination);
    } else if (option == "--mac-source") {
      check([mac = lower(value()), negated = negated_](const ConcretePacket& p) {
        return !p.mac.empty() && (lower(p.mac) == mac) != negated;
      });
    } else if (option == "--state" || option == "--ctstate") {
      states();
    } else if (option == "--ctproto") {
      protocol(false);
    } else if (option == "--ctorigsrc" || option == "--ctrepldst") {
      addresses("conntrack", source, false);  // without nat the answers go where the packet came from
    } else if (option == "--ctorigdst" || option == "--ctreplsrc") {
      addresses("conntrack", destination, false);
    } else if (option == "--ctorigsrcport" || option == "--ctrepldstport") {
      ports("conntrack", {sourcePort}, true);
    } else if (option == "--ctorigdstport" || option == "--ctreplsrcport") {
      ports("conntrack", {destinationPort}, true);
    } else if (option == "--ctdir") {
      const std::string direction = lower(value());
      if (direction == "original" || direction == "reply") {
        check([holds = (direction == "original") != negated_](const ConcretePacket&) { return holds; });
      } else {
        ask("conntrack");
      }
    } else if (option == "--comment") {
      if (next_ < tokens_.size()) ++next_;  // free text, which can begin with a dash
    } else {
      return false;
    }
    return true;
  }

  template <typename Field>
  void addresses(const std::string& name, Field field, bool isBase) {
    std::vector<MaskedAddress> list;
    for (const std::string& part : split(value(), ',')) {
      const auto parsed = parseMaskedAddress(part);
      if (!parsed) {  // a host name
        if (!missing_) ask(name);
        return;
      }
      list.push_back(*parsed);
    }
    Check holds = [list, field, negated = negated_](const ConcretePacket& p) {
      const space::Address address = field(p);
      return std::ranges::any_of(list, [&](const MaskedAddress& m) { return m.contains(address); }) !=
             negated;
    };
    isBase ? checkBase(holds) : check(holds);
  }

  void protocol(bool isBase) {
    const std::string text = value();
    const auto wanted = protocolNumber(text);
    if (!wanted) {
      if (!missing_) ask(isBase ? "protocol" : "conntrack");
      return;
    }
    // "all" says nothing; for conntrack 0 would be a protocol of its own, but nobody writes that.
    Check holds = [wanted = *wanted, negated = negated_](const ConcretePacket& p) {
      return (wanted == 0 || p.packet.service.protocol == wanted) != negated;
    };
    isBase ? checkBase(holds) : check(holds);
  }

  template <typename Field>
  void interface(Field field) {
    const std::string wanted = value();
    if (missing_) return;
    checkBase([wanted, field, negated = negated_](const ConcretePacket& p) {
      const std::string& name = field(p);
      const bool same =
          wanted.ends_with('+') ? name.starts_with(wanted.substr(0, wanted.size() - 1)) : name == wanted;
      return same != negated;
    });
  }

  // Lists of ports and ranges, with open ends. A negated port test is still one of a protocol with ports,
  // because the kernel takes the modules only with such a protocol; conntrack it takes with every one.
  void ports(const std::string& name, std::vector<PacketField> fields, bool ofConntrack) {
    std::vector<std::pair<int, int>> ranges;
    for (const std::string& part : split(value(), ',')) {
      const std::size_t colon = part.find(':');
      const std::string first = part.substr(0, colon);
      const std::string last = colon == part.npos ? first : part.substr(colon + 1);
      const auto low = first.empty() && colon != part.npos ? std::optional<int>(0) : portNumber(first);
      const auto high = last.empty() && colon != part.npos ? std::optional<int>(65535) : portNumber(last);
      if (!low || !high || *low > *high) {
        if (!missing_) ask(name);
        return;
      }
      ranges.emplace_back(*low, *high);
    }
    check([ranges, fields, ofConntrack, negated = negated_](const ConcretePacket& p) {
      if (!portsOf(p.packet.service.protocol)) return ofConntrack && negated;
      const bool in = std::ranges::any_of(fields, [&](const PacketField& field) {
        const int port = field(p);
        return std::ranges::any_of(ranges,
                                   [&](const auto& r) { return r.first <= port && port <= r.second; });
      });
      return in != negated;
    });
  }

  void tcpFlags() {
    constexpr int kSyn = 2;
    const auto flags = [](const std::string& text) -> std::optional<int> {
      static constexpr NamedNumber names[] = {{"fin", 1},  {"syn", 2},  {"rst", 4},  {"psh", 8},
                                              {"ack", 16}, {"urg", 32}, {"all", 63}, {"none", 0}};
      int bits = 0;
      for (const std::string& part : split(text, ',')) {
        const auto bit = lookUp(names, part);
        if (!bit) {
          const auto value = number(part);
          if (!value) return std::nullopt;
          bits |= static_cast<int>(*value);
        } else {
          bits |= *bit;
        }
      }
      return bits;
    };
    const auto mask = flags(value());
    const auto wanted = flags(value());
    if (!mask || !wanted) {
      if (!missing_) ask("tcp-flags");
      return;
    }
    check([same = (kSyn & *mask) == *wanted, negated = negated_](const ConcretePacket& p) {
      return p.packet.service.protocol == 6 && same != negated;
    });
  }

  // "8", "3/1", "echo-request", or the unambiguous beginning of a name.
  void icmpType(int protocol, std::span<const IcmpName> names) {
    const std::string text = lower(value());
    int type = -1, code = -1;
    const auto parts = split(text, '/');
    if (const auto typeNumber = number(parts[0]); typeNumber && *typeNumber <= 255 && parts.size() <= 2) {
      type = static_cast<int>(*typeNumber);
      if (parts.size() == 2) {
        const auto codeNumber = number(parts[1]);
        if (codeNumber && *codeNumber <= 255) {
          code = static_cast<int>(*codeNumber);
        } else {
          type = -1;
        }
      }
    } else if (!text.empty()) {
      const auto exact = std::ranges::find(names, text, &IcmpName::name);
      if (exact != names.end()) {
        type = exact->type;
        code = exact->code;
      } else if (std::ranges::count_if(names, [&](const IcmpName& n) { return n.name.starts_with(text); }) ==
                 1) {
        const auto found =
            std::ranges::find_if(names, [&](const IcmpName& n) { return n.name.starts_with(text); });
        type = found->type;
        code = found->code;
      }
    }
    if (type < 0) {
      if (!missing_) ask(protocol == 1 ? "icmp" : "icmp6");
      return;
    }
    check([protocol, type, code, negated = negated_](const ConcretePacket& p) {
      if (p.packet.service.protocol != protocol) return false;
      const bool every = protocol == 1 && type == kAnyType;
      const bool same =
          every || (p.packet.service.destinationPort == type && (code < 0 || p.icmpCode == code));
      return same != negated;
    });
  }

  template <typename Field>
  void addressRange(Field field) {
    const std::string text = value();
    const std::size_t dash = text.find('-');
    const auto first = parseAddress(text.substr(0, dash));
    const auto last = dash == text.npos ? first : parseAddress(text.substr(dash + 1));
    if (!first || !last || first->family != last->family) {
      if (!missing_) ask("iprange");
      return;
    }
    check([first = *first, last = *last, field, negated = negated_](const ConcretePacket& p) {
      const space::Address address = field(p);
      const bool in =
          address.family == first.family && first.value <= address.value && address.value <= last.value;
      return in != negated;
    });
  }

  void states() {
    static const std::set<std::string, std::less<>> others{"invalid",   "established", "related",
                                                           "untracked", "dnat",        "snat"};
    bool isNew = false, strange = false;
    for (const std::string& part : split(lower(value()), ',')) {
      if (part == "new") {
        isNew = true;
      } else if (!others.contains(part)) {
        strange = true;
      }
    }
    if (strange && !isNew) {
      if (!missing_) ask("conntrack");
      return;
    }
    check([holds = isNew != negated_](const ConcretePacket&) { return holds; });
  }

  Rule& rule_;
  std::vector<Token> tokens_;
  std::size_t next_;
  bool negated_ = false;
  bool missing_ = false;   // the option just read has no value
  bool inTarget_ = false;  // options now belong to the target, not to a match
  std::string module_;
  std::vector<std::pair<std::string, bool>> moduleQuestions_;  // one for every -m; true: undecidable
};

std::string spell(const std::vector<Token>& tokens, std::size_t begin) {
  std::string text;
  for (std::size_t i = begin; i < tokens.size(); ++i) text += tokens[i].text + '\n';
  return text;
}

}  // namespace

struct IptablesInterpreter::Table {
  std::map<std::string, std::vector<Rule>, std::less<>> chains;
  std::map<std::string, std::string, std::less<>> policies;
  std::vector<int> oddLines;
  std::string current = "filter";  // the default of iptables, for lines before any "*table"

  void readLine(std::string text, int line);
  void readCommand(std::vector<Token> tokens, int line, bool repaired);
};

void IptablesInterpreter::Table::readLine(std::string text, int line) {
  const bool repaired = rejoinWrapped(text);
  std::vector<Token> tokens = tokenize(text);
  if (tokens.empty() || tokens[0].text.starts_with('#')) return;
  const std::string first = tokens[0].text;
  if (first[0] == '*') {
    current = first.size() > 1 ? first.substr(1) : tokens.size() > 1 ? tokens[1].text : "";
    if (current == "filter") chains.clear();  // iptables-restore begins a table by emptying it
  } else if (first == "COMMIT") {
    current.clear();
  } else if (first[0] == ':') {
    std::string name = first.substr(1);
    std::size_t next = 1;
    if (name.empty() && tokens.size() > 1) name = tokens[next++].text;
    if (current != "filter" || name.empty()) return;
    chains[name];
    if (next < tokens.size() && tokens[next].text != "-") policies[name] = tokens[next].text;
  } else {
    // "[packets:bytes] -A ..." has the counters in front; scripts have the name of the program there.
    if (first[0] == '[' && first.ends_with(']')) tokens.erase(tokens.begin());
    if (!tokens.empty() && (tokens[0].text.ends_with("iptables") || tokens[0].text.ends_with("ip6tables"))) {
      tokens.erase(tokens.begin());
      if (current.empty()) current = "filter";
    }
    readCommand(std::move(tokens), line, repaired);
  }
}

void IptablesInterpreter::Table::readCommand(std::vector<Token> tokens, int line, bool repaired) {
  static const std::map<std::string, char, std::less<>> commands{{"-A", 'A'},
                                                                 {"--append", 'A'},
                                                                 {"-I", 'I'},
                                                                 {"--insert", 'I'},
                                                                 {"-D", 'D'},
                                                                 {"--delete", 'D'},
                                                                 {"-R", 'R'},
                                                                 {"--replace", 'R'},
                                                                 {"-P", 'P'},
                                                                 {"--policy", 'P'},
                                                                 {"-N", 'N'},
                                                                 {"--new-chain", 'N'},
                                                                 {"--new", 'N'},
                                                                 {"-F", 'F'},
                                                                 {"--flush", 'F'},
                                                                 {"-X", 'X'},
                                                                 {"--delete-chain", 'X'},
                                                                 {"-Z", 'Z'},
                                                                 {"--zero", 'Z'}};
  std::string table = current;
  while (tokens.size() >= 2 && (tokens[0].text == "-t" || tokens[0].text == "--table")) {
    table = tokens[1].text;
    tokens.erase(tokens.begin(), tokens.begin() + 2);
  }
  const auto command = tokens.empty() ? commands.end() : commands.find(tokens[0].text);
  if (command == commands.end() || (table.empty() && command->second != 'Z')) {
    oddLines.push_back(line);
    return;
  }
  const std::string chain = tokens.size() > 1 ? tokens[1].text : "";
  if (chain.empty() && command->second != 'F' && command->second != 'X' && command->second != 'Z') {
    oddLines.push_back(line);
    return;
  }
  if (command->second == 'X' || command->second == 'Z') return;  // unused chains and counters decide nothing
  if (command->second == 'P') {
    if (table == "filter" && tokens.size() > 2) policies[chain] = tokens[2].text;
    return;
  }
  if (command->second == 'N') {
    if (table == "filter") chains[chain];
    return;
  }
  if (command->second == 'F') {
    if (table != "filter") return;
    for (auto& [name, rules] : chains) {
      if (chain.empty() || name == chain) rules.clear();
    }
    return;
  }

  std::size_t begin = 2;
  std::optional<std::uint32_t> position;
  if (command->second != 'A' && tokens.size() > 2) {
    position = number(tokens[2].text);
    if (position) ++begin;
  }
  Rule rule;
  rule.line = line;
  rule.table = table;
  rule.repaired = repaired;
  rule.spelling = spell(tokens, begin);
  RuleReader(rule, std::move(tokens), begin).read();
  if (rule.table != "filter") return;
  std::vector<Rule>& rules = chains[chain];
  const std::size_t index = position && *position > 0 ? *position - 1 : 0;
  switch (command->second) {
    case 'A':
      rules.push_back(std::move(rule));
      break;
    case 'I':
      rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(std::min(index, rules.size())),
                   std::move(rule));
      break;
    case 'R':
      if (index < rules.size()) rules[index] = std::move(rule);
      break;
    case 'D': {
      auto gone =
          position ? (index < rules.size() ? rules.begin() + static_cast<std::ptrdiff_t>(index) : rules.end())
                   : std::ranges::find(rules, rule.spelling, &Rule::spelling);
      if (gone != rules.end()) rules.erase(gone);
      break;
    }
    default:
      break;
  }
}

IptablesInterpreter::IptablesInterpreter(std::string text, std::string chain) : chain_(std::move(chain)) {
  auto table = std::make_shared<Table>();
  int line = 0;
  for (std::string& content : split(text, '\n')) table->readLine(std::move(content), ++line);
  table_ = std::move(table);
}

const std::vector<int>& IptablesInterpreter::oddLines() const { return table_->oddLines; }

int IptablesInterpreter::ruleCount() const {
  int count = 0;
  for (const auto& [name, rules] : table_->chains) count += static_cast<int>(rules.size());
  return count;
}

Verdict IptablesInterpreter::decide(const ConcretePacket& packet, const Oracle& oracle) const {
  // The kernel refuses loops; a text can have them, and the test must end all the same.
  constexpr std::size_t kDeepest = 1000;
  constexpr int kMostSteps = 10'000'000;

  struct Frame {
    const std::vector<Rule>* rules;
    std::size_t next;
  };
  static const std::vector<Rule> none;
  Verdict verdict;
  const auto start = table_->chains.find(chain_);
  std::vector<Frame> stack{{start == table_->chains.end() ? &none : &start->second, 0}};

  const auto holds = [&](const Rule& rule) {
    const auto all = [&](const std::vector<Check>& checks) {
      return std::ranges::all_of(checks, [&](const Check& check) { return check(packet); });
    };
    if (!all(rule.base)) return false;
    // What a wrapped line says is read into it: another reader may rightly not be sure of it.
    if (rule.repaired) verdict.guessed = true;
    if (!all(rule.checks)) return false;
    for (const std::string& match : rule.undecidable) {
      verdict.guessed = true;
      if (!oracle(rule.line, match)) return false;
    }
    return true;
  };

  for (int steps = 0; !stack.empty(); ++steps) {
    Frame& frame = stack.back();
    if (frame.next == frame.rules->size()) {
      stack.pop_back();
      continue;
    }
    const Rule& rule = (*frame.rules)[frame.next++];
    const std::string& target = rule.target;
    if (steps > kMostSteps) return {Decision::unknown, rule.line, verdict.guessed};
    if (target.empty() || goingOn().contains(target)) continue;
    if (!holds(rule)) continue;
    verdict.line = rule.line;
    if (target == "ACCEPT") {
      verdict.decision = Decision::accept;
    } else if (target == "DROP") {
      verdict.decision = Decision::drop;
    } else if (target == "REJECT") {
      verdict.decision = Decision::reject;
    } else if (target == "RETURN") {
      stack.pop_back();
      continue;
    } else if (const auto chain = table_->chains.find(target);
               chain != table_->chains.end() && stack.size() < kDeepest) {
      // After a goto the end of the chain leads back to where the present chain was called from.
      if (rule.isGoto) {
        frame = {&chain->second, 0};
      } else {
        stack.push_back({&chain->second, 0});
      }
      continue;
    } else {
      verdict.decision = Decision::unknown;
    }
    return verdict;
  }

  verdict.line = 0;
  const auto policy = table_->policies.find(chain_);
  if (policy == table_->policies.end()) {
    // The kernel starts its own chains with ACCEPT.
    const bool builtIn = chain_ == "INPUT" || chain_ == "FORWARD" || chain_ == "OUTPUT";
    verdict.decision = builtIn ? Decision::accept : Decision::unknown;
  } else if (policy->second == "ACCEPT") {
    verdict.decision = Decision::accept;
  } else if (policy->second == "DROP") {
    verdict.decision = Decision::drop;
  } else {
    verdict.decision = Decision::unknown;
  }
  return verdict;
}

Decision interpretIptables(const std::string& fileText, const std::string& chain,
                           const ConcretePacket& packet) {
  return IptablesInterpreter(fileText, chain)
      .decide(packet, [](int, std::string_view) { return false; })
      .decision;
}

}  // namespace vauban::tests
