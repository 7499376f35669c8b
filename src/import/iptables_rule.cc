#include "import/iptables_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/iptables_address.h"
#include "import/iptables_options.h"
#include "import/iptables_states.h"
#include "import/iptables_target.h"
#include "import/iptables_words.h"

namespace vauban::import {
namespace {

using space::AddressSet;
using space::PortRange;
using space::ServiceSet;

constexpr std::array kWithPorts{space::kTcp, space::kUdp, space::kDccp, space::kSctp, space::kUdpLite};

// A positive or negative set of ports, as one option gives it.
struct Ports {
  enum class Side { source, destination, either } side;
  std::vector<PortRange> ranges;
  bool negated;
};

ServiceSet servicesOf(std::uint8_t protocol, const Ports& ports) {
  ServiceSet set;
  for (const PortRange range : ports.ranges) {
    if (ports.side != Ports::Side::destination) set |= ServiceSet::ports(protocol, range, {});
    if (ports.side != Ports::Side::source) set |= ServiceSet::ports(protocol, range);
  }
  return ports.negated ? ServiceSet::protocol(protocol) - set : set;
}

class RuleReader {
 public:
  RuleReader(const RuleContext& context, const IptablesLine& line, Diagnostics& diagnostics)
      : context_(context),
        diagnostics_(diagnostics),
        tokens_(context.file.tokens.data() + line.firstToken),
        count_(line.tokens) {
    rule_.line = &line;
    rule_.source = rule_.destination = AddressSet::all(context.family);
    rule_.services = ServiceSet::all();
  }

  std::optional<IptablesRule> read() {
    bool negated = false;
    while (at_ < count_ && good_) {
      const IptablesToken& token = tokens_[at_++];
      if (token.text == "!" && !token.quoted) {
        if (negated) fail(token, "'!' twice");
        negated = true;
        continue;
      }
      if (token.quoted || token.text.size() < 2 || token.text.front() != '-') {
        fail(token, fmt::format("'{}' is no option", token.text), "an option as -s, -m or -j");
        break;
      }
      option(token, negated);
      negated = false;
    }
    if (negated && good_) fail(tokens_[count_ - 1], "'!' before nothing");
    if (good_) finishServices();
    if (good_) finishTarget();
    if (!good_ || otherFamily_) return std::nullopt;
    return std::move(rule_);
  }

 private:
  void fail(const IptablesToken& token, std::string message, std::string expected = {}) {
    good_ = false;
    if (diagnostics_.size() >= context_.mostDiagnostics) return;
    diagnostics_.push_back({Severity::error,
                            {context_.file.name, rule_.line->line, token.column},
                            static_cast<std::uint32_t>(token.text.size()),
                            std::move(message),
                            std::move(expected),
                            {}});
  }

  void reason(std::string text) {
    if (std::ranges::find(rule_.reasons, text) == rule_.reasons.end())
      rule_.reasons.push_back(std::move(text));
  }

  // The next argument of `option`; old files put the "!" before the argument.
  const IptablesToken* argument(const IptablesToken& option, bool* negated = nullptr) {
    if (negated != nullptr && at_ < count_ && tokens_[at_].text == "!" && !tokens_[at_].quoted) {
      if (*negated) fail(tokens_[at_], "'!' twice");
      *negated = true;
      ++at_;
    }
    if (at_ >= count_) {
      fail(option, fmt::format("'{}' without its argument", option.text));
      return nullptr;
    }
    return &tokens_[at_++];
  }

  void skipArguments() {
    while (at_ < count_ &&
           (tokens_[at_].quoted || (tokens_[at_].text != "!" && tokens_[at_].text.front() != '-'))) {
      ++at_;
    }
  }

