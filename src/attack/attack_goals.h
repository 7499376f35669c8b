// Which goals an attacker is held against, and how a call or an answer names them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace vauban::attack {

// "data:records", "impact:pumps:integrity", "impact:pumps", "controls:web". Errors: another form, a name that
// the model does not have, a kind that the asset does not have; with the nearest name.
Result<std::vector<model::Goal>> parseGoals(const model::Model& model, const std::vector<std::string>& words);
// The other way round.
std::string goalWord(const model::Goal& goal);
// For people: "records gets outside".
std::string goalInWords(const model::Goal& goal);

struct GoalsOfModel {
  std::vector<model::Goal> goals;  // each once
  bool everyHost = false;          // nothing is said to be worth anything: control of each host stands in
};
// What `threats` names, or else every asset: its data, and harm of each kind that it can suffer; then the
// goals of claims. Without any: control of each host that is not in an untrusted zone.
GoalsOfModel goalsOf(const model::Model& model);

}  // namespace vauban::attack
