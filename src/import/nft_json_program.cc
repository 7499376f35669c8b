#include "import/nft_json_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "import/nft_json_states.h"
#include "import/nft_json_text.h"

namespace vauban::import {
namespace {

using model::Action;
using model::ChainId;
using model::FilterProgram;
using model::FilterRule;
using space::AddressSet;
using space::Family;
using space::ServiceSet;

// The hooks that a packet meets, in order, and those in which its addresses are rewritten.
struct Hooks {
  std::vector<std::string> filters;
  std::string destinationRewrites, sourceRewrites;
};

Hooks hooksOf(const std::string& hook) {
  if (hook == "input") return {{"prerouting", "input"}, "prerouting", "input"};
  if (hook == "output") return {{"output", "postrouting"}, "output", "postrouting"};
  return {{"prerouting", "forward", "postrouting"}, "prerouting", "postrouting"};
}

std::vector<Family> familiesOf(NftFamily family) {
  if (family == NftFamily::ip) return {Family::ipv4};
  if (family == NftFamily::ip6) return {Family::ipv6};
  return {Family::ipv4, Family::ipv6};
}

std::optional<Action> actionOf(TargetKind target) {
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
    case TargetKind::rewriteSource:
    case TargetKind::rewriteDestination:
    case TargetKind::redirect:
      return Action::rewrite;
    default:
      return std::nullopt;
  }
}

class Builder {
 public:
  Builder(const ParsedNft& parsed, const std::string& hook, const NftJsonOptions& options,
          NftProblems& problems)
      : parsed_(parsed),
        ruleset_(*parsed.ruleset),
        hook_(hook),
        hooks_(hooksOf(hook)),
        options_(options),
        problems_(problems) {
    program_.name = parsed.name;
    states_.state = options.state;
  }

  FilterProgram build() {
    const std::vector<std::size_t> filters = baseChains(false);
    findNotrack();
    listIgnored(filters);
    buildFilters(filters);
    program_.prerouting = buildRewrites(hooks_.destinationRewrites, false);
    program_.postrouting = buildRewrites(hooks_.sourceRewrites, true);
    std::ranges::stable_sort(program_.widenings, {}, [](const model::Widening& w) { return w.place; });
    return std::move(program_);
  }

 private:
  // One pass over a base chain: what it accepts goes to `next`, or passes where there is none.
  struct Stage {
    std::map<std::size_t, ChainId> built;
    std::optional<ChainId> next;
  };

  Place placeOf(const JsonValue& object) const { return ruleset_.lines->place(object.begin); }

  bool counts(const NftChain& chain) const {
    if (options_.bridge) return chain.family == NftFamily::bridge;
    return chain.family == NftFamily::ip || chain.family == NftFamily::ip6 || chain.family == NftFamily::inet;
  }

  // Of the hooks on the way, in their order. Between equal priorities the order does not matter to what
  // passes, because all have to accept.
  std::vector<std::size_t> baseChains(bool nat) const {
    std::vector<std::tuple<std::size_t, std::int64_t, std::size_t>> order;
    for (std::size_t c = 0; c < ruleset_.chains.size(); ++c) {
      const NftChain& chain = ruleset_.chains[c];
      if (!chain.base || !counts(chain) || (chain.base->type == "nat") != nat) continue;
      const auto hook = std::ranges::find(hooks_.filters, chain.base->hook);
      if (hook == hooks_.filters.end() && !nat) continue;
      order.emplace_back(hook - hooks_.filters.begin(), chain.base->priority, c);
    }
    std::ranges::sort(order);
    std::vector<std::size_t> chains;
    for (const auto& entry : order) chains.push_back(std::get<2>(entry));
    return chains;
  }

