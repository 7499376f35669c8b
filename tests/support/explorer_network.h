// The filters of a model, asked about one concrete packet at a time (semantics 2 and 3). One network stands
// for one reading of what is not stated: at its worst, or at its best.
//
// Keeps a reference to its universe. Read only once built.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/explorer_universe.h"

namespace vauban::tests {

enum class Unstated { atWorst, atBest };

// A device that filters, or the ideal point, with its keys in force.
struct FilterPoint {
  int state = 0;  // which table of live flows it keeps: one a device, number 0 is the ideal point's
  model::AntiSpoofing antiSpoofing = model::AntiSpoofing::off;
  std::array<bool, 2> covered = {true, true};   // by family: the rules decide
  std::array<bool, 2> passes = {false, false};  // by family: passes unfiltered (both may be, decision 0011)
  bool established = true;
  model::Related related = model::Related::all;
  bool anyHelper = true;
  std::vector<std::string> helpers;
  bool rejects = false;  // what no rule matches
};

// A point on the way, with the side from which a packet comes to it.
struct Crossing {
  int point = 0;
  std::uint64_t behind = 0;                     // zones that lie behind the side it comes from
  std::uint64_t beyond = 0;                     // and behind the other
  std::array<std::uint64_t, 2> sides = {0, 0};  // zones next to the point, on this side and on the other
  bool fromUntrusted = false;                   // it enters from an untrusted side
};

struct Route {
  std::vector<Crossing> crossings;  // none: free, inside a zone
  std::vector<int> zones;           // one more than crossings; inside a zone: that zone
};

struct ConcretePacketOnWay {
  int source = 0, destination = 0;  // endpoints
  int kind = 0;
  int sender = 0;  // party
};

enum class RuleWord { accept, drop, reject, silent };

class ConcreteNetwork {
 public:
  ConcreteNetwork(const Universe& universe, Unstated unstated);

  const std::vector<FilterPoint>& points() const { return points_; }
  // All ways from one zone to another, or inside one.
  const std::vector<Route>& routes(int from, int to) const { return routes_[from * zones_ + to]; }
  bool isFree(int zone) const;  // no filter between its members
  bool portSecurity(int zone) const { return portSecurity_[zone]; }
  const FilterPoint& pointOf(const Crossing& crossing) const { return points_[crossing.point]; }
  std::size_t conditionValues() const { return std::size_t{1} << universe_.model().conditions.size(); }

  // First match decides. `value`: bit i is condition i.
  RuleWord rules(const FilterPoint& point, int source, int destination, int kind, unsigned value) const;
  // Is the source one that this crossing lets this sender bear? Only in covered families.
  bool sourcePasses(const Crossing& crossing, int source, int sender) const;
  bool owns(int party, int endpoint) const;
  // Opens a conversation here: uncovered and passed, or by a rule with a source that passes.
  bool opens(const Crossing& crossing, const ConcretePacketOnWay& packet, unsigned value) const;
  bool opens(const Route& route, const ConcretePacketOnWay& packet, unsigned value,
             std::size_t crossings = SIZE_MAX) const;
  // The answers to such a conversation come back over the first `crossings` points: as replies, or by rules
  // of their own, or uncovered.
  bool answers(const Route& route, const ConcretePacketOnWay& packet, unsigned value,
               std::size_t crossings = SIZE_MAX) const;
  // Whether what is answered to this source crosses the zone from which the route starts, by the same points;
  // and he is on the path there.
  bool comesBackOver(const Route& route, int source) const;
  bool family(int endpoint) const {
    return universe_.endpoints()[endpoint].address.family == space::Family::ipv6;
  }
  // May `answer` be what answers `kind`? An opener takes whatever source port it likes.
  bool answerIs(int kind, int answer) const;
  bool supported() const { return supported_; }  // false: rules of devices' own, or too much of anything

 private:
  void addPoints(Unstated unstated);
  void addRoutes();
  void addRules();

  const Universe& universe_;
  int zones_ = 0;
  std::vector<FilterPoint> points_;
  std::vector<char> portSecurity_;
  std::vector<std::vector<Route>> routes_;
  // Which rules match this source, this destination, this kind, under these conditions: bit r is rule r.
  std::vector<std::uint64_t> bySource_, byDestination_, byKind_, byValue_;
  std::vector<model::Action> actions_;
  bool supported_ = true;
};

}  // namespace vauban::tests
