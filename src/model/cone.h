// The cone of influence of a verdict (semantics 5 and 9): the statements of the model that it rests on, as
// one text without places and without words as written, and that text's hash. An edit outside the cone leaves
// the hash alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/model.h"

namespace vauban::model {

struct Cone {
  std::vector<std::string> zones, hosts;     // names, sorted
  std::map<std::string, std::size_t> rules;  // point -> how many of its rules are in it
  std::string text;                          // canonical: sorted lines, rules of a point in order
  std::string hash;                          // "sha256:" and 64 hex digits over `text`
};

// `parties`: those that hold a state of the certificate, or stand in a pair ("host ws", "zone internet").
Cone coneOf(const Model& model, const BehaviourCatalogue& behaviours, const Claim& claim,
            const std::vector<std::string>& parties);

// The name of a link's enforcement point: its device's, or "a - b".
std::string pointName(const Model& model, LinkId link);
inline constexpr const char* kIdealPoint = "ideal point";

// "sha256:" and 64 hex digits (FIPS 180-4).
std::string sha256(const std::string& text);

}  // namespace vauban::model
