#include "compile/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "compile/point_plan.h"
#include "reach/class_matrix.h"

namespace vauban::compile {

using model::Action;
using model::ZoneId;
using space::AddressSet;
using space::Family;
using space::PacketSet;
using space::ServiceSet;

namespace {

constexpr std::size_t kMostDifferences = 20;

// Packets of the program that meet a reject: the program with that taken for what accepts.
PacketSet rejectedBy(model::FilterProgram program, const reach::FilterContext& context,
                     bool unmatchedRejects) {
  auto turned = [](Action action) {
    return action == Action::reject ? Action::accept : action == Action::accept ? Action::drop : action;
  };
  for (model::Chain& chain : program.chains) {
    for (model::FilterRule& rule : chain.rules) rule.action = turned(rule.action);
    if (chain.policy == Action::drop && unmatchedRejects) chain.policy = Action::reject;
    if (chain.policy) chain.policy = turned(*chain.policy);
  }
  return reach::acceptedPackets(program, context);
}

// The sets of a program between many interfaces. They depend on those only by which rules stand there and
// what these say, so two pairs of interfaces with the same are evaluated once.
class Evaluated {
 public:
  Evaluated(model::FilterProgram program, bool unmatchedRejects)
      : program_(std::move(program)), unmatchedRejects_(unmatchedRejects) {
    std::map<std::tuple<AddressSet, AddressSet, space::NodeRef, Action, model::ChainId, bool>, std::size_t>
        known;
    for (const model::Chain& chain : program_.chains) {
      for (const model::FilterRule& rule : chain.rules) {
        meanings_.push_back(known
                                .try_emplace({rule.source, rule.destination, rule.services.node(),
                                              rule.action, rule.chain, rule.exact},
                                             known.size())
                                .first->second);
      }
    }
  }

  const PacketSet& accepted(const reach::FilterContext& context) {
    auto& set = sets(context).accepted;
    if (!set) set = reach::acceptedPackets(program_, context);
    return *set;
  }
  const PacketSet& rejected(const reach::FilterContext& context) {
    auto& set = sets(context).rejected;
    if (!set) set = rejectedBy(program_, context, unmatchedRejects_);
    return *set;
  }

 private:
  struct Sets {
    std::optional<PacketSet> accepted, rejected;
  };

  Sets& sets(const reach::FilterContext& context) {
    std::vector<std::size_t> standing;
    std::size_t index = 0;
    for (const model::Chain& chain : program_.chains) {
      for (const model::FilterRule& rule : chain.rules) {
        const std::size_t meaning = meanings_[index++];
        if (reach::ruleStands(rule, context))
          standing.push_back(meaning * 2 + (reach::rulePinned(rule, context) ? 1 : 0));
      }
      standing.push_back(SIZE_MAX);
    }
    return sets_[std::move(standing)];
  }

  model::FilterProgram program_;
  bool unmatchedRejects_;
  std::vector<std::size_t> meanings_;  // by rule: equal numbers say the same but for interfaces
  std::map<std::vector<std::size_t>, Sets> sets_;
};

PacketSet ofFamily(Family family) {
  const AddressSet all = AddressSet::all(family);
  return PacketSet::product(all, all, ServiceSet::all());
}

class Expectation {
 public:
  Expectation(const model::Model& model, const CompileOptions& options, const PointPlan& plan)
      : model_(model), options_(options), plan_(plan) {
    for (const Policy& policy : plan.policies)
      programs_.emplace_back(withAddresses(model, options, *policy.program), policy.unmatchedRejects);
  }

  Expected between(const ZoneInterface& in, const ZoneInterface& out) {
    const PacketSet all = PacketSet::all();
    if (in.zone == out.zone && PointPlan::freeInside(model_, in.zone)) return {all, all, all, {}};
    const auto pair = plan_.pairs.find({in.zone, out.zone});
    if (pair == plan_.pairs.end()) return {};
    const Policy& policy = plan_.policies[pair->second];
    const std::vector<std::string> inNames{in.name}, outNames{out.name};
    const reach::FilterContext context{plan_.openConditions, &inNames, &outNames};
    PacketSet uncovered, covered;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (policy.of(family) == Coverage::passes) uncovered |= ofFamily(family);
      if (policy.of(family) == Coverage::byRules)
        covered |=
            PacketSet::product(sources(policy, in).only(family), AddressSet::all(family), ServiceSet::all());
    }
    covered -= foreignIcmp();
    Evaluated& program = programs_[pair->second];
    const PacketSet matrix = covered & program.accepted(context);
    const bool related = policy.related == model::Related::all ||
                         (policy.related == model::Related::fromUntrusted && model_.at(in.zone).untrusted);
    Expected expected;
    expected.opening = uncovered | matrix;
    expected.established = uncovered | (policy.established ? covered : matrix);
    expected.related = uncovered | (related ? covered : matrix);
    expected.rejected = covered & program.rejected(context);
    return expected;
  }

