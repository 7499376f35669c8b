#include "check/listing.h"

#include <fmt/format.h>

namespace vauban::check {
namespace {

std::string lastPart(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Reason reason(const std::string& kind, const std::string& layer, const Place& place, const std::string& text,
              const std::string& about) {
  return {kind, layer, lastPart(place.file), text, about, place.line, place.column};
}

std::string familyWord(space::Family family) { return family == space::Family::ipv4 ? "ipv4" : "ipv6"; }

std::string listed(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

std::vector<Crossing> Listing::crossings(PartyId from, PartyId to) const {
  std::set<Crossing> all;
  for (const model::ZoneId a : network_.parties()[from].zones) {
    for (const model::ZoneId b : network_.parties()[to].zones) {
      for (const Route& route : network_.routes(a, b))
        all.insert(route.crossings.begin(), route.crossings.end());
    }
  }
  return {all.begin(), all.end()};
}

Reason Listing::ofDecision(const Decision& decision, const Point& point, const std::string& kind) const {
  const std::string layer = "device " + point.name;
  if (decision.rule != nullptr)
    return reason(kind, layer, decision.rule->place, decision.rule->text, point.name);
  return reason(kind == "rule" ? "policy" : kind, layer, decision.chain->policyPlace, decision.chain->name,
                point.name);
}

void Listing::keys(const Point& point, Reasons& reasons) const {
  const auto add = [&](const Place& place, const std::string& text) {
    reasons.insert(reason("key", "device " + point.name, place, text, point.name));
  };
  if (point.antiSpoofing) {
    const auto value = *point.antiSpoofing.value;
    add(point.antiSpoofing.place,
        std::string("anti-spoofing: ") + (value == model::AntiSpoofing::off    ? "off"
                                          : value == model::AntiSpoofing::zone ? "zone"
                                                                               : "host"));
  }
  if (point.families) {
    std::vector<std::string> words;
    for (const space::Family family : *point.families.value) words.push_back(familyWord(family));
    add(point.families.place, "families: " + listed(words));
  }
  if (point.uncoveredPasses) {
    add(point.uncoveredPasses.place, *point.uncoveredPasses.value ? "uncovered: pass" : "uncovered: drop");
  }
  if (point.established) {
    add(point.established.place, *point.established.value ? "established: true" : "established: false");
  }
  if (point.related) {
    const auto value = *point.related.value;
    add(point.related.place,
        std::string("related: ") + (value == model::Related::none            ? "none"
                                    : value == model::Related::fromUntrusted ? "from-untrusted"
                                                                             : "all"));
  }
  if (point.helpers)
    add(point.helpers.place,
        "helpers: " + (point.helpers.value->empty() ? "none" : listed(*point.helpers.value)));
  if (point.unmatchedRejects) {
    add(point.unmatchedRejects.place,
        *point.unmatchedRejects.value ? "unmatched: reject" : "unmatched: drop");
  }
}

const Reasons& Listing::between(PartyId from, PartyId to) const {
  const auto [found, isNew] = between_.try_emplace({from, to});
  if (!isNew) return found->second;
  Reasons& reasons = found->second;
  const Party &a = network_.parties()[from], &b = network_.parties()[to];
  const auto decided = [&](PartyId one, PartyId other, Packets packets) {
    for (const Crossing& crossing : crossings(one, other)) {
      const Point& point = network_.points()[crossing.point];
      keys(point, reasons);
      for (const Decision& decision : network_.decisions(crossing)) {
        if (decision.accepts || (decision.packets & packets) == bddfalse) continue;
        reasons.insert(ofDecision(decision, point, "rule"));
      }
    }
  };
  decided(from, to, a.own.source & b.own.destination);
  decided(to, from, b.own.source & a.own.destination);
  return reasons;
}

Reasons Listing::accepting(PartyId from, PartyId to, Packets over) const {
  Reasons reasons;
  const Party &a = network_.parties()[from], &b = network_.parties()[to];
  const Packets packets = a.own.source & b.own.destination & over;
  for (const Crossing& crossing : crossings(from, to)) {
    const Point& point = network_.points()[crossing.point];
    keys(point, reasons);
    for (const Decision& decision : network_.decisions(crossing)) {
      if (!decision.accepts || (decision.packets & packets) == bddfalse) continue;
      reasons.insert(ofDecision(decision, point, "accept"));
    }
  }
  for (const Crossing& crossing : crossings(to, from)) keys(network_.points()[crossing.point], reasons);
  return reasons;
}

Reasons Listing::ofHost(model::HostId id) const {
  const model::Host& host = network_.model().at(id);
  Reasons reasons;
  const std::string layer = "software " + host.name;
  if (host.servicesStated) {
    reasons.insert(reason("services", layer, host.servicesPlace, "services", host.name));
  }
  if (host.clientIsolated.value.value_or(false)) {
    reasons.insert(reason("client", layer, host.clientIsolated.place, "client: isolated", host.name));
  }
  return reasons;
}

Reasons Listing::ofService(model::ServiceId id) const {
  const model::ServiceInstance& service = network_.model().at(id);
  const std::string name = network_.model().at(service.host).name + "." + service.name;
  Reasons reasons;
  for (const auto& [key, stated] : service.properties) {
    if (!stated) continue;
    reasons.insert(reason("property", "service " + name + ": " + key, stated.place,
                          key + ": " + listed(*stated.value), name));
  }
  const auto configuration = [&](const std::string& key, const Place& place) {
    reasons.insert(reason("configuration", "service " + name + ": " + key, place, key, name));
  };
  const auto terms = [&](const std::string& key, const std::optional<model::PlaceTerms>& list) {
    if (list) configuration(key, service.place);
  };
  if (service.names) configuration("names", service.names->place);
  if (service.addresses) configuration("addresses", service.addresses->place);
  terms("upstream", service.upstream);
  terms("resolver", service.resolver);
  terms("pool", service.pool);
  terms("from", service.from);
  terms("readers", service.readers);
  if (!service.answers.empty()) configuration("answers", service.place);
  return reasons;
}

const Reasons& Listing::all() const {
  if (!all_.empty()) return all_;
  for (const Point& point : network_.points()) {
    keys(point, all_);
    for (const model::Chain& chain : point.filter->program().chains) {
      for (const model::FilterRule& rule : chain.rules) {
        const bool accepts = rule.action == model::Action::accept;
        const bool shuts = rule.action == model::Action::drop || rule.action == model::Action::reject;
        if (!accepts && !shuts) continue;
        all_.insert(ofDecision({&rule, &chain, accepts, bddfalse}, point, accepts ? "accept" : "rule"));
      }
      if (!chain.policy) continue;
      const bool accepts = chain.policy == model::Action::accept;
      all_.insert(ofDecision({nullptr, &chain, accepts, bddfalse}, point, accepts ? "accept" : "rule"));
    }
  }
  for (std::size_t i = 0; i < network_.model().hosts.size(); ++i) all_.merge(ofHost(model::HostId(i)));
  for (std::size_t i = 0; i < network_.model().services.size(); ++i)
    all_.merge(ofService(model::ServiceId(i)));
  return all_;
}

}  // namespace vauban::check
