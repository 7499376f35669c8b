#include "import/iptables_program.h"

#include <fmt/format.h>

#include <algorithm>

#include "import/iptables_flows.h"
#include "import/tracked_icmp.h"
#include "space/service_set.h"

namespace vauban::import {
namespace {

using model::Action;
using model::FilterProgram;
using model::FilterRule;
using space::AddressSet;
using space::ServiceSet;

constexpr std::size_t kTextBytes = 200;

std::string shortened(std::string_view text) {
  if (text.size() <= kTextBytes) return std::string(text);
  return std::string(text.substr(0, kTextBytes - 3)) + "...";
}

// Packets that the raw table may exempt from tracking.
struct UntrackedBox {
  const AddressSet* source;
  const AddressSet* destination;
  ServiceSet services;
  std::optional<model::InterfaceMatch> in;
};

// The tables and chains that a packet of a built-in chain meets.
struct Hooks {
  std::string_view destinationRewrites, sourceRewrites, raw;
  std::vector<std::pair<std::string_view, std::string_view>> others;  // table, chain
};

Hooks hooksOf(std::string_view chain) {
  if (chain == "INPUT") {
    return {"PREROUTING",
            "INPUT",
            "PREROUTING",
            {{"raw", "PREROUTING"}, {"mangle", "PREROUTING"}, {"mangle", "INPUT"}, {"security", "INPUT"}}};
  }
  if (chain == "OUTPUT") {
    return {"OUTPUT",
            "POSTROUTING",
            "OUTPUT",
            {{"raw", "OUTPUT"}, {"mangle", "OUTPUT"}, {"security", "OUTPUT"}, {"mangle", "POSTROUTING"}}};
  }
  return {"PREROUTING",
          "POSTROUTING",
          "PREROUTING",
          {{"raw", "PREROUTING"},
           {"mangle", "PREROUTING"},
           {"mangle", "FORWARD"},
           {"security", "FORWARD"},
           {"mangle", "POSTROUTING"}}};
}

class Builder {
 public:
  Builder(const ParsedFile& file, const std::string& chain)
      : file_(file),
        chain_(chain),
        hooks_(hooksOf(chain)),
        neverNew_(neverNew()),
        neverTracked_(neverTracked()) {
    program_.name = file.text->name;
    program_.families = {file.family};
  }

  FilterProgram build() {
    for (const IptablesLine& line : file_.text->skipped) {
      widen(line, "no rule, and outside of every table: skipped");
    }
    findUntracked();
    buildFilter();
    program_.prerouting = buildRewrites(hooks_.destinationRewrites, false);
    program_.postrouting = buildRewrites(hooks_.sourceRewrites, true);
    for (const auto& [table, chain] : hooks_.others) listIgnoredDrops(table, chain);
    std::ranges::stable_sort(program_.widenings, {}, [](const model::Widening& w) { return w.place.line; });
    return std::move(program_);
  }

 private:
  void widen(const IptablesLine& line, std::string reason) {
    program_.widenings.push_back({file_.text->place(line), shortened(line.text), std::move(reason)});
  }

  void findUntracked() {
    const ParsedTable* raw = file_.find("raw");
    const auto hook = raw == nullptr ? std::nullopt : raw->chain(hooks_.raw);
    if (!hook) return;
    for (const std::size_t chain : raw->reachable(*hook)) {
      for (const IptablesRule& rule : raw->rules[chain]) {
        if (rule.target != TargetKind::noTrack) continue;
        untracked_.push_back({&rule.source, &rule.destination, rule.services, rule.in});
        untrackedServices_ |= rule.services;
      }
    }
  }

  void buildFilter() {
    const ParsedTable* filter = file_.find("filter");
    const auto hook = filter == nullptr ? std::nullopt : filter->chain(chain_);
    if (!hook) {
      program_.entry = model::ChainId(program_.chains.size());
      program_.chains.push_back({chain_, {}, Action::accept, {program_.name, 0, 0}});
      program_.widenings.push_back({{program_.name, 0, 0},
                                    ":" + chain_,
                                    "the file does not name this chain: its policy is taken as ACCEPT"});
      program_.related = model::Related::none;
      return;
    }
    const std::vector<std::size_t> chains = filter->reachable(*hook);
    program_.entry = model::ChainId(program_.chains.size());
    addChains(*filter, chains, "");
    const IptablesChain& entry = filter->table->chains[*hook];
    model::Chain& built = program_.chains[program_.entry.index()];
    built.policyPlace = {program_.name, entry.line, entry.line == 0 ? 0U : 1U};
    built.policy = entry.policy == "DROP"     ? Action::drop
                   : entry.policy == "REJECT" ? Action::reject
                                              : Action::accept;
    if (entry.line == 0 || entry.policy == "-" || entry.policy == "QUEUE") {
      program_.widenings.push_back({built.policyPlace, fmt::format(":{} {}", chain_, entry.policy),
                                    "no policy, or one that may accept: taken as ACCEPT"});
    }
    FlowNotes notes;
    for (const std::size_t chain : chains) {
      for (const IptablesRule& rule : filter->rules[chain]) {
        addConverted(rule, program_.chains[builtAs_[chain]].rules);
        noteFlows(rule, notes);
      }
    }
    if (notes.established != nullptr) {
      program_.established = true;
      program_.establishedPlace = file_.text->place(*notes.established);
    }
    program_.related = notes.related != nullptr ? model::Related::all : model::Related::none;
    if (notes.related != nullptr) program_.relatedPlace = file_.text->place(*notes.related);
  }

