#include "attack/graph_building.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "attack/host_classes.h"
#include "channel/verdict.h"

namespace vauban::attack {

using channel::FlowNode;
using channel::FlowStep;
using channel::StateKind;
using model::PlaceTerm;
using reach::AtomId;
using reach::PartyId;

namespace {

std::vector<std::vector<bool>> conditionValues(const model::Model& model) {
  constexpr std::size_t kMostConditions = 10;
  const std::size_t count = model.conditions.size();
  if (count > kMostConditions) return {std::vector<bool>(count, true), std::vector<bool>(count, false)};
  return channel::everyConditionValue(model);
}

bool lies(const reach::Network& network, PartyId id, const model::PlaceTerms& terms) {
  const reach::Party& party = network.at(id);
  return std::ranges::any_of(terms, [&](const PlaceTerm& term) {
    switch (term.kind) {
      case PlaceTerm::Kind::any:
        return !party.adversary;
      case PlaceTerm::Kind::zone:
        return std::ranges::find(party.zones, term.zone) != party.zones.end();
      case PlaceTerm::Kind::host:
        return party.kind == reach::Party::Kind::host && party.host == term.host;
      case PlaceTerm::Kind::addresses:
        return std::ranges::any_of(party.classes, [&](reach::ClassIndex c) {
          return network.endpoint(c).addresses.intersects(term.addresses);
        });
      case PlaceTerm::Kind::name:
        return false;
    }
    return false;
  });
}

space::ServiceSet spokenIn(const Premise& premise) {
  return premise.services.empty() ? space::ServiceSet::all() : premise.services;
}

}  // namespace

GraphBuilding::GraphBuilding(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                             const channel::Trust& trust, const StepTemplates& templates, const Start& start,
                             bool devicesMayFail)
    : model_(model), behaviours_(behaviours), templates_(templates) {
  network_ = std::make_unique<reach::Network>(model_, atoms_, conditionValues(model_),
                                              std::vector<const space::AddressSet*>{}, devicesMayFail);
  absent_.resize(network_->parties().size());
  std::vector<bool> standsFor(absent_.size());
  made_.standIn = representatives(model_);
  for (std::size_t h = 0; h < made_.standIn.size(); ++h) {
    if (made_.standIn[h] == model::HostId(h)) continue;
    absent_[h] = true;
    standsFor[made_.standIn[h].index()] = true;
  }
  network_->standFor(std::move(standsFor));
  solver_ = std::make_unique<channel::Solver>(*network_, behaviours_, trust);
  made_.devicesMayFail = devicesMayFail;
  made_.model = &model_;
  made_.templates = &templates_;
  for (const reach::Party& party : network_->parties()) {
    made_.parties.push_back(party.name);
    made_.outside.push_back(party.adversary);
  }
  chooseStart(start);
}

AttackGraph GraphBuilding::build() {
  made_.flow = solver_->guardedFlow(absent_);
  for (std::size_t p = 0; p < made_.flow.codeAt.size(); ++p) {
    if (made_.flow.codeAt[p].valid()) codeAtoms_.emplace(made_.flow.codeAt[p], PartyId(p));
  }
  flowFrom_.resize(made_.flow.nodes.size());
  for (std::size_t s = 0; s < made_.flow.steps.size(); ++s) flowFrom_[made_.flow.steps[s].from].push_back(s);
  for (const model::Asset& asset : model_.assets) {
    assetParties_.emplace_back();
    for (std::size_t p = 0; p < network_->parties().size(); ++p) {
      if (!absent_[p] && network_->parties()[p].kind == reach::Party::Kind::host &&
          lies(*network_, PartyId(p), asset.at))
        assetParties_.back().emplace_back(p);
    }
  }
  for (const model::Countermeasure& measure : model_.countermeasures) {
    counteredAt_.emplace_back(network_->parties().size());
    for (std::size_t p = 0; p < counteredAt_.back().size(); ++p)
      counteredAt_.back()[p] = lies(*network_, PartyId(p), measure.at);
  }
  for (std::size_t p = 0; p < network_->parties().size(); ++p) {
    const bool manages = std::ranges::any_of(model_.devices, [&](const model::Device& device) {
      return device.managedFrom && lies(*network_, PartyId(p), *device.managedFrom);
    });
    if (manages && !absent_[p] && !made_.outside[p]) made_.managers.emplace_back(p);
  }
  listCredentials();
  listSpoken();
  addFlow();
  addReading();
  addEscapes();
  addMeanings();
  for (std::size_t t = 0; t < templates_.all().size(); ++t) instantiate(TemplateId(t));
  addManagement();
  addStart();
  joinLayers();
  made_.graph = std::move(graph_).build();
  return std::move(made_);
}

FactId GraphBuilding::fact(FactKind kind, std::uint32_t about, std::uint32_t index,
                           const std::string& impact) {
  const auto [known, fresh] = made_.index.try_emplace({kind, about, index, impact});
  if (!fresh) return known->second;
  known->second = graph_.addFact();
  Fact made{kind, {}, {}, index, impact};
  switch (kind) {
    case FactKind::told:
    case FactKind::written:
    case FactKind::reads:
      made.service = model::ServiceId(about);
      made.party = network_->partyOf(model_.at(made.service).host);
      break;
    case FactKind::leaves:
    case FactKind::read:
    case FactKind::code:
    case FactKind::admin:
    case FactKind::commanded:
    case FactKind::found:
      made.party = PartyId(about);
      break;
    case FactKind::bytes:
    case FactKind::escapes:
    case FactKind::hears:
      made.party = made_.flow.nodes[about].party;
      made.index = about;
      break;
    default:
      made.index = about;
  }
  made_.facts.push_back(std::move(made));
  return known->second;
}

LayerId GraphBuilding::layer(LayerKind kind, const std::string& name, const std::string& text,
                             const Place& place) {
  const auto [known, fresh] = layersByName_.try_emplace({kind, name});
  if (!fresh) return known->second;
  known->second = graph_.addLayer();
  made_.layers.push_back({kind, name, text, place});
  return known->second;
}

void GraphBuilding::step(FactId conclusion, std::vector<FactId> premises, std::vector<LayerId> layers,
                         AttackStep what) {
  const StepId known = graph_.addStepOnce(conclusion, std::move(premises), std::move(layers));
  if (!known.valid()) return;
  if (known.index() == made_.steps.size()) {
    made_.steps.push_back(std::move(what));
  } else if (what.rule.valid()) {
    made_.steps[known.index()].also.push_back(what.rule);  // the same by another technique
  }
}

FactId GraphBuilding::open(AtomId id) {
  if (id.index() >= openKnown_.size()) openKnown_.resize(atoms_.size());
  FactId& known = openKnown_[id.index()];
  if (!known.valid()) known = findOpen(id);
  return known;
}

FactId GraphBuilding::findOpen(AtomId id) {
  if (const auto code = codeAtoms_.find(id); code != codeAtoms_.end())
    return fact(FactKind::code, code->second.value);
  const auto [known, fresh] = openAtoms_.try_emplace(id);
  if (!fresh) return known->second;
  const reach::Atom& atom = atoms_.at(id);
  known->second = fact(FactKind::failed, id.value);
  if (!atom.failure) {
    made_.gaps.emplace(known->second, atom);
    step(known->second, {}, {}, {});
    return known->second;
  }
  const LayerKind kind = atom.key.starts_with("device ")     ? LayerKind::device
                         : atom.key.starts_with("switches ") ? LayerKind::switches
                                                             : LayerKind::restriction;
  step(known->second, {}, {layer(kind, atom.key, atom.text, atom.place)}, {});
  return known->second;
}

std::vector<FactId> GraphBuilding::opened(const reach::AtomIds& atoms) {
  std::vector<FactId> facts;
  facts.reserve(atoms.size() + 2);  // with those that the caller adds
  for (const AtomId atom : atoms) facts.push_back(open(atom));
  return facts;
}

FactId GraphBuilding::switchesOf(model::ZoneId zone) {
  return open(atoms_.intern(channel::switchesAtom(model_.at(zone))));
}

std::string GraphBuilding::product(PartyId id) const {
  const model::Host& host = model_.at(network_->at(id).host);
  return host.software.empty() ? "undeclared software of " + host.name : host.software;
}

void GraphBuilding::chooseStart(const Start& asked) {
  Start& start = made_.start;
  start = asked;
  if (start.empty()) {
    for (std::size_t p = 0; p < network_->parties().size(); ++p) {
      if (!model_.threats.start.empty() && lies(*network_, PartyId(p), model_.threats.start))
        start.at.emplace_back(p);
    }
    for (const model::HostId host : model_.threats.insiders)
      start.insiders.push_back(network_->partyOf(host));
  }
  auto present = [&](std::vector<PartyId>& at) {
    for (PartyId& id : at) {
      if (absent_[id.index()]) id = network_->partyOf(made_.standIn[id.index()]);
    }
    std::ranges::sort(at);
    at.erase(std::ranges::unique(at).begin(), at.end());
  };
  present(start.at);
  present(start.insiders);
  if (!start.empty()) return;
  for (std::size_t p = 0; p < network_->parties().size(); ++p) {
    if (network_->parties()[p].adversary) start.at.emplace_back(p);
  }
}

// Accounts that hosts mention grant use of them and lie on them; any host that can be logged into has some.
void GraphBuilding::listCredentials() {
  std::set<PartyId> granted;
  auto partyOf = [&](model::HostId host) { return network_->partyOf(made_.standIn[host.index()]); };
  auto whole = [](const std::string& privilege) { return privilege != "user"; };
  for (const model::Credential& credential : model_.credentials) {
    HeldCredential held{credential.name, credential.kind, credential.mfa.value_or(false), false, {}, {}};
    for (const model::Grant& grant : credential.grants) {
      for (const model::HostId host : grant.hosts) {
        held.grants.emplace_back(partyOf(host), whole(grant.privilege));
        granted.insert(partyOf(host));
      }
    }
    for (const model::HostId host : credential.exposedOn) held.exposedOn.push_back(partyOf(host));
    made_.credentials.push_back(std::move(held));
  }
  std::map<std::string, HeldCredential> accounts;
  for (std::size_t h = 0; h < model_.hosts.size(); ++h) {
    if (absent_[h]) continue;
    const PartyId party = network_->partyOf(model::HostId(h));
    for (const std::string& name : model_.hosts[h].accounts) {
      HeldCredential& held = accounts[name];
      held = {"account " + name, "password", false, true, std::move(held.grants), std::move(held.exposedOn)};
      held.grants.emplace_back(party, false);
      held.exposedOn.push_back(party);
      granted.insert(party);
    }
  }
  for (auto& [name, held] : accounts) made_.credentials.push_back(std::move(held));
  for (std::size_t h = 0; h < model_.hosts.size(); ++h) {
    if (absent_[h]) continue;
    const PartyId party = network_->partyOf(model::HostId(h));
    if (granted.contains(party) || model_.hosts[h].services.empty()) continue;
    made_.credentials.push_back(
        {"accounts of " + model_.hosts[h].name, "password", false, true, {{party, true}}, {}});
  }
}

// The sets of packets that premises `leaves` speak of.
void GraphBuilding::listSpoken() {
  for (const StepTemplate& rule : templates_.all()) {
    for (const Premise& premise : rule.needs) {
      if (premise.kind != PremiseKind::leaves) continue;
      if (std::ranges::find(spoken_, spokenIn(premise)) == spoken_.end())
        spoken_.push_back(spokenIn(premise));
    }
  }
}

void GraphBuilding::addStart() {
  AttackStep begins;
  begins.start = true;
  for (const PartyId party : made_.start.at) {
    const bool his = network_->at(party).adversary;
    begins.party = party;
    step(his ? fact(FactKind::bytes, party.value) : fact(FactKind::code, party.value), {}, {}, begins);
  }
  for (const PartyId party : made_.start.insiders) {
    begins.party = party;
    step(fact(FactKind::code, party.value), {}, {}, begins);
    for (std::size_t c = 0; c < made_.credentials.size(); ++c) {
      const auto& exposed = made_.credentials[c].exposedOn;
      if (std::ranges::find(exposed, party) != exposed.end() && made_.credentials[c].implied)
        step(fact(FactKind::holds, static_cast<std::uint32_t>(c)), {}, {}, begins);
    }
  }
  begins.party = {};
  for (std::size_t p = 0; p < network_->parties().size(); ++p) {
    if (network_->parties()[p].kind != reach::Party::Kind::host || absent_[p]) continue;
    if (std::ranges::find(made_.start.supplied, product(PartyId(p))) == made_.start.supplied.end()) continue;
    begins.party = PartyId(p);
    step(fact(FactKind::supplied, static_cast<std::uint32_t>(p)), {}, {}, begins);
  }
}

void GraphBuilding::addFlow() {
  // Facts of nodes first, so that they have the nodes' numbers.
  for (std::uint32_t n = 0; n < made_.flow.nodes.size(); ++n) fact(FactKind::bytes, n);
  for (std::uint32_t s = 0; s < made_.flow.steps.size(); ++s) {
    const FlowStep& flow = made_.flow.steps[s];
    std::vector<FactId> premises = opened(flow.atoms);
    premises.push_back(FactId(flow.from));
    AttackStep what;
    what.flow = s;
    what.party = made_.flow.nodes[flow.to].party;
    what.service = made_.flow.nodes[flow.to].service;
    step(FactId(flow.to), premises, {}, what);
    // Where the bytes run by themselves (an opaque host, the far end of a tunnel), he is.
    const bool lands = flow.to < made_.flow.codeAt.size() && made_.flow.codeAt[flow.to].valid();
    const bool byCode = lands && std::ranges::binary_search(flow.atoms, made_.flow.codeAt[flow.to]);
    if (lands && !byCode && !flow.borrowed) step(fact(FactKind::code, flow.to), premises, {}, what);
  }
}

// Who gets what is answered: code of his that hears at an address to which the answer goes.
void GraphBuilding::addReading() {
  for (std::uint32_t s = 0; s < made_.flow.steps.size(); ++s) {
    const FlowStep& flow = made_.flow.steps[s];
    const FlowNode& from = made_.flow.nodes[flow.from];
    const FlowNode& to = made_.flow.nodes[flow.to];
    AttackStep what;
    what.flow = s;
    what.party = to.party;
    if (from.atAddress) step(fact(FactKind::hears, flow.from), opened(flow.atoms), {}, what);
    if (from.kind != StateKind::readable || to.kind != StateKind::held) continue;
    std::vector<FactId> premises = opened(flow.atoms);
    if (to.atAddress) premises.push_back(fact(FactKind::hears, flow.to));
    what.service = from.service;
    step(fact(FactKind::reads, from.service.value), premises, {}, what);
  }
}

void GraphBuilding::addEscapes() {
  for (std::uint32_t s = 0; s < made_.flow.steps.size(); ++s) {
    const FlowStep& flow = made_.flow.steps[s];
    std::vector<FactId> premises = opened(flow.atoms);
    premises.push_back(fact(FactKind::escapes, flow.to));
    AttackStep what;
    what.flow = s;
    what.party = made_.flow.nodes[flow.from].party;
    step(fact(FactKind::escapes, flow.from), premises, {}, what);
  }
  for (std::size_t p = 0; p < made_.outside.size(); ++p) {
    if (made_.outside[p]) step(fact(FactKind::escapes, static_cast<std::uint32_t>(p)), {}, {}, {});
  }
}

// Hops whose packets are in the same of the sets that templates speak of lead to one fact, from which what
// leaves in each of these sets follows.
FactId GraphBuilding::leaves(PartyId party, const Premise& premise) {
  const auto set = static_cast<std::size_t>(std::ranges::find(spoken_, spokenIn(premise)) - spoken_.begin());
  const FactId leaving = fact(FactKind::leaves, party.value, static_cast<std::uint32_t>(set));
  if (!leaving_.insert(leaving).second) return leaving;
  std::set<std::uint32_t> alike;
  for (const std::size_t s : flowFrom_[party.index()]) {
    const FlowStep& flow = made_.flow.steps[s];
    if (!flow.hops.empty()) {
      const std::uint32_t kind = kindOf(flow.packets);
      if (packetKinds_[kind][set]) alike.insert(kind);
    } else if (flow.to < made_.outside.size() && !made_.outside[flow.to]) {
      AttackStep what;
      what.flow = static_cast<std::uint32_t>(s);
      what.party = party;
      std::vector<FactId> premises = opened(flow.atoms);
      premises.push_back(leaves(PartyId(flow.to), premise));  // it speaks as that machine
      step(leaving, std::move(premises), {}, what);
    }
  }
  for (const std::uint32_t kind : alike) step(leaving, {leavesIn(party, kind)}, {}, {});
  return leaving;
}

FactId GraphBuilding::leavesIn(PartyId party, std::uint32_t kind) {
  const auto index = static_cast<std::uint32_t>(spoken_.size()) + kind;
  const FactId leaving = fact(FactKind::leaves, party.value, index);
  if (!leaving_.insert(leaving).second) return leaving;
  for (const std::size_t s : flowFrom_[party.index()]) {
    const FlowStep& flow = made_.flow.steps[s];
    if (flow.hops.empty() || kindOf(flow.packets) != kind) continue;
    AttackStep what;
    what.flow = static_cast<std::uint32_t>(s);
    what.party = party;
    std::vector<FactId> premises = opened(flow.atoms);
    premises.push_back(fact(FactKind::escapes, flow.to));
    step(leaving, std::move(premises), {}, what);
  }
  return leaving;
}

std::uint32_t GraphBuilding::kindOf(space::ServiceSet packets) {
  const auto [known, fresh] = kindOf_.try_emplace(packets);
  if (!fresh) return known->second;
  std::vector<bool> in;
  for (const space::ServiceSet& set : spoken_) in.push_back(packets.intersects(set));
  const auto found = std::ranges::find(packetKinds_, in);
  known->second = static_cast<std::uint32_t>(found - packetKinds_.begin());
  if (found == packetKinds_.end()) packetKinds_.push_back(std::move(in));
  return known->second;
}

void GraphBuilding::addMeanings() {
  for (std::uint32_t n = 0; n < made_.flow.nodes.size(); ++n) {
    const FlowNode& node = made_.flow.nodes[n];
    AttackStep what;
    what.party = node.party;
    what.service = node.service;
    if (node.kind == StateKind::told) step(fact(FactKind::told, node.service.value), {FactId(n)}, {}, what);
    if (node.kind == StateKind::readable)
      step(fact(FactKind::written, node.service.value), {FactId(n)}, {}, what);
    if (node.kind == StateKind::client) step(fact(FactKind::read, node.party.value), {FactId(n)}, {}, what);
  }
  for (std::uint32_t p = 0; p < made_.parties.size(); ++p) {
    if (made_.outside[p] || absent_[p]) continue;
    AttackStep what;
    what.party = PartyId(p);
    step(fact(FactKind::code, p), {fact(FactKind::admin, p)}, {}, what);
    step(FactId(p), {fact(FactKind::code, p)}, {}, what);
    // A machine of no list on which his code runs is his own.
    if (network_->at(PartyId(p)).kind == reach::Party::Kind::unlisted)
      step(fact(FactKind::admin, p), {fact(FactKind::code, p)}, {}, what);
  }
}

// Whoever has a machine from which a device is managed, with all its privileges, can make it fail.
void GraphBuilding::addManagement() {
  for (const auto& [atom, open] : openAtoms_) {
    const reach::Atom& of = atoms_.at(atom);
    if (!of.key.starts_with("device ")) continue;
    const auto device = std::ranges::find(model_.devices, of.key.substr(7), &model::Device::name);
    if (device == model_.devices.end() || !device->managedFrom) continue;
    for (const PartyId party : made_.managers) {
      if (!lies(*network_, party, *device->managedFrom)) continue;
      AttackStep what;
      what.party = party;
      step(open, {fact(FactKind::admin, party.value)}, {}, what);
    }
  }
}

// Semantics 8: what fails together counts once.
void GraphBuilding::joinLayers() {
  std::vector<std::size_t> root(made_.layers.size());
  std::iota(root.begin(), root.end(), 0);
  auto find = [&](std::size_t l) {
    while (root[l] != l) l = root[l] = root[root[l]];
    return l;
  };
  std::map<std::string, std::size_t> firstOf;
  auto joined = [&](const std::string& by, std::size_t l) {
    const auto [first, fresh] = firstOf.try_emplace(by, l);
    if (!fresh) root[std::max(find(first->second), find(l))] = std::min(find(first->second), find(l));
  };
  for (std::size_t l = 0; l < made_.layers.size(); ++l) {
    const Layer& layer = made_.layers[l];
    // What it belongs to: "device fw", "property dns-int.dns decides", "software unbound".
    const std::string rest = layer.name.substr(layer.name.find(' ') + 1);
    const std::string owner = rest.substr(0, rest.find_first_of(". "));
    const bool device = layer.kind == LayerKind::device;
    for (std::size_t g = 0; g < model_.failsWith.size(); ++g) {
      for (const std::string& name : model_.failsWith[g]) {
        const auto host = std::ranges::find(model_.hosts, name, &model::Host::name);
        const bool ofHost =
            host != model_.hosts.end() && ((layer.kind == LayerKind::software && host->software == rest) ||
                                           rest == "undeclared software of " + name ||
                                           (layer.kind == LayerKind::restriction && owner == name));
        if ((device && rest == name) || ofHost) joined(fmt::format("group {}", g), l);
      }
    }
    const auto found = std::ranges::find(model_.devices, rest, &model::Device::name);
    if (!device || found == model_.devices.end()) continue;
    if (!found->op.empty()) joined("operator " + found->op, l);
    if (!found->product.empty()) joined("product " + found->product, l);
  }
  for (std::size_t l = 0; l < made_.layers.size(); ++l) made_.groups.emplace_back(find(l));
}

AttackGraph buildAttackGraph(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                             const channel::Trust& trust, const StepTemplates& templates, const Start& start,
                             bool devicesMayFail) {
  return GraphBuilding(model, behaviours, trust, templates, start, devicesMayFail).build();
}

}  // namespace vauban::attack
