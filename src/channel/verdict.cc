#include "channel/verdict.h"

#include <algorithm>
#include <limits>

#include "base/result.h"

namespace vauban::channel {

using model::Claim;
using model::ClaimKind;
using model::ClaimSubject;
using model::PlaceTerm;
using model::PlaceTerms;
using reach::AtomIds;
using reach::ClassIndex;
using reach::Network;
using reach::PartyId;
using reach::Setting;
using space::AddressSet;
using space::Family;
using space::ServiceSet;

const char* toString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kept:
      return "kept";
    case Verdict::waived:
      return "waived";
    case Verdict::conditional:
      return "conditional";
    case Verdict::undecided:
      return "undecided";
    case Verdict::broken:
      return "broken";
  }
  return "";
}

struct Judge::World {
  World(const model::Model& model, const model::BehaviourCatalogue& behaviours, const Trust& trust,
        reach::Atoms& atoms, const std::vector<std::vector<bool>>& values,
        const std::vector<const AddressSet*>& distinguish)
      : network(model, atoms, values, distinguish), solver(network, behaviours, trust) {}
  Network network;
  Solver solver;
};

namespace {

// Hosts first, then the unlisted machines of zones. `any` is every trusted party.
// `legs`: a host with a leg in a named zone counts as its host too, wherever its home is.
std::vector<PartyId> partiesOf(const Network& network, const PlaceTerms& terms, bool legs = false) {
  std::vector<PartyId> parties;
  for (std::size_t p = 0; p < network.parties().size(); ++p) {
    const reach::Party& party = network.parties()[p];
    const bool named = std::ranges::any_of(terms, [&](const PlaceTerm& term) {
      switch (term.kind) {
        case PlaceTerm::Kind::any:
          return !party.adversary;
        case PlaceTerm::Kind::zone:
          return party.zone == term.zone ||
                 (legs && std::ranges::find(party.zones, term.zone) != party.zones.end());
        case PlaceTerm::Kind::host:
          return PartyId(p) == network.partyOf(term.host);
        case PlaceTerm::Kind::addresses:
          return std::ranges::any_of(party.classes, [&](ClassIndex c) {
            return !network.endpoint(c).linkLocal && network.endpoint(c).addresses.intersects(term.addresses);
          });
        case PlaceTerm::Kind::name:
          return false;
      }
      return false;
    });
    if (named && (party.kind == reach::Party::Kind::host || party.classes.size() > 0))
      parties.push_back(PartyId(p));
  }
  return parties;
}

std::vector<ClassIndex> classesOf(const Network& network, const PlaceTerms& terms) {
  std::vector<ClassIndex> classes;
  for (ClassIndex c = 0; c < network.endpointCount(); ++c) {
    const bool any =
        std::ranges::any_of(terms, [](const PlaceTerm& t) { return t.kind == PlaceTerm::Kind::any; });
    if (any ? true : network.named(terms, c)) classes.push_back(c);
  }
  return classes;
}

// Whose conversations a claim about reach is about: of `only`, everybody else's outside the home of `to`.
std::vector<ClassIndex> openers(const Network& network, const Claim& claim,
                                const std::vector<ClassIndex>& to) {
  if (claim.kind != ClaimKind::only) return classesOf(network, claim.from);
  std::vector<bool> home(network.model().zones.size(), false);
  for (ClassIndex c : to) home[network.at(network.endpoint(c).party).zone.index()] = true;
  std::vector<ClassIndex> from;
  for (ClassIndex c = 0; c < network.endpointCount(); ++c) {
    if (!home[network.endpoint(c).zone.index()] && !network.named(claim.from, c)) from.push_back(c);
  }
  return from;
}

ServiceSet ofFamily(ServiceSet services, Family family) {
  return services - ServiceSet::protocol(family == Family::ipv4 ? space::kIcmpV6 : space::kIcmp);
}

}  // namespace

Judge::Judge(const model::Model& model, const model::BehaviourCatalogue& behaviours, std::string today,
             const SuffixLists& lists)
    : model_(model), behaviours_(behaviours), today_(std::move(today)), trust_(Trust::of(model, lists)) {}
Judge::~Judge() = default;

const std::vector<std::string>& Judge::outsideTheModel() {
  static const std::vector<std::string> texts{
      "outside the model: timing and ordering, shared state (caches, counters, locks, rate limits), physical "
      "and radio side "
      "channels, bugs in the software named",
      "machines that the model does not list are assumed absent",
      "a host with services runs those, with the client side they need, and nothing else"};
  return texts;
}

