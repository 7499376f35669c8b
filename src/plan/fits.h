// Where a pattern fits a model: what its members can be.
//
// A `PatternPlaces` is made once for a model and asked for any number of patterns. It refers to the model and
// to the behaviours, which outlive it; immutable, any number of threads may ask.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/behaviour.h"
#include "model/model.h"
#include "plan/conversations.h"
#include "plan/pattern.h"
#include "plan/placeholders.h"

namespace vauban::plan {

struct Fits {
  std::vector<Members> assignments;  // in the order of the model, each once
  bool complete = true;              // false: there are more than were asked for
};

class PatternPlaces {
 public:
  PatternPlaces(const model::Model& model, const model::BehaviourCatalogue& behaviours)
      : model_(model), behaviours_(behaviours), conversations_(model) {}

  // All assignments that meet what the members ask for. A member of `all` is everything that fits beside
  // those chosen before it; a pattern's other members are one thing each.
  Fits fits(const Pattern& pattern, std::size_t most = 1000) const;

  // The one assignment that has the members that a call names. Errors: no such member, no such place, one
  // that does not fit, and why; more than one assignment. `option` is what messages call the place.
  Result<Members> complete(const Pattern& pattern, const Members& named, const std::string& option) const;

  const Conversations& conversations() const { return conversations_; }
  const model::Model& model() const { return model_; }
  const model::BehaviourCatalogue& behaviours() const { return behaviours_; }

 private:
  std::vector<std::string> candidates(MemberKind kind) const;
  // Why the thing cannot be the member beside those chosen; "" where it can.
  std::string unfit(const Member& member, const std::string& name, const Members& chosen) const;
  std::string unfitZone(const Member& member, const model::Zone& zone) const;
  std::string unfitHost(const Member& member, const model::Host& host) const;
  std::string unrelated(const std::string& name, const Relation& relation,
                        const std::vector<std::string>& others) const;
  std::vector<std::string> fitting(const Member& member, const Members& chosen) const;
  void choose(const Pattern& pattern, std::size_t at, const Members& named, Members& chosen, std::size_t most,
              Fits& fits) const;
  // Why no assignment has what is named.
  Diagnostics reasons(const Pattern& pattern, const Members& named, const std::string& option) const;

  const model::Model& model_;
  const model::BehaviourCatalogue& behaviours_;
  Conversations conversations_;
};

// "clients=branch-lan,hq-lan": the words of a call. Errors: no '=', a member twice.
Result<Members> membersOfWords(const std::vector<std::string>& words, const std::string& option);
// The other way round: "clients=branch-lan resolver=dns-int1,dns-int2", in the pattern's order.
std::string inWords(const Pattern& pattern, const Members& members);

}  // namespace vauban::plan
