// The objects of an Attack Flow file as they stand there, whichever of its formats it is: what attack_flow.cc
// makes sense of. Private to the reader.
//
// Texts are parts of the JsonText that was read and live as long as it. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/json_text.h"

namespace vauban::attack {

// "" and nothing for what the file leaves out.
struct FlowObject {
  std::size_t offset = 0;
  std::string_view id, instance, templateName,
      type;                         // which of them names, and which is its kind: the format's
  std::string_view source, target;  // of lines
  std::string_view name, operatorWord, tactic, tacticReference, technique, techniqueReference;
  std::string_view pairedTactic, pairedTechnique;  // Builder's `ttp`
  std::string_view catalogueId;                    // STIX: the external id of what MITRE published
  std::string_view confidenceWord;                 // Builder
  std::optional<std::int64_t> confidence;          // STIX
  bool revoked = false;
  std::vector<std::string_view> parts;   // anchors, latches, children
  std::vector<std::string_view> next;    // effect_refs, on_true_refs, on_false_refs
  std::vector<std::string_view> starts;  // start_refs
  struct Wrong {
    std::size_t offset = 0;
    std::string_view key;
    std::string_view expected;
  };
  std::vector<Wrong> wrong;  // fields of another type than they should have
};

struct FlowDocument {
  std::string_view type, schema, version;
  bool schemaIsObject = false;
  bool hasObjects = false;
  std::vector<FlowObject> objects;
};

// What is wrong with the JSON itself, or with its limits, is said to `json`.
FlowDocument readFlowObjects(catalog::JsonText& json, std::size_t mostObjects);

}  // namespace vauban::attack
