// The Mappings Explorer's JSON (Center for Threat-Informed Defense): who says that what does something
// against which ATT&CK technique. One file is one set: 800-53, a vendor's product, another scheme (CRI, CCM,
// KEV, VERIS).
//
// - A row with a score (category and value) becomes a Score; rows that differ in nothing but what is left out
//   (comments, references, names) are one Score, counted.
// - Any other row becomes a Crosswalk from the capability to the technique, with the row's mapping type as
// the
//   relation; repeats are counted and left out. 800-53 ids are written as the framework does (CA-07 is CA-7);
//   all others are ids of Framework::capability, "set/id", as they stand.
// - Rows that say that there is nothing to map are counted and left out. A row that claims to be complete and
// lacks an
//   id is a warning, and so is one whose ATT&CK version is another than the file's.
// Descriptions, names and comments are never kept. Whatever else is not as it should be is an error with its
// place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue.h"

namespace vauban::catalog {

struct CtidOptions {
  std::string source;  // id of the source; "": "ctid-aws"
  std::size_t bytes = 256U << 20U;
  std::size_t rows = 1'000'000;
  std::size_t depth = 64;  // of the JSON
  std::size_t diagnostics = 100;
};

struct CtidReading {
  Source source;              // version is the set's; licence, notice and sha256 are not in the file
  std::string set;            // "aws", "nist_800_53": mapping_framework
  std::string attackVersion;  // "16.1"
  Framework domain = Framework::attackEnterprise;
  std::vector<Crosswalk> crosswalks;  // sorted by from, to and relation in natural order, each once
  std::vector<Score> scores;          // sorted by technique, capability, category and value, each once
  std::size_t rows = 0;               // of the file: those of scores and crosswalks, and:
  std::size_t repeats = 0;            // crosswalks said again
  std::size_t nonMappable = 0;        // nothing to map, says the file
  std::size_t incomplete = 0;         // without an id, with a warning
  Diagnostics warnings;
};

Result<CtidReading> readCtid(std::string_view json, const std::string& file, const CtidOptions& options = {});

}  // namespace vauban::catalog