  std::vector<std::size_t> reachable(std::size_t chain) const {
    std::vector<std::size_t> order{chain};
    std::vector<bool> seen(ruleset_.chains.size(), false);
    seen[chain] = true;
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (const NftRule& rule : parsed_.rules[order[i]]) {
        for (const NftBranch& branch : rule.branches) {
          if (branch.target != TargetKind::jump && branch.target != TargetKind::goTo) continue;
          const std::size_t next = indexOf(ruleset_.chains[order[i]], branch.chain);
          if (!seen[next]) order.push_back(next);
          seen[next] = true;
        }
      }
    }
    return order;
  }

  std::size_t indexOf(const NftChain& beside, std::string_view name) const {
    return static_cast<std::size_t>(ruleset_.chain(beside, name) - ruleset_.chains.data());
  }

  void findNotrack() {
    for (std::size_t c = 0; c < ruleset_.chains.size(); ++c) {
      if (!counts(ruleset_.chains[c])) continue;
      for (const NftRule& rule : parsed_.rules[c]) {
        for (const NftBranch& branch : rule.branches)
          states_.notrack = states_.notrack || branch.target == TargetKind::noTrack;
      }
    }
  }

  // What other families and hooks drop may pass here.
  void listIgnored(const std::vector<std::size_t>& filters) {
    for (std::size_t c = 0; c < ruleset_.chains.size(); ++c) {
      const NftChain& chain = ruleset_.chains[c];
      if (!chain.base || std::ranges::find(filters, c) != filters.end()) continue;
      if (counts(chain) && chain.base->hook != "ingress") continue;
      const bool shuts =
          chain.base->drops || std::ranges::any_of(reachable(c), [&](std::size_t other) {
            return std::ranges::any_of(parsed_.rules[other], [](const NftRule& rule) {
              return std::ranges::any_of(rule.branches, [](const NftBranch& branch) {
                return branch.target == TargetKind::drop || branch.target == TargetKind::reject;
              });
            });
          });
      if (!shuts) continue;
      program_.widenings.push_back(
          {placeOf(*chain.object), nameOf(chain), "drops in chains of this family and hook are ignored"});
    }
  }

  static std::string nameOf(const NftChain& chain) {
    return fmt::format("{} {} {}", chain.object->textAt("family"), chain.table, chain.name);
  }

  void buildFilters(const std::vector<std::size_t>& filters) {
    for (const std::size_t c : filters) {
      for (const Family family : familiesOf(ruleset_.chains[c].family)) {
        if (std::ranges::find(program_.families, family) == program_.families.end())
          program_.families.push_back(family);
      }
    }
    std::ranges::sort(program_.families);
    if (filters.empty()) {
      program_.families = {Family::ipv4, Family::ipv6};
      program_.entry = ChainId(std::size_t{0});
      program_.chains.push_back({hook_, {}, Action::accept, {program_.name, 0, 0}});
      program_.widenings.push_back(
          {{program_.name, 0, 0}, hook_, "no chain of the ruleset stands at this hook: everything passes"});
      program_.related = model::Related::none;
      return;
    }
    // From the last to the first, so that each knows where what it accepts goes.
    std::optional<ChainId> next;
    for (std::size_t i = filters.size(); i-- > 0;) next = buildStage(filters[i], next, i == 0);
    program_.entry = *next;
    program_.related = related_ ? model::Related::all : model::Related::none;
  }

