#include "compile/nftables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "compile/bridge_ports.h"
#include "compile/enforcement_policy.h"
#include "compile/entry_sources.h"
#include "compile/nft_match.h"
#include "compile/point_plan.h"
#include "compile/ruleset_text.h"

namespace vauban::compile {

using model::Action;
using model::Related;
using model::ZoneId;
using space::AddressSet;
using space::Family;

namespace {

constexpr Family kFamilies[] = {Family::ipv4, Family::ipv6};

const char* nfproto(Family family) { return family == Family::ipv4 ? "ipv4" : "ipv6"; }

std::string folderOf(const model::Model& model) {
  std::error_code error;
  const std::filesystem::path file(model.file);
  return std::filesystem::is_directory(file, error) ? file.string() : file.parent_path().string();
}

class Compiler {
 public:
  Compiler(const model::Model& model, const CompileOptions& options, PointPlan plan)
      : model_(model), options_(options), plan_(std::move(plan)), text_(folderOf(model), options.counters) {
    for (const Policy& policy : plan_.policies)
      resolved_.try_emplace(policy.program, withAddresses(model, options, *policy.program));
    for (const ZoneInterface& interface : plan_.interfaces) {
      const AddressSet sources = entrySources(model, options, plan_, interface);
      const auto known = std::ranges::find(entries_, sources, &Entry::sources);
      if (known != entries_.end()) {
        known->interfaces.push_back(interface);
      } else {
        entries_.push_back({sources, {interface}});
      }
    }
  }

  Ruleset compile() {
    nameSets();
    header();
    for (const char* family : {"inet", "bridge"}) {
      if (family == std::string_view("bridge") && !hasBridgePorts()) continue;
      // Making it first lets the deletion succeed where it was not there.
      text_.line(fmt::format("table {} {}", family, options_.table));
      text_.line(fmt::format("delete table {} {}", family, options_.table));
    }
    text_.open("table inet " + options_.table);
    for (const NamedSet& set : sets_) writeSet(set);
    for (const HelperObject* helper : usedHelpers()) writeHelper(*helper);
    for (std::size_t p = 0; p < plan_.policies.size(); ++p) writeRules(p);
    for (std::size_t p = 0; p < plan_.policies.size(); ++p) writePolicy(p);
    writeEntry();
    writeAnswers();
    writeForward();
    text_.close();
    if (hasBridgePorts()) writeBridgePorts(model_, options_, plan_, text_);
    Ruleset ruleset;
    ruleset.rules = text_.takeRules();
    ruleset.text = text_.take();
    ruleset.interfaces = plan_.interfaces;
    ruleset.notes = plan_.notes;
    return ruleset;
  }

 private:
  // Interfaces by which the same sources are let in.
  struct Entry {
    AddressSet sources;
    std::vector<ZoneInterface> interfaces;

    bool looks(Family family) const {
      return (sources | unforwardedSources()).only(family) != AddressSet::all(family);
    }
  };

  bool byHost() const {
    return std::ranges::any_of(plan_.policies, [](const Policy& policy) {
      return policy.antiSpoofing == model::AntiSpoofing::host;
    });
  }
  bool hasBridgePorts() const {
    return byHost() && std::ranges::any_of(options_.hostInterfaces, &HostInterface::bridgePort);
  }

  void nameSets() {
    auto add = [&](const std::string& name, const AddressSet& addresses) {
      for (const Family family : kFamilies) {
        const AddressSet part = addresses.only(family);
        if (part.ranges().size() < 2 || std::ranges::find(sets_, part, &NamedSet::addresses) != sets_.end())
          continue;
        sets_.push_back({fmt::format("{}-{}", name, nfproto(family)), part});
      }
    };
    for (const model::Zone& zone : model_.zones) add("zone-" + zone.name, zone.addresses);
    for (const auto& [zone, behind] : plan_.behind) add("behind-" + model_.at(zone).name, behind);
    for (std::size_t e = 0; e < entries_.size(); ++e)
      add(fmt::format("entry-{}", e + 1), entries_[e].sources);
    std::erase_if(sets_, [&](const NamedSet& set) { return !used(set.addresses); });
  }

