#include "catalog/gap.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catalog/extension.h"

namespace vauban::catalog {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kReasons = {{
    {"none", "is answered"},
    {"not-in-ontology", "is not in the ontology"},
    {"not-a-technique", "is no technique with an id"},
    {"no-tactic", "enables no tactic"},
    {"no-artifact", "relates to no digital artifact"},
    {"unanswered", "touches no artifact that a countermeasure acts on"},
    {"untouched", "acts on no artifact that an attack technique touches"},
}};

bool isTechnique(const OntologyClass& it, ClassKind kind) { return it.kind == kind && !it.id.empty(); }

}  // namespace

std::string_view word(GapReason reason) { return kReasons[static_cast<std::size_t>(reason)].first; }
std::string_view inWords(GapReason reason) { return kReasons[static_cast<std::size_t>(reason)].second; }

std::optional<GapReason> gapReasonOfWord(std::string_view word) {
  const auto found = std::ranges::find(kReasons, word, &std::pair<std::string_view, std::string_view>::first);
  if (found == kReasons.end()) return std::nullopt;
  return static_cast<GapReason>(found - kReasons.begin());
}

Gaps::Gaps(const Hierarchy& hierarchy)
    : hierarchy_(&hierarchy), sendsOver_(hierarchy.ontology().findProperty(kSendsOver)) {
  const Ontology& ontology = hierarchy.ontology();
  const std::size_t count = ontology.classes.size();
  isArtifact_.assign(count, false);
  if (const auto root = ontology.find("DigitalArtifact")) {
    for (const ClassId artifact : hierarchy.below(*root)) isArtifact_[artifact.index()] = true;
  }
  answered_.assign(count, false);
  touched_.assign(count, false);
  std::vector<ClassId> acted, touches;  // grow to the closures
  for (std::size_t i = 0; i < count; ++i) {
    const OntologyClass& it = ontology.classes[i];
    if (it.id.empty()) continue;
    const bool defends = it.kind == ClassKind::defensive && !hierarchy.tactics(ClassId(i)).empty();
    if (!defends && it.kind != ClassKind::offensive) continue;
    auto& marked = defends ? answered_ : touched_;
    for (const ClassId artifact : artifactsOf({ClassId(i)})) {
      if (marked[artifact.index()]) continue;
      marked[artifact.index()] = true;
      (defends ? acted : touches).push_back(artifact);
    }
  }
  for (std::size_t at = 0; at < acted.size(); ++at) {
    for (const ClassId below : hierarchy.children(acted[at])) {
      if (answered_[below.index()]) continue;
      answered_[below.index()] = true;
      acted.push_back(below);
    }
  }
  for (std::size_t at = 0; at < touches.size(); ++at) {
    for (const ClassId above : hierarchy.parents(touches[at])) {
      if (touched_[above.index()] || !isArtifact_[above.index()]) continue;
      touched_[above.index()] = true;
      touches.push_back(above);
    }
  }
}

std::vector<ClassId> Gaps::artifactsOf(const std::vector<ClassId>& parties) const {
  const auto& extension = hierarchy_->ontology().extension;
  std::vector<ClassId> found;
  for (const ClassId party : parties) {
    for (const Relation& relation : hierarchy_->relationsOf(party)) {
      if (!hierarchy_->associates(relation.property) || !isArtifact_[relation.object.index()]) continue;
      if (relation.property == sendsOver_ || std::ranges::binary_search(extension, relation)) continue;
      found.push_back(relation.object);
    }
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

std::vector<ClassId> Gaps::holders(ClassId technique, View view) const {
  std::vector<ClassId> found{technique};
  const auto add = [&](const std::vector<ClassId>& more) {
    for (const ClassId other : more) {
      if (other != technique && isTechnique(hierarchy_->ontology()[other], ClassKind::offensive))
        found.push_back(other);
    }
  };
  if (view != View::direct) add(hierarchy_->above(technique));
  if (view == View::page) add(hierarchy_->below(technique));
  return found;
}

Gap Gaps::ofOffensive(ClassId technique, View view) const {
  Gap gap;
  gap.artifacts = artifactsOf(holders(technique, view));
  if (std::ranges::any_of(gap.artifacts, [&](ClassId artifact) { return answered_[artifact.index()]; }))
    return {};
  gap.reason = gap.artifacts.empty() ? GapReason::noArtifact : GapReason::unanswered;
  for (const View wider : {View::parent, View::page}) {
    if (wider <= view || gap.widerView) continue;
    const auto touched = artifactsOf(holders(technique, wider));
    if (std::ranges::any_of(touched, [&](ClassId artifact) { return answered_[artifact.index()]; }))
      gap.widerView = wider;
  }
  return gap;
}

Gap Gaps::ofDefensive(ClassId technique) const {
  Gap gap;
  if (hierarchy_->tactics(technique).empty()) {
    gap.reason = GapReason::noTactic;
    return gap;
  }
  gap.artifacts = artifactsOf({technique});
  const auto isTouched = [&](ClassId artifact) { return touched_[artifact.index()]; };
  if (std::ranges::any_of(gap.artifacts, isTouched)) return {};
  gap.reason = gap.artifacts.empty() ? GapReason::noArtifact : GapReason::untouched;
  for (const ClassId above : hierarchy_->above(technique)) {
    if (!isTechnique(hierarchy_->ontology()[above], ClassKind::defensive)) continue;
    if (std::ranges::any_of(artifactsOf({above}), isTouched)) gap.byInheritance = true;
  }
  return gap;
}

Gap Gaps::of(ClassId technique, View view) const {
  const OntologyClass& it = hierarchy_->ontology()[technique];
  if (isTechnique(it, ClassKind::offensive)) return ofOffensive(technique, view);
  if (isTechnique(it, ClassKind::defensive)) return ofDefensive(technique);
  Gap gap;
  gap.reason = GapReason::notATechnique;
  return gap;
}

}  // namespace vauban::catalog
