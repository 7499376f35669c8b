// The catalogue as RDF, for whoever asks it in SPARQL: N-Quads (W3C RDF 1.1 N-Quads) in three named graphs.
//
// - asserted: what the sources say. D3FEND as D3FEND writes it (classes, subClassOf, restrictions), and each
// relation
//   once more as a plain triple `technique property artifact`, so that a path query needs no blank nodes.
// - inferred: what the official inference makes of it. `d d3f:may-detect o` (by d's tactic) and `d v:answers
// o` for the
//   direct view, `d v:answers-on-page o` for the page view, and a v:Row a row of the direct view.
// - extension: protocol artifacts and what this project says about them.
//
// D3FEND's classes, ATT&CK's techniques, tactics and mitigations are named as D3FEND names them (d3f:T1048,
// d3f:M1037); everything else is urn:vauban:FRAMEWORK:ID. docs/formats/knowledge-graph.md lists classes and
// properties.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalogue.h"

namespace vauban::catalog {

inline constexpr std::string_view kAssertedGraph = "urn:vauban:asserted";
inline constexpr std::string_view kInferredGraph = "urn:vauban:inferred";
inline constexpr std::string_view kExtensionGraph = "urn:vauban:extension";

// Prefix and namespace, sorted: what a query may use without saying PREFIX.
std::vector<std::pair<std::string, std::string>> catalogPrefixes();

// Deterministic: the same catalogue, the same bytes. Costs one inference of the direct and of the page view.
std::string catalogueQuads(const Catalogue& catalogue);

}  // namespace vauban::catalog
