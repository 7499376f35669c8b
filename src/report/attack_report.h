// Answers about attack as what an architect reads in a terminal, as JSON (docs/formats/attack.md), as a
// drawing (SVG), as a layer of the ATT&CK Navigator and as an Attack Flow. Pure functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "attack/attack_answers.h"
#include "attack/flow_answers.h"
#include "attack/what_if.h"
#include "base/result.h"
#include "report/attack_flow_stix.h"

namespace vauban::report {

// What was asked and found; refers to all of it.
struct AttackReport {
  const attack::AttackGraph& graph;
  const attack::TechniqueUse& use;
  const attack::AttackAnswers& answers;
  bool everyHost = false;                   // the model states nothing of worth: the goals are its hosts
  std::vector<attack::Party> parties = {};  // restricted to what these are seen to use
  struct Flow {
    const attack::AttackFlow* flow = nullptr;
    attack::FlowAnswer answer;
  };
  std::optional<Flow> flow = {};
  struct Change {
    attack::WhatIf whatIf;
    std::string defence;       // D3FEND's technique for such a change: "D3-BDI"; "" where none is known
    std::size_t inferred = 0;  // rows that D3FEND's own inference has for it
  };
  std::vector<Change> changes = {};
};

struct AttackStyle {
  bool colour = false;   // only on a terminal
  bool verbose = false;  // every way step by step, all places
};

std::string attackText(const AttackReport& report, const AttackStyle& style);
std::string attackJson(const AttackReport& report);
// The shortest ways to all goals as one drawing: starts, hosts, what is done there, what must fail. The same
// report, the same bytes. An error where Graphviz cannot lay it out.
Result<std::string> attackSvg(const AttackReport& report);
// Scores: 100 what is on a way of an open goal, 60 of a guarded one, 30 what can be done today besides, 0 and
// disabled what can be done nowhere. Techniques of the domain only.
Result<std::string> attackNavigator(const AttackReport& report, catalog::Framework domain);
// The shortest way to each goal, one after the other, as one flow.
Result<std::string> attackStix(const AttackReport& report, FlowTime written);

}  // namespace vauban::report
