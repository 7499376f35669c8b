// Everything Vauban knows about defence and attack, as typed tables: the ontology, ATT&CK, the control
// frameworks, what relates them, what was measured, who does it.
//
// Invariants: each table is sorted by its first columns in natural order and has no row twice; `source` names
// a row of `sources`. A value; reading it from several threads is fine. Where it comes from: pack.h (what
// ships, what was imported) and the readers of official files (*_reader.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/attack.h"
#include "catalog/framework.h"
#include "catalog/ontology.h"

namespace vauban::catalog {

// A control, safeguard, subcategory or clause of a framework that prescribes.
struct Control {
  Framework framework{};
  std::string id;     // "AC-4(8)", "9.2", "PR.DS-02", "A.8.20"
  std::string title;  // only where its licence lets it ship: 800-53
  std::string group;  // family, control, function or clause it stands under: "AC", "9", "PR", "A.8"
  std::vector<std::string>
      profiles;  // baselines and groups that hold it: low moderate high privacy; ig1 ig2 ig3
  std::vector<std::string> attributes;  // of CIS: asset type and function; of ISO: kind
  bool withdrawn = false;
  std::string source;
  bool operator==(const Control&) const = default;
};

// Two ids of two frameworks that somebody has joined. Grade E1 unless the source says more.
struct Crosswalk {
  Framework fromFramework{};
  std::string from;
  std::string relation;  // the source's word: mitigates, subset-of, intersect, narrower, related, covers, ...
  Framework toFramework{};
  std::string to;
  std::string
      detail;  // what the pair rests on: analytics' ids; "defaulted" where the relation was filled in; ""
  std::string source;
  bool operator==(const Crosswalk&) const = default;
};

// An expert's ordinal score of what a capability does against a technique. Grade E2.
struct Score {
  std::string technique;   // ATT&CK enterprise
  std::string capability;  // "amazon_guardduty"
  std::string category;    // protect, detect, respond
  std::string value;       // minimal, partial, significant
  std::uint32_t rows = 1;  // rows of the source that say so
  std::string source;
  bool operator==(const Score&) const = default;
};

// Detection rates of a third party's trials over products. Grade E3, an upper bound from a lab.
struct TrialRate {
  std::string technique;
  std::vector<std::string> rounds;
  std::uint32_t products = 0, productRounds = 0, substeps = 0, detections = 0;
  double p10 = 0, p90 = 0;  // over product rounds
  std::string source;
  bool operator==(const TrialRate&) const = default;
};

// How many public detection rules or tests name a technique: breadth, no measure of effect.
struct RuleCount {
  std::string technique;
  std::string collection;  // sigma, elastic, splunk, car, atomic
  std::uint32_t rules = 0;
  std::string source;
  bool operator==(const RuleCount&) const = default;
};

struct WorkRole {
  std::string id;  // NICE: "PD-WRL-001"
  std::string name;
  std::string category, categoryName;
  std::string source;
  bool operator==(const WorkRole&) const = default;
};

// Who does what a D3FEND tactic asks for. A judgement of this project, and marked so.
struct TacticOwner {
  std::string tactic;                    // "Harden"
  std::vector<std::string> responsible;  // NICE ids
  std::vector<std::string> consulted;
  std::string accountable;
  std::vector<std::string> scope;  // "IO-WRL-005=platform"
  bool withinSoc = false;          // what a security operations centre has authority over
  std::string basis;               // "judgement"
  std::string source;
  bool operator==(const TacticOwner&) const = default;
};

// An artifact that D3FEND does not have: the traffic of a protocol that a flow matrix can name.
struct ProtocolArtifact {
  std::string service;    // built-in name of the service: "ntp"
  std::string artifact;   // "NTPNetworkTraffic"
  std::string parent;     // name of the D3FEND class it stands under
  bool ours = true;       // false where D3FEND has it already
  std::string reference;  // RFC or standard
  std::string source;
  bool operator==(const ProtocolArtifact&) const = default;
};

// A technique that can carry data over the protocol of a service; of this project's extension.
struct ProtocolUse {
  std::string service, technique;  // "ntp", "T1048.003"
  std::string source;
  bool operator==(const ProtocolUse&) const = default;
};

// A D3FEND technique that acts on the traffic of a service; of this project's extension.
struct ProtocolCountermeasure {
  std::string service, technique;  // "ntp", "D3-OTF"
  std::string property;            // of D3FEND: "filters"
  std::string reference;           // RFC, standard or guide that says so
  std::string source;
  bool operator==(const ProtocolCountermeasure&) const = default;
};

struct Catalogue {
  std::vector<Source> sources;
  Ontology ontology;
  std::vector<Attack> attack;  // one a domain, in the order of Framework
  std::vector<Revocation> revocations;
  std::vector<Control> controls;
  std::vector<Crosswalk> crosswalks;
  std::vector<Score> scores;
  std::vector<TrialRate> trialRates;
  std::vector<RuleCount> ruleCounts;
  std::vector<WorkRole> roles;
  std::vector<TacticOwner> owners;
  std::vector<ProtocolArtifact> protocols;
  std::vector<ProtocolUse> protocolUses;
  std::vector<ProtocolCountermeasure> protocolCountermeasures;

  const Attack* domain(Framework framework) const;
  const Source* source(std::string_view id) const;
  bool operator==(const Catalogue&) const = default;
};

}  // namespace vauban::catalog
