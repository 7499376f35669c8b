// Every step of semantics 4 and 5 out of one state. Never a search: whoever calls holds each against the
// certificate.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "check/aims.h"
#include "check/ways.h"

namespace vauban::check {

enum class Holding { code, client, told, readable };

struct State {
  Holding holding = Holding::code;
  PartyId party = 0;
  std::optional<model::ServiceId> service;  // of told and readable
  bool over = true;
  Names names = Names::all();
};

std::string textOf(const Network& network, const State& state);

// What a closure supposes. Vectors are by party.
struct Stance {
  std::vector<bool> takes;   // bytes that get to the party get to code of his
  std::vector<bool> holds;   // in his hands from the start: its services say nothing of their own
  std::vector<bool> waits;   // the channel ends there
  std::vector<bool> starts;  // in the closure's `from`
  std::vector<bool> known;   // in the claim's `from`: what comes back there was there already
  std::vector<bool> barred;
  Packets over = bddtrue;           // packets of the protocol
  Packets overSentBack = bddtrue;   // that are answered by such
  Packets overInAnswers = bddtrue;  // either
  bool distinguishes = false;       // whether `over` is told apart
  bool direct = false;
  // Zones in which somebody of his end has a machine through a tunnel, and who.
  std::vector<std::pair<PartyId, PartyId>> tunnels;
  std::vector<bool> openedAlone;  // of these zones those where nobody of `from` has helped him
};

// What carries a step, and how much of it in bits a second (the rates of docs/formats/certificate.md): by
// default as much as a conversation.
inline constexpr double kConversation = 1e8, kWithinAMachine = std::numeric_limits<double>::infinity();
struct Carrier {
  // NOLINTNEXTLINE(google-explicit-constructor)
  Carrier(std::string words, double bits = kConversation) : text(std::move(words)), bitsPerSecond(bits) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Carrier(const char* words, double bits = kConversation) : text(words), bitsPerSecond(bits) {}
  std::string text;
  double bitsPerSecond;
};

struct Landing {
  State to;
  bool arrives = false;  // at a place where he waits
  bool back = false;     // as what is sent back to somebody who asked, or to a forged source
  Carrier how;
  Packets packets = bddfalse;  // in which it is sent, where any are
};
using Sink = std::function<void(const Landing&)>;

class OneStep {
 public:
  OneStep(const Network& network, const Ways& ways, const Aims& aims, const Stance& stance)
      : network_(network), ways_(ways), aims_(aims), stance_(stance) {}

  void from(const State& state, const Sink& sink) const;

 private:
  void fromCode(const State& state, const Sink& sink) const;
  void codeTo(const State& state, PartyId to, const Sink& sink) const;
  void answersTo(const State& state, PartyId asker, const Sink& sink) const;
  void quotes(const State& state, PartyId to, const Sink& sink) const;
  void reflections(const State& state, const Sink& sink) const;
  void overheard(const State& state, Packets served, const Sink& sink) const;
  void fromClient(const State& state, const Sink& sink) const;
  void fromTold(const State& state, const Sink& sink) const;
  void fromReadable(const State& state, const Sink& sink) const;
  void readBy(const State& state, const model::ServiceInstance& reader, model::ServiceId id,
              const Sink& sink) const;
  void arrive(const State& state, PartyId to, Packets packets, const Carrier& how, const Sink& sink,
              const Packets* over = nullptr) const;
  void tell(const State& state, PartyId to, Packets packets, const Carrier& how, const Sink& sink,
            const model::Effect* effect = nullptr, const Names& names = Names::all(),
            const Packets* over = nullptr) const;
  void land(const State& state, State to, Packets packets, const Carrier& how, const Sink& sink,
            const Packets* over = nullptr) const;
  void landInPool(const State& state, model::ZoneId zone, const Sink& sink) const;
  void toPoolMates(const State& state, const Sink& sink) const;
  bool othersIn(PartyId machine) const;
  bool tunnelEnds(PartyId machine) const;
  bool endsAlone(PartyId machine) const;
  Packets aimed(const model::Effect& effect, const Aim& aim, PartyId to) const;
  struct Reflecting {
    Packets answering, erring;  // what it answers in kind, and with an error
    double bitsPerSecond;
  };
  Reflecting reflecting(PartyId mirror) const;
  std::vector<model::ServiceId> servicesOf(PartyId party) const;
  Packets fromItself(PartyId party) const;
  Packets emitted(PartyId asker, PartyId to) const;
  bool mayBeClient(PartyId party) const {
    return network_.parties()[party].client && !stance_.takes[party] && !stance_.barred[party];
  }

  const Network& network_;
  const Ways& ways_;
  const Aims& aims_;
  const Stance& stance_;
};

}  // namespace vauban::check
