// A model measured: every countermeasure that is deployed, or that an attack step could be met with, against
// every technique that it may answer; and what the alert queue acts on.
//
// Deployed: each entry of `countermeasures` that names a technique, once for each of its places, against the
// techniques of the step templates (those they stand for and those they cover) that anything joins it with.
// Possible: what the templates name as countermeasures, where nothing of the kind is deployed. A
// countermeasure is never given without its grade.
//
// Values; deterministic; borrows nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attack/step_template.h"
#include "base/result.h"
#include "measure/catalogue_evidence.h"
#include "measure/detection.h"
#include "measure/evidence.h"
#include "model/model.h"

namespace vauban::measure {

struct MeasureOptions {
  std::string today;  // ISO 8601; "": nothing expires
  Statements statements;
  std::string technique;          // only this technique of ATT&CK; ""
  bool possible = true;           // countermeasures that are not deployed, too
  bool marginals = true;          // what each change of the queue would do
  std::vector<std::string> kept;  // claims of the model whose verdict is `kept`, by id
  // Looked at besides what the model's own detectors are about, so that two models can be compared.
  std::vector<Watched> watched;
};

// What a verdict takes away for good, under the assumptions that are printed with it: a `never` claim over
// any packets from a place to every untrusted zone leaves no step there whose bytes have to get out.
// Techniques all of whose steps need that. (Over some packets only is not enough: a neighbour inside the
// place may be spoken to over them and speak to the outside over others.) A verdict and no grade: it stands
// beside what is measured.
struct Proven {
  std::string claim;
  std::vector<std::string> techniques;  // sorted
};
// By kept claim, in the model's order; those that take no technique away are there, too.
std::vector<Proven> provenBy(const model::Model& model, const attack::StepTemplates& templates,
                             const std::vector<std::string>& kept);

struct Measured {
  std::string countermeasure, name, tactic;  // tactic "": the catalogue does not have it
  std::string technique, techniqueName;
  bool deployed = false;
  std::string at;                    // as the model writes it; "": wherever the step is taken
  Place place;                       // of the model
  std::optional<Interval> coverage;  // of what is deployed; [0, 1] where nobody says
  Effectiveness effectiveness;
  // With what is left uncovered; own trials were made on what is deployed and hold it already.
  std::optional<Interval> atPlace;
  std::size_t rankedAbove = 0;  // of those against the same technique, how many are known to do more
};

struct Measurement {
  std::string model, today;
  std::vector<Proven> proven;
  std::vector<Measured>
      rows;  // deployed first, in the model's order, then by technique; possible by technique
  // Evidence records of the model that no row uses, each with the reason.
  Diagnostics unused;
  Operation operation;
  std::vector<Watched> watched;
  Detection detection;
  std::vector<Marginal> marginals;
};

// Errors: `options.technique` that no template speaks of; those of detect(). Limit: 1,000,000 rows.
Result<Measurement> measureModel(const model::Model& model, const CatalogueEvidence& catalogue,
                                 const attack::StepTemplates& templates, const MeasureOptions& options = {});

// `inner` lies within one of `terms`. No terms: everywhere.
bool covers(const model::Model& model, const model::PlaceTerms& terms, const model::PlaceTerm& inner);

}  // namespace vauban::measure
