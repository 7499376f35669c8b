// Who gets what waits for whoever asks (semantics 4 `stores`, 5.1).
#include <algorithm>

#include "channel/run.h"

namespace vauban::channel {

using model::Effect;
using model::EffectKind;
using model::ServiceInstance;
using reach::AtomIds;
using reach::ClassIndex;
using reach::PartyId;
using reach::Powers;
using reach::SourceKind;
using reach::Way;
using space::NameSet;
using space::ServiceSet;

void Solver::Run::expandReadable(const State& state, int index) {
  const ServiceInstance& service = model.services[state.index];
  consume(net.partyOf(service.host), service.listens, state.names, &service, state.seen, index, true);
}

void Solver::Run::consume(PartyId at, ServiceSet listens, const NameSet& names, const ServiceInstance* store,
                          bool seen, int parent, bool relayed) {
  // `readers` narrows who reads what is stored; the answers that a service relays go to whoever asks.
  std::optional<AtomIds> answersAnyone;
  if (store != nullptr && store->readers) {
    for (const Effect& effect : catalogue.at(store->behaviour).effects) {
      if ((effect.kind != EffectKind::relay && effect.kind != EffectKind::lookup) || effect.inwardBits == 0)
        continue;
      const auto gaps = present(*store, effect);
      if (gaps && (!answersAnyone || gaps->size() < answersAnyone->size())) answersAnyone = gaps;
    }
  }
  // The gaps on which it rests that the reader gets it; nullopt: he does not.
  auto mayRead = [&](ClassIndex reader) -> std::optional<AtomIds> {
    if (store == nullptr || !store->readers || net.named(*store->readers, reader)) return AtomIds{};
    if (record && !answersAnyone) {
      const std::string where = model.at(store->host).name + "." + store->name;
      return AtomIds{
          failure("readers " + where, where + " is read by others than its readers", store->place)};
    }
    if (!answersAnyone) {
      rests.insert({true, model.at(store->host).name + "." + store->name + " is read by its readers only",
                    store->place});
    }
    return answersAnyone;
  };
  // Whoever is on the path of a conversation can answer it himself, whoever it is with.
  const bool onPath =
      store == nullptr && net.at(at).kind == reach::Party::Kind::outside && model.at(net.at(at).zone).onPath;
  std::vector<PartyId> everybody;
  for (std::size_t p = 0; onPath && p < held.size(); ++p) everybody.emplace_back(p);
  for (const PartyId reader : onPath ? everybody : net.adjacency(setting).in[at.index()]) {
    const std::size_t p = reader.index();
    if ((reader == at && (store == nullptr || held[p])) || !exists(reader) || barred[p]) continue;
    const auto gapOpaque = reader == at ? std::nullopt : takeover(reader);
    const auto gapClient = query.direct || reader == at ? std::nullopt : client(reader);
    const bool mute = !held[p] && servicesOf[p].empty() && !gapOpaque && !gapClient;
    if (mute && !anyOnPath) continue;
    // What is forged is not answered.
    // But he who is on the path hears the answers to a source of somebody behind him.
    const reach::Party& asking = net.at(reader);
    const bool crossed = asking.adversary && model.at(asking.zone).onPath;
    const Powers powers = reader == at       ? Powers::plain
                          : crossed          ? Powers::forger
                          : powerful(reader) ? Powers::neighbour
                                             : Powers::plain;
    std::vector<Way> own = reader == at ? loopback(at) : std::vector<Way>{};
    if (onPath) {
      own = net.ways(reader, at, powers, true, setting);
      for (std::size_t o = 0; o < held.size(); ++o) {
        if (o == p || o == at.index()) continue;
        for (const Way& way : net.ways(reader, PartyId(o), powers, powerful(PartyId(o)), setting)) {
          if (way.tapped == net.at(at).zone) own.push_back(way);
        }
      }
    }
    const bool lists = reader != at && std::ranges::any_of(servicesOf[p], [&](model::ServiceId id) {
                         return model.at(id).addresses.has_value();
                       });
    if (lists) {
      if (!onPath) own = net.ways(reader, at, powers, store == nullptr, setting);
      const std::vector<Way> beside = toLinkLocal(reader, at);
      own.insert(own.end(), beside.begin(), beside.end());
    }
    for (const Way& way :
         reader == at || onPath || lists ? own : net.ways(reader, at, powers, store == nullptr, setting)) {
      if (!way.answered || (way.tapped.valid() && (!onPath || way.tapped != net.at(at).zone))) continue;
      const reach::Fit packets = way.fit(ServiceSet::all(), listens);
      if (packets.empty()) continue;
      const bool direct = store == nullptr && held[p];
      const auto reading = mayRead(way.bears);
      if (!reading) continue;
      auto take = [&](StateKind kind, std::uint32_t index, const NameSet& left, const reach::Fit& part,
                      double rate, const std::string& carrier, const AtomIds& atoms) {
        if (part.empty() || (query.direct && !direct)) return;
        if (!adds(kind, index, seen, left, parent, reader, at, way, part)) return;
        bool flag = seen;
        // The reader opens; the bytes come back to him.
        Hop hop = makeHop(reader, at, way, part, carrier, rate, flag);
        std::swap(hop.from, hop.to);
        hop.answer = true;
        push({kind, index, flag, left}, {hop}, reach::join(reach::join(way.atoms, *reading), atoms), parent,
             relayed || !direct);
      };
      // Whoever asks: what is answered over a zone in which he is on the path, he reads.
      if (anyOnPath && !net.at(at).adversary && (direct || !query.direct)) {
        auto overhear = [&](const reach::Fit& part, const AtomIds& atoms) {
          for (const model::ZoneId zone : net.crossedOnPath(way)) {
            for (std::size_t o = 0; o < held.size(); ++o) {
              if (net.parties()[o].kind == reach::Party::Kind::outside && net.parties()[o].zone == zone)
                take(StateKind::held, static_cast<std::uint32_t>(o), NameSet::all(), part, rateOf(way),
                     "the answer, on whose way he is", atoms);
            }
          }
        };
        if (servicesOf[p].empty() || held[p] || gapOpaque) {
          overhear(packets, {});
        } else {
          for (const model::ServiceId id : servicesOf[p]) {
            for (const Effect& effect : catalogue.at(model.at(id).behaviour).effects) {
              if (effect.kind == EffectKind::store || effect.kind == EffectKind::shell) continue;
              const auto gaps = present(model.at(id), effect);
              if (gaps && leadsTo(model.at(id), effect, NameSet::all(), way))
                overhear(way.fit(effect.emits, listens), *gaps);
            }
          }
        }
      }
      if (mute) continue;
      if (held[p]) {
        if (target[p] || !source[p])
          take(StateKind::held, reader.value, NameSet::all(), packets, rateOf(way), "the answer", {});
      } else if (gapOpaque) {
        take(StateKind::held, reader.value, NameSet::all(), packets, rateOf(way), "the answer", *gapOpaque);
      }
      if (!held[p] && gapClient && way.source == SourceKind::own) {
        take(StateKind::client, reader.value, NameSet::all(), packets, rateOf(way), "the answer", *gapClient);
      }
      if (held[p] || query.direct || way.source != SourceKind::own) continue;
      for (model::ServiceId id : servicesOf[p]) {
        const ServiceInstance& caller = model.at(id);
        const std::vector<Face>& asSaid = faces(caller);
        for (const Effect& effect : catalogue.at(caller.behaviour).effects) {
          const bool reads = effect.kind == EffectKind::read;
          const bool relays = (effect.kind == EffectKind::relay || effect.kind == EffectKind::lookup) &&
                              effect.inwardBits > 0;
          if (!reads && !relays) continue;
          const reach::Fit part = way.fit(effect.emits, listens);
          if (part.empty()) continue;
          for (const Face& face : asSaid) {
            if (reads) {
              if (effect.fromUpstream ? !leadsTo(*face.service, effect, NameSet::all(), way).has_value()
                                      : caller.from && !net.named(*caller.from, way.to)) {
                continue;
              }
              const auto gaps = present(caller, effect);
              if (!gaps) break;
              take(StateKind::told, id.value, NameSet::all(), part, kConversationBitsPerSecond,
                   effect.carrier.empty() ? "what it reads" : effect.carrier,
                   reach::join(*gaps, face.failed));
              continue;
            }
            const bool sameNames =
                effect.keepsNames && (store == nullptr || keepsNames(*store, effect.emits));
            const auto onward = leadsTo(*face.service, effect, sameNames ? names : NameSet::all(), way);
            if (!onward) continue;
            const auto gaps = present(caller, effect);
            if (!gaps) break;
            // What a look-up found is told to whoever asked for it, whatever he asked.
            take(StateKind::readable, id.value, sameNames ? onward->names : NameSet::all(), part,
                 rateOf(effect, false), "the relayed answer", reach::join(*gaps, face.failed));
          }
        }
      }
    }
  }
}

}  // namespace vauban::channel
