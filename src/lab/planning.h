// What the files of the planner share; for this room only.
#pragma once

#include <vector>

#include "channel/trust.h"
#include "lab/plan_lab.h"

namespace vauban::lab {

// An address that a service of the model lists, as the model has it and in the lab.
struct ListedAddress {
  space::AddressSet original;
  os::InternetAddress address;
};

// Fills in `names`: what the adversary registers for each list of names, and who is trusted.
void planNames(LabPlan& plan, const channel::Trust& trust, const std::vector<ListedAddress>& listed);
// Fills in `services`.
void planServices(LabPlan& plan, const model::BehaviourCatalogue& behaviours);

}  // namespace vauban::lab
