// Prefixes of IRIs: what a query may use without PREFIX, and what a table shortens names by.
//
// Values; no thread concerns.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace vauban::rdf {

// From a name without its colon to the IRI that it stands for.
using Prefixes = std::map<std::string, std::string, std::less<>>;

// rdf, rdfs, owl, xsd, skos, dcterms and d3f.
const Prefixes& wellKnownPrefixes();

// "d3f:Firewall", by the longest IRI among the prefixes that `iri` begins with; "<...>" where none fits, or
// where what is left would need escapes as a local name (SPARQL 1.1, 19.8, PN_LOCAL).
std::string shortened(std::string_view iri, const Prefixes& prefixes);

}  // namespace vauban::rdf
