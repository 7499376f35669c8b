// A graph store in memory, and SPARQL 1.1 Query over it. Behind it are Oxigraph's readers, parser, evaluator
// and writers over tables of our own (docs/decisions/0020-rdf-store.md).
//
// Triples lie in named graphs, or in none (graph ""). The default graph of a query is the union of all of
// them, as a set. Terms are kept as written: "01"^^xsd:integer and "1"^^xsd:integer are two terms with one
// value. Blank nodes of one load or add are other nodes than those of every other; their labels are b0, b1,
// ... in the order in which they came. Answers depend on what was loaded in which order and on nothing else,
// but for what NOW, RAND, UUID and STRUUID give.
//
// Owns everything it holds. Thread-safe: queries run beside each other; load and add wait for them and have
// the store to themselves. A query sees all of a load or nothing. A sink must not call the store it is called
// by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/triple.h"
#include "rdf/format.h"
#include "rdf/parse.h"
#include "rdf/prefixes.h"
#include "rdf/syntax.h"

namespace vauban::rdf {

struct QueryOptions {
  Format format = Format::table;
  // Time from the call on; the query ends in an error soon after it has passed.
  double seconds = 30;
  // Solutions or triples. What is beyond is left out, and the answer says so.
  std::size_t rows = 100'000;
  // What evaluation may hold, the answer included.
  std::uint64_t memoryBytes = 1ULL << 30U;
  // Characters of a table's cell; 0: no limit.
  std::size_t cellWidth = 80;
  // Declared before the query begins; what it declares itself comes first. Tables and Turtle are written with
  // them.
  Prefixes prefixes = wellKnownPrefixes();
  // What diagnostics call the query.
  std::string file = "<query>";
};

struct Answer {
  std::string text;
  std::size_t rows = 0;  // solutions or triples; 1 for ASK
  bool cut = false;      // there were more than the limit let through
};

// One solution, borrowed for the length of the call: `values` in the order of `variables`, which are without
// '?'.
struct Solution {
  std::span<const std::string> variables;
  std::span<const std::optional<Term>> values;
};

using SolutionSink = std::function<void(const Solution&)>;

struct GraphSize {
  std::string iri;
  std::size_t triples = 0;

  bool operator==(const GraphSize&) const = default;
};

class Store {
 public:
  Store();
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // Loads a document into a graph, as rdf::parse reads it, and returns how many triples it has. Named graphs
  // of N-Quads, TriG and JSON-LD keep their names; what they put into no graph goes into `graphIri`. After an
  // error the store has the triples that it had before.
  Result<std::size_t> load(std::string_view bytes, Syntax syntax, const std::string& file,
                           const std::string& baseIri, const std::string& graphIri,
                           const Limits& limits = {});

  // Calls `produce` with a sink for the triples of a graph, and returns how many it was given. All IRIs are
  // checked, as is that no subject or predicate is a literal; after an error the store has the triples that
  // it had before. The same label is the same blank node within one call. An exception of produce's comes out
  // unchanged, with nothing added.
  Result<std::size_t> add(const std::string& graphIri, const std::function<void(const TripleSink&)>& produce);

  // Triples of the default graph: each once, however many graphs hold it.
  std::size_t size() const;

  // The named graphs, in the order in which they came.
  std::vector<GraphSize> graphs() const;

  // SPARQL 1.1 Query (W3C, 2013), without SERVICE: no network, no files, no updates. One diagnostic, with its
  // place in the query where it has one. A query may have 256 KiB, 200 patterns, 2000 operators and 100
  // brackets within each other. FROM and FROM NAMED choose among the named graphs; there is an error where
  // one is missing.
  Result<Answer> query(std::string_view sparql, const QueryOptions& options = {}) const;

  // The solutions of a SELECT, one by one, on a thread of the store's own while the caller waits. Returns how
  // many there were; `format` does not matter. An exception of the sink's ends the query and comes out
  // unchanged.
  Result<Answer> select(std::string_view sparql, const SolutionSink& sink,
                        const QueryOptions& options = {}) const;

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace vauban::rdf
