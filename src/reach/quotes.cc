// Errors that quote a packet to the source that it bears (semantics 5.6): by the rules of a point that
// rejects it, or by the device, which cannot forward it and asks no rule (RFC 1812 sections 4.3.3, 5.2.7 and
// 5.3.1; RFC 4443 sections 3.1 to 3.3).
#include <algorithm>
#include <optional>
#include <set>

#include "reach/enforcement.h"

namespace vauban::reach {

using model::ZoneId;
using space::ServiceSet;

namespace {

// RFC 1122 section 3.2.2: no error is sent because of an error; nor are messages of the other family's ICMP.
ServiceSet quotable(space::Family family) {
  const std::uint8_t foreign = family == space::Family::ipv4 ? space::kIcmpV6 : space::kIcmp;
  return ServiceSet::all() - icmpErrors(family) - ServiceSet::protocol(foreign);
}

}  // namespace

// The points to which a packet gets from the zone wherever it is bound.
const std::vector<PointId>& Network::pointsBeside(ZoneId zone) const {
  const auto [found, fresh] = besideCache_.try_emplace(zone);
  if (!fresh) return found->second;
  std::set<PointId> all;
  for (std::size_t z = 0; z < model_.zones.size(); ++z) {
    for (const auto& route : routes(zone, ZoneId(z))) {
      if (!route.empty()) all.insert(route.front());
    }
  }
  found->second.assign(all.begin(), all.end());
  return found->second;
}

// The zones in which the device stands, by any of its links.
std::vector<ZoneId> Network::besideDevice(PointId id) const {
  std::set<ZoneId> zones;
  for (const PointId other : sameDevice_[id.index()]) {
    if (!points_[other.index()].link) continue;
    const model::Link& link = model_.at(*points_[other.index()].link);
    zones.insert(link.from);
    zones.insert(link.to);
  }
  return {zones.begin(), zones.end()};
}

std::optional<AtomIds> Network::uncoveredPasses(PointId id, ClassIndex victim, const Setting& setting) const {
  if (!mayBeUncovered(id, endpoints_[victim].family)) return std::nullopt;
  const auto [near, far] = sides(id, endpoints_[victim].zone, endpoints_[victim].zone);
  for (const Acceptance& acceptance : passes(id, victim, victim, near, far, setting)) {
    if (acceptance.kind == WayKind::uncovered) return acceptance.atoms;
  }
  return std::nullopt;
}

// Whether the point may answer a packet that bears the victim's address: what it refuses on entry it answers
// with nothing. One that has failed refuses nothing.
std::vector<AtomIds> Network::answersErrors(PointId id, PartyId from, ZoneId entering, ClassIndex victim,
                                            SourceKind kind, const Setting& setting) const {
  if (rulesDecide(id, endpoints_[victim].family)) {
    if (auto tolerated = sourceTolerated(id, victim, from, entering, kind, setting))
      return orFailed(tolerated, id);
  }
  return orFailed(uncoveredPasses(id, victim, setting), id);
}

std::vector<AtomIds> Network::orFailed(const std::optional<AtomIds>& asItIs, PointId id) const {
  std::vector<AtomIds> all;
  if (asItIs) all.push_back(*asItIs);
  if (mayFail_ && (!asItIs || !asItIs->empty())) all.push_back({failures_[id.index()]});
  return all;
}

// Whether the rules of `hop` let an error of the point pass. The device's own address is not in the model:
// any of the zones in which it stands.
bool Network::errorRule(PointId id, PointId hop, ZoneId entering, ZoneId leaving, ClassIndex victim) const {
  const auto [found, fresh] = errorRuleCache_.try_emplace({id, hop, entering, victim}, false);
  if (!fresh) return found->second;
  const ServiceSet errors = icmpErrors(endpoints_[victim].family);
  bool passes = false;
  for (const ZoneId zone : besideDevice(id)) {
    passes = passes || std::ranges::any_of(zoneClasses_[zone.index()], [&](ClassIndex source) {
               return accepted(hop, source, victim, entering, leaving).intersects(errors);
             });
  }
  return errorRuleCache_[{id, hop, entering, victim}] = passes;
}

const std::vector<Network::Leads>& Network::errorLeads(PointId id, ClassIndex victim,
                                                       const Setting& setting) const {
  const auto [found, fresh] = errorLeadsCache_.try_emplace({setting, id, victim});
  if (fresh) found->second = findErrorLeads(id, victim, setting);
  return found->second;
}

std::vector<Network::Leads> Network::findErrorLeads(PointId id, ClassIndex victim,
                                                    const Setting& setting) const {
  const ZoneId home = endpoints_[victim].zone;
  // The ideal point stands at every zone.
  if (!points_[id.index()].link) return {{}};
  const std::vector<ZoneId> beside = besideDevice(id);
  if (std::ranges::find(beside, home) != beside.end()) return {{}};
  std::vector<Leads> all;
  for (const ZoneId side : beside) {
    for (const auto& route : routes(side, home)) {
      if (std::ranges::any_of(route, [&](PointId hop) { return sameDevice(id, hop); })) continue;
      std::vector<Leads> open{{}};
      ZoneId zone = side;
      for (const PointId hop : route) {
        const ZoneId entering = zone;
        zone = beyond(hop, zone, home);
        if (errorRule(id, hop, entering, zone, victim)) continue;
        std::vector<Leads> next;
        auto take = [&](const AtomIds& atoms, bool related) {
          for (const Leads& before : open) {
            Leads after{join(before.atoms, atoms), before.related};
            if (related) after.related.push_back(hop);
            next.push_back(std::move(after));
          }
        };
        const auto uncovered = uncoveredPasses(hop, victim, setting);
        for (const AtomIds& atoms : orFailed(uncovered, hop)) take(atoms, false);
        if (!uncovered || (mayFail_ && !uncovered->empty())) {
          if (const auto related = relatedPasses(hop, entering, side, setting)) take(*related, true);
        }
        open = std::move(next);
      }
      for (Leads& leads : open) {
        if (leads.related.empty() && !mayFail_) return {leads};
        const auto serves = [](const Leads& a, const Leads& b) {
          return std::ranges::includes(b.atoms, a.atoms) && std::ranges::all_of(a.related, [&](PointId hop) {
                   return std::ranges::find(b.related, hop) != b.related.end();
                 });
        };
        if (std::ranges::any_of(all, [&](const Leads& known) { return serves(known, leads); })) continue;
        if (mayFail_) std::erase_if(all, [&](const Leads& known) { return serves(leads, known); });
        all.push_back(std::move(leads));
      }
    }
  }
  return all;
}

// Packets from the victim to the destination that may belong to a flow which the point knows; behind rewrites
// nobody knows to which.
ServiceSet Network::liveBetween(PointId id, ClassIndex victim, ClassIndex destination) const {
  const auto& program = evaluators_[points_[id.index()].program]->program();
  if (program.prerouting || program.postrouting)
    return liveFlowThrough(id, victim, false) ? ServiceSet::all() : ServiceSet();
  return tracked(id, victim, destination, false) | tracked(id, destination, victim, false).reversed();
}

// A witness says "rejected" where some packet is: of those that would do as well, such a one.
void Network::preferRejected(Quote& quote, ZoneId entering, ClassIndex victim, const Leads& back,
                             ServiceSet wanted) const {
  const Point& point = points_[quote.point.index()];
  const FilterEvaluator& evaluator = *evaluators_[point.program];
  const auto& unmatched = statement(model_, point, &model::Enforcement::unmatchedRejects);
  const bool unmatchedToo = unmatched && *unmatched.value;
  const bool byRule = std::ranges::any_of(evaluator.program().chains, [](const model::Chain& chain) {
    return chain.policy == model::Action::reject ||
           std::ranges::any_of(chain.rules, [](const model::FilterRule& rule) {
             return rule.action == model::Action::reject;
           });
  });
  if ((!byRule && !unmatchedToo) || !rulesDecide(quote.point, endpoints_[victim].family)) return;
  for (ClassIndex destination = 0; destination < endpoints_.size(); ++destination) {
    const EndpointClass& end = endpoints_[destination];
    if (end.family != endpoints_[victim].family || end.linkLocal || !end.zone.valid()) continue;
    const ZoneId next = beyond(quote.point, entering, end.zone);
    ServiceSet rejected;
    for (std::size_t value = 0; value < values_.size(); ++value) {
      rejected |=
          evaluator.mayReject(victim, destination, context(quote.point, entering, next, value), unmatchedToo);
    }
    rejected &= quotable(end.family);
    for (const PointId hop : back.related) rejected &= liveBetween(hop, victim, destination);
    if (!rejected.intersects(wanted)) continue;
    quote.packets = rejected;
    quote.destination = destination;
    quote.rejected = true;
    return;
  }
}

std::optional<Network::Quote> Network::quote(PartyId from, ClassIndex victim, bool another, ServiceSet wanted,
                                             const Setting& setting) const {
  std::optional<Quote> best;
  // Whether it is what is asked for, so that none better need be looked for: what arrives is an error,
  // whatever was sent.
  const bool anyDoes = icmpErrors(endpoints_[victim].family).intersects(wanted);
  auto visit = [&](const Quote& found, const Leads* back, ZoneId entering) {
    if (found.packets.empty() || (best && !found.packets.intersects(wanted))) return false;
    best = found;
    if (!anyDoes && !found.packets.intersects(wanted)) return false;
    if (back != nullptr) preferRejected(*best, entering, victim, *back, wanted);
    return true;
  };
  auto never = [](const AtomIds&) { return false; };
  eachQuote(from, victim, another, setting, never, visit);
  return best;
}

std::vector<Network::Quote> Network::quotes(PartyId from, ClassIndex victim, bool another,
                                            const Setting& setting,
                                            const std::function<bool(const AtomIds&)>& idle) const {
  std::vector<Quote> all;
  if (!mayFail_) {
    if (const auto one = quote(from, victim, another, ServiceSet::all(), setting)) all.push_back(*one);
    return all;
  }
  auto visit = [&](const Quote& found, const Leads*, ZoneId) {
    if (found.packets.empty()) return false;
    ServiceSet known;
    for (const Quote& other : all) {
      if (std::ranges::includes(found.atoms, other.atoms)) known |= other.packets;
    }
    if (!known.contains(found.packets)) all.push_back(found);
    return false;
  };
  eachQuote(from, victim, another, setting, idle, visit);
  return all;
}

void Network::eachQuote(PartyId from, ClassIndex victim, bool another, const Setting& setting,
                        const std::function<bool(const AtomIds&)>& idle, const QuoteVisit& visit) const {
  const space::Family family = endpoints_[victim].family;
  const ServiceSet quotes = quotable(family);
  // Of all that may be quoted any will do; best one that is bound for somewhere behind the point. Mostly none
  // is asked for.
  std::optional<std::vector<ClassIndex>> known;
  const auto destinations = [&]() -> const std::vector<ClassIndex>& {
    if (known) return *known;
    known.emplace();
    for (ClassIndex c = 0; c < endpoints_.size(); ++c) {
      if (endpoints_[c].family == family && !endpoints_[c].linkLocal) known->push_back(c);
    }
    std::ranges::stable_partition(*known, [&](ClassIndex c) {
      const EndpointClass& end = endpoints_[c];
      return end.zone.valid() && end.zone != at(from).zone && end.party != from &&
             end.party != endpoints_[victim].party;
    });
    return *known;
  };
  for (const ZoneId entering : at(from).zones) {
    const bool neighbour = endpoints_[victim].zone == entering;
    if (neighbour && !model_.at(entering).isolated) continue;  // he sends it there himself
    const bool own = endpoints_[victim].party == from && !another;
    const SourceKind kind = !neighbour ? SourceKind::forged : own ? SourceKind::own : SourceKind::neighbour;
    bool onward = false;
    for (const PointId id : pointsBeside(entering)) {
      const auto answers = answersErrors(id, from, entering, victim, kind, setting);
      if (answers.empty()) continue;
      onward = true;
      for (const Leads& back : errorLeads(id, victim, setting)) {
        for (const AtomIds& answering : answers) {
          const AtomIds atoms = join(answering, back.atoms);
          if (idle(atoms)) continue;
          for (const ClassIndex destination : destinations()) {
            ServiceSet packets = quotes;
            for (const PointId hop : back.related) packets &= liveBetween(hop, victim, destination);
            if (visit({packets, destination, atoms, id, false}, &back, entering)) return;
            if (back.related.empty()) break;
          }
        }
      }
    }
    // What must fail so that the point lets anything pass that bears the address.
    auto failing = [&](PointId id, ZoneId here) -> AtomIds {
      if (!mayFail_ || mayBeUncovered(id, family) || sourceTolerated(id, victim, from, here, kind, setting))
        return {};
      return {failures_[id.index()]};
    };
    // Further points lie nearer to others' zones, and quote what those before let pass.
    for (std::size_t z = 0; onward && z < model_.zones.size(); ++z) {
      for (const auto& route : routes(entering, ZoneId(z))) {
        if (route.size() < 2 || answersErrors(route.front(), from, entering, victim, kind, setting).empty())
          continue;
        ZoneId zone = beyond(route.front(), entering, ZoneId(z));
        AtomIds refusing, mustFail = failing(route.front(), entering);
        for (std::size_t count = 1; count < route.size(); ++count) {
          const PointId id = route[count];
          const ZoneId here = zone;
          zone = beyond(id, here, ZoneId(z));
          refusing = join(refusing, mustFail);
          mustFail = failing(id, here);
          // By an answer and a way back.
          std::vector<std::pair<AtomIds, const Leads*>> ends;
          const auto answers = answersErrors(id, from, here, victim, kind, setting);
          if (answers.empty()) continue;
          for (const Leads& back : errorLeads(id, victim, setting)) {
            for (const AtomIds& answering : answers) {
              if (!idle(join(refusing, join(answering, back.atoms))))
                ends.emplace_back(join(answering, back.atoms), &back);
            }
          }
          if (ends.empty()) continue;
          for (const ClassIndex destination : zoneClasses_[z]) {
            if (endpoints_[destination].family != family || endpoints_[destination].linkLocal) continue;
            for (const Passed& passed :
                 this->passed(route, count, from, entering, victim, kind, destination, setting)) {
              for (const auto& [end, back] : ends) {
                ServiceSet packets = passed.packets & quotes;
                const AtomIds atoms = join(passed.atoms, end);
                if (packets.empty() || idle(atoms)) continue;
                for (const PointId hop : back->related)
                  packets &= liveBetween(hop, victim, passed.destination);
                if (visit({packets, passed.destination, atoms, id, false}, nullptr, entering)) return;
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace vauban::reach
