// What plan, compare and maturity stand on: the model as a tree, its places, and all that judges a design of
// it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attack/technique_use.h"
#include "load_model.h"
#include "plan/plan.h"

namespace vauban {

// A model with all that patterns are looked at with. Its parts refer to each other, so it stays where it is
// made.
struct PatternGround {
  LoadedModel loaded;
  plan::ModelTree tree;
  std::optional<plan::PatternPlaces> places;
};
// Errors: mistakes of the model, with their places in its own files.
Result<std::unique_ptr<PatternGround>> patternGround(const std::string& model);

// And with what judges designs of it.
struct PlanningGround {
  std::unique_ptr<PatternGround> of;
  plan::PatternCatalogue patterns;
  catalog::Catalogue catalogue;
  attack::StepTemplates templates;
  std::optional<attack::TechniqueUse> use;
  std::optional<measure::CatalogueEvidence> evidence;

  plan::PlanGround ground(const std::string& today) const;
};

// Errors: mistakes of the model, with their places in its own files.
Result<std::unique_ptr<PlanningGround>> planningGround(const std::string& model);

}  // namespace vauban
