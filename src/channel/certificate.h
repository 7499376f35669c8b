// The certificate of a kept claim: the closed sets of states, and for each step out of them why it is shut
// (docs/formats/certificate.md says what each part means; src/check reads it with other code).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "channel/solver.h"
#include "model/cone.h"

namespace vauban::channel {

// A closed set of states as the solver found it.
struct Closure {
  bool hisEnd = false;
  std::vector<reach::PartyId> from;
  std::vector<bool> held, waits, starts, barred;  // by party
  std::set<reach::PartyId> present;               // machines not listed that exist all the same
  std::map<StateKey, space::NameSet> reached;
  // Of `at-most` claims: what lies behind the narrowest place, and what leads there.
  std::set<StateKey> far;
  std::map<std::pair<StateKey, StateKey>, double> cut;  // bits a second
};

struct Reason {
  std::string kind, owner;  // the owner: a point, a host, or a service
  Place place;              // `file` is the last part of the path
  std::string text, layer;
  auto key() const { return std::tie(kind, owner, place.file, place.line, place.column, text); }
  bool operator<(const Reason& other) const { return key() < other.key(); }
};

struct Certificate {
  using Reasons = std::vector<std::size_t>;  // indexes into `reasons`, sorted
  struct State {
    std::string text;
    bool over = false;
    std::vector<std::pair<std::string, bool>> names;  // empty: all, or none to speak of
    bool far = false;
  };
  struct Cut {
    std::string from, to;
    bool fromOver = false, toOver = false;
    double bitsPerSecond = 0;
    auto operator<=>(const Cut&) const = default;
  };
  struct Step {
    std::string from, to;
    std::vector<std::string> shut;
    Reasons because;
  };
  struct Relied {  // a host or service, and what it states
    std::string name;
    Reasons because;
  };
  struct Part {
    bool hisEnd = false, backwards = false;
    std::vector<std::string> from;
    std::vector<State> states;
    std::vector<Step> steps;
    std::vector<Relied> hosts, services;
    std::vector<Cut> cut;
  };
  const model::Claim* claim = nullptr;
  std::vector<Reason> reasons;
  std::vector<Part> closures;
  std::vector<Step> pairs;  // of claims about reach: nothing in `shut`
  model::Cone cone;
};

// `claim` is kept by these closures.
Certificate certify(const reach::Network& network, const model::BehaviourCatalogue& behaviours,
                    const model::Claim& claim, const std::vector<Closure>& closures, bool backwards);
// A claim about reach, kept between each of these pairs of parties.
Certificate certify(const reach::Network& network, const model::BehaviourCatalogue& behaviours,
                    const model::Claim& claim,
                    const std::set<std::pair<reach::PartyId, reach::PartyId>>& pairs);

}  // namespace vauban::channel
