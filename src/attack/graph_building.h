// The making of an attack graph; private to this room.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "attack/attack_graph.h"
#include "channel/solver.h"

namespace vauban::attack {

class GraphBuilding {
 public:
  GraphBuilding(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                const channel::Trust& trust, const StepTemplates& templates, const Start& start,
                bool devicesMayFail);
  AttackGraph build();

 private:
  // What an instance of a template speaks of, and what it needs, as far as its premises were looked at.
  struct Instance {
    reach::PartyId party, neighbour;
    model::ServiceId service;
    std::optional<CredentialId> credential;
    std::optional<AssetId> asset;
    std::vector<FactId> premises;
  };

  FactId fact(FactKind kind, std::uint32_t about, std::uint32_t index = 0, const std::string& impact = "");
  LayerId layer(LayerKind kind, const std::string& name, const std::string& text, const Place& place);
  // The fact that an atom of reach and channel is open: code of his, a gap, or a layer that has failed.
  FactId open(reach::AtomId atom);
  FactId findOpen(reach::AtomId atom);
  std::vector<FactId> opened(const reach::AtomIds& atoms);
  void step(FactId conclusion, std::vector<FactId> premises, std::vector<LayerId> layers, AttackStep what);

  // graph_building.cc: what the model has
  void chooseStart(const Start& asked);
  void listCredentials();
  void addStart();
  void addFlow();
  void addReading();
  void addEscapes();
  void addMeanings();
  void addManagement();
  void joinLayers();
  void listSpoken();
  FactId leaves(reach::PartyId party, const Premise& premise);
  FactId leavesIn(reach::PartyId party, std::uint32_t kind);
  std::uint32_t kindOf(space::ServiceSet packets);
  FactId switchesOf(model::ZoneId zone);
  std::string product(reach::PartyId party) const;

  // template_instances.cc: what is done with it
  void instantiate(TemplateId rule);
  void bind(TemplateId rule, std::size_t premise, const Instance& instance);
  void conclude(TemplateId rule, const Instance& instance);
  bool fits(const Premise& premise, const model::ServiceInstance& service) const;
  std::vector<LayerId> layersOf(const StepTemplate& rule, const Instance& instance);

  const model::Model& model_;
  const model::BehaviourCatalogue& behaviours_;
  const StepTemplates& templates_;
  reach::Atoms atoms_;
  std::unique_ptr<reach::Network> network_;
  std::unique_ptr<channel::Solver> solver_;
  AttackGraph made_;
  DerivationGraph::Builder graph_;
  std::map<std::pair<LayerKind, std::string>, LayerId> layersByName_;
  std::map<reach::AtomId, FactId> openAtoms_;
  std::map<reach::AtomId, reach::PartyId> codeAtoms_;
  std::vector<std::vector<std::size_t>> flowFrom_;  // by node: steps of the flow
  std::set<FactId> leaving_;                        // facts `leaves` whose steps are there
  // Facts `leaves` have the position in `spoken_` as index; behind these come the kinds of packets.
  std::vector<space::ServiceSet> spoken_;
  std::vector<std::vector<bool>> packetKinds_;  // each once: of which of `spoken_` some packets are
  std::unordered_map<space::ServiceSet, std::uint32_t> kindOf_;  // position in `packetKinds_`
  std::vector<bool> absent_;                                     // by party: another stands for it
  std::vector<std::vector<reach::PartyId>> assetParties_;
  std::vector<FactId> openKnown_;               // by AtomId, as `open` said; not valid: not asked yet
  std::vector<std::vector<bool>> counteredAt_;  // by countermeasure of the model: by party
};

}  // namespace vauban::attack