  ChainId buildStage(std::size_t base, std::optional<ChainId> next, bool first) {
    Stage stage;
    stage.next = next;
    const std::vector<std::size_t> chains = reachable(base);
    for (const std::size_t c : chains) {
      stage.built[c] = ChainId(program_.chains.size());
      program_.chains.push_back(
          {nameOf(ruleset_.chains[c]), {}, std::nullopt, placeOf(*ruleset_.chains[c].object)});
    }
    for (const std::size_t c : chains) {
      for (const NftRule& rule : parsed_.rules[c]) addRule(c, rule, stage);
    }
    const NftChain& chain = ruleset_.chains[base];
    const Action policy = chain.base->drops ? Action::drop : Action::accept;
    if (first && !next && !skipsFamily(chain)) {
      program_.chains[stage.built[base].index()].policy = policy;
      return stage.built[base];
    }
    // What leaves the chain by a return or behind a goto meets its policy as well: that stands around it.
    const ChainId around(program_.chains.size());
    program_.chains.push_back({nameOf(chain) + " (policy)", {}, std::nullopt, placeOf(*chain.object)});
    if (first) program_.chains.back().policy = policy;
    addOtherFamily(chain, stage, around);
    FilterRule jump = wholeRule(chain);
    jump.action = Action::jump;
    jump.chain = stage.built[base];
    jump.text = nameOf(chain);
    program_.chains[around.index()].rules.push_back(std::move(jump));
    FilterRule rest = wholeRule(chain);
    rest.text = chain.base->drops ? "policy drop" : "policy accept";
    setAction(rest, policy, stage);
    program_.chains[around.index()].rules.push_back(std::move(rest));
    return around;
  }

  FilterRule wholeRule(const NftChain& chain) const {
    FilterRule rule;
    rule.source = rule.destination = AddressSet::all();
    rule.services = ServiceSet::all();
    rule.place = placeOf(*chain.object);
    return rule;
  }

  // A table of one family never sees the packets of the other.
  bool skipsFamily(const NftChain& chain) const {
    return (chain.family == NftFamily::ip || chain.family == NftFamily::ip6) && program_.families.size() > 1;
  }
  void addOtherFamily(const NftChain& chain, const Stage& stage, ChainId id) {
    if (!skipsFamily(chain)) return;
    const Family other = chain.family == NftFamily::ip ? Family::ipv6 : Family::ipv4;
    FilterRule rule = wholeRule(chain);
    rule.source = rule.destination = AddressSet::all(other);
    rule.text = "packets of the other family";
    setAction(rule, Action::accept, stage);
    program_.chains[id.index()].rules.push_back(std::move(rule));
  }

  static void setAction(FilterRule& rule, Action action, const Stage& stage) {
    rule.action = action;
    if (action == Action::accept && stage.next) {
      rule.action = Action::goTo;
      rule.chain = *stage.next;
    }
  }

  FilterRule started(const NftRule& rule, const NftMatch& match) const {
    FilterRule built;
    built.source = match.source;
    built.destination = match.destination;
    built.in = match.in;
    built.out = match.out;
    built.place = placeOf(*rule.object);
    built.text = nftRuleText(*rule.object);
    return built;
  }

  void widen(const NftRule& rule, const std::vector<std::string>& reasons) {
    if (reasons.empty()) return;
    std::string text;
    for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    program_.widenings.push_back({placeOf(*rule.object), nftRuleText(*rule.object), std::move(text)});
  }

  static void collect(std::vector<std::string>& into, const std::vector<std::string>& more) {
    for (const std::string& reason : more) {
      if (!reason.empty() && std::ranges::find(into, reason) == into.end()) into.push_back(reason);
    }
  }

  void addRule(std::size_t chain, const NftRule& rule, Stage& stage) {
    std::vector<std::string> reasons = rule.remarks;
    for (const NftBranch& branch : rule.mangles) collect(reasons, {branch.reason});
    for (const NftBranch& branch : rule.branches) {
      if (branch.target == TargetKind::noTrack) continue;
      const auto action = actionOf(branch.target);
      if (!action || *action == Action::rewrite) {
        collect(reasons, {"rewrites outside of a chain of type nat: ignored"});
        continue;
      }
      std::size_t parts = 0;
      for (const NftMatch& match : branch.matches) {
        noteFlows(rule, match, branch.target);
        std::vector<std::string> why;
        for (const NftPart& part : partsByState(states_, match, branch.target, why)) {
          FilterRule built = started(rule, match);
          built.services = part.services;
          built.exact = part.exact && branch.target != TargetKind::mayAccept;
          setAction(built, *action, stage);
          if (*action == Action::jump || *action == Action::goTo)
            built.chain = stage.built.at(indexOf(ruleset_.chains[chain], branch.chain));
          addWithout(rule, match, std::move(built), stage.built.at(chain), why);
          ++parts;
        }
        if (parts != 0) collect(reasons, match.reasons);
        collect(reasons, why);
      }
      if (parts != 0) collect(reasons, {branch.reason});
    }
    if (rule.offloads && !program_.established) noteEstablished(rule);
    if (options_.state == FlowState::opening) widen(rule, reasons);
  }

