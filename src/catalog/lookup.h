// What somebody means by an id, a name, or a framework and an id.
//
// A Subject is one thing of the catalogue that can be explained. Its id is as its framework writes it and
// means something only with that framework (docs/semantics.md, 10); of what has no id it is the name in the
// ontology. Values; no thread concerns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue.h"

namespace vauban::catalog {

enum class SubjectKind : std::uint8_t {
  attackTechnique,
  attackTactic,
  mitigation,
  group,
  campaign,
  software,
  defensiveTechnique,
  defensiveTactic,
  artifact,  // of D3FEND, or of this project's extension
  weakness,
  event,
  ontologyClass,  // any other class
  control,        // of any framework that prescribes: control, safeguard, subcategory, clause
  controlGroup,   // what controls stand under: a family, a function, a clause
  capability,     // of a product or a scheme of the Mappings Explorer
  analytic,       // of CAR
  role,
  protocol,  // a service of the flow matrix, with its traffic artifact
};
std::string_view word(SubjectKind kind);  // "attack-technique"

struct Subject {
  SubjectKind kind{};
  Framework framework{};
  std::string id;         // "T1048.003", "AC-4(8)", "DNSNetworkTraffic"; of a protocol its service, "ntp"
  std::string name;       // "" where it has none, or may not be shipped
  std::string className;  // its class in the ontology, or in its extension; "" where there is none
  std::string because;    // why it is answered though it is not what was asked; no full stop; mostly ""
  bool operator==(const Subject&) const = default;
};

// Words that mean this subject and no other: "cis:9.2", "attack-ics:T0803", "service:ntp".
std::string sayExactly(const Subject& subject);

// Everything that `words` may mean, in the order of Framework, kind and id, each once: an id; a framework and
// an id ("CIS 9.2", "attack-ics:T0803", "AC-4 (8)"); the name of a class of the ontology; a label, name or
// short name, letter case and hyphens aside; a service of the flow matrix; and where nothing has that name,
// synonyms.
//
// An id that the catalogue's ATT&CK has retired brings what took its place as well, and an id that only a
// newer ATT&CK has is answered with the one it had here: `because` says so. Nothing found is one Diagnostic,
// with the nearest name.
Result<std::vector<Subject>> lookUp(const Catalogue& catalogue, std::string_view words);

// The analytics of CAR that a crosswalk rests on, where it says so.
std::vector<std::string_view> analyticsOf(const Crosswalk& crosswalk);

}  // namespace vauban::catalog