  // Whether a rule will name it.
  bool used(const AddressSet& set) const {
    const Family family = set.ranges().front().family;
    for (const Entry& entry : entries_) {
      if (entry.looks(family) && entry.sources.only(family) == set) return true;
    }
    for (const Policy& policy : plan_.policies) {
      if (policy.of(family) != Coverage::byRules) continue;
      for (const auto& [zone, behind] : plan_.behind) {
        if (policy.antiSpoofing != model::AntiSpoofing::off && behind.only(family) == set) return true;
      }
      for (const model::Chain& chain : resolved_.at(policy.program).chains) {
        for (const model::FilterRule& rule : chain.rules) {
          if (rule.source.only(family) == set || rule.destination.only(family) == set) return true;
        }
      }
    }
    return false;
  }

  void header() {
    const std::string file = text_.relative({model_.file, 0, 0});
    text_.comment(fmt::format("{}: the flow matrix of {}{}.", model_.name.empty() ? "A model" : model_.name,
                              plan_.name, file.empty() || file == "." ? "" : " (" + file + ")"));
    text_.comment("Made by `vauban compile`; nft -f loads it in the place of its own earlier version.");
    text_.comment(
        "It decides on what is forwarded between these interfaces; what comes to the device itself");
    text_.comment("is dropped for its source or family alone, and what the device says is not looked at:");
    for (const ZoneInterface& interface : plan_.interfaces)
      text_.comment(fmt::format("  {} leads to zone {}", interface.name, model_.at(interface.zone).name));
    for (std::size_t c = 0; c < model_.conditions.size(); ++c) {
      text_.comment(fmt::format("Condition {} is {}.", model_.conditions[c].name,
                                plan_.openConditions[c] ? "open" : "closed"));
    }
    for (const Note& note : plan_.notes) {
      text_.comment(fmt::format("{} {}{}", note.kind == Note::Kind::unstated ? "NOT STATED:" : "NOTE:",
                                note.text, note.place.line == 0 ? "" : ", " + text_.relative(note.place)));
    }
    text_.comment("Bridged packets meet it too unless net.bridge.bridge-nf-call-iptables is 0.");
  }

  void writeSet(const NamedSet& set) {
    const bool four = set.addresses.ranges().front().family == Family::ipv4;
    std::vector<std::string> words;
    for (const auto& range : set.addresses.ranges()) words.push_back(range.toString());
    text_.open("set " + set.name);
    text_.line(fmt::format("type {}", four ? "ipv4_addr" : "ipv6_addr"));
    text_.line("flags interval");
    text_.line(fmt::format("elements = {{ {} }}", fmt::join(words, ", ")));
    text_.close();
  }

  std::vector<const HelperObject*> usedHelpers() const {
    std::vector<const HelperObject*> used;
    for (const HelperObject& helper : linuxHelpers()) {
      if (std::ranges::any_of(plan_.policies, [&](const Policy& policy) {
            return rulesDecide(policy) &&
                   std::ranges::find(policy.helpers, helper.name) != policy.helpers.end();
          }))
        used.push_back(&helper);
    }
    return used;
  }

  static std::string objectName(const HelperObject& helper) {
    return fmt::format("helper-{}-{}", helper.name, helper.port);
  }
  static const char* protocolOf(const HelperObject& helper) {
    return helper.protocol == space::kTcp ? "tcp" : "udp";
  }
  // The same port of both protocols is two objects.
  static std::string helperName(const HelperObject& helper) {
    return fmt::format("{}-{}", objectName(helper), protocolOf(helper));
  }

  void writeHelper(const HelperObject& helper) {
    text_.open("ct helper " + helperName(helper));
    text_.line(fmt::format("type \"{}\" protocol {}", helper.kernel, protocolOf(helper)));
    text_.close();
  }

  std::string policyChain(std::size_t policy) const {
    return plan_.policies.size() == 1 ? "point" : fmt::format("point-{}", policy + 1);
  }
  // Of the program's chains; policies with the same rules share them.
  std::string ruleChain(std::size_t policy, std::size_t chain) const {
    const model::FilterProgram* program = plan_.policies[policy].program;
    if (program == &model_.flows) return "flows";
    std::size_t number = 1;
    for (std::size_t l = 0; l < model_.linkPrograms.size(); ++l) {
      if (!model_.linkPrograms[l]) continue;
      if (&*model_.linkPrograms[l] == program) break;
      ++number;
    }
    return chain == program->entry.index() ? fmt::format("rules-{}", number)
                                           : fmt::format("rules-{}-{}", number, chain);
  }

