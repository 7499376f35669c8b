// An Attack Flow as a scenario: what somebody did, or might do, technique by technique, and what came before
// what.
//
// Read from what Attack Flow Builder saves (.afb: of version 3, schema "attack_flow_v2", and of 0.1 and 2)
// and from the STIX 2.1 bundles that it publishes
// (extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4, version 2).
//
// - Every action of the file is an action here, in the file's order, also one that names no technique.
// - Arrows through conditions and operators become alternatives (flow_alternatives.h). Several arrows into an
// action or
//   a condition are ways of their own; the branch of a condition (true, false) changes nothing about what
//   came before. What a Builder file draws between actions besides (tools, assets, files) hands on what leads
//   to it; a bundle has no such arrows, and its relationships and assets are no order.
// - Ids are as the file has them: old, renamed and revoked ones are the caller's to map
// (catalog/id_history.h).
// - The texts are somebody's words; whoever prints them escapes them.
// What it cannot understand is a warning with its place, a wrong type, an id that is there twice or a limit
// an error; messages name the object by its place in the document ("/objects/12"). Values; any number of
// threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attack/flow_alternatives.h"
#include "base/result.h"

namespace vauban::attack {

struct FlowAction {
  std::string id;    // the object's in the file; unique there
  std::string name;  // as written
  // An id of ATT&CK or of ATLAS ("T1021.001", "AML.T0053"); "" where the file gives none.
  std::string technique;
  std::string techniqueWritten;    // where the id stands, as written: "[ATL] AML.T0095 Search"; or ""
  std::string techniqueReference;  // STIX, "attack-pattern--..."; never in place of a technique it names
  std::string tactic;              // "TA0008"; ""
  std::string tacticWritten;       // may be a short name, as "lateral-movement"
  std::optional<std::uint8_t> confidence;  // percent
  std::vector<FlowAlternative> before;     // any one is enough; none: it can come first
  bool operator==(const FlowAction&) const = default;
};

enum class FlowFormat : std::uint8_t { builder2, builder3, stix };
std::string_view word(FlowFormat format);  // "Attack Flow Builder 3"

struct AttackFlow {
  std::string name;  // as written; "" where the file gives none
  FlowFormat format = FlowFormat::builder3;
  std::vector<FlowAction> actions;  // by FlowActionId
  std::vector<FlowActionId> order;  // FlowSequence::order
  Diagnostics warnings;
  bool operator==(const AttackFlow&) const = default;
};

struct AttackFlowLimits {
  std::size_t bytes = 64U << 20U;
  std::size_t objects = 500'000;
  std::size_t actions = 20'000;
  std::size_t depth = 64;  // of the JSON
  std::size_t diagnostics = 100;
  FlowLimits sequence = {};
};

// `json` is the file's text; `file` names it in diagnostics.
Result<AttackFlow> readAttackFlow(std::string_view json, const std::string& file,
                                  const AttackFlowLimits& limits = {});

}  // namespace vauban::attack