 private:
  AddressSet sources(const Policy& policy, const ZoneInterface& in) const {
    if (policy.antiSpoofing == model::AntiSpoofing::off) return AddressSet::all();
    if (policy.antiSpoofing == model::AntiSpoofing::host) {
      for (const HostInterface& interface : options_.hostInterfaces) {
        if (interface.name == in.name && !interface.bridgePort)
          return addressesOf(model_, options_, interface.host, interface.zone);
      }
    }
    return plan_.behind.at(in.zone);
  }

  const model::Model& model_;
  const CompileOptions& options_;
  const PointPlan& plan_;
  std::vector<Evaluated> programs_;  // by policy
};

}  // namespace

PacketSet foreignIcmp() {
  const AddressSet four = AddressSet::all(Family::ipv4), six = AddressSet::all(Family::ipv6);
  return PacketSet::product(four, four, ServiceSet::protocol(space::kIcmpV6)) |
         PacketSet::product(six, six, ServiceSet::protocol(space::kIcmp));
}

Result<Expected> expectedBetween(const model::Model& model, const CompileOptions& options,
                                 const std::string& in, const std::string& out) {
  const auto plan = planPoint(model, options);
  if (!plan) return std::unexpected(plan.error());
  auto find = [&](const std::string& name) {
    return std::ranges::find(plan->interfaces, name, &ZoneInterface::name);
  };
  const auto first = find(in), second = find(out);
  if (first == plan->interfaces.end() || second == plan->interfaces.end())
    return Expected{};  // what leads nowhere passes nothing
  return Expectation(model, options, *plan).between(*first, *second);
}

Result<Proof> provenEqual(const model::Model& model, const CompileOptions& options, const ReadBack& listed) {
  const auto plan = planPoint(model, options);
  if (!plan) return std::unexpected(plan.error());
  Diagnostics differences;
  auto differs = [&](Place place, std::string message) {
    if (differences.size() < kMostDifferences)
      differences.push_back({Severity::error, std::move(place), 0, std::move(message), {}, {}});
  };
  for (const model::FilterProgram* program : {&listed.opening, &listed.established, &listed.related}) {
    for (const model::Widening& widening : program->widenings)
      differs(widening.place, fmt::format("the listed rule '{}' could not be read exactly: {}", widening.rule,
                                          widening.reason));
  }
  Expectation expectation(model, options, *plan);
  Evaluated opening(listed.opening, false), established(listed.established, false),
      related(listed.related, false);
  Proof proof;
  for (const ZoneInterface& in : plan->interfaces) {
    for (const ZoneInterface& out : plan->interfaces) {
      ++proof.pairs;
      const Expected expected = expectation.between(in, out);
      const std::vector<std::string> inNames{in.name}, outNames{out.name};
      const reach::FilterContext context{{}, &inNames, &outNames};
      auto compare = [&](const char* what, PacketSet loaded, PacketSet wanted) {
        if (loaded == wanted) return;
        const bool more = !wanted.contains(loaded);
        const auto packet = more ? (loaded - wanted).witness() : (wanted - loaded).witness();
        differs({model.file, 0, 0},
                fmt::format("from {} to {}, {} {} {}", in.name, out.name, packet->toString(),
                            more ? "is not to be" : "is to be", what));
      };
      compare("accepted when it opens a conversation", reach::acceptedPackets(listed.opening, context),
              expected.opening);
      compare("accepted as established", established.accepted(context), expected.established);
      compare("accepted as related", related.accepted(context), expected.related);
      compare("rejected", opening.rejected(context), expected.rejected);
    }
  }
  if (!differences.empty()) return std::unexpected(std::move(differences));
  return proof;
}

}  // namespace vauban::compile
