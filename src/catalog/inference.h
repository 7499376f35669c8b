// Which countermeasure answers which attack technique, inferred through the artifacts that both touch.
//
// The official inference (docs/semantics.md, 10; reproduced on MITRE's published tables): a row (d, p, A, A',
// p', o) holds iff d has p some A, o has p' some A', A' is A or stands below it, A is a digital artifact, p
// and p' stand under may-be-associated-with, and o has an attack-id. Never the other direction of
// subsumption. Views say which relations count as those of o. Everything beyond is a rule of its own, off
// unless asked for, and each row names the rule it rests on.
//
// Cost: linear in the rows made. Values; no thread concerns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalogue.h"
#include "catalog/hierarchy.h"

namespace vauban::catalog {

enum class View : std::uint8_t {
  direct,  // what is asserted on o itself
  parent,  // and on its ancestors that have an attack-id
  page,    // and on its descendants: what a technique's page of the catalogue shows
};
std::string_view word(View view);
std::optional<View> viewOfWord(std::string_view word);

enum class Rule : std::uint8_t {
  official,         // as above
  bothInherit,      // d has also what its ancestors have
  partialCoverage,  // A stands strictly below A': d acts on a part of what o touches
  wholeToPart,      // d acts on A, A contains B, A' is B or stands below it
  protocol,         // as official, but d's relation or o's is one of the catalogue's extension (extension.h)
};
std::string_view word(Rule rule);
std::optional<Rule> ruleOfWord(std::string_view word);

// How far the artifact that d acts on is from the one that o touches.
enum class Match : std::uint8_t {
  exact,     // the same artifact
  narrower,  // A' stands below A, and A is a particular kind of thing
  generic,  // A is so wide that it says little (File, NetworkTraffic, ...), even where A' is A: see isGeneric
};
std::string_view word(Match match);

struct Row {
  ClassId tactic, defensive;
  PropertyId defensiveProperty;
  ClassId defensiveArtifact, offensiveArtifact;
  PropertyId offensiveProperty;
  ClassId offensive;
  Rule rule = Rule::official;
  ClassId defensiveHolder;  // who asserts it: `defensive` itself, or the ancestor it is inherited from
  ClassId offensiveHolder;  // likewise: `offensive`, an ancestor or a descendant
  ClassId through;          // of wholeToPart: the part; otherwise not valid

  auto operator<=>(const Row&) const = default;
};

struct InferenceOptions {
  View view = View::direct;
  std::vector<Rule> beyond;  // rules besides the official one
  std::string attackId;      // only rows of this technique; "" for all
};

// Rows in the order of their text: tactic, id and name of d, property, artifact, artifact, property, id of o;
// then by rule. Official rows are each once whichever holder they come from; so are those of each other rule,
// which do not repeat a row that a rule before them gave.
std::vector<Row> infer(const Hierarchy& hierarchy, const InferenceOptions& options = {});

Match matchOf(const Hierarchy& hierarchy, const Row& row);
// How many different artifacts, this one and those below it, some attack technique relates to: what acting on
// the artifact lumps together. The extension's relations do not count.
std::size_t touchedKinds(const Hierarchy& hierarchy, ClassId artifact);
// It lumps together at least 12: File and NetworkTraffic do, ExecutableFile (9) and DNSNetworkTraffic do not.
// The bound is this project's; docs/decisions/0022.
bool isGeneric(const Hierarchy& hierarchy, ClassId artifact);
// d's or o's relation is only a possibility ("may-...").
bool restsOnMay(const Hierarchy& hierarchy, const Row& row);
// "may-harden", "may-detect", ...: what d may do to o, by its tactic.
std::string relationOfTactic(std::string_view tactic);

}  // namespace vauban::catalog