  void addChains(const ParsedTable& table, const std::vector<std::size_t>& chains, std::string_view prefix) {
    builtAs_.assign(table.table->chains.size(), 0);
    table_ = &table;
    for (const std::size_t chain : chains) {
      builtAs_[chain] = program_.chains.size();
      const IptablesChain& text = table.table->chains[chain];
      program_.chains.push_back(
          {std::string(prefix) + std::string(text.name), {}, std::nullopt, {program_.name, text.line, 0}});
    }
  }

  FilterRule started(const IptablesRule& rule) const {
    FilterRule built;
    built.source = rule.source;
    built.destination = rule.destination;
    built.services = rule.services;
    built.in = rule.in;
    built.out = rule.out;
    built.exact = rule.reasons.empty();
    built.place = file_.text->place(*rule.line);
    built.text = shortened(rule.line->text);
    return built;
  }

  model::ChainId chainOf(const IptablesRule& rule) const {
    return model::ChainId(builtAs_[table_->table->byName.at(rule.targetName)]);
  }

  static std::optional<Action> actionOf(TargetKind target) {
    switch (target) {
      case TargetKind::accept:
      case TargetKind::mayAccept:
        return Action::accept;
      case TargetKind::drop:
        return Action::drop;
      case TargetKind::reject:
        return Action::reject;
      case TargetKind::doReturn:
        return Action::doReturn;
      case TargetKind::jump:
        return Action::jump;
      case TargetKind::goTo:
        return Action::goTo;
      default:
        return std::nullopt;
    }
  }

  void listReasons(const IptablesRule& rule, const std::vector<std::string>& more) {
    std::string text;
    auto add = [&](const std::string& reason) {
      if (!text.empty()) text += "; ";
      text += reason;
    };
    for (const std::string& reason : rule.reasons) add(reason);
    if (!rule.targetReason.empty()) add(rule.targetReason);
    for (const std::string& reason : more) add(reason);
    if (!text.empty()) widen(*rule.line, std::move(text));
  }

  // Of the filter table.
  void addConverted(const IptablesRule& rule, std::vector<FilterRule>& rules) {
    const auto action = actionOf(rule.target);
    if (!action) {
      if (!rule.targetReason.empty() || rule.target >= TargetKind::rewriteSource) {
        listReasons(rule, {"decides nothing here"});
      }
      return;
    }
    if (rule.flags == Flags::noOpeners) {
      // What bears no SYN opens no conversation; it passes as part of one (see noteFlows).
      if (mayOpen(rule.target)) {
        widen(*rule.line,
              "accepts TCP packets that open no conversation: taken as packets of existing flows, whether "
              "they belong to one or not");
      }
      return;
    }
    FilterRule built = started(rule);
    built.action = *action;
    if (*action == Action::jump || *action == Action::goTo) built.chain = chainOf(rule);
    if (rule.target == TargetKind::mayAccept) built.exact = false;
    if (built.source.empty() || built.destination.empty() || built.services.empty()) return;
    addByState(rule, std::move(built), rules);
  }

