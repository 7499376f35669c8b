#include "tests/attack/attack_facts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "attack/attack_graph.h"
#include "attack/closure.h"
#include "channel/guarded_flow.h"
#include "channel/solver.h"
#include "reach/network.h"

namespace vauban::tests {
namespace {

using channel::FlowNode;
using channel::FlowStep;
using channel::StateKind;
using reach::PartyId;

std::string quoted(const std::string& text) {
  std::string made = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') made += '\\';
    made += c;
  }
  return made + "'";
}

class Writer {
 public:
  Writer(const model::Model& model, const model::BehaviourCatalogue& behaviours, const PacketWords& words,
         const std::vector<model::HostId>& classes)
      : model_(model),
        behaviours_(behaviours),
        words_(words),
        classes_(classes),
        network_(model, atoms_, everyValue(), {}, true) {}

  std::string text() {
    parties();
    services();
    credentials();
    rest();
    flow();
    return std::move(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += ".\n";
  }

  // Conditions may have any value, another one at each hop.
  std::vector<std::vector<bool>> everyValue() const {
    const std::size_t count = model_.conditions.size();
    if (count > 10) return {std::vector<bool>(count, true), std::vector<bool>(count, false)};
    std::vector<std::vector<bool>> values(std::size_t{1} << count, std::vector<bool>(count));
    for (std::size_t v = 0; v < values.size(); ++v) {
      for (std::size_t c = 0; c < count; ++c) values[v][c] = ((v >> c) & 1U) != 0;
    }
    return values;
  }

  std::vector<std::size_t> meant(const model::PlaceTerms& terms) const {
    std::vector<std::size_t> parties;
    for (std::size_t p = 0; p < network_.parties().size(); ++p) {
      const reach::Party& party = network_.parties()[p];
      bool means = false;
      for (const model::PlaceTerm& term : terms) {
        using Kind = model::PlaceTerm::Kind;
        if (term.kind == Kind::any) means = means || !party.adversary;
        if (term.kind == Kind::zone) means = means || std::ranges::count(party.zones, term.zone) > 0;
        if (term.kind == Kind::host)
          means = means || (party.kind == reach::Party::Kind::host && party.host == term.host);
        if (term.kind == Kind::addresses) {
          for (const reach::ClassIndex c : party.classes)
            means = means || network_.endpoint(c).addresses.intersects(term.addresses);
        }
      }
      if (means) parties.push_back(p);
    }
    return parties;
  }

  void parties() {
    for (std::size_t z = 0; z < model_.zones.size(); ++z) {
      const model::Zone& zone = model_.zones[z];
      const std::string name = quoted(zone.name);
      put("zone({})", name);
      if (zone.people) put("people({})", name);
      if (zone.untrusted) put("untrusted({})", name);
      if (zone.isolated) put("isolated({})", name);
      if (network_.takesNeighbours(model::ZoneId(z), {})) put("takes({})", name);
    }
    for (std::size_t p = 0; p < network_.parties().size(); ++p) {
      const reach::Party& party = network_.parties()[p];
      const bool host = party.kind == reach::Party::Kind::host;
      put("{}({})",
          party.adversary      ? "outside"
          : host               ? "host"
          : party.zone.valid() ? "unlisted"
                               : "nowhere",
          p);
      if (party.zone.valid()) put("home({}, {})", p, quoted(model_.at(party.zone).name));
      for (const model::ZoneId zone : party.zones) put("inzone({}, {})", p, quoted(model_.at(zone).name));
      if (network_.several(PartyId(p))) put("several({})", p);
      if (!host) continue;
      const model::Host& is = model_.at(party.host);
      put("classname({}, {})", p, quoted(model_.at(classes_[party.host.index()]).name));
      if (!is.platform.empty()) put("platform({}, {})", p, quoted(is.platform));
      if (!is.software.empty()) put("software({}, {})", p, quoted(is.software));
      for (const std::string& account : is.accounts) put("account({}, {})", p, quoted(account));
    }
  }

  void services() {
    for (std::size_t s = 0; s < model_.services.size(); ++s) {
      const model::ServiceInstance& service = model_.services[s];
      put("service({}, {})", s, network_.partyOf(service.host).index());
      put("behaviour({}, {})", s, quoted(behaviours_.at(service.behaviour).name));
      for (const auto& [word, packets] : words_) {
        if (service.listens.intersects(packets)) put("listens({}, {})", s, word);
      }
    }
  }

  void credentials() {
    for (const model::Credential& credential : model_.credentials) {
      const std::string name = quoted(credential.name);
      put("credential({})", name);
      if (!credential.kind.empty()) put("credential_kind({}, {})", name, quoted(credential.kind));
      if (credential.mfa) put("second_factor({}, {})", name, *credential.mfa);
      for (const model::Grant& grant : credential.grants) {
        for (const model::HostId host : grant.hosts)
          put("grant({}, {}, {})", name, network_.partyOf(host).index(), quoted(grant.privilege));
      }
      for (const model::HostId host : credential.exposedOn)
        put("exposed({}, {})", name, network_.partyOf(host).index());
    }
  }

  void rest() {
    for (const model::Asset& asset : model_.assets) {
      put("asset({})", quoted(asset.name));
      for (const std::size_t p : meant(asset.at)) put("lies({}, {})", quoted(asset.name), p);
      for (const std::string& kind : asset.kinds) put("asset_kind({}, {})", quoted(asset.name), kind);
    }
    for (std::size_t m = 0; m < model_.countermeasures.size(); ++m) {
      const model::Countermeasure& measure = model_.countermeasures[m];
      if (measure.technique.empty()) continue;
      put("countermeasure({}, {}, {})", m + 1, quoted(measure.technique), measure.coverage.value_or(-1));
      for (const std::size_t p : meant(measure.at)) put("deployed({}, {})", m + 1, p);
    }
    for (const model::Device& device : model_.devices) {
      if (!device.managedFrom) continue;
      for (const std::size_t p : meant(*device.managedFrom)) put("managed({}, {})", quoted(device.name), p);
    }
    const std::vector<std::size_t> places =
        model_.threats.start.empty() ? std::vector<std::size_t>{} : meant(model_.threats.start);
    for (const std::size_t p : places) put("start({})", p);
    for (const model::HostId host : model_.threats.insiders)
      put("insider({})", network_.partyOf(host).index());
  }

  // What is stated of a host ("client ws", "names proxy.web") is one layer for all hosts of its class.
  std::string ofClass(const std::string& key) const {
    const auto blank = key.find(' ');
    if (key.starts_with("device ") || key.starts_with("switches ")) return key;
    const auto after = key.find_first_of(". ", blank + 1);
    const std::string owner = key.substr(blank + 1, after - blank - 1);
    const auto host = std::ranges::find(model_.hosts, owner, &model::Host::name);
    if (host == model_.hosts.end()) return key;
    return key.substr(0, blank + 1) + model_.at(classes_[host - model_.hosts.begin()]).name +
           (after == std::string::npos ? "" : key.substr(after));
  }

  std::string atoms(const reach::AtomIds& ids, const channel::GuardedFlow& flow) {
    std::string words;
    for (const reach::AtomId id : ids) {
      const auto code = std::ranges::find(flow.codeAt, id);
      if (code != flow.codeAt.end()) {
        fmt::format_to(std::back_inserter(words), "{}code({})", words.empty() ? "" : ",",
                       code - flow.codeAt.begin());
      } else if (atoms_.at(id).failure) {
        fmt::format_to(std::back_inserter(words), "{}failed({})", words.empty() ? "" : ",",
                       quoted(ofClass(atoms_.at(id).key)));
      }  // a gap is open
    }
    return "[" + words + "]";
  }

  void flow() {
    const auto trust = channel::Trust::of(model_, channel::SuffixLists::builtIn());
    const channel::GuardedFlow flow = channel::Solver(network_, behaviours_, trust).guardedFlow();
    for (std::size_t n = 0; n < flow.nodes.size(); ++n) {
      const FlowNode& node = flow.nodes[n];
      const std::uint64_t party = node.party.index();
      if (node.atAddress) put("at_address({}, {})", n, party);
      if (node.kind == StateKind::held && !node.atAddress) put("held({}, {})", n, party);
      if (node.kind == StateKind::client) put("client({}, {})", n, party);
      if (node.kind == StateKind::told) put("told({}, {})", n, node.service.index());
      if (node.kind == StateKind::readable) put("readable({}, {})", n, node.service.index());
    }
    for (std::size_t s = 0; s < flow.steps.size(); ++s) {
      const FlowStep& step = flow.steps[s];
      put("moves({}, {}, {}, {}, {})", s, step.from, step.to, atoms(step.atoms, flow),
          step.hops.empty() ? (step.borrowed ? "borrowed" : "still") : "packet");
      const FlowNode& from = flow.nodes[step.from];
      if (from.kind != StateKind::held || from.atAddress || step.hops.empty()) continue;
      if (!network_.at(from.party).adversary) {
        for (const auto& [word, packets] : words_) {
          if (step.packets.intersects(packets)) put("speaks({}, {})", s, word);
        }
      }
      if (!step.hops.front().answer || network_.at(from.party).kind != reach::Party::Kind::host) continue;
      for (const model::ServiceId id : model_.at(network_.at(from.party).host).services) {
        if (model_.at(id).listens.intersects(step.packets)) put("answers({}, {})", s, id.index());
      }
    }
  }

  const model::Model& model_;
  const model::BehaviourCatalogue& behaviours_;
  const PacketWords& words_;
  const std::vector<model::HostId>& classes_;
  reach::Atoms atoms_;
  reach::Network network_;
  std::string out_;
};

// The facts that hold, as the rules name them; of every host of a class what holds of the one that stands for
// it.
std::string holding(const attack::AttackGraph& graph, const attack::Closure& closure) {
  using attack::FactKind;
  const model::Model& model = *graph.model;
  std::vector<std::string> facts;
  for (std::size_t f = 0; f < graph.facts.size(); ++f) {
    if (!closure.holds(attack::FactId(f))) continue;
    const attack::Fact& fact = graph.facts[f];
    auto party = [&](const char* kind) {
      facts.push_back(fmt::format("{}({})", kind, fact.party.index()));
      for (std::size_t h = 0; h < model.hosts.size(); ++h) {
        if (graph.standIn[h].index() == fact.party.index() && h != fact.party.index())
          facts.push_back(fmt::format("{}({})", kind, h));
      }
    };
    auto service = [&](const char* kind) {
      const model::ServiceInstance& is = model.at(fact.service);
      for (const model::ServiceInstance& other : model.services) {
        if (graph.standIn[other.host.index()] == is.host && other.name == is.name)
          facts.push_back(fmt::format("{}({})", kind, &other - model.services.data()));
      }
    };
    auto asset = [&] { return quoted(graph.model->assets[fact.index].name); };
    switch (fact.kind) {
      case FactKind::code:
        party("code");
        break;
      case FactKind::admin:
        party("admin");
        break;
      case FactKind::found:
        party("found");
        break;
      case FactKind::commanded:
        party("commanded");
        break;
      case FactKind::read:
        party("has_read");
        break;
      case FactKind::told:
        service("is_told");
        break;
      case FactKind::written:
        service("written");
        break;
      case FactKind::reads:
        service("reads");
        break;
      case FactKind::holds:
        facts.push_back(fmt::format("holds({})", quoted(graph.credentials[fact.index].name)));
        break;
      case FactKind::collected:
        facts.push_back(fmt::format("collected({})", asset()));
        break;
      case FactKind::data:
        facts.push_back(fmt::format("data({})", asset()));
        break;
      case FactKind::impact:
        facts.push_back(fmt::format("impact({}, {})", asset(), fact.impact.empty() ? "any" : fact.impact));
        break;
      default:  // on the way to these
        break;
    }
  }
  return fmt::format("[{}]", fmt::join(facts, ","));
}

}  // namespace

std::string attackFacts(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                        const attack::StepTemplates& templates, const PacketWords& words,
                        const FactsRequest& request) {
  std::string out = fmt::format("model({}).\n", quoted(request.name));
  const auto trust = channel::Trust::of(model, channel::SuffixLists::builtIn());
  const attack::AttackGraph graph = attack::buildAttackGraph(model, behaviours, trust, templates);
  out += Writer(model, behaviours, words, graph.standIn).text();
  std::mt19937_64 random(request.seed);
  for (unsigned set = 0; set < request.sets + 2; ++set) {
    std::vector<attack::LayerId> failed;
    std::vector<std::string> names;
    const std::uint64_t share = 1 + random() % 9;
    for (std::size_t l = 0; l < graph.layers.size(); ++l) {
      if (set == 0 || (set > 1 && random() % 10 >= share)) continue;
      failed.emplace_back(l);
      names.push_back(quoted(graph.layers[l].name));
    }
    const attack::Closure closure(graph.graph, {failed, {}, {}});
    fmt::format_to(std::back_inserter(out), "expected([{}], {}).\n", fmt::join(names, ","),
                   holding(graph, closure));
  }
  return out + "end.\n";
}

}  // namespace vauban::tests
