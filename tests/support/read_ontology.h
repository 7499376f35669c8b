// What the reader makes of a builder's statements.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "catalog/d3fend_reader.h"
#include "catalog/ontology.h"
#include "tests/support/ontology_builder.h"
#include "tests/support/ontology_invariants.h"

namespace vauban::testing {

inline Result<catalog::Ontology> readOntology(const OntologyBuilder& builder, std::string_view text = {}) {
  catalog::D3fendReader reader;
  reader.startFile("d3fend.ttl", text);
  for (const Statement& statement : builder.statements) reader.add(statement.borrowed());
  return reader.finish();
}

// One error a line, as "file:line:column: message (expected)".
inline std::string inLines(const Diagnostics& diagnostics) {
  std::string lines;
  for (const Diagnostic& it : diagnostics)
    lines += it.place.toString() + ": " + it.message + " (" + it.expected + ")\n";
  return lines;
}

// The ontology; what the reader refuses fails the test.
inline catalog::Ontology ontologyOf(const OntologyBuilder& builder) {
  auto ontology = readOntology(builder);
  if (ontology) return std::move(*ontology);
  ADD_FAILURE() << inLines(ontology.error());
  return {};
}

}  // namespace vauban::testing
