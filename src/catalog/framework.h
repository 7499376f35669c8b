// Where a fact of the catalogue comes from, and how far it may be trusted.
//
// An id from outside means nothing without the framework and the version it belongs to: T1562.001 is live in
// ATT&CK 18.1 and gone in 19.1, CA-7 is a control of 800-53 and nothing elsewhere. Values; no thread
// concerns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vauban::catalog {

enum class Framework : std::uint8_t {
  d3fend,            // techniques D3-X, artifacts and other classes by their name in the ontology
  attackEnterprise,  // T1048, M1037, G0007, C0001, TA0010
  attackIcs,
  attackMobile,
  nist80053,   // AC-4, AC-4(8)
  nistCsf,     // PR.DS-02
  cis,         // safeguards, 9.2
  iso27001,    // Annex A, A.8.20; main clauses, 9.2
  cci,         // CCI-000015
  nice,        // work roles, PD-WRL-001
  car,         // analytics of MITRE's Cyber Analytics Repository
  capability,  // what a vendor's product or another scheme of the Mappings Explorer offers:
               // aws/amazon_guardduty
  iec62443,    // SR 1.1; nothing is shipped, packs may bring it
  nist80082,   // the OT overlay; nothing is shipped, packs may bring it
};

// "d3fend", "attack-enterprise", "800-53", ...: the word in files and in answers.
std::string_view word(Framework framework);
std::optional<Framework> frameworkOfWord(std::string_view word);
bool isAttack(Framework framework);

// What a statement about effectiveness rests on (docs/semantics.md, 9).
enum class Grade : std::uint8_t {
  e0,  // inferred by the ontology only
  e1,  // an expert's mapping without a score
  e2,  // an expert's ordinal score
  e3,  // a third party's controlled trial
  e4,  // field outcomes
  e5,  // trials on this organisation's production
};
std::string_view word(Grade grade);  // "E0"
std::optional<Grade> gradeOfWord(std::string_view word);

// One origin of facts. Every table of a pack names its sources by id.
struct Source {
  std::string id;         // short, unique in a pack: "attack-18.1-enterprise", "ctid-aws"
  Framework framework{};  // what it speaks of first
  std::string version;    // of the framework: "18.1", "1.2.0", "r5"
  std::string date;       // ISO 8601, of the source's own release or commit; "" where unknown
  std::string origin;     // repository and path, or the name of the file that was imported
  std::string licence;    // as the source names it
  std::string notice;     // what must be said along with it; "" where nothing
  std::string sha256;     // of the file the facts were taken from; "" where they came in several steps

  bool operator==(const Source&) const = default;
};

}  // namespace vauban::catalog
