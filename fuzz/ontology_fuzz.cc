// Any bytes as statements of an ontology: read, or refused with places; the same whatever their order; and
// what is read keeps its invariants through the inference and the graph.
//
// A line is a statement of three words: Name (of D3FEND), rdf:, rdfs:, owl:, skos: and a name, `a`, _blank,
// <IRI>; an object may be "text to the end of the line. A line `%` begins another file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue_quads.h"
#include "catalog/d3fend_reader.h"
#include "catalog/hierarchy.h"
#include "catalog/inference.h"
#include "tests/support/ontology_builder.h"
#include "tests/support/ontology_invariants.h"

namespace {

using namespace vauban;
using namespace vauban::catalog;

using File = std::vector<testing::Statement>;

testing::OwnedTerm termOf(std::string_view word) {
  const std::string name(word);
  const auto after = [&](std::string_view prefix) { return name.substr(prefix.size()); };
  if (name == "a") return testing::rdf("type");
  if (name.starts_with('_')) return testing::blank(after("_"));
  if (name.starts_with('<')) return testing::iri(after("<"));
  if (name.starts_with('"')) return testing::literal(after("\""));
  if (name.starts_with("rdf:")) return testing::rdf(after("rdf:"));
  if (name.starts_with("rdfs:")) return testing::rdfs(after("rdfs:"));
  if (name.starts_with("owl:")) return testing::owl(after("owl:"));
  if (name.starts_with("skos:")) return testing::iri("http://www.w3.org/2004/02/skos/core#" + after("skos:"));
  return testing::d3f(name);
}

std::vector<File> filesOf(std::string_view text) {
  std::vector<File> files(1);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line == "%") files.emplace_back();
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos) continue;
    files.back().push_back({termOf(line.substr(0, first)), termOf(line.substr(first + 1, second - first - 1)),
                            termOf(line.substr(second + 1))});
  }
  return files;
}

Result<Ontology> read(const std::vector<File>& files, std::string_view text) {
  D3fendReader reader;
  for (std::size_t i = 0; i < files.size(); ++i) {
    reader.startFile(std::to_string(i), text);
    for (const testing::Statement& it : files[i]) reader.add(it.borrowed());
  }
  return reader.finish();
}

void checkInference(const Ontology& ontology) {
  const Hierarchy hierarchy(ontology);
  std::vector<Row> narrower;
  for (const View view : {View::direct, View::parent, View::page}) {
    const std::vector<Row> rows = infer(hierarchy, {view, {}, ""});
    const std::vector<Row> all = infer(
        hierarchy, {view, {Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart, Rule::protocol}, ""});
    const auto said = [](const Row& row) {
      return std::tuple(row.tactic, row.defensive, row.defensiveProperty, row.defensiveArtifact,
                        row.offensiveArtifact, row.offensiveProperty, row.offensive);
    };
    const auto holds = [&](const std::vector<Row>& more, const std::vector<Row>& less) {
      return std::ranges::all_of(less, [&](const Row& row) {
        return std::ranges::any_of(more, [&](const Row& it) { return said(it) == said(row); });
      });
    };
    VAUBAN_CHECK(rows.size() > 300 || holds(rows, narrower));
    VAUBAN_CHECK(all.size() > 300 || holds(all, rows));
    for (const Row& row : all) {
      VAUBAN_CHECK(std::ranges::binary_search(
          ontology.relations, Relation{row.defensiveHolder, row.defensiveProperty, row.defensiveArtifact}));
      VAUBAN_CHECK(std::ranges::binary_search(
          ontology.relations, Relation{row.offensiveHolder, row.offensiveProperty, row.offensiveArtifact}));
      VAUBAN_CHECK(hierarchy.isBelow(row.defensive, row.defensiveHolder));
      VAUBAN_CHECK((row.rule == Rule::wholeToPart) == row.through.valid());
      if (row.rule == Rule::official || row.rule == Rule::bothInherit)
        VAUBAN_CHECK(hierarchy.isBelow(row.offensiveArtifact, row.defensiveArtifact));
      static_cast<void>(matchOf(hierarchy, row));
    }
    narrower = rows;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<File> files = filesOf(text);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  const auto first = read(files, text), second = read(files, text);
  VAUBAN_CHECK(first.has_value() == second.has_value());
  if (!first) {
    VAUBAN_CHECK(first.error() == second.error());
    VAUBAN_CHECK(hasErrors(first.error()));
    VAUBAN_CHECK(first.error().size() <= D3fendLimits().diagnostics);
    for (const Diagnostic& it : first.error()) VAUBAN_CHECK(it.place.line <= lines);
  } else {
    VAUBAN_CHECK(*first == *second);
    VAUBAN_CHECK(testing::brokenInvariant(*first).empty());
  }
  for (File& file : files) std::ranges::reverse(file);
  const auto turned = read(files, text);
  VAUBAN_CHECK(first.has_value() == turned.has_value());
  if (!first) {
    VAUBAN_CHECK(first.error() == turned.error());
    return 0;
  }
  VAUBAN_CHECK(*first == *turned);
  // Rows are as many as pairs that meet.
  if (first->relations.size() > 150 || first->classes.size() > 300) return 0;
  checkInference(*first);
  Catalogue catalogue;
  catalogue.ontology = *first;
  VAUBAN_CHECK(catalogueQuads(catalogue).ends_with(" .\n"));
  return 0;
}
