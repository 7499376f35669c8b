// Why the official inference answers an attack technique with nothing, or finds nothing that a countermeasure
// answers.
//
// A gap is a statement about the catalogue and not about the world: "no countermeasure acts on what it
// touches" says that the ontology joins the two by no artifact. Gaps agree with the inference: a technique
// has no gap in a view iff infer() gives an official row for it there (a test holds it on all techniques);
// what the extension adds (extension.h) fills none.
//
// Gaps borrows the hierarchy, which must outlive it. Immutable after construction, O(classes + relations) to
// make; reading it from several threads is fine.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "catalog/hierarchy.h"
#include "catalog/inference.h"

namespace vauban::catalog {

enum class GapReason : std::uint8_t {
  none,           // there is a row: no gap
  notInOntology,  // of an attack technique: no class bears its id, nor an id it has or had in another version
  notATechnique,  // the class is neither an attack technique with an id nor a countermeasure with one
  noTactic,       // of a countermeasure: neither it nor a class above it enables a tactic
  noArtifact,     // nothing relates it to a digital artifact by a property under may-be-associated-with
  unanswered,     // of an attack technique: no countermeasure acts on what it touches, or on anything above
  untouched,      // of a countermeasure: no attack technique touches what it acts on, or anything below
};
std::string_view word(GapReason reason);  // "no-artifact"
std::string_view inWords(
    GapReason reason);  // "relates to no digital artifact": fits after "it" or "because it"
std::optional<GapReason> gapReasonOfWord(std::string_view word);

struct Gap {
  GapReason reason = GapReason::none;
  // What it touches or acts on in the view, ascending, each once: the artifacts that lead nowhere. Empty
  // where the reason is another.
  std::vector<ClassId> artifacts;
  // Of an attack technique: the narrowest view wider than the one asked for in which it is answered.
  std::optional<View> widerView;
  // Of a countermeasure: it would have rows if it took over what its ancestors act on (Rule::bothInherit).
  bool byInheritance = false;

  explicit operator bool() const { return reason != GapReason::none; }
  bool operator==(const Gap&) const = default;
};

class Gaps {
 public:
  explicit Gaps(const Hierarchy& hierarchy);

  // `technique`: an attack technique or a countermeasure. `view` matters to attack techniques alone.
  Gap of(ClassId technique, View view = View::page) const;

 private:
  Gap ofOffensive(ClassId technique, View view) const;
  Gap ofDefensive(ClassId technique) const;
  std::vector<ClassId> holders(ClassId technique, View view) const;
  std::vector<ClassId> artifactsOf(const std::vector<ClassId>& parties) const;

  const Hierarchy* hierarchy_;
  std::optional<PropertyId> sendsOver_;  // of the extension: no official row rests on it
  std::vector<bool> isArtifact_;
  std::vector<bool> answered_;  // by artifact: some countermeasure acts on it or on an artifact above it
  std::vector<bool> touched_;   // by artifact: some attack technique touches it or an artifact below it
};

// For one question; whoever has many keeps a Gaps.
inline Gap gapOf(const Hierarchy& hierarchy, ClassId technique, View view = View::page) {
  return Gaps(hierarchy).of(technique, view);
}

}  // namespace vauban::catalog
