#include "rdf/format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace vauban::rdf {
namespace {

struct Names {
  Format format;
  std::string_view name, mediaType;
};

constexpr std::array<Names, 6> formats{{{Format::table, "table", "text/plain"},
                                        {Format::json, "json", "application/sparql-results+json"},
                                        {Format::csv, "csv", "text/csv"},
                                        {Format::tsv, "tsv", "text/tab-separated-values"},
                                        {Format::turtle, "turtle", "text/turtle"},
                                        {Format::ntriples, "ntriples", "application/n-triples"}}};

}  // namespace

std::string_view nameOf(Format format) { return std::ranges::find(formats, format, &Names::format)->name; }

std::optional<Format> formatNamed(std::string_view name) {
  const auto* const found = std::ranges::find(formats, name, &Names::name);
  if (found == formats.end()) return std::nullopt;
  return found->format;
}

std::string_view mediaTypeOf(Format format) {
  return std::ranges::find(formats, format, &Names::format)->mediaType;
}

std::optional<Format> formatOf(std::string_view mediaType) {
  std::string type;
  for (const char c : mediaType.substr(0, mediaType.find(';'))) {
    if (c != ' ' && c != '\t') type += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (type == "application/json") return Format::json;  // what clients that know no SPARQL ask for
  const auto* const found = std::ranges::find(formats, type, &Names::mediaType);
  if (found == formats.end()) return std::nullopt;
  return found->format;
}

}  // namespace vauban::rdf
