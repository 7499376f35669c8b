#include "channel/certificate.h"

#include <algorithm>

namespace vauban::channel {

using model::ServiceInstance;
using reach::Network;
using reach::PartyId;
using reach::PointId;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Place travelling(Place place) {
  const auto slash = place.file.rfind('/');
  if (slash != std::string::npos) place.file.erase(0, slash + 1);
  return place;
}

class Writer {
 public:
  Writer(const Network& network, const model::BehaviourCatalogue& behaviours, const model::Claim& claim)
      : net_(network), model_(network.model()), catalogue_(behaviours) {
    result_.claim = &claim;
  }

  void add(const Closure& closure, bool backwards) {
    const model::Claim& claim = *result_.claim;
    Certificate::Part part;
    part.hisEnd = closure.hisEnd;
    part.backwards = backwards;
    for (const PartyId id : closure.from) part.from.push_back(nameOf(id));
    std::ranges::sort(part.from);
    const bool flags = !closure.hisEnd && claim.over != space::ServiceSet::all();
    std::set<PartyId> holders, concerned;
    std::map<std::string, bool> known;  // state -> whether it is there with `over`
    for (const auto& [key, names] : closure.reached) {
      if (names.empty()) continue;
      const auto& [kind, index, seen] = key;
      const bool named = kind == StateKind::told || kind == StateKind::readable;
      Certificate::State state{textOf(kind, index), seen, {}};
      if (named && !names.full()) state.names = names.suffixes();
      bool& over = known[state.text];
      over = over || seen || !flags;
      state.far = closure.far.contains(key);
      part.states.push_back(std::move(state));
      const PartyId holder = partyOf(kind, index);
      parties_.insert(nameOf(holder));
      concerned.insert(holder);
      const bool ends =
          kind == StateKind::held && closure.waits[holder.index()] && !closure.starts[holder.index()];
      if (!ends) holders.insert(holder);
      if (named) services_.insert(index);
    }
    std::ranges::sort(part.states, {}, [](const auto& s) { return std::tie(s.text, s.over); });
    for (const auto& [edge, rate] : closure.cut) {
      const auto& [fromKind, fromIndex, fromOver] = edge.first;
      const auto& [toKind, toIndex, toOver] = edge.second;
      part.cut.push_back({textOf(fromKind, fromIndex), textOf(toKind, toIndex), fromOver, toOver, rate});
    }
    std::ranges::sort(part.cut);
    for (const PartyId from : holders) {
      for (std::size_t p = 0; p < net_.parties().size(); ++p) {
        const PartyId to(p);
        if (to == from) continue;
        std::vector<std::string> shut;
        for (const std::string& state : possible(closure, to, claim.direct)) {
          const auto found = known.find(state);
          if (found == known.end()) {
            shut.push_back(state);
          } else if (!found->second) {
            shut.push_back(state + " +over");
          }
        }
        if (shut.empty()) continue;
        std::ranges::sort(shut);
        concerned.insert(to);
        part.steps.push_back({nameOf(from), nameOf(to), std::move(shut), between(from, to)});
      }
    }
    std::ranges::sort(part.steps, {}, [](const auto& s) { return std::tie(s.from, s.to); });
    for (const PartyId id : concerned) addHost(part, id);
    std::ranges::sort(part.hosts, {}, &Certificate::Relied::name);
    for (const std::uint32_t service : services_) addService(part, model_.services[service]);
    services_.clear();
    std::ranges::sort(part.services, {}, &Certificate::Relied::name);
    result_.closures.push_back(std::move(part));
  }

  void addPair(PartyId from, PartyId to) {
    parties_.insert(nameOf(from));
    parties_.insert(nameOf(to));
    result_.pairs.push_back({nameOf(from), nameOf(to), {}, between(from, to)});
  }

  // Reasons get their numbers once all are known.
  Certificate finish() {
    std::ranges::sort(result_.pairs, {}, [](const auto& s) { return std::tie(s.from, s.to); });
    std::vector<std::size_t> order(result_.reasons.size()), number(order.size());
    std::size_t at = 0;
    for (const auto& [reason, index] : numbers_) {
      number[index] = at;
      order[at++] = index;
    }
    std::vector<Reason> sorted;
    for (const std::size_t index : order) sorted.push_back(std::move(result_.reasons[index]));
    result_.reasons = std::move(sorted);
    auto renumber = [&](Certificate::Reasons& list) {
      for (std::size_t& reason : list) reason = number[reason];
      std::ranges::sort(list);
      list.erase(std::ranges::unique(list).begin(), list.end());
    };
    for (Certificate::Part& part : result_.closures) {
      for (auto& step : part.steps) renumber(step.because);
      for (auto& host : part.hosts) renumber(host.because);
      for (auto& service : part.services) renumber(service.because);
    }
    for (auto& pair : result_.pairs) renumber(pair.because);
    result_.cone = model::coneOf(model_, catalogue_, *result_.claim, {parties_.begin(), parties_.end()});
    return std::move(result_);
  }

