// A statement of RDF (W3C RDF 1.1 Concepts, section 3) as its reader hands it on: what the graph store and
// the catalogue speak to each other in, so that neither has to know the other.
//
// A triple borrows its text: whoever wants to keep a part of it copies it. A value; no thread concerns.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace vauban {

struct Term {
  enum class Kind : std::uint8_t { iri, blank, literal };
  Kind kind = Kind::iri;
  std::string_view value;     // the IRI without brackets; a blank node's label; a literal's text
  std::string_view datatype;  // of a literal: its IRI; "" for a plain string
  std::string_view language;  // of a literal: BCP 47 tag in lower case; "" where none

  bool isIri() const { return kind == Kind::iri; }
  bool isLiteral() const { return kind == Kind::literal; }
};

struct Triple {
  Term subject;    // an IRI or a blank node
  Term predicate;  // an IRI
  Term object;
};

// Called once a triple, in the order of the document.
using TripleSink = std::function<void(const Triple&)>;

}  // namespace vauban
