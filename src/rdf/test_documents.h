// Small things that this room's tests share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rdf/store.h"

namespace vauban::rdf {

// "file:line:column: message (expected; nearest)" for each, or "accepted".
template <class T>
std::string refusal(const Result<T>& result) {
  if (result) return "accepted";
  std::string text;
  for (const Diagnostic& d : result.error()) {
    if (!text.empty()) text += "\n";
    text += d.place.toString() + ": " + d.message;
    if (!d.expected.empty()) text += " (expected " + d.expected + ")";
    if (!d.nearest.empty()) text += " (nearest " + d.nearest + ")";
  }
  return text;
}

inline std::string shown(const Term& term) {
  switch (term.kind) {
    case Term::Kind::iri:
      return "<" + std::string(term.value) + ">";
    case Term::Kind::blank:
      return "_:" + std::string(term.value);
    case Term::Kind::literal:
      break;
  }
  std::string text = "\"" + std::string(term.value) + "\"";
  if (!term.language.empty()) text += "@" + std::string(term.language);
  if (!term.datatype.empty()) text += "^^<" + std::string(term.datatype) + ">";
  return text;
}

// The triples of a document, a line each.
inline std::string triplesOf(std::string_view text, Syntax syntax, const std::string& baseIri = {}) {
  std::string lines;
  const auto read = parse(text, syntax, "f", baseIri, [&](const Triple& triple) {
    lines += shown(triple.subject) + " " + shown(triple.predicate) + " " + shown(triple.object) + "\n";
  });
  return read ? lines : lines + refusal(read);
}

}  // namespace vauban::rdf
