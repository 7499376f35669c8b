// The syntaxes that RDF documents come in.
//
// Values; no thread concerns.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vauban::rdf {

// turtle: W3C Turtle 1.1. nTriples, nQuads, trig: W3C N-Triples, N-Quads, TriG 1.1. rdfXml: W3C RDF 1.1 XML
// Syntax. jsonLd: W3C JSON-LD 1.1, with the context inside the document: none is ever fetched.
enum class Syntax : std::uint8_t { turtle, nTriples, nQuads, trig, rdfXml, jsonLd };

// By the ending of a file's name, letter case aside: .ttl .nt .nq .trig .rdf .owl .xml .jsonld .json.
std::optional<Syntax> syntaxOf(std::string_view fileName);

// For messages: "Turtle".
std::string_view nameOf(Syntax syntax);

}  // namespace vauban::rdf
