// The verifier's slow twin: decides a claim by breadth-first exploration of concrete messages, from the text
// of docs/semantics.md alone. It knows no sets of packets or addresses, no solver, no gaps: it walks once
// with everything unstated at its worst and once with everything at its best.
//
// Values of the conditions: every hop may meet another (decision 0014), which contains each value by itself.
//
// Outside its reach: rules that a device has of its own (imports, NAT), more than 64 rules, 14
// hosts or 4 conditions, `at-most`, `always`,
// `goal`, `depth`, `tripwire`, and CIDRs as places of a claim over channels.
#pragma once

#include <optional>
#include <string>

#include "model/model.h"
#include "tests/support/explorer_network.h"
#include "tests/support/explorer_walk.h"

namespace vauban::tests {

enum class Explored { kept, conditional, broken };  // from best to worst
const char* toString(Explored explored);

struct Exploration {
  std::optional<Explored> verdict;
  std::string text;  // the way found, or why the claim is outside the explorer's reach
};

class Explorer {
 public:
  // The model and the catalogue outlive the explorer.
  Explorer(const model::Model& model, const model::BehaviourCatalogue& behaviours, KnownSuffixes known);
  Exploration judge(const model::Claim& claim) const;

 private:
  std::optional<Path> channel(const model::Claim& claim, Unstated unstated) const;
  std::optional<Path> reach(const model::Claim& claim, Unstated unstated) const;
  bool places(const model::PlaceTerms& terms, bool legs, std::vector<char>& parties) const;
  const ConcreteNetwork& network(Unstated unstated) const {
    return unstated == Unstated::atWorst ? worst_ : best_;
  }

  const model::Model& model_;
  KnownSuffixes known_;
  Universe universe_;
  ConcreteNetwork worst_, best_;
};

}  // namespace vauban::tests
