// The slow, obvious twin of catalog::infer, and of the reader and the hierarchy it stands on: names in sets,
// loops over all of them, nothing else. Written from docs/semantics.md, 10; it knows no part of src/catalog.
// For tests only.
//
// Where the text leaves something open, this is how it is read:
// - d is a class at or below DefensiveTechnique that has a d3fend-id, o one at or below OffensiveTechnique
// that has an
//   attack-id; ancestors and descendants lend their relations only if they have such an id themselves.
// - d's tactics are what d or anything above it enables, the two roots of the tactics aside. No tactic, no
// row.
// - What only the project's extension says (may-send-over, and `extension`) is for the rule `protocol`; a
// countermeasure
//   sends over nothing.
// - Each rule beyond the official one changes one condition of it; no two rules work together on one row.
// - `A contains B` holds where A, or an artifact that A stands below, is said to contain B: one step.
#pragma once

#include <array>
#include <compare>
#include <map>
#include <set>
#include <string>

namespace vauban::testing {

struct NaiveOntology {
  std::set<std::string> classes, properties;
  std::set<std::array<std::string, 2>> subClassOf, subPropertyOf;  // child, parent
  std::set<std::array<std::string, 3>> relations;                  // class, property, class
  std::set<std::array<std::string, 3>> extension;           // those of `relations` that D3FEND does not have
  std::map<std::string, std::string> d3fendIds, attackIds;  // class -> id
};

struct NaiveRow {
  std::string tactic, defensive, defensiveProperty, defensiveArtifact, offensiveArtifact, offensiveProperty,
      offensive;
  auto operator<=>(const NaiveRow&) const = default;
};

// Who asserts it on either side, and the part it goes through ("" where it goes through none).
struct NaiveWitness {
  std::string defensiveHolder, offensiveHolder, through;
  auto operator<=>(const NaiveWitness&) const = default;
};

using NaiveWitnesses = std::map<NaiveRow, std::set<NaiveWitness>>;

struct NaiveFinding {
  std::string rule;
  std::set<NaiveWitness> witnesses;
};

// View: direct, parent, page. Rule: official, both-inherit, partial-coverage, whole-to-part, protocol.
NaiveWitnesses naiveRows(const NaiveOntology& ontology, const std::string& view, const std::string& rule);

// The rows of the official rule and of the rules of `beyond`, each under the first of them that gives it.
std::map<NaiveRow, NaiveFinding> naiveInference(const std::map<std::string, NaiveWitnesses>& byRule,
                                                const std::set<std::string>& beyond);

}  // namespace vauban::testing