  // Adds the part of a rule that opening packets may meet: exactly what surely has a state of the rule's,
  // inexactly what may have one.
  void addByState(const IptablesRule& rule, FilterRule built, std::vector<FilterRule>& rules) {
    if (!rule.states && !rule.tracked) {
      listReasons(rule, {});
      rules.push_back(std::move(built));
      return;
    }
    unsigned states = rule.states.value_or(kAllStates);
    if (rule.tracked)
      states &= ~static_cast<unsigned>(kUntracked | kInvalid);  // they have no flow to look at
    const bool opens = mayOpen(rule.target), shuts = mayShut(rule.target);
    std::vector<std::string> why;
    ServiceSet sure, maybe;
    if ((states & kNew) != 0) {
      sure = built.services;
      auto doubt = [&](ServiceSet set, const char* reason) {
        const ServiceSet part = sure & set;
        if (part.empty()) return;
        sure -= part;
        maybe |= part;
        if (std::ranges::find(why, reason) == why.end()) why.emplace_back(reason);
      };
      // Only where it matters that the rule may not match: taking more as accepted is safe by itself.
      if (shuts && (states & kInvalid) == 0) {
        doubt(neverNew_, "ICMP messages that ask for no answer may be INVALID instead of NEW");
      }
      if ((states & kUntracked) == 0) {
        if (shuts && file_.family == space::Family::ipv6)
          doubt(neverTracked_, "neighbour discovery is not tracked");
        if (sure.intersects(untrackedServices_)) {
          for (const UntrackedBox& box : untracked_) {
            if (sure.empty()) break;
            if (!box.source->intersects(built.source) || !box.destination->intersects(built.destination))
              continue;
            if (!sameInterface(box.in, built.in)) continue;
            doubt(box.services, "packets that the raw table exempts from tracking have no state NEW");
          }
        }
      }
    } else if (opens) {
      if ((states & kInvalid) != 0) maybe |= built.services & neverNew_;
      if ((states & kUntracked) != 0 && file_.family == space::Family::ipv6)
        maybe |= built.services & neverTracked_;
      if (!maybe.empty()) why.emplace_back("matches ICMP messages that are INVALID or not tracked");
    }
    std::vector<FilterRule> parts;
    auto addPart = [&](ServiceSet services, bool exact) {
      if (services.empty()) return;
      FilterRule part = built;
      part.services = services;
      part.exact = part.exact && exact;
      parts.push_back(std::move(part));
    };
    addPart(sure, true);
    addPart(maybe, false);
    if ((states & kNew) == 0 && (states & kUntracked) != 0) addUntracked(built, parts, why);
    if (parts.empty()) return;  // no opening packet meets the rule
    listReasons(rule, why);
    std::ranges::move(parts, std::back_inserter(rules));
  }

  // A rule for UNTRACKED packets, cut to those that the raw table exempts.
  void addUntracked(const FilterRule& rule, std::vector<FilterRule>& parts,
                    std::vector<std::string>& why) const {
    const std::size_t before = parts.size();
    for (const UntrackedBox& box : untracked_) {
      if (!sameInterface(box.in, rule.in)) continue;
      FilterRule part = rule;
      part.source = part.source & *box.source;
      part.destination = part.destination & *box.destination;
      part.services &= box.services;
      part.exact = false;
      if (!part.in) part.in = box.in;
      if (part.source.empty() || part.destination.empty() || part.services.empty()) continue;
      parts.push_back(std::move(part));
    }
    if (parts.size() != before) why.emplace_back("matches packets that the raw table exempts from tracking");
  }

  // Whether packets of one interface can pass both; where patterns play, that they can is assumed.
  static bool sameInterface(const std::optional<model::InterfaceMatch>& a,
                            const std::optional<model::InterfaceMatch>& b) {
    if (!a || !b || a->negated || b->negated) return true;
    if (a->pattern.ends_with('+') || b->pattern.ends_with('+')) return true;
    return a->pattern == b->pattern;
  }

  // The nat chains from a hook on, where they rewrite anything.
  std::optional<model::ChainId> buildRewrites(std::string_view hookName, bool sourceSide) {
    const ParsedTable* nat = file_.find("nat");
    const auto hook = nat == nullptr ? std::nullopt : nat->chain(hookName);
    if (!hook) return std::nullopt;
    const std::vector<std::size_t> chains = nat->reachable(*hook);
    const bool any = std::ranges::any_of(chains, [&](std::size_t chain) {
      return std::ranges::any_of(nat->rules[chain], [](const IptablesRule& rule) {
        return rule.target >= TargetKind::rewriteSource || rule.target == TargetKind::mayAccept;
      });
    });
    if (!any) return std::nullopt;
    const model::ChainId entry(program_.chains.size());
    addChains(*nat, chains, "nat:");
    program_.chains[entry.index()].policy = Action::accept;
    for (const std::size_t chain : chains) {
      for (const IptablesRule& rule : nat->rules[chain]) {
        addRewrite(rule, sourceSide, program_.chains[builtAs_[chain]].rules);
      }
    }
    return entry;
  }