  static bool rulesDecide(const Policy& policy) {
    return policy.of(Family::ipv4) == Coverage::byRules || policy.of(Family::ipv6) == Coverage::byRules;
  }

  void writeRules(std::size_t index) {
    const model::FilterProgram* program = plan_.policies[index].program;
    if (!rulesDecide(plan_.policies[index]) || !written_.insert(program).second) return;
    const model::FilterProgram& resolved = resolved_.at(program);
    // A chain stands after those that it leads to: nft wants to know them.
    std::vector<std::size_t> order;
    std::vector<bool> seen(resolved.chains.size(), false);
    auto visit = [&](auto&& self, std::size_t chain) -> void {
      if (seen[chain]) return;
      seen[chain] = true;
      for (const model::FilterRule& rule : resolved.chains[chain].rules) {
        if (rule.action == Action::jump || rule.action == Action::goTo) self(self, rule.chain.index());
      }
      order.push_back(chain);
    };
    visit(visit, resolved.entry.index());
    for (const std::size_t chain : order) {
      text_.open("chain " + ruleChain(index, chain));
      for (const model::FilterRule& rule : resolved.chains[chain].rules) writeRule(index, rule);
      text_.close();
    }
  }

  void writeRule(std::size_t policy, const model::FilterRule& rule) {
    if (!rule.text.empty()) text_.comment(rule.text);
    if (rule.when && !plan_.openConditions[rule.when->index()])
      return text_.comment(fmt::format("left out: {} is closed", model_.conditions[rule.when->index()].name));
    std::string interfaces;
    for (const auto* side : {&rule.in, &rule.out}) {
      if (!*side) continue;
      std::string name = (*side)->pattern;
      if (name.ends_with('+')) name.back() = '*';
      interfaces += fmt::format("{} {}\"{}\" ", side == &rule.in ? "iifname" : "oifname",
                                (*side)->negated ? "!= " : "", nftText(name, 15));
    }
    const auto matches = nftMatches(rule.source, rule.destination, rule.services, sets_);
    if (matches.empty()) text_.comment("no packet matches");
    for (const std::string& match : matches) {
      std::string whole = interfaces + match;
      if (whole.ends_with(' ')) whole.pop_back();
      text_.rule(whole, verdictOf(policy, rule), rule.place);
    }
  }

  std::string verdictOf(std::size_t policy, const model::FilterRule& rule) const {
    switch (rule.action) {
      case Action::accept:
        return "accept";
      case Action::drop:
        return "drop";
      case Action::reject:
        return "reject";
      case Action::jump:
        return "jump " + ruleChain(policy, rule.chain.index());
      case Action::goTo:
        return "goto " + ruleChain(policy, rule.chain.index());
      case Action::doReturn:
        return "return";
      case Action::rewrite:
        break;
    }
    return "";  // refused by the plan
  }

  static std::string quoted(const std::vector<std::string>& names) {
    if (names.size() == 1) return fmt::format("\"{}\"", names.front());
    return fmt::format("{{ \"{}\" }}", fmt::join(names, "\", \""));
  }

  std::vector<std::string> namesOf(ZoneId zone) const {
    std::vector<std::string> names;
    for (const ZoneInterface& interface : plan_.interfaces) {
      if (interface.zone == zone) names.push_back(interface.name);
    }
    return names;
  }

  void writePolicy(std::size_t index) {
    const Policy& policy = plan_.policies[index];
    text_.open("chain " + policyChain(index));
    if (policy.of(Family::ipv4) == Coverage::passes && policy.of(Family::ipv6) == Coverage::passes) {
      text_.rule("", "accept", {}, "no family is covered");
      return text_.close();
    }
    for (const Family family : kFamilies) {
      const Coverage coverage = policy.of(family);
      if (coverage == Coverage::byRules) continue;
      const bool passes = coverage == Coverage::passes;
      text_.rule(fmt::format("meta nfproto {}", nfproto(family)), passes ? "accept" : "drop", {},
                 passes ? "uncovered: pass" : "uncovered: drop");
    }
    if (rulesDecide(policy)) writeDecisions(index, policy);
    text_.close();
  }