const Judge::World& Judge::world(const std::vector<std::vector<bool>>& values) const {
  auto& world = worlds_[values];
  if (!world) {
    std::vector<const AddressSet*> distinguish;
    auto addTerms = [&](const PlaceTerms& terms) {
      for (const PlaceTerm& term : terms) {
        if (term.kind == PlaceTerm::Kind::addresses) distinguish.push_back(&term.addresses);
      }
    };
    for (const Claim& claim : model_.claims) {
      addTerms(claim.from);
      addTerms(claim.to);
      addTerms(claim.heldByAdversary);
    }
    for (const model::ServiceInstance& service : model_.services) {
      for (const auto* terms :
           {&service.upstream, &service.resolver, &service.pool, &service.from, &service.readers}) {
        if (*terms) addTerms(**terms);
      }
      if (service.addresses) {
        if (service.addresses->allow) distinguish.push_back(&*service.addresses->allow);
        distinguish.push_back(&service.addresses->deny);
      }
    }
    world = std::make_unique<World>(model_, behaviours_, trust_, atoms_, values, distinguish);
  }
  return *world;
}

std::vector<std::vector<bool>> Judge::conditionValues() const {
  std::vector<std::vector<bool>> values;
  const std::size_t count = model_.conditions.size();
  for (std::size_t bits = 0; bits < (std::size_t{1} << count); ++bits) {
    std::vector<bool> value(count);
    for (std::size_t c = 0; c < count; ++c) value[c] = (bits >> c) & 1U;
    values.push_back(value);
  }
  return values;
}

ClaimResult Judge::judge(const Claim& claim) const {
  ClaimResult result;
  result.claim = &claim;
  constexpr std::size_t kMostConditions = 10;
  if (model_.conditions.size() > kMostConditions) {
    result.judgement.verdict = Verdict::undecided;
    result.judgement.reason = "more than 10 conditions: 1024 combinations are the limit";
    return result;
  }
  const std::vector<std::vector<bool>> values = conditionValues();
  bool differs = false;
  for (const std::vector<bool>& value : values) {
    Judgement judgement = judgeIn(claim, world({value}));
    std::map<std::string, bool> named;
    for (std::size_t c = 0; c < value.size(); ++c) named[model_.conditions[c].name] = value[c];
    result.perCondition.emplace_back(named, judgement.verdict);
    differs = differs || judgement.verdict != result.perCondition.front().second;
    if (result.perCondition.size() == 1 || judgement.verdict > result.judgement.verdict) {
      result.judgement = std::move(judgement);
    }
  }
  if (values.size() > 1 && claim.kind != ClaimKind::always) {
    // What waits somewhere waits while the conditions change: the verdict is that over all values together,
    // and so are the statements it asks for.
    const Verdict apart = result.judgement.verdict;
    Judgement together = judgeIn(claim, world(values));
    if (together.verdict > apart) together.reason = "only while conditions change between the hops";
    if (together.verdict >= apart) result.judgement = std::move(together);
    differs = differs || result.judgement.verdict != apart;
  }
  if (!differs) result.perCondition.clear();
  if (!claim.waivedUntil.empty() && result.judgement.verdict != Verdict::kept &&
      result.judgement.verdict != Verdict::undecided && today_ <= claim.waivedUntil) {
    result.judgement.reason = "waived until " + claim.waivedUntil +
                              (claim.because.empty() ? "" : ": " + claim.because) +
                              "; without the waiver it would be " + toString(result.judgement.verdict);
    result.judgement.verdict = Verdict::waived;
  }
  return result;
}

std::vector<ClaimResult> Judge::judgeAll() const {
  std::vector<ClaimResult> results;
  for (const Claim& claim : model_.claims) results.push_back(judge(claim));
  return results;
}

Judgement Judge::judgeIn(const Claim& claim, const World& world) const {
  Judgement judgement;
  if (claim.subject == ClaimSubject::goal || claim.kind == ClaimKind::depth ||
      claim.kind == ClaimKind::tripwire) {
    judgement.verdict = Verdict::undecided;
    judgement.reason = "goals, depth and tripwires need the attack graph, which this version does not have";
    return judgement;
  }
  if (claim.subject == ClaimSubject::reach) {
    judgement = claim.kind == ClaimKind::always ? judgeAlways(claim, world) : judgeReach(claim, world);
  } else {
    judgement = judgeChannel(claim, world);
  }
  addEnforcement(judgement);
  std::ranges::sort(judgement.assumptions);
  judgement.assumptions.erase(std::ranges::unique(judgement.assumptions).begin(),
                              judgement.assumptions.end());
  return judgement;
}