  void noteEstablished(const NftRule& rule) {
    program_.established = true;
    program_.establishedPlace = placeOf(*rule.object);
  }

  void noteFlows(const NftRule& rule, const NftMatch& match, TargetKind target) {
    const NftFlowNotes notes = flowNotes(match, target);
    if (notes.established && !program_.established) noteEstablished(rule);
    if (notes.related && !related_) {
      related_ = true;
      program_.relatedPlace = placeOf(*rule.object);
    }
  }

  // Packets of the exceptions come back from a chain of their own before they meet the rule.
  void addWithout(const NftRule& rule, const NftMatch& match, FilterRule built, ChainId home,
                  std::vector<std::string>& why) {
    if (match.except.empty()) return add(rule, home, std::move(built));
    if (built.action == Action::doReturn || built.action == Action::goTo) {
      // A chain between would catch the return.
      built.exact = false;
      why.emplace_back("exceptions of a rule that leaves its chain: not looked at");
      return add(rule, home, std::move(built));
    }
    const ChainId between(program_.chains.size());
    program_.chains.push_back(
        {program_.chains[home.index()].name + " (exceptions)", {}, std::nullopt, placeOf(*rule.object)});
    FilterRule jump = built;
    jump.action = Action::jump;
    jump.chain = between;
    jump.exact = true;
    add(rule, home, std::move(jump));
    for (const NftMatch& exception : match.except) {
      FilterRule back = started(rule, exception);
      back.services = exception.services;
      back.exact = exception.reasons.empty() && exception.doubt.empty() && exception.except.empty() &&
                   !exception.asksState && exception.flags == Flags::any && !exception.dependsOnFlow &&
                   !exception.anyTransport;
      back.action = Action::doReturn;
      add(rule, between, std::move(back));
    }
    add(rule, between, std::move(built));
  }

  void add(const NftRule& rule, ChainId chain, FilterRule built) {
    if (built.source.empty() || built.destination.empty() || built.services.empty()) return;
    if (++count_ > options_.limits.rules) {
      if (count_ == options_.limits.rules + 1) {
        problems_.error(*rule.object, fmt::format("more than {} rules once their sets are written out",
                                                  options_.limits.rules));
      }
      return;
    }
    program_.chains[chain.index()].rules.push_back(std::move(built));
  }

  // The chains of type nat at a hook, and what else writes into packets, where there is any.
  std::optional<ChainId> buildRewrites(const std::string& hook, bool sourceSide) {
    const ChainId entry(program_.chains.size());
    program_.chains.push_back({"nat:" + hook, {}, Action::accept, {program_.name, 0, 0}});
    bool any = false;
    for (const std::size_t base : baseChains(true)) {
      if (ruleset_.chains[base].base->hook != hook) continue;
      Stage stage;
      const std::vector<std::size_t> chains = reachable(base);
      for (const std::size_t c : chains) {
        stage.built[c] = ChainId(program_.chains.size());
        program_.chains.push_back(
            {"nat:" + nameOf(ruleset_.chains[c]), {}, std::nullopt, placeOf(*ruleset_.chains[c].object)});
      }
      FilterRule jump = wholeRule(ruleset_.chains[base]);
      jump.action = Action::jump;
      jump.chain = stage.built[base];
      program_.chains[entry.index()].rules.push_back(std::move(jump));
      for (const std::size_t c : chains) {
        for (const NftRule& rule : parsed_.rules[c]) any = addRewrites(c, rule, stage, sourceSide) || any;
      }
    }
    for (std::size_t c = 0; c < ruleset_.chains.size(); ++c) {
      if (!counts(ruleset_.chains[c])) continue;
      for (const NftRule& rule : parsed_.rules[c]) {
        for (const NftBranch& branch : rule.mangles) {
          if ((branch.target == TargetKind::rewriteSource) != sourceSide) continue;
          std::vector<std::string> why;
          addRewrite(rule, branch, entry, std::nullopt, why);
          any = true;
        }
      }
    }
    if (any) return entry;
    program_.chains.resize(entry.index());
    return std::nullopt;
  }

