// An RDF document as its triples, one after the other, without a store.
//
// Thread-safe: calls share nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/triple.h"
#include "rdf/syntax.h"

namespace vauban::rdf {

// What a document may cost. Each ends in one error, at the place up to which it was read.
struct Limits {
  std::size_t bytes = 256U << 20U;
  std::size_t triples = 20'000'000;
  // Of a literal or an IRI. Whatever is said here, 16 MiB is the most that one token may have.
  std::size_t textBytes = 1U << 20U;
  // Brackets within brackets of JSON. The other syntaxes may nest as they like: nothing recurses, and memory
  // is bounded.
  std::size_t depth = 500;
  // Of what reading holds: the parser's state, and, for Store::load, what comes into the store.
  std::uint64_t memoryBytes = 2ULL << 30U;
};

// Hands each triple to `sink` in the order of the document and returns how many there were. After an error
// the sink has had those before it. `file` is for messages alone: nothing is opened. `baseIri` is what
// relative IRIs are resolved against; where it is "", they are errors, except in JSON-LD, which leaves out
// what it cannot resolve (JSON-LD 1.1 API, 8.2). The graph names of N-Quads, TriG and JSON-LD are not handed
// on.
//
// Labels of blank nodes are of our own making (b0, b1, ... in the order of the document); within one call the
// same label is the same node. Language tags are in lower case. An exception of the sink's comes out
// unchanged.
Result<std::size_t> parse(std::string_view bytes, Syntax syntax, const std::string& file,
                          const std::string& baseIri, const TripleSink& sink, const Limits& limits = {});

}  // namespace vauban::rdf
