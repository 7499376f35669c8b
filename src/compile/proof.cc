#include "compile/proof.h"

#include <fmt/format.h>

#include <algorithm>

#include "compile/entry_sources.h"
#include "compile/point_plan.h"
#include "compile/program_sets.h"

namespace vauban::compile {

using model::ZoneId;
using space::AddressSet;
using space::Family;
using space::PacketSet;
using space::ServiceSet;

namespace {

constexpr std::size_t kMostDifferences = 20;

PacketSet ofFamily(Family family) {
  const AddressSet all = AddressSet::all(family);
  return PacketSet::product(all, all, ServiceSet::all());
}

class Expectation {
 public:
  Expectation(const model::Model& model, const CompileOptions& options, const PointPlan& plan)
      : model_(model), options_(options), plan_(plan) {
    for (const Policy& policy : plan.policies)
      programs_.emplace_back(withAddresses(model, options, *policy.program), plan.openConditions,
                             policy.unmatchedRejects);
  }

  Expected between(const ZoneInterface& in, const ZoneInterface& out) {
    if (in.zone == out.zone && PointPlan::freeInside(model_, in.zone)) {
      AddressSet sources = entrySources(model_, options_, plan_, in) | unforwardedSources();
      if (std::ranges::find(plan_.lookedInside, in.zone) != plan_.lookedInside.end())
        sources = sources & plan_.behindInterface.at(in.name);
      const PacketSet own = PacketSet::product(sources, AddressSet::all(), ServiceSet::all());
      return {own, own, own, {}};
    }
    const auto pair = plan_.pairs.find({in.zone, out.zone});
    if (pair == plan_.pairs.end()) return {};
    const Policy& policy = plan_.policies[pair->second];
    PacketSet uncovered, covered;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (policy.of(family) == Coverage::passes) uncovered |= ofFamily(family);
      if (policy.of(family) == Coverage::byRules)
        covered |= PacketSet::product(plan_.sources(policy, in).only(family), AddressSet::all(family),
                                      ServiceSet::all());
    }
    covered -= foreignIcmp();
    const ProgramSets::Sets& sets = programs_[pair->second].between(in.name, out.name);
    const PacketSet matrix = covered & sets.accepted;
    const bool related = policy.related == model::Related::all ||
                         (policy.related == model::Related::fromUntrusted && model_.at(in.zone).untrusted);
    Expected expected;
    expected.opening = uncovered | matrix;
    expected.established = uncovered | (policy.established ? covered : matrix);
    expected.related = uncovered | (related ? covered : matrix);
    expected.rejected = covered & sets.rejected;
    return expected;
  }

 private:
  const model::Model& model_;
  const CompileOptions& options_;
  const PointPlan& plan_;
  std::vector<ProgramSets> programs_;  // by policy
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
  ProgramSets opening(listed.opening, {}, false), established(listed.established, {}, false),
      related(listed.related, {}, false);
  Proof proof;
  for (const ZoneInterface& in : plan->interfaces) {
    for (const ZoneInterface& out : plan->interfaces) {
      ++proof.pairs;
      const Expected expected = expectation.between(in, out);
      auto compare = [&](const char* what, PacketSet loaded, PacketSet wanted) {
        if (loaded == wanted) return;
        const bool more = !wanted.contains(loaded);
        const auto packet = more ? (loaded - wanted).witness() : (wanted - loaded).witness();
        differs({model.file, 0, 0},
                fmt::format("from {} to {}, {} {} {}", in.name, out.name, packet->toString(),
                            more ? "is not to be" : "is to be", what));
      };
      compare("accepted when it opens a conversation", opening.between(in.name, out.name).accepted,
              expected.opening);
      compare("accepted as established", established.between(in.name, out.name).accepted,
              expected.established);
      compare("accepted as related", related.between(in.name, out.name).accepted, expected.related);
      compare("rejected", opening.between(in.name, out.name).rejected, expected.rejected);
    }
  }
  if (!differences.empty()) return std::unexpected(std::move(differences));
  return proof;
}

}  // namespace vauban::compile
