// What a filter program does with packets (semantics 2), on the checker's own sets.
//
// A rule that is not exact, that is there only under a condition, or whose interface is not known, may match
// and may not. `accepted`, `dropped` and `rejected` are what may happen, so they overlap there.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "check/packets.h"

namespace vauban::check {

using AddressesOfHost = std::function<Addresses(model::HostId)>;

// The side that a packet comes in by and the one it leaves by: interface names, empty where not known.
struct Sides {
  std::vector<std::string> in, out;
};

struct Fate {
  Packets accepted = bddfalse, dropped = bddfalse, rejected = bddfalse;
};

// The packets that one rule or policy decides for certain, first match.
struct Decision {
  const model::FilterRule* rule = nullptr;  // or else the policy of `chain`
  const model::Chain* chain = nullptr;
  bool accepts = false;
  Packets packets = bddfalse;
};

// What a nat chain does: rewrites that may apply, each with the packets, and what may stay as it is.
struct Changes {
  std::vector<std::pair<Packets, const space::Rewrite*>> rewrites;
  Packets stays = bddfalse;
};

class Filter {
 public:
  Filter(const model::FilterProgram& program, AddressesOfHost addressesOf, Packets real);

  // `unmatchedRejects`: what the policy of a flow matrix does (`unmatched: reject`, or not stated).
  Fate fate(const Sides& sides, bool unmatchedRejects) const;
  // The same for the packets whose answer is judged: those p for which the answer to p has that fate.
  Fate fateOfAnswer(const Sides& sides, bool unmatchedRejects) const;
  std::vector<Decision> decisions(const Sides& sides) const;
  // Of the nat chain before the filter, or behind it; `ofAnswers` as above.
  Changes changes(bool before, const Sides& sides, bool ofAnswers) const;
  bool rewrites() const { return program_->prerouting || program_->postrouting; }
  const model::FilterProgram& program() const { return *program_; }

 private:
  struct Walk;
  const std::vector<Packets>& matches(bool ofAnswers, std::size_t chain) const;
  Fate run(const Sides& sides, bool unmatchedRejects, bool ofAnswers) const;

  const model::FilterProgram* program_;
  AddressesOfHost addressesOf_;
  Packets real_;
  mutable std::map<std::pair<bool, std::size_t>, std::vector<Packets>> matches_;
};

}  // namespace vauban::check
