// The packets with which one party gets something to another (semantics 3 and 5, clauses 1, 3, 4 and 5).
//
// A party acts as code (the adversary's: any source that nothing checks, neighbours' addresses, floods of
// errors), or as what the model says it is (its own addresses, conversations only).
//
// All are packets under way (packets.h): as they arrive, with what rewrites on the way have replaced.
#pragma once

#include <map>
#include <tuple>

#include "check/network.h"

namespace vauban::check {

struct End {
  PartyId party = 0;
  bool code = false;
  auto operator<=>(const End&) const = default;
};

class Ways {
 public:
  explicit Ways(const Network& network) : network_(network) {}

  // Packets that arrive, answered or not, as ones that nobody has asked for.
  Packets oneWay(End from, End to) const;
  // The rest of those that arrive: what some filter takes for answers in a flow that somebody has opened.
  Packets asAnswers(End from, End to) const;
  // Packets that open a conversation whose answers come back.
  Packets conversation(End from, End to) const;
  // Conversations between two parties that cross the zone of `reader`, whose adversary is on the path there.
  Packets crossing(PartyId from, PartyId to, PartyId reader) const;
  // What opens a conversation by its sender's own address, by rules or uncovered: reach(a, b) of semantics 3.
  Packets opening(PartyId from, PartyId to) const;
  // Of `of`, those that some route surely lets through on all others too; see reach_claims.cc.
  Packets lost(PartyId from, PartyId to, Packets of) const;
  // Forged packets of `from` to `mirror`, which answers to what it takes for the source: an address of `to`.
  // `answering`: what `mirror` answers in kind; `erring`: what it answers with an ICMP error that quotes.
  Packets reflected(PartyId from, PartyId mirror, End to, Packets answering, Packets erring) const;
  // Packets of `from` that some point may answer with an error that quotes them and gets to `to` (5.6).
  Packets quoted(PartyId from, End to) const;

 private:
  struct Leg {  // one route, from one zone of a party to one of another
    Route route;
    model::ZoneId from, to;
    Addresses sources, destinations;  // by which the two go there
    bool onPath = false;
  };
  std::vector<Leg> legs(End from, End to) const;
  Addresses addressesAt(End end, model::ZoneId zone) const;
  Packets wideSources(PartyId party) const;
  Packets heardAt(const Leg& leg, PartyId to) const;
  Packets heardBeside(const Leg& leg, PartyId to) const;
  Packets inside(End from) const;
  Packets unforged(const Crossing& crossing, PartyId sender, model::ZoneId origin) const;
  Packets answersOver(const Crossing& flow, bool checked) const;
  Packets before(const Crossing& crossing, Packets packets, bool asAnswers) const;
  Packets behind(const Crossing& crossing, Packets packets, bool asAnswers) const;
  Packets flows(const Crossing& crossing) const;
  Packets passes(const Crossing& crossing, const Leg& leg, End from, End to, bool answers) const;
  Packets across(const Crossing& crossing, Packets packets, const Leg& leg, End from, End to,
                 bool answers) const;
  Packets helped(PointId point, End from, End to) const;
  Packets quotable(PointId point, End to) const;
  std::vector<Crossing> bothWays(PointId point) const;
  Packets answered(const Crossing& crossing) const;
  Packets live(const Crossing& crossing) const;
  Packets flowsOver(PointId point) const;
  bool sentOutside(PartyId sender) const;
  bool relatedPasses(const Crossing& crossing, bool sentOutside) const;
  bool hasFlow(PointId point, End end) const;
  Packets uncovered(const Route& route) const;
  Packets oneWay(const Leg& leg, End from, End to, bool answers) const;
  Packets conversation(const Leg& leg, End from, End to) const;
  Packets quotesReturn(const Crossing& quoting, Packets quoted, End to) const;
  Packets errorsPass(const Crossing& crossing, model::ZoneId origin, const Addresses& beside,
                     const Addresses& receiver) const;
  Packets inFlows(PointId point) const;
  Packets free(const Leg& leg, End from, End to) const;

  const Network& network_;
  mutable std::map<std::tuple<End, End, int>, Packets> known_;
  bool talk(PointId point, End from, End to) const;
  mutable std::map<std::tuple<PointId, End, End>, bool> talks_;
  Packets crosses(PointId point) const;
  mutable std::map<PointId, Packets> crosses_;
  mutable std::map<PointId, Packets> live_, helped_, quotable_, inFlows_;
  mutable std::map<std::pair<PointId, End>, bool> flows_;
};

}  // namespace vauban::check