  void addRewrite(const IptablesRule& rule, bool sourceSide, std::vector<FilterRule>& rules) {
    if (rule.flags == Flags::noOpeners) return;  // only opening packets meet the nat table
    FilterRule built = started(rule);
    built.rewrite = rule.rewrite;
    std::vector<std::string> more;
    switch (rule.target) {
      case TargetKind::rewriteSource:
      case TargetKind::rewriteDestination:
        built.action = Action::rewrite;
        if (rule.targetName == "NETMAP" && sourceSide)
          std::swap(built.rewrite.source, built.rewrite.destination);
        break;
      case TargetKind::redirect:
        redirected(built, more);
        break;
      case TargetKind::mayAccept:
        built.action = Action::rewrite;
        built.exact = false;
        (sourceSide ? built.rewrite.source : built.rewrite.destination) = AddressSet::all(file_.family);
        more.emplace_back("may rewrite to anything");
        break;
      case TargetKind::drop:
      case TargetKind::reject:
        built.action = Action::accept;
        more.emplace_back("a drop in the nat table: ignored");
        break;
      default: {
        const auto action = actionOf(rule.target);
        if (!action) return;
        built.action = *action;
        if (*action == Action::jump || *action == Action::goTo) built.chain = chainOf(rule);
      }
    }
    if (built.source.empty() || built.destination.empty() || built.services.empty()) return;
    const std::size_t before = rules.size();
    addByState(rule, std::move(built), rules);
    if (rules.size() != before && !more.empty()) {
      for (std::string& reason : more) widen(*rule.line, std::move(reason));
    }
  }

  // REDIRECT sends to the device itself: to an address that the file does not give.
  void redirected(FilterRule& built, std::vector<std::string>& more) const {
    if (chain_ == "FORWARD") {
      built.action = Action::accept;
      built.rewrite = {};
      built.exact = false;
      more.emplace_back("-j REDIRECT: delivered to the device itself; taken as passing on unchanged");
      return;
    }
    built.action = Action::rewrite;
    if (chain_ == "OUTPUT") {
      const bool v4 = file_.family == space::Family::ipv4;
      built.rewrite.destination = AddressSet(*space::AddressRange::parse(v4 ? "127.0.0.1" : "::1"));
      return;
    }
    more.emplace_back("-j REDIRECT: the address of the device is not in the file, any is assumed");
  }

  void listIgnoredDrops(std::string_view tableName, std::string_view chainName) {
    const ParsedTable* table = file_.find(tableName);
    const auto hook = table == nullptr ? std::nullopt : table->chain(chainName);
    if (!hook) return;
    const IptablesChain& entry = table->table->chains[*hook];
    if (entry.policy == "DROP") {
      program_.widenings.push_back({{program_.name, entry.line, 1},
                                    fmt::format(":{} DROP", chainName),
                                    fmt::format("a policy of table {}: ignored", tableName)});
    }
    for (const std::size_t chain : table->reachable(*hook)) {
      for (const IptablesRule& rule : table->rules[chain]) {
        if (rule.target == TargetKind::drop || rule.target == TargetKind::reject) {
          widen(*rule.line, fmt::format("a drop in table {}: ignored", tableName));
        } else if (!rule.targetReason.empty()) {
          widen(*rule.line, fmt::format("{}; in table {}: ignored", rule.targetReason, tableName));
        }
      }
    }
  }

  const ParsedFile& file_;
  const std::string& chain_;
  const Hooks hooks_;
  const ServiceSet neverNew_, neverTracked_;
  FilterProgram program_;
  std::vector<UntrackedBox> untracked_;
  ServiceSet untrackedServices_;
  const ParsedTable* table_ = nullptr;
  std::vector<std::size_t> builtAs_;
};

}  // namespace

std::optional<std::size_t> ParsedTable::chain(std::string_view name) const {
  const auto found = table->byName.find(name);
  if (found == table->byName.end()) return std::nullopt;
  return found->second;
}

std::vector<std::size_t> ParsedTable::reachable(std::size_t chain) const {
  std::vector<std::size_t> order{chain};
  std::vector<bool> seen(table->chains.size(), false);
  seen[chain] = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const IptablesRule& rule : rules[order[i]]) {
      if (rule.target != TargetKind::jump && rule.target != TargetKind::goTo) continue;
      const std::size_t next = table->byName.at(rule.targetName);
      if (!seen[next]) order.push_back(next);
      seen[next] = true;
    }
  }
  return order;
}

const ParsedTable* ParsedFile::find(std::string_view name) const {
  for (const ParsedTable& candidate : tables) {
    if (candidate.table->name == name) return &candidate;
  }
  return nullptr;
}

model::FilterProgram buildProgram(const ParsedFile& file, const std::string& chain) {
  return Builder(file, chain).build();
}

}  // namespace vauban::import
