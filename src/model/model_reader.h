// The model file -> Model (design: model.md). All mistakes of a model are found in one read and reported
// together.
#pragma once

#include <set>
#include <string>

#include "base/result.h"
#include "model/behaviour.h"
#include "model/model.h"

namespace vauban::model {

// Names that come from outside the model. An empty set means: not checked.
struct Vocabulary {
  const BehaviourCatalogue* behaviours = nullptr;  // required
  std::set<std::string> techniques, roles, groups, patterns;
};

struct ReadLimits {
  std::size_t fileBytes = 64U << 20U;
  std::size_t totalBytes = 256U << 20U;
  std::size_t files = 1000;
  std::size_t depth = 64;
  std::size_t aliases = 1000;  // expansions of YAML aliases
  std::size_t nodes = 20'000'000;
  std::size_t diagnostics = 1000;  // reported at most
};

// `path`: a YAML file, or a folder whose *.yaml and *.yml files are merged in name order. Includes must stay
// in the folder.
Result<Model> readModel(const std::string& path, const Vocabulary& vocabulary, const ReadLimits& limits = {});
// The same from text already in memory, for tests and fuzzing; includes are refused.
Result<Model> readModelText(const std::string& name, const std::string& text, const Vocabulary& vocabulary,
                            const ReadLimits& limits = {});

// The JSON Schema (2020-12) of the model file, pretty-printed, deterministic.
std::string modelSchema(const BehaviourCatalogue& behaviours);

// Built-in names for packet sets: `dns` -> udp/53 and tcp/53, ... ; sorted by name.
struct BuiltInService {
  std::string name;
  space::ServiceSet services;
  std::string reference;
};
const std::vector<BuiltInService>& builtInServices();

}  // namespace vauban::model