  void writeDecisions(std::size_t index, const Policy& policy) {
    for (const Family family : kFamilies) {
      if (policy.of(family) != Coverage::byRules) continue;
      text_.rule(fmt::format("meta nfproto {} meta l4proto {}", nfproto(family),
                             family == Family::ipv4 ? "ipv6-icmp" : "icmp"),
                 "drop", {}, "ICMP of the other family");
    }
    writeSources(index, policy);
    const bool tracks = policy.established || policy.related != Related::none || !policy.helpers.empty();
    if (!tracks) {
      text_.comment("Tracking puts fragments together before ports are looked at.");
      text_.rule("ct state untracked", "");
    }
    for (const HelperObject& helper : linuxHelpers()) {
      if (std::ranges::find(policy.helpers, helper.name) == policy.helpers.end()) continue;
      text_.rule(fmt::format("{} dport {}", protocolOf(helper), helper.port),
                 fmt::format("ct helper set \"{}\"", helperName(helper)), {}, "stateful");
    }
    if (policy.established) text_.rule("ct state established", "accept", {}, "stateful");
    if (policy.related == Related::all) text_.rule("ct state related", "accept", {}, "stateful");
    if (policy.related == Related::fromUntrusted) {
      std::vector<std::string> names;
      for (const ZoneInterface& interface : plan_.interfaces) {
        if (model_.at(interface.zone).untrusted) names.push_back(interface.name);
      }
      if (!names.empty())
        text_.rule(fmt::format("iifname {} ct state related", quoted(names)), "accept", {}, "stateful");
    }
    const model::FilterProgram& program = *policy.program;
    text_.rule("", "jump " + ruleChain(index, program.entry.index()));
    const Action unmatched = program.chains[program.entry.index()].policy.value_or(Action::drop);
    if (unmatched == Action::accept) {
      text_.rule("", "accept", program.chains[program.entry.index()].policyPlace, "policy");
    } else if (unmatched == Action::reject || policy.unmatchedRejects) {
      text_.rule("", "reject", {}, "unmatched: reject");
    } else {
      text_.rule("", "drop", {}, "unmatched: drop");
    }
  }

  // Sources that do not lie behind the side they come from; where an interface leads to one host, that are
  // not its own.
  void writeSources(std::size_t index, const Policy& policy) {
    if (policy.antiSpoofing == model::AntiSpoofing::off) return;
    std::vector<std::pair<AddressSet, std::vector<std::string>>> sources;
    for (const ZoneInterface& interface : plan_.interfaces) {
      const bool enters = std::ranges::any_of(plan_.pairs, [&](const auto& pair) {
        return pair.first.first == interface.zone && pair.second == index;
      });
      if (!enters) continue;
      const AddressSet own = plan_.sources(policy, interface);
      const auto known = std::ranges::find(sources, own, &decltype(sources)::value_type::first);
      if (known != sources.end()) {
        known->second.push_back(interface.name);
      } else {
        sources.push_back({own, {interface.name}});
      }
    }
    for (const auto& [own, names] : sources) {
      for (const Family family : kFamilies) {
        const AddressSet part = own.only(family);
        if (policy.of(family) != Coverage::byRules || part == AddressSet::all(family)) continue;
        text_.rule(fmt::format("iifname {} {}", quoted(names), otherSources(own, family)), "drop", {},
                   "anti-spoofing");
      }
    }
  }

  // Before fragments are put together (-400): their timeout is answered, too.
  void writeEntry() {
    const auto looks = [&](Family family) {
      return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.looks(family); });
    };
    if (!looks(Family::ipv4) && !looks(Family::ipv6)) return;
    text_.open("chain entry");
    text_.line("type filter hook prerouting priority -450; policy accept;");
    for (const Family family : kFamilies) {
      if (!looks(family)) continue;
      text_.rule(fmt::format("{} saddr {}", family == Family::ipv4 ? "ip" : "ip6",
                             nftAddresses(unforwardedSources().only(family), {})),
                 "accept", {}, "never forwarded");
    }
    for (const Entry& entry : entries_) {
      std::vector<std::string> names;
      for (const ZoneInterface& interface : entry.interfaces) names.push_back(interface.name);
      for (const Family family : kFamilies) {
        if (!entry.looks(family)) continue;
        text_.rule(fmt::format("iifname {} {}", quoted(names), otherSources(entry.sources, family)), "drop",
                   {}, "no policy lets it in");
      }
    }
    text_.close();
  }

