// What `vauban attack` answers about each goal: whether it can be reached, how, what must fail, where it can
// be stopped and watched (semantics 7 and 8).
//
// Three standings: nobody gets there even when everything fails that may; something must fail first; the way
// is open today. Ways are those of the standing: of an open goal with nothing failed, of a guarded one with
// what one least set names failed. The most likely way goes by weight classes of use (technique_use.h): an
// order, no probability. Every list has its limit, and says where it ends early. Deterministic unless time
// runs out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attack/attack_graph.h"
#include "attack/attack_path.h"
#include "attack/cuts.h"
#include "attack/technique_use.h"
#include "catalog/catalogue.h"

namespace vauban::attack {

struct AttackQuestion {
  std::vector<model::Goal> goals;
  std::size_t paths = 5;   // ways of one goal; 0: none, nor choke points: depth alone
  std::size_t decoys = 0;  // places of decoys to propose
  double seconds = 10;     // for one search
};

enum class GoalStanding : std::uint8_t { impossible, guarded, open };
std::string_view word(GoalStanding standing);

struct SuccessBounds {  // of all steps of a way succeeding, however they depend on each other
  double low = 0, high = 1;
  std::vector<Place> evidence;  // records of the model it rests on
};

struct GoalAnswer {
  model::Goal goal;
  std::string words;
  std::optional<FactId> fact;  // none: no step of the model concludes it
  GoalStanding standing = GoalStanding::impossible;
  Depth depth;
  // What has failed on the ways below: of the least sets one with as few devices, switches and stated
  // restrictions as any, since how their failing is brought about is no technique here. Empty where it is
  // open.
  GroupSet failing;
  std::vector<AttackPath> paths;  // minimal by technique and place, fewest such first
  bool allPaths = false;          // there are no others
  std::optional<AttackPath> likely;
  double likelyCost = 0;                 // sum of -log2 of the weights of classes
  std::optional<SuccessBounds> success;  // of the most likely way, where the model has evidence on it
  std::optional<ChokePoints> choke;      // elements: parties, without his own and those of the goal
  std::optional<BestPlaces> decoys;      // likewise
  std::optional<LeastMet> tripwire;      // of deployed decoys; none where there are none
};

struct Decoy {  // deployed: where, and what
  reach::PartyId party;
  std::string technique;  // D3FEND
  Place place;
};
// Countermeasures of the model, with full coverage, that D3FEND has under its Deceive tactic; by place.
std::vector<Decoy> decoysOf(const AttackGraph& graph, const catalog::Catalogue& catalogue);
// Of each element its steps: what is done at a party, and what bytes do to get there.
std::vector<std::vector<StepId>> stepsByParty(const AttackGraph& graph, const std::vector<bool>& counted);

struct AttackAnswers {
  std::vector<GoalAnswer> goals;
  std::vector<Decoy> decoys;
};
AttackAnswers answer(const AttackGraph& graph, const TechniqueUse& use, const AttackQuestion& question);

// The layers of a group that something of the model can fail with, by name.
std::vector<LayerId> layersOf(const AttackGraph& graph, GroupId group);
std::vector<LayerId> layersOf(const AttackGraph& graph, const GroupSet& groups);

}  // namespace vauban::attack
