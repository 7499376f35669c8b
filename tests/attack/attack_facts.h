// A model as base facts for a foreign evaluator of the step templates (step_rules.pl), with what Closure says
// of it.
//
// Facts of the model and of the guarded flow are made from Model, Network and GuardedFlow alone, not from the
// attack graph: of that come the layers to choose from and what is expected. One Prolog term a line, between
// `model(NAME)` and `end`. Parties and services are numbers; credentials, assets, zones and layers are names.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "attack/step_template.h"
#include "channel/trust.h"
#include "model/model.h"
#include "space/service_set.h"

namespace vauban::tests {

// Sets of packets that templates speak of, by the name that the rules have for them.
using PacketWords = std::map<std::string, space::ServiceSet>;

struct FactsRequest {
  std::string name;
  unsigned sets = 0;  // of failed layers, drawn by `seed`, besides none and all
  std::uint64_t seed = 0;
};

std::string attackFacts(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                        const attack::StepTemplates& templates, const PacketWords& words,
                        const FactsRequest& request);

}  // namespace vauban::tests
