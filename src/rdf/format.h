// The forms that the answer to a query is written in.
//
// Values; no thread concerns.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vauban::rdf {

// For SELECT and ASK: table, for people; json, W3C SPARQL 1.1 Query Results JSON Format; csv and tsv, W3C
// SPARQL 1.1 Query Results CSV and TSV Formats. For CONSTRUCT and DESCRIBE: turtle and ntriples.
enum class Format : std::uint8_t { table, json, csv, tsv, turtle, ntriples };

// "table", "json", ...: as on a command line.
std::string_view nameOf(Format format);
std::optional<Format> formatNamed(std::string_view name);

// IANA media types, as the SPARQL 1.1 Protocol negotiates them. What a type has for parameters (";
// charset=utf-8") and letter case do not matter. text/plain is the table's.
std::string_view mediaTypeOf(Format format);
std::optional<Format> formatOf(std::string_view mediaType);

}  // namespace vauban::rdf
