// What changed between two versions of a model: who can reach whom, what can leave, and what of the claims
// holds (docs/formats/diff.md).
//
// Everything is matched by name: a zone, a host or a claim of the old model is the one of the same name in
// the new one. Reach is compared address by address where both versions have the address, else with
// whatever the party of that name could do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "channel/verdict.h"
#include "model/model.h"

namespace vauban::report {

// One version: a model, its judge, and the verdicts of all its claims in the order of the file. What it
// points to outlives the difference.
struct Judged {
  const model::Model* model = nullptr;
  const channel::Judge* judge = nullptr;
  std::vector<channel::ClaimResult> results;
};

struct ReachChange {  // conversations that `from` can open to `to` in one version and not in the other
  std::string from, to;
  space::ServiceSet services;
  std::string source, destination;  // addresses of one such packet
  space::Service example;
  std::optional<reach::RuleSite> passes;  // the rule that lets it pass in the version in which it does
  std::optional<reach::RuleSite> shuts;   // the rule that drops it in the other
  bool assumed = false;                   // it passes only as the worst case of an unstated key
  bool whileSwitched = false;  // it passes only while some condition of the model is not at its default
  bool placeIsNew = false;     // `from` or `to` is not in the other version at all
};

struct EgressChange {  // a cell of the egress table; none where the version has no such place
  std::string place;
  bool isZone = false;
  std::string protocol;
  std::optional<channel::EgressCell> before, after;
};

enum class ClaimStep { worse, better, added, removed, rewritten };

struct ClaimChange {
  std::string id;
  std::optional<channel::ClaimResult> before, after;
  ClaimStep step = ClaimStep::rewritten;
  bool rewritten = false;  // the claim itself says something else than before
  // Kept before and not any more, or in any other way a worse verdict; or new and not kept.
  bool isWorse() const;
};

struct ModelDiff {
  std::string oldFile, newFile, name;
  std::vector<ReachChange> gained, lost;  // by names
  std::vector<EgressChange> opened, shut, removed;
  std::vector<ClaimChange> claims;  // in the order of the new model, then what was removed
  std::size_t unchangedClaims = 0;

  bool empty() const;
  bool gotWorse() const;
};

ModelDiff diffModels(const Judged& before, const Judged& after);

// "1 claim got worse, ...": one sentence, no full stop.
std::string summaryOf(const ModelDiff& diff);
std::string diffMarkdown(const ModelDiff& diff);
std::string diffJson(const ModelDiff& diff);

// How open a cell is; cells of the same kind have not changed.
const char* toString(channel::EgressCell::Kind kind);

}  // namespace vauban::report
