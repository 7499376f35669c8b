// A model with its rule files and its findings: what every command that judges starts from.
#pragma once

#include <string>

#include "base/result.h"
#include "model/behaviour.h"
#include "model/model.h"

namespace vauban {

struct LoadedModel {
  model::BehaviourCatalogue behaviours;
  model::Model model;
};

// `path`: a model file, or a folder of them, with its rule files; nothing is judged.
Result<LoadedModel> readModelAndRules(const std::string& path);
// The same with the findings about its rules among the warnings.
Result<LoadedModel> loadModel(const std::string& path);

}  // namespace vauban
