// ATT&CK as the catalogue holds it: one Attack a domain and version.
//
// Invariants: techniques, mitigations, groups, campaigns, software and tactics are sorted by id in natural
// order
// (`naturalLess`), each once; pairs are sorted, each once, and name ids of this domain. Only live objects are
// in `mitigates` and the `*Uses`: neither end revoked or deprecated. A value; reading it from several threads
// is fine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/framework.h"

namespace vauban::catalog {

enum class Standing : std::uint8_t { live, deprecated, revoked };
std::string_view word(Standing standing);
std::optional<Standing> standingOfWord(std::string_view word);

struct AttackTechnique {
  std::string id;  // "T1048.003"; sub-techniques carry their parent's id before the dot
  std::string name;
  std::vector<std::string> tactics;    // short names ("exfiltration"), sorted
  std::vector<std::string> platforms;  // as ATT&CK writes them, sorted
  Standing standing = Standing::live;
  std::string revokedBy;  // the id that took its place; "" where none is known
  // Live groups, campaigns and software that a live `uses` relationship joins to this very id: nothing is
  // rolled up from sub-techniques.
  std::uint32_t groups = 0, campaigns = 0, software = 0;

  bool operator==(const AttackTechnique&) const = default;
};

struct AttackObject {  // a mitigation, a group, a campaign, a software, a tactic
  std::string id;      // "M1037", "G0007", "C0001", "S0002", "TA0010"
  std::string name;
  std::string shortName;  // of a tactic: "exfiltration"; otherwise ""
  Standing standing = Standing::live;
  bool operator==(const AttackObject&) const = default;
};

using IdPair = std::pair<std::string, std::string>;

struct Attack {
  Framework domain = Framework::attackEnterprise;
  std::string version;   // x-mitre-collection's version, "18.1"; "" where the bundle has none
  std::string released;  // ISO 8601 date of the collection; ""
  std::vector<AttackTechnique> techniques;
  std::vector<AttackObject> tactics, mitigations, groups, campaigns, software;
  std::vector<IdPair> mitigates;     // (technique, mitigation)
  std::vector<IdPair> groupUses;     // (group, technique)
  std::vector<IdPair> campaignUses;  // (campaign, technique)

  const AttackTechnique* find(std::string_view id) const;
  bool operator==(const Attack&) const = default;
};

// What became of an id between two versions of ATT&CK.
struct Revocation {
  std::string oldId, newId;
  std::string kind;      // replaced, renamed, added, replacement
  std::string evidence;  // how it is known
  auto operator<=>(const Revocation&) const = default;
};

// Numbers inside ids compare as numbers: T1048.2 before T1048.10, AC-2 before AC-10, 9.2 before 10.1.
bool naturalLess(std::string_view a, std::string_view b);

}  // namespace vauban::catalog