 private:
  PartyId partyOf(StateKind kind, std::uint32_t index) const {
    if (kind == StateKind::held || kind == StateKind::client) return PartyId(index);
    return net_.partyOf(model_.services[index].host);
  }
  std::string nameOf(PartyId id) const {
    const reach::Party& party = net_.at(id);
    return (party.kind == reach::Party::Kind::host ? "host " : "zone ") + party.name;
  }
  std::string nameOf(const ServiceInstance& service) const {
    return model_.at(service.host).name + "." + service.name;
  }
  std::string textOf(StateKind kind, std::uint32_t index) const {
    switch (kind) {
      case StateKind::held:
        return "code " + nameOf(PartyId(index));
      case StateKind::client:
        return "client " + nameOf(PartyId(index));
      case StateKind::told:
        return "told service " + nameOf(model_.services[index]);
      case StateKind::readable:
        return "readable service " + nameOf(model_.services[index]);
    }
    return "";
  }

  std::vector<std::string> possible(const Closure& closure, PartyId id, bool direct) const {
    std::vector<std::string> states;
    const reach::Party& party = net_.at(id);
    if (closure.barred[id.index()]) return states;
    if (party.kind == reach::Party::Kind::unlisted && !closure.held[id.index()] &&
        !closure.present.contains(id))
      return states;
    const bool host = party.kind == reach::Party::Kind::host;
    const bool opaque = host && !model_.at(party.host).servicesStated;
    if (closure.held[id.index()] || (opaque && !direct)) states.push_back(textOf(StateKind::held, id.value));
    if (direct || !host || closure.held[id.index()]) return states;
    const model::Host& here = model_.at(party.host);
    for (const model::ServiceId service : here.services) {
      states.push_back(textOf(StateKind::told, service.value));
      const auto& effects = catalogue_.at(model_.at(service).behaviour).effects;
      if (std::ranges::any_of(effects, [](const model::Effect& effect) {
            return effect.kind == model::EffectKind::store ||
                   (effect.kind != model::EffectKind::read && effect.inwardBits > 0);
          })) {
        states.push_back(textOf(StateKind::readable, service.value));
      }
    }
    if (here.services.empty() && !(here.clientIsolated && *here.clientIsolated.value))
      states.push_back(textOf(StateKind::client, id.value));
    return states;
  }

  std::size_t reason(const std::string& kind, const std::string& owner, const Place& place,
                     const std::string& text, const std::string& layer) {
    Reason one{kind, owner, travelling(place), text, layer};
    auto [known, fresh] = numbers_.try_emplace(one, result_.reasons.size());
    if (fresh) result_.reasons.push_back(std::move(one));
    return known->second;
  }

  Certificate::Reasons between(PartyId from, PartyId to) {
    const auto [known, fresh] = between_.try_emplace({from, to});
    if (!fresh) return known->second;
    Certificate::Reasons because;
    const bool accepting = result_.claim->kind == model::ClaimKind::always;
    for (const PointId id : net_.pointsBetween(from, to)) {
      const reach::Point& point = net_.points()[id.index()];
      auto add = [&](const reach::RuleRef& ref) {
        const bool policy = ref.rule == nullptr;
        because.push_back(reason(accepting ? "accept"
                                 : policy  ? "policy"
                                           : "rule",
                                 point.name, policy ? ref.chain->policyPlace : ref.rule->place,
                                 policy ? ref.chain->name : ref.rule->text, "device " + point.name));
      };
      const auto services = accepting ? result_.claim->over : space::ServiceSet::all();
      for (const auto& ref : net_.deciders(id, from, to, accepting, services)) add(ref);
      if (!accepting) {
        for (const auto& ref : net_.deciders(id, to, from, accepting, services)) add(ref);
      }
      addKeys(because, point);
    }
    std::ranges::sort(because);
    because.erase(std::ranges::unique(because).begin(), because.end());
    return known->second = because;
  }

