// All that the catalogue knows about one thing, and how it knows it: names, neighbours, and for each relation
// the way it was come by, the rule, whether it rests on a mere possibility, and its grade of evidence.
//
// A relation of grade E0 or E1 says that something applies, never how well: `effect` is then "applicable" or
// "breadth only" (docs/semantics.md, 9). What one would expect and is not there is a group without links and
// with the reason for it.
//
// Links are in a fixed order: the same catalogue and options, the same explanation. Values; no thread
// concerns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue.h"
#include "catalog/inference.h"
#include "catalog/lookup.h"

namespace vauban::catalog {

// One statement, read from left to right: `T1048.003 produces OutboundInternetNetworkTraffic`.
struct Step {
  std::string from, relation, to;
  bool ours = false;  // said by this project's extension, not by the ontology
  bool operator==(const Step&) const = default;
};

// A chain of statements from the subject to the other end of a link. A step may be read against the chain.
struct Path {
  std::string start;  // the subject, as the first step writes it
  std::vector<Step> steps;
  std::optional<Rule> rule;    // of the inference; none for what is stated by a source
  std::optional<Match> match;  // likewise
  bool restsOnMay = false;
  bool operator==(const Path&) const = default;
};

// "T1048.003 -produces-> OutboundInternetNetworkTraffic -below-> NetworkTraffic <-analyzes- D3-NTA"; without
// the two ends where `inner`.
std::string pathText(const Path& path, bool inner = false);

struct CapabilityScore {            // E2
  std::string category;             // protect, detect, respond
  std::vector<std::string> values;  // minimal, partial, significant; more than one: the source disagrees
  std::uint32_t rows = 0;
  bool operator==(const CapabilityScore&) const = default;
};

struct Trial {  // E3
  std::vector<std::string> rounds;
  std::uint32_t products = 0, productRounds = 0, substeps = 0, detections = 0;
  double p10 = 0, p90 = 0;  // detection rate over product rounds
  bool operator==(const Trial&) const = default;
};

inline constexpr std::string_view kInTwoSteps = "in two steps";  // a Link's relation; its paths say which

struct Link {
  std::string relation;                // "mitigates", "may-detect", "narrower"
  bool inverse = false;                // read from the other end to the subject
  std::optional<Framework> framework;  // of the other end; none where it is not a thing of a framework
  std::string id, name;
  std::string standing;  // "deprecated", "withdrawn", "not in D3FEND 1.2.0"; "" where there is nothing to say
  std::string detail;    // what else there is to say: tactic, reference, profiles
  std::optional<Grade> grade;
  std::string effect;  // "applicable", "breadth only"; "" where the relation says nothing about effect
  // Best first, and at least that one where the way is more than the relation itself; all where asked for.
  std::vector<Path> paths;
  std::size_t furtherPaths = 0;  // how many are not in `paths`
  bool restsOnMay = false;       // every way to it rests on a possibility, those not in `paths` too
  std::vector<CapabilityScore> scores;
  std::optional<Trial> trial;
  std::optional<std::uint32_t> count;  // of what the relation counts: rules, tests
  bool ours = false;                   // rests on this project's extension
  std::string source;                  // id of a row of Catalogue::sources; "" where none is named

  bool operator==(const Link&) const = default;
};

struct LinkGroup {
  std::string key;    // stable: "countermeasures", "mitigations"
  std::string title;  // for people
  std::string note;   // how to read it; ""
  std::vector<Link> links;
  std::string gap;  // why there are none; "" where there are

  bool operator==(const LinkGroup&) const = default;
};

struct ExplainedLine {
  std::string key;  // "tactics", "synonyms", "standing"
  std::vector<std::string> values;
  bool operator==(const ExplainedLine&) const = default;
};

struct Explanation {
  Subject subject;
  std::string version, released;  // of the framework, as its source has it; "" where it does not say
  std::vector<ExplainedLine> lines;
  std::vector<LinkGroup> groups;
  bool operator==(const Explanation&) const = default;
};

struct ExplainOptions {
  View view = View::page;
  std::vector<Rule> beyond;  // rules besides the official one; the protocol extension is always there, apart
  bool allPaths = false;
};

// What was asked, and all that it may mean. Either explanations, or, of a bare number with several meanings,
// the choices.
struct Answer {
  std::string asked;
  ExplainOptions options;
  std::vector<Explanation> explanations;
  std::vector<Subject> choices;
  std::vector<Source> sources;  // those that the explanations name, sorted by id
};

Result<Answer> answer(const Catalogue& catalogue, std::string_view words, const ExplainOptions& options = {});

// `subject` as lookUp gave it for this catalogue.
Explanation explain(const Catalogue& catalogue, const Subject& subject, const ExplainOptions& options = {});

}  // namespace vauban::catalog