  // A hop-by-hop option that is not known is answered before any hook sees the packet (RFC 8200 section 4.2),
  // whatever source it bears: such answers stay here.
  void writeAnswers() {
    if (std::ranges::none_of(entries_, [](const Entry& entry) { return entry.looks(Family::ipv6); })) return;
    text_.open("chain answers");
    text_.line("type filter hook output priority filter; policy accept;");
    text_.rule("icmpv6 type parameter-problem", "drop", {}, "would quote a source that nobody has looked at");
    text_.close();
  }

  // Pairs of interfaces that nothing here names are dropped.
  void writeForward() {
    text_.open("chain forward");
    text_.line("type filter hook forward priority filter; policy drop;");
    for (const ZoneId zone : plan_.lookedInside) writeSourcesInside(zone);
    std::vector<std::pair<ZoneId, ZoneId>> inside;
    for (const ZoneId zone : plan_.zones) {
      if (PointPlan::freeInside(model_, zone)) inside.emplace_back(zone, zone);
    }
    if (!inside.empty()) text_.rule(pairsText(inside), "accept", {}, "inside a zone");
    for (std::size_t p = 0; p < plan_.policies.size(); ++p) {
      std::vector<std::pair<ZoneId, ZoneId>> pairs;
      for (const auto& [pair, policy] : plan_.pairs) {
        if (policy == p) pairs.push_back(pair);
      }
      text_.rule(wholeText(pairs).value_or(pairsText(pairs)), "goto " + policyChain(p));
    }
    text_.close();
  }

  void writeSourcesInside(ZoneId zone) {
    for (const ZoneInterface& interface : plan_.interfaces) {
      if (interface.zone != zone) continue;
      const std::string inside =
          fmt::format("iifname {} oifname {} ", quoted({interface.name}), quoted(namesOf(zone)));
      for (const Family family : kFamilies) {
        text_.rule(inside + otherSources(plan_.behindInterface.at(interface.name), family), "drop", {},
                   "anti-spoofing inside the zone");
      }
    }
  }

  std::string otherSources(const AddressSet& own, Family family) const {
    const AddressSet part = own.only(family);
    if (part.empty()) return fmt::format("meta nfproto {}", nfproto(family));
    return fmt::format("{} saddr != {}", family == Family::ipv4 ? "ip" : "ip6", nftAddresses(part, sets_));
  }

  std::string pairsText(const std::vector<std::pair<ZoneId, ZoneId>>& pairs) const {
    std::vector<std::string> words;
    for (const auto& [from, to] : pairs) {
      for (const std::string& in : namesOf(from)) {
        for (const std::string& out : namesOf(to)) words.push_back(fmt::format("\"{}\" . \"{}\"", in, out));
      }
    }
    return fmt::format("iifname . oifname {{ {} }}", fmt::join(words, ", "));
  }

  // Where only pairs inside a zone are missing, which were accepted before: all interfaces with all.
  std::optional<std::string> wholeText(const std::vector<std::pair<ZoneId, ZoneId>>& pairs) const {
    for (const ZoneId from : plan_.zones) {
      for (const ZoneId to : plan_.zones) {
        if (from == to && PointPlan::freeInside(model_, from)) continue;
        if (std::ranges::find(pairs, std::pair(from, to)) == pairs.end()) return std::nullopt;
      }
    }
    std::vector<std::string> names;
    for (const ZoneInterface& interface : plan_.interfaces) names.push_back(interface.name);
    return fmt::format("iifname {} oifname {}", quoted(names), quoted(names));
  }

  const model::Model& model_;
  const CompileOptions& options_;
  PointPlan plan_;
  RulesetText text_;
  std::vector<NamedSet> sets_;
  std::vector<Entry> entries_;
  std::map<const model::FilterProgram*, model::FilterProgram> resolved_;  // addresses in the place of hosts
  std::set<const model::FilterProgram*> written_;
};

}  // namespace

Result<Ruleset> nftables(const model::Model& model, const CompileOptions& options) {
  auto plan = planPoint(model, options);
  if (!plan) return std::unexpected(plan.error());
  return Compiler(model, options, std::move(*plan)).compile();
}

}  // namespace vauban::compile
