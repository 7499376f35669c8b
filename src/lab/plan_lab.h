// From a model to what stands in its lab.
#pragma once

#include "base/result.h"
#include "lab/lab_plan.h"

namespace vauban::lab {

// Fails where the lab has too few addresses: 253 for the classes of trusted zones, 200 for those of untrusted
// ones. Conditions have the values that the model gives them.
Result<LabPlan> planLab(const model::Model& model, const model::BehaviourCatalogue& behaviours);

os::InternetAddress toLab(const space::Address& address);
space::Address toSpace(const os::InternetAddress& address);

}  // namespace vauban::lab
