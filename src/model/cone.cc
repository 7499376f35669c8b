#include "model/cone.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <set>

namespace vauban::model {

using space::AddressSet;

std::string sha256(const std::string& text) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex = "sha256:";
  for (const std::uint8_t byte : digest) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return hex;
}

std::string pointName(const Model& model, LinkId id) {
  const Link& link = model.at(id);
  return link.device ? model.devices[link.device->index()].name : link.name;
}

namespace {

// The statement in force at a link; at the ideal point (null) the model's.
template <class T>
const Stated<T>& inForce(const Model& model, const Link* link, Stated<T> Enforcement::* key) {
  return link != nullptr && (link->enforcement.*key) ? link->enforcement.*key : model.enforcement.*key;
}

std::string words(std::vector<std::string> list) {
  std::ranges::sort(list);
  std::string text;
  for (const std::string& word : list) text += " " + word;
  return text;
}

std::string ofAddresses(const AddressSet& set) {
  std::string text;
  for (const space::AddressRange& range : set.ranges()) {
    text += (text.empty() ? "" : ",") + space::Address{range.family, range.first}.toString();
    if (range.last != range.first) text += "-" + space::Address{range.family, range.last}.toString();
  }
  return text.empty() ? "none" : text;
}

std::string ofServices(const space::ServiceSet& set) {
  std::string text;
  auto range = [](std::uint32_t first, std::uint32_t last) {
    return std::to_string(first) + (first == last ? "" : "-" + std::to_string(last));
  };
  for (const auto& box : set.boxes()) {
    text += (text.empty() ? "" : ",") + range(box.firstProtocol, box.lastProtocol) + ":" +
            range(box.source.first, box.source.last) + ":" +
            range(box.destination.first, box.destination.last);
  }
  return text.empty() ? "none" : text;
}

std::string ofTerms(const Model& model, const PlaceTerms& terms) {
  std::vector<std::string> list;
  for (const PlaceTerm& term : terms) {
    switch (term.kind) {
      case PlaceTerm::Kind::any:
        list.emplace_back("any");
        break;
      case PlaceTerm::Kind::zone:
        list.push_back("zone=" + model.at(term.zone).name);
        break;
      case PlaceTerm::Kind::host:
        list.push_back("host=" + model.at(term.host).name);
        break;
      case PlaceTerm::Kind::addresses:
        list.push_back("addresses=" + ofAddresses(term.addresses));
        break;
      case PlaceTerm::Kind::name:
        list.push_back("name=" + term.text);
        break;
    }
  }
  return words(list);
}

std::string ofClaim(const Model& model, const Claim& claim) {
  std::vector<std::string> via;
  for (const HostId host : claim.via) via.push_back(model.at(host).name);
  return "claim " + std::to_string(static_cast<int>(claim.kind)) + " " +
         std::to_string(static_cast<int>(claim.subject)) + " from" + ofTerms(model, claim.from) + " to" +
         ofTerms(model, claim.to) + " held" + ofTerms(model, claim.heldByAdversary) + " via" + words(via) +
         " over " + ofServices(claim.over) + (claim.direct ? " direct" : "") +
         (claim.bothWays ? " both-ways" : "") + " at-most " + std::to_string(claim.bitsPerSecond);
}

std::string ofZone(const Zone& zone) {
  return "zone " + zone.name + (zone.untrusted ? " untrusted" : "") + (zone.isolated ? " isolated" : "") +
         (zone.onPath ? " on-path" : "") + " " + ofAddresses(zone.addresses);
}

std::string ofHost(const Model& model, const Host& host) {
  std::vector<std::string> zones, addresses;
  for (const ZoneId zone : host.alsoIn) zones.push_back(model.at(zone).name);
  for (const space::Address& address : host.addresses) addresses.push_back(address.toString());
  return "host " + host.name + " in " + model.at(host.zone).name + words(zones) + " at" + words(addresses) +
         " count " + std::to_string(host.count) + (host.servicesStated ? " services" : "") +
         (host.clientIsolated ? (*host.clientIsolated.value ? " isolated" : " client") : "");
}

std::string ofService(const Model& model, const ServiceInstance& service,
                      const BehaviourCatalogue& behaviours) {
  std::string text = "service " + model.at(service.host).name + "." + service.name + " " +
                     behaviours.at(service.behaviour).name + " listens " + ofServices(service.listens);
  auto terms = [&](const char* key, const std::optional<PlaceTerms>& list) {
    if (list) text += std::string(" ") + key + ofTerms(model, *list);
  };
  terms("upstream", service.upstream);
  terms("resolver", service.resolver);
  terms("pool", service.pool);
  terms("from", service.from);
  terms("readers", service.readers);
  if (service.addresses) {
    if (service.addresses->allow) text += " allow " + ofAddresses(*service.addresses->allow);
    text += " deny " + ofAddresses(service.addresses->deny);
  }
  for (const auto& [name, stated] : service.properties) {
    if (stated) text += " " + name + "=" + words(*stated.value);
  }
  return text;
}

// Trust in names is model-wide, so all lists are in every cone.
void addNames(const Model& model, std::set<std::string>& lines) {
  for (const ServiceInstance& service : model.services) {
    const std::string at = model.at(service.host).name + "." + service.name;
    if (service.names) {
      const NameList& names = *service.names;
      lines.insert("names " + at + (names.allow ? " allow" + words(*names.allow) : "") + " deny" +
                   words(names.deny) + " delegated" + words(names.delegated) + " shared" +
                   words(names.shared));
    }
    if (!service.answers.empty()) lines.insert("answers " + at + words(service.answers));
    for (const auto* terms : {&service.upstream, &service.resolver}) {
      if (!*terms) continue;
      for (const PlaceTerm& term : **terms) {
        if (term.kind == PlaceTerm::Kind::name) lines.insert("upstream " + at + " " + term.text);
      }
    }
  }
}

std::string ofInterface(const std::optional<InterfaceMatch>& match) {
  return match ? (match->negated ? "!" : "") + match->pattern : "";
}

std::string ofRule(const Model& model, const FilterProgram& program, const FilterRule& rule) {
  static constexpr const char* kActions[] = {"accept", "drop", "reject", "jump", "goto", "return", "rewrite"};
  std::vector<std::string> from, to;
  for (const HostId host : rule.sourceHosts) from.push_back(model.at(host).name);
  for (const HostId host : rule.destinationHosts) to.push_back(model.at(host).name);
  std::string text = std::string(kActions[static_cast<int>(rule.action)]) + " " + ofAddresses(rule.source) +
                     words(from) + " > " + ofAddresses(rule.destination) + words(to) + " " +
                     ofServices(rule.services);
  if (rule.in) text += " in " + ofInterface(rule.in);
  if (rule.out) text += " out " + ofInterface(rule.out);
  if (rule.when) text += " when " + model.conditions[rule.when->index()].name;
  if (!rule.exact) text += " inexact";
  if (rule.chain.valid()) text += " chain " + program.chains[rule.chain.index()].name;
  if (rule.action == Action::rewrite) {
    const space::Rewrite& rewrite = rule.rewrite;
    if (rewrite.source) text += " source " + ofAddresses(*rewrite.source);
    if (rewrite.destination) text += " destination " + ofAddresses(*rewrite.destination);
    for (const auto* ports : {&rewrite.sourcePorts, &rewrite.destinationPorts}) {
      if (*ports) text += " ports " + std::to_string((*ports)->first) + "-" + std::to_string((*ports)->last);
    }
  }
  return text;
}

std::string ofKeys(const Model& model, const Link* link, const FilterProgram& program) {
  std::string text;
  auto add = [&](const char* key, const std::string& value) { text += std::string(" ") + key + "=" + value; };
  if (const auto& key = inForce(model, link, &Enforcement::antiSpoofing))
    add("anti-spoofing", std::to_string(static_cast<int>(*key.value)));
  auto families = [&](const char* name, const std::vector<space::Family>& list) {
    std::vector<std::string> names;
    for (const space::Family family : list) names.emplace_back(family == space::Family::ipv4 ? "4" : "6");
    add(name, words(names));
  };
  if (const auto& key = inForce(model, link, &Enforcement::families)) families("families", *key.value);
  families("rules-cover", program.families);
  if (const auto& key = inForce(model, link, &Enforcement::uncoveredPasses))
    add("uncovered", *key.value ? "pass" : "drop");
  if (const auto& key = inForce(model, link, &Enforcement::established))
    add("established", *key.value ? "yes" : "no");
  if (program.established) add("rules-established", *program.established ? "yes" : "no");
  if (const auto& key = inForce(model, link, &Enforcement::related))
    add("related", std::to_string(static_cast<int>(*key.value)));
  if (program.related) add("rules-related", std::to_string(static_cast<int>(*program.related)));
  if (const auto& key = inForce(model, link, &Enforcement::helpers)) add("helpers", words(*key.value));
  if (const auto& key = inForce(model, link, &Enforcement::unmatchedRejects))
    add("unmatched", *key.value ? "reject" : "drop");
  if (link != nullptr) {
    text += " sides " + model.at(link->from).name + " " + model.at(link->to).name;
    for (const auto& [zone, interfaces] : link->interfaces)
      text += " on " + model.at(zone).name + words(interfaces);
  }
  return text;
}

const FilterProgram& programOf(const Model& model, std::size_t link) {
  return link < model.linkPrograms.size() && model.linkPrograms[link] ? *model.linkPrograms[link]
                                                                      : model.flows;
}

// Whether a packet that neither comes from nor goes to the zones in question can matter: one with a forged
// source, one that a live flow lets pass, one of a family that no rule sees.
bool rulesApartMatter(const Model& model) {
  auto matters = [&](const Link* link, const FilterProgram& program) {
    const auto& sources = inForce(model, link, &Enforcement::antiSpoofing);
    if (!sources || *sources.value == AntiSpoofing::off) return true;
    if (*sources.value == AntiSpoofing::zone && !model.links.empty()) return true;
    const auto& uncovered = inForce(model, link, &Enforcement::uncoveredPasses);
    const auto& families = inForce(model, link, &Enforcement::families);
    if ((!uncovered || *uncovered.value) && (!families || families.value->size() < 2)) return true;
    const auto& own = inForce(model, link, &Enforcement::related);
    const std::optional<Related> related = own.value ? own.value : program.related;
    return !related || *related != Related::none;
  };
  if (matters(nullptr, model.flows)) return true;
  for (std::size_t l = 0; l < model.links.size(); ++l) {
    if (matters(&model.links[l], programOf(model, l))) return true;
  }
  return false;
}

AddressSet addressesOf(const Model& model, const Host& host) {
  AddressSet all;
  for (const space::Address& address : host.addresses) all = all | AddressSet(address);
  if (!all.empty()) return all;
  for (const ZoneId zone : host.alsoIn) all = all | model.at(zone).addresses;
  return all | model.at(host.zone).addresses;
}

}  // namespace