  void option(const IptablesToken& token, bool negated) {
    using enum IptablesOption;
    const IptablesOptionSpec spec = iptablesOption(token.text);
    // Options of targets may share their names with those of matches (`--to`, `--mask`, `--set`).
    if (spec.option == unknown || (match_ == "recent" && token.text == "--set"))
      return otherOption(token, spec, negated);
    if (spec.option == match) {
      if (const auto* name = argument(token)) return beginMatch(*name);
      return;
    }
    if (spec.option == fragment) return reason("-f: which fragment of a packet a rule meets is not known");
    if (spec.option == counters) {
      argument(token);
      argument(token);
      return;
    }
    if (spec.option == family4 || spec.option == family6) {
      otherFamily_ = (spec.option == family4) != (context_.family == space::Family::ipv4);
      return;
    }
    if (spec.option == noTrack) {
      rule_.target = TargetKind::noTrack;
      return;
    }
    if (spec.option == syn) return addFlags(synMeaning(negated));
    const auto* value = argument(token, &negated);
    if (value == nullptr) return;
    switch (spec.option) {
      case ctOriginalSource:
        rule_.tracked = true;
        restrict(rule_.source, *value, negated);
        break;
      case source:
        restrict(rule_.source, *value, negated);
        break;
      case destination:
        restrict(rule_.destination, *value, negated);
        break;
      case ctOriginalDestination:
        originalDestination(token, *value, negated);
        break;
      case sourceRange:
        restrictRange(rule_.source, *value, negated);
        break;
      case destinationRange:
        restrictRange(rule_.destination, *value, negated);
        break;
      case protocol:
        setProtocol(*value, negated);
        break;
      case in:
        rule_.in = interface(rule_.in, *value, negated);
        break;
      case out:
        rule_.out = interface(rule_.out, *value, negated);
        break;
      case jump:
      case goTo:
        if (!rule_.targetName.empty()) return fail(token, "a rule has one -j or -g");
        rule_.targetName = value->text;
        rule_.targetColumn = value->column;
        isGoTo_ = spec.option == goTo;
        break;
      case sourcePort:
        addPorts(Ports::Side::source, *value, negated, false);
        break;
      case destinationPort:
        addPorts(Ports::Side::destination, *value, negated, false);
        break;
      case sourcePorts:
        addPorts(Ports::Side::source, *value, negated, true);
        break;
      case destinationPorts:
        addPorts(Ports::Side::destination, *value, negated, true);
        break;
      case ports:
        addPorts(Ports::Side::either, *value, negated, true);
        break;
      case tcpFlags:
        tcpFlagsOption(token, *value, negated);
        break;
      case icmpType:
      case icmp6Type:
        icmpOption(*value, negated, spec.option == icmp6Type);
        break;
      case state:
        stateOption(*value, negated);
        break;
      case ctProtocol:
      case ctOriginalSourcePort:
      case ctOriginalDestinationPort:
      case ctDirection:
      case ctOther:
        trackingOption(token, spec.option, *value, negated);
        break;
      case inexact:
        for (int more = 1; more < spec.arguments; ++more) argument(token);
        reason(fmt::format("{}: packets here do not say", token.text));
        break;
      case toSource:
      case toDestination:
      case toPorts:
      case to:
        rewriteArguments_.push_back({spec.option, value});
        break;
      default:
        break;  // comment, counters
    }
  }

  void otherOption(const IptablesToken& token, IptablesOptionSpec spec, bool negated) {
    if (!token.text.starts_with("--")) {
      return fail(token, fmt::format("'{}' is no option of iptables", token.text),
                  "-s, -d, -p, -i, -o, -m, -j or -g");
    }
    if (spec.arguments == 1) {
      argument(token, &negated);
    } else if (spec.arguments != 0) {
      skipArguments();
    }
    if (!rule_.targetName.empty()) return;  // of the target: finishTarget says what it means
    if (match_ == "recent") {
      // --set alone always matches; everything else depends on what came before.
      recentAlways_ = token.text == "--set" && !negated ? recentAlways_ || !recentAsks_ : recentAlways_;
      if (token.text == "--rcheck" || token.text == "--update" || token.text == "--remove" || negated) {
        recentAsks_ = true;
      }
      return;
    }
    if (iptablesMatch(match_) == IptablesMatch::exact || match_.empty()) {
      reason(fmt::format("{}: not known, may match or not", token.text));
    }
  }

