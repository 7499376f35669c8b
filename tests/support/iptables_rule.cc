#include "tests/support/iptables_rule.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace vauban::tests {
namespace {

using space::Bits128;
using space::Family;

bool portsOf(int protocol) {
  return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
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
      icmpType(1, icmpNames(false));
    } else if (option == "--icmpv6-type") {
      icmpType(58, icmpNames(true));
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

}  // namespace

bool goesOn(const std::string& target) {
  static const std::set<std::string, std::less<>> names{
      "LOG",      "ULOG",     "NFLOG",   "MARK",      "CONNMARK", "SECMARK",     "CONNSECMARK",
      "CLASSIFY", "TCPMSS",   "DSCP",    "TOS",       "ECN",      "TTL",         "HL",
      "CT",       "CHECKSUM", "NOTRACK", "TRACE",     "AUDIT",    "SET",         "LED",
      "TEE",      "RATEEST",  "HMARK",   "IDLETIMER", "ACCOUNT",  "TCPOPTSTRIP", "IPV4OPTSSTRIP"};
  return names.contains(target);
}

void readRule(Rule& rule, std::vector<Token> tokens, std::size_t begin) {
  RuleReader(rule, std::move(tokens), begin).read();
}

}  // namespace vauban::tests