void Judge::addEnforcement(Judgement& judgement) const {
  if (judgement.verdict != Verdict::kept && judgement.verdict != Verdict::conditional) return;
  auto add = [&](const auto& stated, const std::string& text) {
    if (stated) judgement.assumptions.push_back({true, text, stated.place});
  };
  auto addAll = [&](const model::Enforcement& e, const std::string& where) {
    if (e.antiSpoofing) {
      static const char* words[] = {"off", "zone", "host"};
      add(e.antiSpoofing, where + "anti-spoofing is " + words[static_cast<int>(*e.antiSpoofing.value)]);
    }
    add(e.families, where + "the families stated are the ones the filter decides on");
    if (e.uncoveredPasses) {
      add(e.uncoveredPasses,
          where + (*e.uncoveredPasses.value ? "uncovered families pass" : "uncovered families are dropped"));
    }
    if (e.related) {
      static const char* words[] = {"nothing", "only what enters from an untrusted zone", "any such packet"};
      add(e.related, where + words[static_cast<int>(*e.related.value)] + " passes as related");
    }
    if (e.unmatchedRejects) {
      add(e.unmatchedRejects,
          where + (*e.unmatchedRejects.value ? "unmatched packets are rejected"
                                             : "unmatched packets are dropped in silence"));
    }
  };
  addAll(model_.enforcement, "");
  for (const model::Link& link : model_.links) addAll(link.enforcement, link.name + ": ");
  for (const auto& program : model_.linkPrograms) {
    if (!program) continue;
    // One statement a reason: a real file has thousands of such rules, most of them alike.
    std::map<std::string, std::pair<std::size_t, Place>> reasons;
    for (const model::Widening& widening : program->widenings) {
      auto [known, fresh] = reasons.try_emplace(widening.reason, 0, widening.place);
      ++known->second.first;
    }
    for (const auto& [reason, where] : reasons) {
      const auto& [count, place] = where;
      judgement.assumptions.push_back(
          {false,
           (count == 1 ? std::string("an imported rule is") : std::to_string(count) + " imported rules are") +
               " taken at the worst: " + reason,
           place});
    }
  }
}

// Who the claim's places mean; nullopt where they mean nobody.
std::optional<Query> Judge::queryOf(const Claim& claim, const World& world) const {
  const Network& network = world.network;
  Query query;
  query.from = partiesOf(network, claim.from, true);
  query.to = partiesOf(network, claim.to);
  // `any` on one side is everybody but the other side.
  auto without = [](std::vector<PartyId>& parties, const std::vector<PartyId>& others) {
    std::erase_if(parties, [&](PartyId id) { return std::ranges::find(others, id) != others.end(); });
  };
  auto isAny = [](const PlaceTerms& terms) {
    return std::ranges::any_of(terms, [](const PlaceTerm& t) { return t.kind == PlaceTerm::Kind::any; });
  };
  if (isAny(claim.from) && !isAny(claim.to)) without(query.from, query.to);
  if (isAny(claim.to)) {
    if (isAny(claim.from)) query.to.clear();
    for (std::size_t p = 0; p < network.parties().size(); ++p) {
      if (network.parties()[p].adversary) query.to.push_back(PartyId(p));
    }
    without(query.to, query.from);
  }
  query.held = partiesOf(network, claim.heldByAdversary);
  if (claim.kind == ClaimKind::onlyVia) {
    for (model::HostId host : claim.via) query.without.push_back(network.partyOf(host));
  }
  query.over = claim.over;
  query.direct = claim.direct;
  if (query.from.empty() || query.to.empty()) return std::nullopt;
  return query;
}

