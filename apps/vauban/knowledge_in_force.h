// The catalogue that a command speaks of: what ships with the program, a pack of the user's, or an ontology
// file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue.h"

namespace vauban {

// `folder`: a pack that `knowledge import` wrote; "" for VAUBAN_KNOWLEDGE of the environment, or else for
// what ships.
Result<catalog::Catalogue> knowledgeInForce(const std::string& folder);

// The D3FEND ontology of RDF files (Turtle, RDF/XML, JSON-LD, N-Triples; .xz or not), read as one: split
// modules. `version` where the files do not say theirs.
Result<catalog::Ontology> ontologyOfFiles(const std::vector<std::string>& files, const std::string& version);

// Versions that the files of a call do not say themselves; "" where they do.
struct SaidVersions {
  std::string d3fend, attack;
};

// Official files of any of the kinds that `knowledge import` knows, found by what they hold, put in place of
// what the catalogue has of them; each becomes a source of its own. Nothing is changed where one of them is
// wrong.
Result<void> importInto(catalog::Catalogue& catalogue, const std::vector<std::string>& files,
                        const SaidVersions& versions);

// Writes tables (file name and text) into `folder`: made if it is not there, refused where it holds anything
// but tables, which are replaced. They are there all or not at all.
Result<void> writeTables(const std::vector<std::pair<std::string, std::string>>& tables,
                         const std::string& folder);

}  // namespace vauban
