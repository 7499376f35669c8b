// What a catalogue is made of, in figures: how its techniques spread over the tactics, what they rest on, how
// much of its inference is more than a possibility, what it leaves out, who would do it, and how much of what
// attackers are seen to do it speaks of.
//
// Everything is counted and nothing estimated; a share is for whoever prints it. All figures are of one
// catalogue; compare() (audit_diff.h) sets two side by side. Words used throughout:
// - a countermeasure is a defensive technique with an id of its own; the root of all techniques is none;
// - a pair is one countermeasure and one attack technique that at least one row joins;
// - use of an attack technique is the number of groups and of campaigns that ATT&CK joins to its very id:
// what was published about them, not how often it happens;
// - a technique of several tactics counts in each of them, and once in totals.
//
// Invariants: lists are sorted by their first members in natural order, ids are of the frameworks they name.
// A value that borrows nothing; reading it from several threads is fine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalogue.h"
#include "catalog/gap.h"
#include "catalog/id_history.h"
#include "catalog/inference.h"

namespace vauban::catalog {

using Count = std::uint32_t;

// The release beside which MITRE's own figures are printed.
inline constexpr std::string_view kPublishedVersion = "1.3.0", kPublishedDate = "2025-12";

struct AuditedVersion {
  Framework framework{};
  std::string version;   // "" where nothing says it
  std::string released;  // ISO 8601; ""
  bool operator==(const AuditedVersion&) const = default;
};

// --- techniques and provenance ---------------------------------------------------------------------------

struct TacticFigures {
  std::string tactic;    // name of its class; "" in the line of totals and for techniques without one
  Count techniques = 0;  // countermeasures
  std::optional<Count> published;  // in v1.3.0, as MITRE gave it in December 2025
  // Of the techniques: how many cite a patent, cite patents only, cite only other things, cite nothing.
  Count onPatent = 0, onlyPatents = 0, noPatent = 0, noReference = 0;
  Count citations = 0, patentCitations = 0;  // pairs of a technique and a reference
  Count withArtifact = 0;                    // relate to some digital artifact
  bool operator==(const TacticFigures&) const = default;
};

struct ReferenceFigures {
  std::string type;                      // "PatentReference"; "" where none is said
  Count references = 0;                  // in the catalogue
  Count cited = 0;                       // by some countermeasure
  Count citations = 0;                   // pairs of a countermeasure and a reference of the type
  Count techniques = 0;                  // countermeasures that cite one
  std::vector<Count> citationsByTactic;  // in the order of Audit::tactics
  Count dated = 0;                       // references with a year
  int firstYear = 0, lastYear = 0;       // of these; 0 where there are none
  bool operator==(const ReferenceFigures&) const = default;
};

struct Citation {
  std::string technique, reference, type;  // id, names; "" where no type is said
  int year = 0;                            // 0: unknown
  bool operator==(const Citation&) const = default;
};

// --- the inference ---------------------------------------------------------------------------------------

struct RowCounts {
  Count rows = 0, pairs = 0;
  Count mayRows = 0;   // rest on an asserted relation that is only a possibility
  Count mayPairs = 0;  // all rows of the pair do
  Count exactRows = 0, narrowerRows = 0, genericRows = 0;
  Count exactPairs = 0, narrowerPairs = 0, genericPairs = 0;  // by the best match among the pair's rows
  Count firmPairs = 0;  // some row of the pair matches exactly and rests on no possibility
  Count countermeasures = 0, attackTechniques = 0;  // that occur in a row
  bool operator==(const RowCounts&) const = default;
};

struct ArtifactFigures {  // an artifact that a countermeasure of some row acts on
  std::string artifact;
  Count below = 0;         // artifacts at or below it
  Count touchedKinds = 0;  // of them, how many an attack technique touches
  bool generic = false;
  Count rows = 0, pairs = 0;
  Count onlyPairs = 0;  // pairs that rest on this artifact alone
  bool operator==(const ArtifactFigures&) const = default;
};

struct ViewFigures {
  View view = View::direct;
  RowCounts all;
  std::vector<std::pair<std::string, RowCounts>> byTactic;  // tactics that have rows
  std::vector<ArtifactFigures> artifacts;                   // by pairs, most first; then by name
  bool operator==(const ViewFigures&) const = default;
};

// --- one by one ------------------------------------------------------------------------------------------

struct Answers {  // of one party in one view
  View view = View::direct;
  Count any = 0;                      // parties of the other side that a row joins it to
  Count exact = 0;                    // of them, by an exact match
  GapReason gap = GapReason::none;    // why there is none
  std::vector<std::string> deadEnds;  // then: the artifacts it acts on or touches, by name
  bool operator==(const Answers&) const = default;
};

struct CountermeasureFigures {
  std::string id, className, name;  // "D3-BDI", "BroadcastDomainIsolation", its label
  std::vector<std::string> tactics;
  Count references = 0, patents = 0;
  std::vector<std::string> artifacts;  // it acts on, by name
  std::vector<Answers> answers;        // one a view: attack techniques
  bool byInheritance = false;          // none, and some if it took over what its ancestors act on
  std::vector<std::string> bridges;    // kinds of experts' mappings that it has: BridgeFigures::kind
  bool operator==(const CountermeasureFigures&) const = default;
};

struct AttackFigures {  // a live technique of ATT&CK as the catalogue has it
  std::string id, name;
  std::vector<std::string> tactics;
  Count groups = 0, campaigns = 0;
  IdJoin ontology;               // the ids under which the ontology has it
  std::vector<Answers> answers;  // one a view: countermeasures
  std::optional<Grade> grade;    // the highest that is known about answers to it; E0 for inferred rows only
  Count use() const { return groups + campaigns; }
  bool operator==(const AttackFigures&) const = default;
};

struct OntologyAttackFigures {  // an attack technique as the ontology has it
  std::string id, name;
  std::vector<std::string> tactics;
  bool deprecated = false;
  std::vector<Answers> answers;
  bool operator==(const OntologyAttackFigures&) const = default;
};

// --- gaps and coverage -----------------------------------------------------------------------------------

struct Weight {  // how many, and their use
  Count techniques = 0;
  Count observed = 0;  // with any use
  std::uint64_t groups = 0, campaigns = 0;
  std::uint64_t use() const { return groups + campaigns; }
  bool operator==(const Weight&) const = default;
};

struct Coverage {  // in one view
  View view = View::direct;
  Weight any, exact;                               // answered at all; by an exact match
  std::vector<std::pair<GapReason, Weight>> gaps;  // the rest, by reason; those that occur
  bool operator==(const Coverage&) const = default;
};

struct DomainFigures {
  AuditedVersion version;
  Weight all;
  Weight sameId, otherId, notJoined;  // how it is joined to the ontology
  std::vector<Coverage> coverage;     // one a view
  struct Tactic {
    std::string tactic;
    Weight all;
    std::vector<Coverage> coverage;
    bool operator==(const Tactic&) const = default;
  };
  std::vector<Tactic> byTactic;
  std::vector<AttackFigures> techniques;
  // Live techniques with an expert's mapping (mitigations; controls by framework), an expert's score, a
  // trial's rate, public rules (by collection), a public rule of any kind (tests are none), and both a rule
  // and a test.
  Count mitigations = 0, scores = 0, trials = 0, rules = 0, rulesAndTests = 0;
  std::vector<std::pair<Framework, Count>> controls;
  std::vector<std::pair<std::string, Count>> collections;
  std::vector<std::pair<std::string, Count>> byGrade;  // highest grade: "E0".."E5", "none"
  bool operator==(const DomainFigures&) const = default;
};

// --- what is beside it -----------------------------------------------------------------------------------

struct ProtocolFigures {
  std::string service, artifact, parent, reference;
  bool inOntology = false;
  std::vector<std::string> particular;  // countermeasures that act on its traffic or a kind of it
  std::vector<std::string> general;     // that act only on traffic above it
  Count attackTechniques = 0;           // that touch its traffic or a kind of it, officially
  Count uses = 0, countermeasures = 0;  // what this project's extension adds
  bool operator==(const ProtocolFigures&) const = default;
};

struct OwnerFigures {
  std::string tactic;
  Count techniques = 0;
  std::vector<std::pair<std::string, std::string>> responsible, consulted;  // NICE id, name
  std::pair<std::string, std::string> accountable;
  bool withinSoc = false;
  std::string basis;
  bool operator==(const OwnerFigures&) const = default;
};

struct BridgeFigures {  // experts' mappings of countermeasures to another framework
  std::string kind;     // the framework's word; of ATT&CK "mitigations" or "attack techniques"
  Count pairs = 0;
  Count techniques = 0;  // countermeasures of this ontology that have one
  Count together = 0;    // that have one of this kind or of a kind before it
  Count unknown = 0;     // pairs whose countermeasure this ontology does not have
  bool operator==(const BridgeFigures&) const = default;
};

struct FrameworkFigures {  // a framework that prescribes
  AuditedVersion version;
  Count controls = 0, withdrawn = 0;
  std::vector<std::pair<std::string, Count>> profiles;  // baselines, groups
  bool operator==(const FrameworkFigures&) const = default;
};

struct Audit {
  std::vector<AuditedVersion> versions;      // the ontology, then ATT&CK's domains
  std::vector<TacticFigures> tactics;        // in the order in which D3FEND names them, others after
  TacticFigures all;                         // each countermeasure once
  std::vector<ReferenceFigures> references;  // most citations first
  std::vector<Citation> citations;           // of countermeasures
  std::vector<ViewFigures> views;
  std::vector<CountermeasureFigures> countermeasures;
  std::vector<OntologyAttackFigures> ontologyTechniques;
  std::vector<DomainFigures> domains;
  std::vector<ProtocolFigures> protocols;
  std::vector<OwnerFigures> owners;
  Count withinSoc = 0;  // countermeasures of some tactic that is within a security operations centre's scope
  std::vector<BridgeFigures> bridges;  // controls of 800-53, mitigations, attack techniques, then others
  Count bridged = 0;                   // countermeasures with any expert's mapping
  // Relations between two countermeasures (dependencies, order, composition), by property.
  std::vector<std::pair<std::string, Count>> amongCountermeasures;
  std::vector<FrameworkFigures> frameworks;  // in the order of Framework
  // Facts whose ATT&CK id is live in no domain, nor any id of its history: by table.
  std::vector<std::pair<std::string, Count>> notJoined;

  bool operator==(const Audit&) const = default;
};

struct AuditOptions {
  std::vector<View> views = {View::direct, View::page};
};

Audit audit(const Catalogue& catalogue, const AuditOptions& options = {});

}  // namespace vauban::catalog
