// A knowledge pack as text: the Catalogue as tables, one fact a line (docs/formats/knowledge-pack.md).
//
// readPack(writePack(c)) == c for every catalogue that keeps its invariants and whose texts hold no control
// characters and whose list elements hold no ';' (writePack puts a blank and a ',' in their place).
// writePack(readPack(files)) is byte-equal for files that writePack wrote; rows and columns in another order,
// and files of other names, read as the same catalogue. What a file is says its line `# table:`, not its
// name. Pure functions; several threads may call them at once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue.h"
#include "catalog/table.h"

namespace vauban::catalog {

using PackFile = std::pair<std::string_view, std::string_view>;  // name, text

// What becomes of an id that a row takes from another framework and that this framework's table does not
// have: a control of a crosswalk, the parent of a protocol's artifact. A pack that holds no table of that
// framework at all says nothing about its ids.
enum class ForeignIds : std::uint8_t {
  refuse,  // an error: what is shipped, and what somebody keeps by hand
  keep,    // as it stands: tables that were made for different versions of a framework
};

struct PackOptions {
  ForeignIds foreignIds = ForeignIds::refuse;
  TableLimits table = {};
  std::size_t files = 1000;
  std::size_t bytes = 256U << 20U;  // all files together
};

// The catalogue, or everything that is wrong with the files, each error with its place.
Result<Catalogue> readPack(std::span<const PackFile> files, const PackOptions& options = {});

// Pairs of file name ("controls-cis.tsv") and text, sorted by name; tables without a row are left out.
std::vector<std::pair<std::string, std::string>> writePack(const Catalogue& catalogue);

}  // namespace vauban::catalog