  void addKeys(Certificate::Reasons& because, const reach::Point& point) {
    auto stated = [&](auto key, const std::string& name, auto inWords) {
      const auto& own = point.own != nullptr && (point.own->*key) ? point.own->*key : model_.enforcement.*key;
      if (!own) return;
      because.push_back(
          reason("key", point.name, own.place, name + ": " + inWords(*own.value), "device " + point.name));
    };
    using model::Enforcement;
    stated(&Enforcement::antiSpoofing, "anti-spoofing", [](model::AntiSpoofing value) {
      return value == model::AntiSpoofing::off ? "off" : value == model::AntiSpoofing::zone ? "zone" : "host";
    });
    stated(&Enforcement::families, "families", [](const std::vector<space::Family>& value) {
      std::vector<std::string> names;
      for (const auto family : value) names.emplace_back(family == space::Family::ipv4 ? "ipv4" : "ipv6");
      return joined(names);
    });
    stated(&Enforcement::uncoveredPasses, "uncovered", [](bool value) { return value ? "pass" : "drop"; });
    stated(&Enforcement::established, "established", [](bool value) { return value ? "true" : "false"; });
    stated(&Enforcement::related, "related", [](model::Related value) {
      return value == model::Related::all ? "all" : value == model::Related::none ? "none" : "from-untrusted";
    });
    stated(&Enforcement::helpers, "helpers",
           [](const std::vector<std::string>& value) { return value.empty() ? "none" : joined(value); });
    stated(&Enforcement::unmatchedRejects, "unmatched", [](bool value) { return value ? "reject" : "drop"; });
  }

  void addHost(Certificate::Part& part, PartyId id) {
    const reach::Party& party = net_.at(id);
    if (party.kind != reach::Party::Kind::host) return;
    const model::Host& host = model_.at(party.host);
    Certificate::Relied relied{host.name, {}};
    const std::string layer = "software " + host.name;
    if (host.servicesStated)
      relied.because.push_back(reason("services", host.name, host.servicesPlace, "services", layer));
    if (host.clientIsolated && *host.clientIsolated.value) {
      relied.because.push_back(
          reason("client", host.name, host.clientIsolated.place, "client: isolated", layer));
    }
    if (!relied.because.empty()) part.hosts.push_back(std::move(relied));
  }

  void addService(Certificate::Part& part, const ServiceInstance& service) {
    Certificate::Relied relied{nameOf(service), {}};
    auto add = [&](const std::string& kind, const std::string& key, const Place& place,
                   const std::string& text) {
      relied.because.push_back(reason(kind, relied.name, place, text, "service " + relied.name + ": " + key));
    };
    for (const auto& [name, stated] : service.properties) {
      if (stated) add("property", name, stated.place, name + ": " + joined(*stated.value));
    }
    auto configured = [&](const char* key, bool given, const Place& place) {
      if (given) add("configuration", key, place, key);
    };
    configured("names", service.names.has_value(), service.names ? service.names->place : Place{});
    configured("addresses", service.addresses.has_value(),
               service.addresses ? service.addresses->place : Place{});
    configured("upstream", service.upstream.has_value(), service.place);
    configured("resolver", service.resolver.has_value(), service.place);
    configured("pool", service.pool.has_value(), service.place);
    configured("from", service.from.has_value(), service.place);
    configured("readers", service.readers.has_value(), service.place);
    configured("answers", !service.answers.empty(), service.place);
    if (!relied.because.empty()) part.services.push_back(std::move(relied));
  }

  const Network& net_;
  const model::Model& model_;
  const model::BehaviourCatalogue& catalogue_;
  Certificate result_;
  std::map<Reason, std::size_t> numbers_;
  std::map<std::pair<PartyId, PartyId>, Certificate::Reasons> between_;
  std::set<std::string> parties_;
  std::set<std::uint32_t> services_;
};

}  // namespace

Certificate certify(const Network& network, const model::BehaviourCatalogue& behaviours,
                    const model::Claim& claim, const std::vector<Closure>& closures, bool backwards) {
  Writer writer(network, behaviours, claim);
  for (const Closure& closure : closures) writer.add(closure, backwards && !closure.hisEnd);
  return writer.finish();
}

Certificate certify(const Network& network, const model::BehaviourCatalogue& behaviours,
                    const model::Claim& claim, const std::set<std::pair<PartyId, PartyId>>& pairs) {
  Writer writer(network, behaviours, claim);
  for (const auto& [from, to] : pairs) writer.addPair(from, to);
  return writer.finish();
}

}  // namespace vauban::channel