Cone coneOf(const Model& model, const BehaviourCatalogue& behaviours, const Claim& claim,
            const std::vector<std::string>& parties) {
  const std::set<std::string> named(parties.begin(), parties.end());
  const bool everything = rulesApartMatter(model);
  std::vector<bool> zoneIn(model.zones.size(), false), hostIn(model.hosts.size(), everything);
  for (std::size_t z = 0; z < model.zones.size(); ++z)
    zoneIn[z] = named.contains("zone " + model.zones[z].name);
  for (std::size_t h = 0; h < model.hosts.size(); ++h) {
    if (!named.contains("host " + model.hosts[h].name)) continue;
    hostIn[h] = zoneIn[model.hosts[h].zone.index()] = true;
    for (const ZoneId zone : model.hosts[h].alsoIn) zoneIn[zone.index()] = true;
  }
  AddressSet near;
  std::set<HostId> nearHosts;
  for (std::size_t z = 0; z < model.zones.size(); ++z) {
    if (zoneIn[z]) near = near | model.zones[z].addresses;
  }
  auto liesIn = [&](const Host& host) {
    return zoneIn[host.zone.index()] ||
           std::ranges::any_of(host.alsoIn, [&](ZoneId zone) { return zoneIn[zone.index()]; });
  };
  for (std::size_t h = 0; h < model.hosts.size(); ++h) {
    if (!liesIn(model.hosts[h])) continue;
    hostIn[h] = true;
    nearHosts.insert(HostId(h));
    near = near | addressesOf(model, model.hosts[h]);
  }
  auto meets = [&](const AddressSet& set, const std::vector<HostId>& hosts) {
    return set.intersects(near) ||
           std::ranges::any_of(hosts, [&](HostId host) { return nearHosts.contains(host); });
  };

  Cone cone;
  std::set<std::string> lines{ofClaim(model, claim)};
  std::string points;
  std::vector<space::AddressRange> reachedRanges;
  std::set<HostId> reachedHosts;
  auto addPoint = [&](const std::string& name, const Link* link, const FilterProgram& program) {
    std::string text = "point " + name + ofKeys(model, link, program) + "\n";
    std::size_t count = 0;
    for (const Chain& chain : program.chains) {
      text += " chain " + chain.name;
      if (chain.policy) text += *chain.policy == Action::accept ? " accept" : " drop";
      text += "\n";
      for (const FilterRule& rule : chain.rules) {
        if (!everything && !meets(rule.source, rule.sourceHosts) &&
            !meets(rule.destination, rule.destinationHosts))
          continue;
        text += "  " + ofRule(model, program, rule) + "\n";
        ++count;
        if (everything || rule.action == Action::drop || rule.action == Action::reject) continue;
        for (const AddressSet* set : {&rule.source, &rule.destination})
          reachedRanges.insert(reachedRanges.end(), set->ranges().begin(), set->ranges().end());
        reachedHosts.insert(rule.sourceHosts.begin(), rule.sourceHosts.end());
        reachedHosts.insert(rule.destinationHosts.begin(), rule.destinationHosts.end());
      }
    }
    cone.rules[name] += count;
    points += text;
  };
  std::map<std::string, std::size_t> links;
  for (std::size_t l = 0; l < model.links.size(); ++l)
    links.emplace(pointName(model, LinkId(l)) + " " + model.links[l].name, l);
  addPoint(kIdealPoint, nullptr, model.flows);
  points += model.unlistedIdeal ? " joins all unlisted\n" : "";
  for (const auto& [name, l] : links)
    addPoint(pointName(model, LinkId(l)), &model.links[l], programOf(model, l));
  for (std::size_t z = 0; z < model.zones.size(); ++z) {
    cone.zones.push_back(model.zones[z].name);
    lines.insert(ofZone(model.zones[z]));
  }
  const AddressSet reached = AddressSet::of(std::move(reachedRanges));
  for (std::size_t h = 0; h < model.hosts.size(); ++h) {
    const Host& host = model.hosts[h];
    if (!hostIn[h] && !reachedHosts.contains(HostId(h)) && !reached.intersects(addressesOf(model, host)))
      continue;
    cone.hosts.push_back(host.name);
    lines.insert(ofHost(model, host));
    for (const ServiceId service : host.services)
      lines.insert(ofService(model, model.at(service), behaviours));
  }
  std::ranges::sort(cone.zones);
  std::ranges::sort(cone.hosts);
  addNames(model, lines);
  cone.text = "vauban-cone 1\n";
  for (const std::string& line : lines) cone.text += line + "\n";
  cone.text += points;
  cone.hash = sha256(cone.text);
  return cone;
}

}  // namespace vauban::model
