#include "rdf/syntax.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace vauban::rdf {

std::optional<Syntax> syntaxOf(std::string_view fileName) {
  static constexpr std::array<std::pair<std::string_view, Syntax>, 9> endings{{{".ttl", Syntax::turtle},
                                                                               {".nt", Syntax::nTriples},
                                                                               {".nq", Syntax::nQuads},
                                                                               {".trig", Syntax::trig},
                                                                               {".rdf", Syntax::rdfXml},
                                                                               {".owl", Syntax::rdfXml},
                                                                               {".xml", Syntax::rdfXml},
                                                                               {".jsonld", Syntax::jsonLd},
                                                                               {".json", Syntax::jsonLd}}};
  const auto equal = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  for (const auto& [ending, syntax] : endings) {
    if (fileName.size() > ending.size() &&
        std::ranges::equal(fileName.substr(fileName.size() - ending.size()), ending, equal)) {
      return syntax;
    }
  }
  return std::nullopt;
}

std::string_view nameOf(Syntax syntax) {
  switch (syntax) {
    case Syntax::turtle:
      return "Turtle";
    case Syntax::nTriples:
      return "N-Triples";
    case Syntax::nQuads:
      return "N-Quads";
    case Syntax::trig:
      return "TriG";
    case Syntax::rdfXml:
      return "RDF/XML";
    case Syntax::jsonLd:
      return "JSON-LD";
  }
  return "";
}

}  // namespace vauban::rdf
