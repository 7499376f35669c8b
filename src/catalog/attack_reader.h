// ATT&CK out of the STIX bundles it is published as (enterprise, ICS, mobile; STIX 2.0 of mitre/cti and 2.1
// of mitre-attack/attack-stix-data; any version of ATT&CK that has ids of the form T1048).
//
// What it makes of them:
// - techniques (attack-pattern), mitigations (course-of-action), groups (intrusion-set), campaigns, software
// (malware,
//   tool) and tactics (x-mitre-tactic), live or not, by the first external reference whose source is ATT&CK.
//   The id of a live object counts for that object; of two that are not live, for the one whose successor is
//   known, else for the first;
// - live relationships `uses` and `mitigates` between live objects, `revoked-by` between any; other
// relationships
//   and other types are read, held against the rules below, and left out;
// - the domain: what x_mitre_domains, or else the kill chains, of all techniques, tactics, matrices and the
// collection
//   have in common.
// What it refuses, each with its place: what is no JSON, no bundle, of no known domain or of several; an
// object without type, id, name or ATT&CK id; one STIX id twice; one ATT&CK id for two live objects of a
// kind; fields of the wrong type; and each relationship one of whose ends is not in the bundle. Nothing of a
// refused bundle is returned.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/attack.h"

namespace vauban::catalog {

struct AttackLimits {
  std::size_t bytes = 512U << 20U;
  std::size_t objects = 2'000'000;
  std::size_t depth = 64;  // of the JSON
  std::size_t diagnostics = 100;
};

// `stix` is the bundle, UTF-8; `file` names it in diagnostics.
Result<Attack> readAttack(std::string_view stix, const std::string& file, const AttackLimits& limits = {});

}  // namespace vauban::catalog