  void beginMatch(const IptablesToken& name) {
    if (name.text.empty() || name.text.front() == '-') return fail(name, "-m without the name of a match");
    match_ = name.text;
    if (match_ == "tcp" || match_ == "udp" || match_ == "udplite" || match_ == "sctp" || match_ == "dccp") {
      matchProtocol_ = protocolOfWord(match_);
    }
    if (match_ == "icmp6" || match_ == "icmpv6" || match_ == "ipv6-icmp") matchProtocol_ = space::kIcmpV6;
    if (match_ == "icmp") matchProtocol_ = space::kIcmp;
    if (match_ == "recent") usesRecent_ = true;
    if (match_ == "helper" || match_ == "connbytes" || match_ == "connmark" || match_ == "connlabel") {
      rule_.dependsOnFlow = rule_.tracked = true;
    }
    if (match_ == "recent" || iptablesMatch(match_) == IptablesMatch::exact) return;
    reason(iptablesMatch(match_) == IptablesMatch::unknown
               ? fmt::format("-m {}: not known to this importer, may match or not", match_)
               : fmt::format("-m {}: may match or not", match_));
  }

  void restrict(AddressSet& side, const IptablesToken& value, bool negated) {
    const auto found = iptablesAddresses(value.text, context_.family);
    if (!found) return fail(value, found.error(), "an address, a network or a list of them");
    // What an inexact superset leaves out is unknown, so its complement says nothing.
    if (!found->exact) {
      reason(fmt::format("{}: the name of a host or a mask that is no prefix, not known which addresses",
                         value.text));
    }
    if (negated && !found->exact) return;
    side = negated ? side - found->addresses : side & found->addresses;
  }

  void restrictRange(AddressSet& side, const IptablesToken& value, bool negated) {
    const auto range = space::AddressRange::parse(value.text);
    if (!range || range->family != context_.family || value.text.find('/') != std::string_view::npos) {
      return fail(value, fmt::format("'{}' is no range of addresses", value.text), "FIRST-LAST");
    }
    side = negated ? side - AddressSet(*range) : side & AddressSet(*range);
  }

  void originalDestination(const IptablesToken& option, const IptablesToken& value, bool negated) {
    rule_.tracked = true;
    if (!context_.rewritesDestination) return restrict(rule_.destination, value, negated);
    AddressSet unused = AddressSet::all(context_.family);
    restrict(unused, value, negated);
    reason(fmt::format("{}: the file rewrites destinations before this rule", option.text));
  }

  void setProtocol(const IptablesToken& value, bool negated) {
    const auto number = protocolOfWord(value.text);
    if (!number)
      return fail(value, fmt::format("no protocol '{}'", value.text), "a name or a number from 0 to 255");
    if (*number == 0) {  // all protocols, whatever 0 may be a number of
      if (negated) fail(value, "'! -p all' matches nothing");
      return;
    }
    const bool extension = *number == 43 || *number == 44 || *number == 59 || *number == 60;
    if (context_.family == space::Family::ipv6 && extension) {
      return reason(fmt::format("-p {}: an extension header, which packets here do not have", value.text));
    }
    if (!negated) protocol_ = number;
    const ServiceSet set = ServiceSet::protocol(*number);
    rule_.services &= negated ? ~set : set;
  }

  std::optional<model::InterfaceMatch> interface(const std::optional<model::InterfaceMatch>& before,
                                                 const IptablesToken& value, bool negated) {
    if (before) fail(value, "the same side's interface twice");
    if (value.text.empty()) fail(value, "an interface without a name");
    return model::InterfaceMatch{std::string(value.text), negated};
  }

