// A FilterProgram evaluated between address classes: for one source class and one destination class the exact
// set of services that may open a conversation.
//
// A class is a set of addresses of one family that no rule tells apart. Each class has one row of bits for
// sources and one for destinations: bit r says that rule r matches it. Between two classes only the rules in
// both rows are walked, in order. Not thread safe (it caches); one evaluator a thread.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/filter_program.h"
#include "reach/address_classes.h"
#include "space/address.h"

namespace vauban::reach {

struct AddressClass {
  space::Family family = space::Family::ipv4;
  space::AddressSet addresses;         // not empty, of one family
  std::optional<model::HostId> owner;  // of hosts without a stated address: rules may name them
};

// What decides besides addresses and services.
struct FilterContext {
  std::vector<bool> openConditions;              // by ConditionId
  const std::vector<std::string>* in = nullptr;  // interface names of the side it enters; null: unknown
  const std::vector<std::string>* out = nullptr;
  bool operator==(const FilterContext&) const = default;
};

// Whether the rule can match at all under the context, and whether it surely matches what it says.
bool ruleStands(const model::FilterRule& rule, const FilterContext& context);
bool rulePinned(const model::FilterRule& rule, const FilterContext& context);

struct RuleRef {
  const model::FilterRule* rule = nullptr;  // null: the policy of `chain`
  const model::Chain* chain = nullptr;
};

class FilterEvaluator {
 public:
  FilterEvaluator(const model::FilterProgram& program, const std::vector<AddressClass>& classes);

  // Services that may be accepted (inexact rules taken at whatever opens more).
  space::ServiceSet mayAccept(std::size_t source, std::size_t destination,
                              const FilterContext& context) const;
  // Services that are accepted whatever the inexact rules really match.
  space::ServiceSet mustAccept(std::size_t source, std::size_t destination,
                               const FilterContext& context) const;
  // Services that may be answered by a reject; `unmatchedRejects`: also what falls to a drop policy.
  space::ServiceSet mayReject(std::size_t source, std::size_t destination, const FilterContext& context,
                              bool unmatchedRejects) const;
  // The first rule that may accept the service, or else the one that drops it.
  std::optional<RuleRef> accepting(std::size_t source, std::size_t destination, const FilterContext& context,
                                   space::Service service) const;
  std::optional<RuleRef> dropping(std::size_t source, std::size_t destination, const FilterContext& context,
                                  space::Service service) const;
  // The rules and policies that surely decide some of the services, by accepting or by refusing them:
  // conditions and interfaces left open (docs/formats/certificate.md, `because`).
  std::vector<RuleRef> deciders(std::size_t source, std::size_t destination, bool accepting,
                                space::ServiceSet services) const;
  // Classes with which a class may have any packet accepted, as their source or as their destination: those
  // that some accepting rule names together with it. Sorted.
  std::vector<std::size_t> mayMeet(std::size_t own, bool ownIsSource) const;
  const model::FilterProgram& program() const { return program_; }
  std::size_t ruleCount() const { return firstBit_.back(); }

  // Rewrites of a nat chain that may apply, with the services they take.
  struct NatHit {
    const model::FilterRule* rule;
    space::ServiceSet services;
  };
  std::vector<NatHit> rewrites(model::ChainId chain, std::size_t source, std::size_t destination,
                               const FilterContext& context) const;

 private:
  enum class Wanted { accept, drop, reject };
  struct Walk;
  space::ServiceSet decidedBy(model::ChainId chain, std::size_t source, std::size_t destination,
                              bool accepting, space::ServiceSet remaining, std::vector<RuleRef>& found) const;
  space::ServiceSet run(Walk& walk, model::ChainId chain, space::ServiceSet remaining) const;
  space::ServiceSet decide(Wanted wanted, std::size_t source, std::size_t destination,
                           const FilterContext& context, bool unmatchedRejects, Walk* trace) const;

  const model::FilterProgram& program_;
  std::size_t words_ = 0;
  std::vector<std::size_t> firstBit_;  // of each chain
  std::vector<std::uint64_t> sourceRows_, destinationRows_;
  std::size_t classCount_ = 0;
  struct Ends {  // of an accepting rule
    std::vector<std::uint32_t> sources, destinations;
  };
  mutable std::vector<Ends> acceptRules_;  // by bit, made when first asked for
};

}  // namespace vauban::reach
