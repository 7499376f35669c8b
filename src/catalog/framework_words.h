// How people write frameworks and their ids, and what it comes to: "NIST SP 800-53 ac-4 (8)" is AC-4(8) of
// 800-53, "CIS v8 9.2" is safeguard 9.2.
//
// Pure functions; no thread concerns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/framework.h"

namespace vauban::catalog {

// Words that begin with a framework: which it may be ("attack" alone is any of three domains), and what
// follows.
struct FrameworkWords {
  std::vector<Framework> frameworks;
  std::string_view rest;  // into the words; trimmed, not empty
};
// The longest beginning that names a framework, followed by a colon, a blank or a hyphen; versions and
// publishers may stand in it ("ISO/IEC 27001:2022 A.8.20", "csf 2.0 PR.DS-02"). No frameworks where there is
// none.
FrameworkWords splitFramework(std::string_view words);

// Lower case (ASCII), blanks, hyphens and underscores as one blank each, none at the ends: names that differ
// in nothing else are the same to who types them.
std::string foldedName(std::string_view name);
// foldedName(name) == folded, without making it: a question is held against tens of thousands of names.
bool isFolded(std::string_view name, std::string_view folded);

// `id` as `framework` writes it where it is written otherwise: "ac-04 (8)" and "ac-4.8" are AC-4(8), "15" of
// CCI is CCI-000015, "8.20" of ISO stays (it may be a clause), "T1048/003" is T1048.003. Letter case becomes
// that of the framework. What is no such id comes back trimmed.
std::string idOfFramework(Framework framework, std::string_view id);

// Digits and dots alone: an id that means nothing without its framework.
bool isBareNumber(std::string_view words);

// For people: "ATT&CK Enterprise", "NIST SP 800-53".
std::string_view title(Framework framework);

// An id where ids of several frameworks stand side by side: "CIS 9.2" and "ISO A.8.20", whose ids alone are
// mere numbers; others as they are.
std::string shownId(Framework framework, std::string_view id);

}  // namespace vauban::catalog
