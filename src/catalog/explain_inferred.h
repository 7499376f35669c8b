// What the inference says about one technique, as links: for each technique of the other side the best way to
// it and how many more there are.
//
// Best: by the official rule before others, by an exact artifact before a narrower and a generic one, by no
// mere possibility before one. The order says how close the match is, not how well anything works: all of it
// is of grade E0.
#pragma once

#include <string>
#include <vector>

#include "catalog/explain_context.h"

namespace vauban::catalog {

struct InferredLinks {
  std::vector<Link> official;   // and by the rules that the options ask for
  std::vector<Link> extension;  // that rest on this project's extension, without those that say nothing new
  std::size_t left = 0;  // of the extension: links left out because they are generic and known officially
};

// `technique` is of the catalogue's own ontology: an attack technique or a countermeasure, with an id.
InferredLinks inferredLinks(ExplainContext& context, ClassId technique);

// "Detect 60, Isolate 20; exact 5, narrower 40, generic 35; 12 by a possibility alone".
std::string summaryOf(const std::vector<Link>& links);

// D3FEND's own order of its tactics (Model first, Restore last); others after.
std::size_t tacticRank(std::string_view tactic);

}  // namespace vauban::catalog