  bool addRewrites(std::size_t chain, const NftRule& rule, const Stage& stage, bool sourceSide) {
    std::vector<std::string> reasons;
    bool any = false;
    for (NftBranch branch : rule.branches) {
      const auto action = actionOf(branch.target);
      if (!action) continue;
      if (*action == Action::drop || *action == Action::reject) {
        collect(reasons, {"a drop in a chain of type nat: ignored"});
        continue;
      }
      if (*action != Action::rewrite && *action != Action::jump && *action != Action::goTo) {
        if (branch.target != TargetKind::mayAccept) continue;
        (sourceSide ? branch.rewrite.source : branch.rewrite.destination) = AddressSet::all();
        branch.target = sourceSide ? TargetKind::rewriteSource : TargetKind::rewriteDestination;
        for (NftMatch& match : branch.matches) match.maybe("may rewrite to anything");
      }
      if (branch.target == TargetKind::redirect && !redirected(branch)) {
        collect(reasons, {"redirect: delivered to the device itself; taken as passing on unchanged"});
        continue;
      }
      std::optional<ChainId> to;
      if (*action == Action::jump || *action == Action::goTo)
        to = stage.built.at(indexOf(ruleset_.chains[chain], branch.chain));
      any = addRewrite(rule, branch, stage.built.at(chain), to, reasons) || any;
    }
    if (options_.state == FlowState::opening) widen(rule, reasons);
    return any;
  }

  // To the device itself, whose address the ruleset does not give. False: not followed.
  bool redirected(NftBranch& branch) const {
    branch.target = TargetKind::rewriteDestination;
    if (hook_ == "forward") return false;
    if (hook_ == "output") {
      branch.rewrite.destination = AddressSet(*space::AddressRange::parse("127.0.0.1")) |
                                   AddressSet(*space::AddressRange::parse("::1"));
    }
    return true;
  }

  // True where something is rewritten.
  bool addRewrite(const NftRule& rule, const NftBranch& branch, ChainId home, std::optional<ChainId> to,
                  std::vector<std::string>& reasons) {
    bool any = false;
    for (const NftMatch& match : branch.matches) {
      std::vector<std::string> why;
      // Only opening packets meet these chains.
      NftStateRules opening = states_;
      opening.state = FlowState::opening;
      for (const NftPart& part : partsByState(opening, match, TargetKind::accept, why)) {
        FilterRule built = started(rule, match);
        built.services = part.services;
        built.exact = part.exact && match.except.empty();
        built.action = to ? Action::jump : Action::rewrite;
        if (to) built.chain = *to;
        if (!to) built.rewrite = branch.rewrite;
        any = any || !to;
        add(rule, home, std::move(built));
        collect(reasons, match.reasons);
        collect(reasons, {branch.reason});
      }
      collect(reasons, why);
    }
    return any;
  }

  const ParsedNft& parsed_;
  const NftRuleset& ruleset_;
  const std::string& hook_;
  const Hooks hooks_;
  const NftJsonOptions& options_;
  NftProblems& problems_;
  FilterProgram program_;
  NftStateRules states_;
  bool related_ = false;
  std::size_t count_ = 0;
};

}  // namespace

model::FilterProgram buildNftProgram(const ParsedNft& parsed, const std::string& hook,
                                     const NftJsonOptions& options, NftProblems& problems) {
  return Builder(parsed, hook, options, problems).build();
}

}  // namespace vauban::import
