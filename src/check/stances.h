// Who is whose in a claim about channels: where the bytes start, where he waits, what he holds, and what he
// can get into from where he waits (docs/formats/certificate.md, "Closures").
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "check/one_step.h"

namespace vauban::check {

using Flags = std::vector<bool>;  // by party

// The parties that a claim's places name (decision 0004); `asFrom`: a second leg counts.
Flags partiesOf(const Network& network, const model::PlaceTerms& terms, bool asFrom);

// Unlisted machines of a trusted zone exist only where a claim names the zone or a tunnel ends there.
Flags existing(const Network& network, const Aims& aims, const model::Claim& claim);

std::vector<std::string> textsOf(const Network& network, const Flags& flags);  // sorted

class ClaimStances {
 public:
  ClaimStances(const Network& network, const Aims& aims, const model::Claim& claim, bool backwards);

  // From where the closures of his end start, one each.
  const std::vector<Flags>& ends() const { return ends_; }
  const Flags& there() const { return there_; }
  Stance ofHisEnd(std::size_t which) const;
  void take(std::size_t which, const Flags& codes);  // what a closure of his end has got into
  // Once all closures of his end are taken.
  void findOpenedAlone(const Ways& ways, const Aims& aims);
  Stance ofClaim() const;

 private:
  Stance common() const;

  const Network& network_;
  const model::Claim& claim_;
  Flags there_, adversaries_, starts_, waits_, helds_, barred_, taken_;
  std::vector<Flags> ends_;
  std::vector<std::pair<PartyId, PartyId>> tunnels_;
  Flags openedAlone_;
};

}  // namespace vauban::check
