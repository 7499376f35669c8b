// What applying a pattern does to the claims of a model: each judged before and after.
//
// Nothing is credited that the verifier does not say of the changed model. Claims that the pattern brings are
// held against the model before as well, save those about hosts that it brings. Values; pure but for the
// files that `loadRules` reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attack/step_template.h"
#include "attack/technique_use.h"
#include "channel/verdict.h"
#include "model/behaviour.h"
#include "plan/apply.h"
#include "plan/model_tree.h"

namespace vauban::plan {

// What judging needs. All outlive the call.
struct Judging {
  const model::BehaviourCatalogue* behaviours = nullptr;
  std::string today;  // ISO 8601, for waivers
  RuleLoader loadRules;
  // For claims about goals; without them those are undecided.
  const attack::StepTemplates* templates = nullptr;
  const attack::TechniqueUse* use = nullptr;
  unsigned jobs = 1;
};

struct ClaimEffect {
  std::string id;
  bool guarantee = false;                         // of the pattern
  std::optional<channel::Verdict> before, after;  // before: none where the model before cannot say it
  std::vector<channel::Hop> witness;              // after: the way that is left
  std::vector<reach::Atom> conditions;            // after: what would still have to be stated
  std::string reason;                             // after: undecided, waived

  bool becameProvable() const { return after == channel::Verdict::kept && before != channel::Verdict::kept; }
  bool gotWorse() const { return before && after && *after > *before; }
};

struct Effect {
  std::vector<ClaimEffect> claims;  // in the order of the changed model
  Diagnostics warnings;             // of the changed model

  std::vector<const ClaimEffect*> becameProvable() const;
};

// Whether a claim of the tree needs the attack graph, and so `templates` and `use`.
bool asksAboutGoals(const ModelTree& tree);

// The verdicts of all claims of a model; those about goals by the attack graph.
std::vector<channel::ClaimResult> judgeClaims(const model::Model& model, const Judging& judging);

// `before`: the tree that the pattern was applied to. Errors: the changed model cannot be read, with places
// in its text.
Result<Effect> effectOf(const ModelTree& before, const Applied& applied, const Judging& judging);

}  // namespace vauban::plan