Judgement Judge::judgeChannel(const Claim& claim, const World& world) const {
  const auto asked = queryOf(claim, world);
  if (!asked) {
    Judgement nobody;
    nobody.verdict = Verdict::undecided;
    nobody.reason = "`from` or `to` names nobody besides the other";
    return nobody;
  }
  const Query& query = *asked;
  if (claim.kind == ClaimKind::atMost) return judgeAtMost(claim, world, query);

  Query back = query;
  std::swap(back.from, back.to);
  Outcome last, worst;
  bool reachedOnce = false;
  const Least least = leastStatements([&](const Setting& setting) -> std::optional<AtomIds> {
    Outcome outcome = world.solver.solve(query, setting);
    last = outcome;
    if (!outcome.reached) return std::nullopt;
    AtomIds atoms = outcome.atoms;
    if (claim.bothWays) {
      Outcome backward = world.solver.solve(back, setting);
      if (!backward.reached) {
        last = backward;
        return std::nullopt;
      }
      atoms = reach::join(atoms, backward.atoms);
      outcome.hops.insert(outcome.hops.end(), backward.hops.begin(), backward.hops.end());
      outcome.bitsPerSecond = std::min(outcome.bitsPerSecond, backward.bitsPerSecond);
    }
    // The first find is the witness: at best where the claim is broken, as written where it is conditional.
    if (!reachedOnce) worst = outcome;
    reachedOnce = true;
    return atoms;
  });
  Judgement judgement;
  if (least.kind == Least::Kind::never) {
    judgement.verdict = Verdict::kept;
    addCertificate(judgement, world, query, last);
  } else {
    judgement.verdict = least.kind == Least::Kind::always ? Verdict::broken : Verdict::conditional;
    judgement.witness = worst.hops;
    judgement.bitsPerSecond = worst.bitsPerSecond;
    judgement.direct = worst.direct;
    for (reach::AtomId atom : least.statements) judgement.conditions.push_back(atoms_.at(atom));
    if (judgement.verdict == Verdict::conditional) {
      judgement.assumptions = last.rests;
      for (const reach::Atom& atom : judgement.conditions) {
        judgement.assumptions.push_back(
            {false, atom.where + " does not state `" + atom.line + "`", atom.place});
      }
    }
  }
  return judgement;
}

std::optional<Certificate> Judge::certificate(const Claim& claim) const {
  if (claim.subject == ClaimSubject::goal || claim.kind == ClaimKind::depth ||
      claim.kind == ClaimKind::tripwire) {
    return std::nullopt;
  }
  const World& world = this->world(conditionValues());
  const Network& network = world.network;
  if (claim.subject == ClaimSubject::reach) {
    std::set<std::pair<PartyId, PartyId>> pairs;
    const std::vector<ClassIndex> to = classesOf(network, claim.to);
    for (const ClassIndex a : openers(network, claim, to)) {
      for (const ClassIndex b : to) {
        const PartyId x = network.endpoint(a).party, y = network.endpoint(b).party;
        if (x != y || network.several(x)) pairs.insert({x, y});
      }
    }
    return certify(network, behaviours_, claim, pairs);
  }
  auto query = queryOf(claim, world);
  if (!query) return std::nullopt;
  bool backwards = false;
  if (world.solver.solve(*query, Setting{}).reached) {
    if (!claim.bothWays) return std::nullopt;
    backwards = true;
    std::swap(query->from, query->to);
  }
  return certify(network, behaviours_, claim, world.solver.closures(*query), backwards);
}

void Judge::addCertificate(Judgement& judgement, const World& world, const Query& query,
                           const Outcome& outcome) const {
  judgement.states = outcome.states;
  judgement.assumptions = outcome.rests;
  bool validated = false, trusts = false;
  for (const model::ServiceInstance& service : model_.services) {
    if (service.names && service.names->allow) trusts = true;
    auto dnssec = service.properties.find("dnssec");
    if (dnssec != service.properties.end() && dnssec->second) validated = true;
  }
  if (trusts && !validated) {
    judgement.assumptions.push_back(
        {false, "answers for trusted names are authentic (no resolver states dnssec: validates)", {}});
  }
  // Why each place that holds the bytes cannot send them itself.
  const Network& network = world.network;
  for (PartyId from : query.from) {
    for (PartyId to : query.to) {
      for (ClassIndex a : network.at(from).classes) {
        for (ClassIndex b : network.at(to).classes) {
          if (network.endpoint(a).family != network.endpoint(b).family || network.endpoint(a).linkLocal ||
              network.endpoint(b).linkLocal || judgement.shut.size() >= 64) {
            continue;
          }
          const auto probe = ofFamily(query.over, network.endpoint(a).family).witness();
          if (!probe) continue;
          if (auto site = network.shuts(a, b, *probe)) {
            Shut shut{network.at(from).name, network.at(to).name, site->device + ": " + site->text,
                      site->place};
            const bool known = std::ranges::any_of(judgement.shut, [&](const Shut& other) {
              return other.from == shut.from && other.to == shut.to && other.reason == shut.reason &&
                     other.place == shut.place;
            });
            if (!known) judgement.shut.push_back(shut);
          }
        }
      }
    }
  }
}

