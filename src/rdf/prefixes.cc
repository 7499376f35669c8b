#include "rdf/prefixes.h"

#include <algorithm>
#include <cctype>

namespace vauban::rdf {

const Prefixes& wellKnownPrefixes() {
  static const Prefixes prefixes{
      {"d3f", "http://d3fend.mitre.org/ontologies/d3fend.owl#"},
      {"dcterms", "http://purl.org/dc/terms/"},
      {"owl", "http://www.w3.org/2002/07/owl#"},
      {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
      {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
      {"skos", "http://www.w3.org/2004/02/skos/core#"},
      {"xsd", "http://www.w3.org/2001/XMLSchema#"},
  };
  return prefixes;
}

namespace {

bool localName(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.front() == '.' || text.back() == '.') return false;
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

std::string shortened(std::string_view iri, const Prefixes& prefixes) {
  const Prefixes::value_type* longest = nullptr;
  for (const auto& prefix : prefixes) {
    if (iri.starts_with(prefix.second) && !prefix.second.empty() &&
        (longest == nullptr || prefix.second.size() > longest->second.size())) {
      longest = &prefix;
    }
  }
  if (longest != nullptr) {
    const std::string_view local = iri.substr(longest->second.size());
    if (localName(local)) return longest->first + ":" + std::string(local);
  }
  return "<" + std::string(iri) + ">";
}

}  // namespace vauban::rdf
