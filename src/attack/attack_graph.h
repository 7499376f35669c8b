// The attack graph of a model: what an attacker can do from where he starts, and what must fail for it
// (semantics 7 and 8).
//
// Facts and steps of a DerivationGraph with their meaning. Two kinds of steps: those of the channel room's
// guarded flow (bytes move), and instances of step templates (something is done with them). All work is by
// host class, as the model and reach have it. Layers are facts' guards: each is one thing that must fail;
// groups say which fail together (`fails-with`, one operator, one management).
//
// A gap of the model (something unstated) is taken at its worst, as everywhere: it is open and costs nothing.
// A value that refers to the model and the templates, which outlive it; any number of threads may read it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attack/depth.h"
#include "attack/derivation_graph.h"
#include "attack/step_template.h"
#include "channel/guarded_flow.h"
#include "channel/trust.h"
#include "model/model.h"
#include "reach/network.h"

namespace vauban::attack {

using CredentialId = StrongId<struct CredentialTag>;
using AssetId = StrongId<struct AssetTag>;

enum class FactKind : std::uint8_t {
  bytes,      // bytes of his are in state `node` of the flow
  escapes,    // bytes in state `node` get out to him
  leaves,     // bytes from the party get out to him, the first hop in packets that `index` stands for
  failed,     // layer or gap `index` of reach and channel is open
  hears,      // code of his gets what arrives in state `node`
  told,       // bytes of his choice reach the service
  written,    // and it keeps them
  reads,      // code of his gets what the service answers
  read,       // somebody on the party has read bytes of his choice
  code,       // his code runs on the party
  admin,      // with all its privileges
  commanded,  // he and his code there talk to each other
  found,      // he knows that it is there
  holds,      // the credential
  supplied,   // the product was tampered with at its maker's
  collected,  // he has read the asset
  data,       // and has it outside
  impact,     // the asset has suffered
};

struct Fact {
  FactKind kind = FactKind::bytes;
  reach::PartyId party;
  model::ServiceId service;
  std::uint32_t index = 0;  // node, credential, asset, product, set or kind of packets
  std::string impact;       // of impact: its kind
};

enum class LayerKind : std::uint8_t {
  device,          // an enforcement point
  switches,        // what keeps the machines of a zone apart
  restriction,     // a list or hardening property of a service, as stated
  software,        // the integrity of a product
  secrecy,         // of a credential
  factor,          // the second one of a credential
  people,          // of a zone
  premises,        // nobody brings anything into a zone
  countermeasure,  // deployed, everywhere it is said to be
};
const char* toString(LayerKind kind);

struct Layer {
  LayerKind kind = LayerKind::device;
  std::string name;  // "device fw-edge", "software unbound"
  std::string text;  // what it means that it fails
  Place place;       // of the model; not valid where the model says nothing
};

// What grants what; the model's, and those it implies.
struct HeldCredential {
  std::string name, kind;
  bool secondFactor = false;
  bool implied = false;  // accounts that the model mentions or that any login has
  std::vector<std::pair<reach::PartyId, bool>> grants;  // party, administrator
  std::vector<reach::PartyId> exposedOn;
};

struct AttackStep {
  TemplateId rule;                  // not valid: bytes move, or what a fact means by itself
  std::vector<TemplateId> also;     // that need the same for the same
  std::uint32_t flow = UINT32_MAX;  // step of the flow
  reach::PartyId party, neighbour;  // H, G
  model::ServiceId service;         // S
  CredentialId credential;          // C
  AssetId asset;                    // A
  bool start = false;               // where he begins
};

struct Start {                     // where he begins
  std::vector<reach::PartyId> at;  // bytes leave from there: his own places; code where they are ours
  std::vector<reach::PartyId> insiders;
  std::vector<std::string> supplied;  // products
  bool empty() const { return at.empty() && insiders.empty() && supplied.empty(); }
};

struct AttackGraph {
  const model::Model* model = nullptr;
  const StepTemplates* templates = nullptr;
  bool devicesMayFail = true;
  std::vector<std::string> parties;      // names, by PartyId
  std::vector<bool> outside;             // by party: he is at home there
  std::vector<model::HostId> standIn;    // by host: which one the graph speaks of in its place
  std::vector<reach::PartyId> managers;  // from where an enforcement point is managed; sorted
  channel::GuardedFlow flow;
  std::vector<HeldCredential> credentials;
  DerivationGraph graph;
  std::vector<Fact> facts;        // by FactId
  std::vector<AttackStep> steps;  // by StepId
  std::vector<Layer> layers;      // by LayerId
  std::vector<GroupId> groups;    // by LayerId
  std::map<FactId, reach::Atom>
      gaps;  // facts `failed` that hold because the model does not say: what to write
  Start start;

  std::optional<FactId> find(FactKind kind, std::uint32_t index, const std::string& impact = "") const;
  // The fact of a goal of the model; nullopt where nothing could make it hold.
  std::optional<FactId> goal(const model::Goal& goal) const;
  std::string inWords(FactId fact) const;
  std::string inWords(StepId step) const;  // what is done, without the technique

  // Index of facts other than bytes, by kind, what they are about, and impact.
  std::map<std::tuple<FactKind, std::uint32_t, std::uint32_t, std::string>, FactId> index;
};

// Which techniques of D3FEND are deployed where is taken from the model (full coverage only: what is left out
// lets the step through). `start`: empty for what `threats` says, or else every untrusted zone.
// `devicesMayFail`: false leaves the failing of enforcement points out, which makes a graph of many host
// classes sparse (docs/decisions/0028); its depths then hold as long as the devices do.
AttackGraph buildAttackGraph(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                             const channel::Trust& trust, const StepTemplates& templates,
                             const Start& start = {}, bool devicesMayFail = true);

// Start from words of the command line: a zone or host; "insider:HOST"; "supply-chain:PRODUCT".
Result<Start> parseStart(const model::Model& model, const std::vector<std::string>& words);

}  // namespace vauban::attack