Judgement Judge::judgeAtMost(const Claim& claim, const World& world, const Query& query) const {
  auto total = [&](const Setting& setting) { return world.solver.solve(query, setting, true); };
  Judgement judgement;
  const Outcome worst = total(Setting{});
  judgement.witness = worst.hops;
  judgement.bitsPerSecond = worst.totalBitsPerSecond;
  judgement.direct = worst.direct;
  if (worst.totalBitsPerSecond <= claim.bitsPerSecond) {
    judgement.verdict = Verdict::kept;
    addCertificate(judgement, world, query, worst);
    return judgement;
  }
  const Outcome best = total(Setting::best());
  if (best.totalBitsPerSecond > claim.bitsPerSecond) {
    judgement.verdict = Verdict::broken;
    judgement.witness = best.hops;
    judgement.bitsPerSecond = best.totalBitsPerSecond;
    return judgement;
  }
  // Drop from all statements, last first, each one that is not needed.
  std::vector<bool> needed(atoms_.size(), true);
  auto setting = [&] {
    Setting s;
    for (std::size_t a = 0; a < needed.size(); ++a) {
      if (needed[a]) s.suppose(reach::AtomId(a));
    }
    return s;
  };
  for (std::size_t a = needed.size(); a-- > 0;) {
    needed[a] = false;
    if (total(setting()).totalBitsPerSecond > claim.bitsPerSecond) needed[a] = true;
  }
  judgement.verdict = Verdict::conditional;
  for (std::size_t a = 0; a < needed.size(); ++a) {
    if (!needed[a]) continue;
    judgement.conditions.push_back(atoms_.at(reach::AtomId(a)));
    judgement.assumptions.push_back(
        {false,
         judgement.conditions.back().where + " does not state `" + judgement.conditions.back().line + "`",
         {}});
  }
  return judgement;
}

Judgement Judge::judgeReach(const Claim& claim, const World& world) const {
  const Network& network = world.network;
  const std::vector<ClassIndex> to = classesOf(network, claim.to);
  const std::vector<ClassIndex> from = openers(network, claim, to);
  struct Found {
    ClassIndex from, to;
    Network::Opening opening;
  };
  std::optional<Found> first;
  const Least least = leastStatements([&](const Setting& setting) -> std::optional<AtomIds> {
    std::optional<Found> best;
    for (ClassIndex a : from) {
      for (ClassIndex b : to) {
        if (network.endpoint(a).party == network.endpoint(b).party &&
            !network.several(network.endpoint(a).party))
          continue;
        if (network.endpoint(a).family != network.endpoint(b).family) continue;
        for (const Network::Opening& opening : network.openings(a, b, setting)) {
          if (!opening.services.intersects(claim.over)) continue;
          if (!best || opening.way.atoms.size() < best->opening.way.atoms.size()) best = Found{a, b, opening};
        }
        if (best && best->opening.way.atoms.empty()) break;
      }
      if (best && best->opening.way.atoms.empty()) break;
    }
    if (!best) return std::nullopt;
    if (!first) first = best;
    return best->opening.way.atoms;
  });
  Judgement judgement;
  if (least.kind == Least::Kind::never) {
    judgement.verdict = Verdict::kept;
    for (ClassIndex a : from) {
      for (ClassIndex b : to) {
        const auto probe = ofFamily(claim.over, network.endpoint(a).family).witness();
        if (network.endpoint(a).family != network.endpoint(b).family || network.endpoint(a).linkLocal ||
            network.endpoint(b).linkLocal || !probe || judgement.shut.size() >= 64) {
          continue;
        }
        if (auto site = network.shuts(a, b, *probe)) {
          Shut shut{network.at(network.endpoint(a).party).name, network.at(network.endpoint(b).party).name,
                    site->device + ": " + site->text, site->place};
          const bool known = std::ranges::any_of(judgement.shut, [&](const Shut& o) {
            return o.from == shut.from && o.to == shut.to && o.reason == shut.reason;
          });
          if (!known) judgement.shut.push_back(shut);
        }
      }
    }
    return judgement;
  }
  judgement.verdict = least.kind == Least::Kind::always ? Verdict::broken : Verdict::conditional;
  judgement.direct = true;
  const reach::Way& way = first->opening.way;
  Hop hop;
  hop.from = network.at(network.endpoint(first->from).party).name;
  hop.to = network.at(network.endpoint(first->to).party).name;
  hop.packets = first->opening.services & claim.over;
  hop.example = *hop.packets.witness();
  hop.carrier = "opens a conversation";
  hop.bitsPerSecond = kConversationBitsPerSecond;
  hop.how = way.kind == reach::WayKind::uncovered ? "in a family that the filter does not cover"
            : way.kind == reach::WayKind::free    ? "inside the zone"
                                                  : "";
  hop.rule = network.letsPass(way, hop.example);
  judgement.witness = {hop};
  judgement.bitsPerSecond = hop.bitsPerSecond;
  for (reach::AtomId atom : least.statements) {
    judgement.conditions.push_back(atoms_.at(atom));
    judgement.assumptions.push_back(
        {false, atoms_.at(atom).where + " does not state `" + atoms_.at(atom).line + "`", {}});
  }
  return judgement;
}

