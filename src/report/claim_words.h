// Claims, hops and verdicts in the words of people who do not read models. Pure functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "channel/verdict.h"
#include "model/model.h"

namespace vauban::report {

// "never-channel", "at-most-channel", "depth": what a claim is an instance of.
std::string claimKindName(const model::Claim& claim);

// "Nothing can get from clients to internet over dns": what holds if the claim is kept; no full stop.
std::string claimInWords(const model::Model& model, const model::Claim& claim);

// "ws opens dns to dns-int (for example udp/53); the bytes ride in: query name". One sentence, no full stop.
std::string hopInWords(const channel::Hop& hop);
// "rules/fw.v4:12: -A FORWARD ... (on fw-inside)", or "" where no rule decides.
std::string ruleInWords(const channel::Hop& hop);

// What to change so that a hop no longer passes (or, of an `always` claim, passes), and how to see it on the
// real network.
struct Remedy {
  std::string where;  // the line it is about; may be empty
  std::string write;  // a line of the model or, where that would not do, what to change in words
  bool isLine = false;
};
Remedy remedyOf(const channel::Hop& hop);
std::string testOf(const channel::Hop& hop);

// Whether the hop is one that should pass and does not (`always`).
bool isMissing(const channel::Hop& hop);

// "relayed, 20.4 Mbit/s"; "" where there is no witness or it carries nothing.
std::string capacityInWords(const channel::Judgement& judgement);

// "3 kept, 1 broken"; "no claims".
std::string countsInWords(const std::vector<channel::ClaimResult>& results);

// "model.yaml:12"; "" for the empty place.
std::string lineOf(const Place& place);

}  // namespace vauban::report
