// Any bytes as an RDF document, or as a query: the first byte says in which syntax. Triples, or a refusal
// with a place, and the same the second time; what was accepted comes back from the store, written as
// N-Triples, as much as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "rdf/store.h"

namespace {

using namespace vauban;

void checkPlaces(const Diagnostics& diagnostics, std::string_view text) {
  VAUBAN_CHECK(diagnostics.size() == 1 && hasErrors(diagnostics));
  const Diagnostic& diagnostic = diagnostics.front();
  VAUBAN_CHECK(!diagnostic.message.empty());
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  VAUBAN_CHECK(diagnostic.place.line <= lines);
  VAUBAN_CHECK(diagnostic.place.column <= text.size() + 1);
}

std::string written(const Term& term) {
  return std::string(term.value) + "^" + std::string(term.datatype) + "@" + std::string(term.language);
}

void document(std::string_view text, rdf::Syntax syntax) {
  rdf::Limits limits;
  limits.memoryBytes = 256U << 20U;
  std::set<std::string> first, second;
  const auto read = [&](std::set<std::string>& into) {
    return rdf::parse(
        text, syntax, "f", "http://base/",
        [&](const Triple& triple) {
          VAUBAN_CHECK(!triple.subject.isLiteral() && triple.predicate.isIri());
          into.insert(written(triple.subject) + " " + written(triple.predicate) + " " +
                      written(triple.object));
        },
        limits);
  };
  const auto once = read(first), again = read(second);
  VAUBAN_CHECK(once == again && first == second);
  if (!once) return checkPlaces(once.error(), text);

  // One graph, for what TriG and N-Quads say twice in two graphs is once in the union.
  rdf::Store store, copy;
  VAUBAN_CHECK(store.load(text, syntax, "f", "http://base/", "", limits) == once);
  VAUBAN_CHECK(store.size() <= *once);
  rdf::QueryOptions options;
  options.format = rdf::Format::ntriples;
  const auto all = store.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", options);
  VAUBAN_CHECK(all.has_value() && all->rows == store.size());
  const auto copied = copy.load(all->text, rdf::Syntax::nTriples, "copy", "", "");
  VAUBAN_CHECK(copied == store.size() && copy.size() == store.size());
}

void query(std::string_view text) {
  rdf::Store store;
  VAUBAN_CHECK(store.load("<a:a> <a:p> <a:b>, 1, \"x\"@en . <a:b> <a:p> [ <a:q> <a:a> ] .",
                          rdf::Syntax::turtle, "f", "", "urn:g"));
  rdf::QueryOptions options;
  options.seconds = 0.5;
  options.rows = 100;
  options.memoryBytes = 64U << 20U;
  for (const rdf::Format format : {rdf::Format::table, rdf::Format::json, rdf::Format::turtle}) {
    options.format = format;
    const auto answer = store.query(text, options);
    if (!answer) {
      checkPlaces(answer.error(), text);
    } else {
      VAUBAN_CHECK(answer->rows <= options.rows);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const unsigned choice = data[0] % 7U;
  if (choice == 6) {
    query(text);
  } else {
    document(text, static_cast<rdf::Syntax>(choice));
  }
  return 0;
}