Judgement Judge::judgeAlways(const Claim& claim, const World& world) const {
  const Network& network = world.network;
  Judgement judgement;
  auto missing = [&](bool supposed) -> std::optional<std::tuple<ClassIndex, ClassIndex, space::Service>> {
    for (ClassIndex a : classesOf(network, claim.from)) {
      for (ClassIndex b : classesOf(network, claim.to)) {
        const auto& from = network.endpoint(a);
        const auto& to = network.endpoint(b);
        if (from.linkLocal || to.linkLocal || from.family != to.family ||
            (from.party == to.party && !network.several(from.party)))
          continue;
        const ServiceSet lost = ofFamily(claim.over, from.family) - network.surely(a, b, supposed);
        if (!lost.empty()) return std::tuple(a, b, *lost.witness());
      }
    }
    return std::nullopt;
  };
  const auto asWritten = missing(false);
  if (!asWritten) return judgement;
  const auto atBest = missing(true);
  const auto& [a, b, service] = atBest ? *atBest : *asWritten;
  judgement.verdict = atBest ? Verdict::broken : Verdict::conditional;
  Hop hop;
  hop.from = network.at(network.endpoint(a).party).name;
  hop.to = network.at(network.endpoint(b).party).name;
  hop.packets = ServiceSet::single(service);
  hop.example = service;
  hop.carrier = "does not pass";
  hop.rule = network.shuts(a, b, service);
  judgement.witness = {hop};
  judgement.direct = true;
  if (!atBest) {
    judgement.conditions.push_back({"enforcement families",
                                    "families: [ipv4, ipv6]",
                                    "enforcement",
                                    "the filter decides on both families",
                                    "send the same packet over IPv4 and over IPv6",
                                    {}});
    judgement.assumptions.push_back({false, "enforcement does not state `families: [ipv4, ipv6]`", {}});
  }
  return judgement;
}

std::vector<ReachEntry> Judge::reach(const PlaceTerms& from, const PlaceTerms& to) const {
  std::vector<bool> defaults;
  for (const model::Condition& condition : model_.conditions) defaults.push_back(condition.defaultOpen);
  const Network& network = world({defaults}).network;
  std::map<std::pair<PartyId, PartyId>, ReachEntry> entries;
  for (ClassIndex a : classesOf(network, from)) {
    for (ClassIndex b : classesOf(network, to)) {
      const auto& x = network.endpoint(a);
      const auto& y = network.endpoint(b);
      if (x.party == y.party || x.family != y.family) continue;
      for (const Network::Opening& opening : network.openings(a, b, Setting{})) {
        ReachEntry& entry = entries[{x.party, y.party}];
        entry.from = network.at(x.party).name;
        entry.to = network.at(y.party).name;
        entry.services |= opening.services;
        entry.assumed = entry.assumed || !opening.way.atoms.empty();
      }
    }
  }
  std::vector<ReachEntry> list;
  for (auto& [key, entry] : entries) list.push_back(std::move(entry));
  return list;
}

}  // namespace vauban::channel
