// Small ontologies at random, to hold the inference against its slow twin, and the many ways to write one
// down. The same generator state gives the same ontology.
#pragma once

#include <random>

#include "tests/support/naive_inference.h"
#include "tests/support/ontology_builder.h"

namespace vauban::testing {

// About twenty classes in a hierarchy without cycles: techniques of both sides with and without ids,
// artifacts, tactics, what is none of them; relations of anything to anything; properties below and beside
// may-be-associated-with.
NaiveOntology randomOntology(std::mt19937& random);

// Its statements in random order, each relation as a restriction, as a direct triple, or both ways.
OntologyBuilder statementsOf(const NaiveOntology& ontology, std::mt19937& random);

}  // namespace vauban::testing