  void addPorts(Ports::Side side, const IptablesToken& value, bool negated, bool list) {
    Ports ports{side, {}, negated};
    std::string_view rest = value.text;
    std::size_t slots = 0;
    bool backwards = false;
    while (true) {
      const std::size_t comma = list ? rest.find(',') : std::string_view::npos;
      const std::string_view word = rest.substr(0, comma);
      const auto range = portsOfWord(word);
      if (!range || word.empty())
        return fail(value, fmt::format("'{}' is no port or range of ports", word), "PORT or FIRST:LAST");
      ports.ranges.push_back(range->range);
      backwards = backwards || range->backwards;
      slots += word.find(':') == std::string_view::npos ? 1 : 2;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (slots > 15) return fail(value, "multiport takes at most 15 ports, a range counting as two");
    portsToken_ = &value;
    if (backwards) {
      reason(fmt::format("{}: a range written backwards, which may match or not", value.text));
      // Its complement may be everything.
      if (negated) ports.ranges.clear();
    }
    ports_.push_back(std::move(ports));
  }

  void tcpFlagsOption(const IptablesToken& token, const IptablesToken& mask, bool negated) {
    const auto* wanted = argument(token);
    if (wanted == nullptr) return;
    constexpr const char* expected = "SYN, ACK, FIN, RST, URG, PSH, ALL or NONE";
    const auto maskBits = flagsOf(mask.text), wantedBits = flagsOf(wanted->text);
    if (!maskBits) return fail(mask, fmt::format("'{}' are no TCP flags", mask.text), expected);
    if (!wantedBits) return fail(*wanted, fmt::format("'{}' are no TCP flags", wanted->text), expected);
    addFlags(flagsMeaning(*maskBits, *wantedBits, negated));
  }

  void addFlags(Flags flags) {
    tcpOnly_ = true;
    if (flags == Flags::maybeOpeners) reason("--tcp-flags: an opening packet may bear PSH or URG or not");
    // Several tests must all be passed; noOpeners and maybeOpeners outweigh the others.
    rule_.flags = std::max(rule_.flags, flags);
  }

  void icmpOption(const IptablesToken& value, bool negated, bool v6) {
    const auto match = icmpOfWord(value.text, v6);
    if (!match)
      return fail(value, fmt::format("no ICMP message '{}'", value.text), "a name, TYPE or TYPE/CODE");
    const std::uint8_t protocol = v6 ? space::kIcmpV6 : space::kIcmp;
    const ServiceSet whole = ServiceSet::protocol(protocol);
    if (match->code) reason(fmt::format("{}: codes of ICMP messages are not told apart", value.text));
    if (negated && match->code) {
      rule_.services &= whole;
      return;
    }
    const ServiceSet set = ServiceSet::icmp(protocol, match->firstType, match->lastType);
    rule_.services &= negated ? whole - set : set;
  }

  void stateOption(const IptablesToken& value, bool negated) {
    const auto named = statesOf(value.text);
    if (!named) {
      return fail(value, fmt::format("no connection state '{}'", named.error()),
                  "NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED, SNAT or DNAT");
    }
    unsigned bits = *named;
    if ((bits & kTranslated) != 0) {
      // A packet of any state may be translated: the rule may match all of them, or with "!" may spare them.
      reason("--ctstate SNAT or DNAT: whether a packet is translated is not known");
      rule_.dependsOnFlow = true;
      bits = negated ? kAllStates & ~bits : kAllStates;
    } else if (negated) {
      bits = kAllStates & ~bits;
    }
    rule_.states = rule_.states.value_or(kAllStates) & bits;
  }

  void trackingOption(const IptablesToken& option, IptablesOption kind, const IptablesToken& value,
                      bool negated) {
    rule_.tracked = true;
    if (kind == IptablesOption::ctProtocol) {
      const auto number = protocolOfWord(value.text);
      if (!number) return fail(value, fmt::format("no protocol '{}'", value.text), "a name or a number");
      const ServiceSet set = ServiceSet::protocol(*number);
      rule_.services &= negated ? ~set : set;
      return;
    }
    if (kind == IptablesOption::ctDirection) {
      const bool original = value.text == "ORIGINAL";
      if (!original && value.text != "REPLY")
        return fail(value, "no direction of a flow", "ORIGINAL or REPLY");
      // Opening packets go the original way.
      if (original == negated)
        rule_.states = rule_.states.value_or(kAllStates) & ~static_cast<unsigned>(kNew | kUntracked);
      rule_.dependsOnFlow = true;
      return;
    }
    if (kind == IptablesOption::ctOther) {
      rule_.dependsOnFlow = true;
      return reason(fmt::format("{}: what the tracked flow is like is not known", option.text));
    }
    const auto range = portsOfWord(value.text);
    if (!range)
      return fail(value, fmt::format("'{}' is no port or range of ports", value.text), "PORT or FIRST:LAST");
    if (range->backwards)
      return reason(fmt::format("{}: a range written backwards, which may match or not", value.text));
    const bool isSource = kind == IptablesOption::ctOriginalSourcePort;
    if (!isSource && context_.rewritesDestination) {
      return reason(fmt::format("{}: the file rewrites destinations before this rule", option.text));
    }
    originalPorts_.push_back(
        {isSource ? Ports::Side::source : Ports::Side::destination, {range->range}, negated});
  }

  // Ports mean something only with a protocol, which may be named after them.
  void finishServices() {
    if (tcpOnly_) rule_.services &= ServiceSet::protocol(space::kTcp);
    if (matchProtocol_) rule_.services &= ServiceSet::protocol(*matchProtocol_);
    if (usesRecent_ && (!recentAlways_ || recentAsks_)) reason("-m recent: may match or not");
    if (!ports_.empty()) {
      const auto protocol = protocol_ ? protocol_ : matchProtocol_;
      if (!protocol || !space::hasPorts(*protocol)) {
        return fail(*portsToken_, "ports without a protocol that has them",
                    "-p tcp, udp, udplite, sctp or dccp");
      }
      for (const Ports& ports : ports_) rule_.services &= servicesOf(*protocol, ports);
    }
    for (const Ports& ports : originalPorts_) {
      // Connection tracking keeps other things than ports for protocols without them, which may match as
      // well.
      ServiceSet set;
      for (const std::uint8_t protocol : kWithPorts) set |= servicesOf(protocol, ports);
      ServiceSet withPorts;
      for (const std::uint8_t protocol : kWithPorts) withPorts |= ServiceSet::protocol(protocol);
      if (!(rule_.services - withPorts).empty()) {
        reason("--ctorigsrcport, --ctorigdstport: may match messages without ports or not");
        set |= ~withPorts;
      }
      rule_.services &= set;
    }
  }

  void finishTarget() {
    if (rule_.targetName.empty()) {
      if (!rewriteArguments_.empty() || rule_.target == TargetKind::noTrack) {
        fail(tokens_[count_ - 1], "options of a target without -j");
      }
      return;
    }
    const TargetRequest request{rule_.targetName, isGoTo_, rule_.target == TargetKind::noTrack,
                                context_.table.find(rule_.targetName) != nullptr, context_.family};
    std::vector<TargetArgument> arguments;
    for (const auto& [option, value] : rewriteArguments_) arguments.push_back({option, value->text});
    if (const auto problem = readIptablesTarget(request, arguments, rule_)) {
      const IptablesToken at = problem->argument ? *rewriteArguments_[*problem->argument].second
                                                 : IptablesToken{rule_.targetName, rule_.targetColumn, false};
      fail(at, problem->message, problem->expected);
    }
  }

  const RuleContext& context_;
  Diagnostics& diagnostics_;
  const IptablesToken* tokens_;
  std::size_t count_, at_ = 0;
  IptablesRule rule_;
  std::string_view match_;
  std::optional<std::uint8_t> protocol_, matchProtocol_;
  std::vector<Ports> ports_, originalPorts_;
  const IptablesToken* portsToken_ = nullptr;
  std::vector<std::pair<IptablesOption, const IptablesToken*>> rewriteArguments_;
  bool good_ = true, otherFamily_ = false, tcpOnly_ = false, isGoTo_ = false;
  bool usesRecent_ = false, recentAlways_ = false, recentAsks_ = false;
};

}  // namespace

std::optional<IptablesRule> readIptablesRule(const RuleContext& context, const IptablesLine& line,
                                             Diagnostics& diagnostics) {
  return RuleReader(context, line, diagnostics).read();
}

}  // namespace vauban::import
