// Where the adversary's bytes get to, found by trying every concrete packet from every state (semantics 4 and
// 5).
//
// One walk is about one question (from, to, over) under one reading of what is not stated. States are
// explored breadth first; each knows the state it came from, so that the way can be told.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/explorer_network.h"

namespace vauban::tests {

// A claim's places as parties (decision 0004), and what it asks.
struct Question {
  std::vector<char> from, to, held, barred;  // by party
  std::vector<char> over;                    // by kind
  bool overAny = false;                      // every hop is of the protocol
  bool direct = false;
};

struct Path {
  bool reached = false;
  std::string text;  // of the way, a line a hop
};

// What a conversation, or a packet one way, does for the opener and for whoever hears it. The odd flags say
// the same of a hop outside `from` that is of the protocol in question.
enum HopFlag : unsigned {
  kTells = 1,        // the opener's bytes get there
  kAnswers = 4,      // what is there comes back to the opener
  kReads = 16,       // and the opener is among the `readers`
  kCrossedBack = 64  // what comes back crosses a zone whose adversary is on the path
};
constexpr unsigned overFlag(HopFlag flag) { return flag * 2U; }

struct Hop {
  unsigned flags = 0;
  int source = -1, destination = -1, kind = -1;  // an example
};

// Somebody who may open conversations: code with all powers, a client, or a service by one of its effects.
struct Opener {
  enum class Kind { code, client, effect } kind = Kind::code;
  int party = -1;
  int service = -1, effect = -1;
  int leads = 0;          // where the name leads that it is told (NameLeads)
  bool carries = true;    // a client that is not isolated
  std::vector<Hop> hops;  // by responder: parties, then services
};

enum NameLeads {
  anywhere = 0,
  home = 1,
  elsewhere = 2
};  // to him or anyone; to hosts of ours; to trusted strangers

// Whether where it goes depends on the name that it is told.
bool goesByName(const model::Effect& effect);

class ConcreteWalk {
 public:
  ConcreteWalk(const Universe& universe, const ConcreteNetwork& network, Unstated unstated,
               const Question& question);
  Path run();

 private:
  enum class Holds { code, client, told, stored, yields };
  struct State {
    Holds holds = Holds::code;
    int who = -1;   // party or service
    int name = -1;  // of told and yields
    bool over = false;
    int before = -1;
    std::string how;
  };
  enum class Phase { commands, claim };

  // Preparations (explorer_walk.cc).
  bool runsOpaque(int host) const;
  bool present(const model::Effect& effect, const model::ServiceInstance& service) const;
  bool keepsName(int service, const model::Effect& effect) const;
  bool speaks(int service, const Opener& opener) const;
  int leadsOf(int name) const;
  int goesTo(const Opener& opener, int endpoint) const;  // 0: not there, 1: there, 2: but he is not there
  int byTerms(const model::PlaceTerms& terms, int endpoint, bool asksOn = false) const;
  bool listed(const model::ServiceInstance& service, int endpoint, bool& trusted) const;
  bool meetsItself(const Opener& opener) const;
  void takeFromHisEnd();
  void findOpenedAlone();

  // Conversations (explorer_conversations.cc).
  void openAll();
  void converse(Opener& opener);
  void hear(Opener& opener, const Route& route, const ConcretePacketOnWay& packet, bool answers, int goes,
            bool ownerOnly = false, bool codeOnly = false, bool away = false);
  void mark(Opener& opener, int responder, int responderParty, const ConcretePacketOnWay& packet,
            unsigned flags);
  bool sameMachine(int source, int destination) const;
  bool crossesOnPath(const Route& route) const;
  bool shareFamily(int party, int endpoint) const;
  bool chosenFromList(const Opener& opener) const;
  bool throughPool(int source, int destination) const;

  // Ways without a conversation (explorer_forging.cc): one party's code to another's.
  Hop without(int from, int to, std::string& how);
  bool hears(int party, int endpoint) const;
  struct LiveFlow {
    std::uint64_t states = 0;
    bool over = false, helper = false;
    bool opened = false;  // by the one to whom packets are forged
    int kind = -1;
    auto operator<=>(const LiveFlow&) const = default;
  };
  const std::vector<LiveFlow>& liveFlows(int stranger, int endpoint, int owner);
  bool relatedPasses(const Route& route, const ConcretePacketOnWay& packet, int owner);
  void forgedThrough(const Route& route, int source, int destination, int from, int owner,
                     const std::function<void(const LiveFlow&, int)>& pass);
  void tellServices(Opener& opener);
  void tellOnPath(Opener& opener);
  bool ownConversation(int party, int endpoint) const;
  void related(int from, int to, Hop& hop);
  void helped(int from, int to, Hop& hop);
  void forgedIntoFlows(int from, int to, Hop& hop);
  void reflected(int from, int to, Hop& hop);
  void quoted(int from, int to, Hop& hop);
  bool errorReturns(const Crossing& quoting, const ConcretePacketOnWay& packet, int to, unsigned value);
  bool openedByHelper(const Route& route, const ConcretePacketOnWay& packet, unsigned value,
                      std::size_t crossings = SIZE_MAX);
  bool isHelperPort(const FilterPoint& point, int kind) const;
  void note(Hop& hop, int from, int to, int source, int destination, int kind, bool over);

  // The walk itself (explorer_walk.cc).
  bool explore(Phase phase, const std::vector<char>& start, const std::vector<char>& goal);
  void reach(State state, bool arrival);
  void step(int index);
  void stepCode(int index);
  void stepTold(int index);
  void readBy(int index, int responder, HopFlag flag);
  void follow(int index, const Opener& opener, bool sameName);
  std::string tell(int index) const;
  std::string nameOf(const State& state) const;
  bool over(int fromParty, int toParty, int kind) const;
  bool sameAdversary(const State& state) const;
  int partyOf(int responder) const;
  int indexOf(const State& state) const;

  const Universe& universe_;
  const ConcreteNetwork& network_;
  const Unstated unstated_;
  const Question& question_;
  const int parties_, services_;
  std::vector<char> his_;      // his code is there
  std::vector<char> nobodys_;  // there whatever the claim says: he himself, and machines that run anything
  std::vector<char> exists_;
  std::vector<std::vector<int>> tunnelOpeners_;  // by service: parties where he waits that hold a tunnel
  std::vector<char> openedAlone_;                // by service: one of these needs no help of `from`
  std::vector<Opener> openers_;
  std::vector<std::vector<std::vector<LiveFlow>>> liveFlows_;
  std::vector<std::vector<char>> liveKnown_;

  Phase phase_ = Phase::claim;
  std::vector<char> goal_;
  std::vector<State> states_;
  std::vector<int> known_;  // state, by what it says; -1
  int arrived_ = -1;
};

}  // namespace vauban::tests
