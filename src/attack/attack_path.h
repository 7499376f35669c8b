// A derivation as an attacker's way: what he does, one technique after the other, and between them how his
// bytes get there.
//
// The steps of a derivation are of two kinds (attack_graph.h). Those that somebody would name (an instance of
// a template; code that runs by itself where it arrives; a device switched off from where it is managed) are
// the steps here; bytes that move, what a fact means by itself, and what has failed belong to the first step
// that rests on them. A value; deterministic.
#pragma once

#include <string>
#include <vector>

#include "attack/attack_graph.h"
#include "attack/paths.h"

namespace vauban::attack {

struct PathStep {
  StepId step;
  // By whose name it goes: of several that need the same for the same, one of initial access where the bytes
  // come from his own place, else one that is not. Not valid: no technique.
  TemplateId rule;
  std::vector<TemplateId> otherwise;  // the others
  std::string host;                   // where it happens
  std::string with;                   // ".rdp with account root from ws": service, credential, neighbour; ""
  std::string gains;                  // what holds then, in words
  std::vector<channel::Hop> brings;   // how bytes of his get there, as far as no step before said
  std::vector<channel::Hop> back;     // how bytes get out to him
  std::vector<LayerId> mustFail;      // that no step before needed; sorted
  std::vector<FactId> assumes;        // gaps it is the first to use; sorted
  std::vector<std::size_t> after;     // steps of the path that it rests on; sorted
};

struct AttackPath {
  std::vector<std::string> starts;  // where he begins, sorted
  std::vector<PathStep> steps;
  std::vector<LayerId> mustFail;  // of all steps; sorted
  std::vector<FactId> assumes;
};

AttackPath pathOf(const AttackGraph& graph, const Derivation& derivation);

// "model.yaml:12"; "" where nothing is said.
std::string shortPlace(const Place& place);

}  // namespace vauban::attack
