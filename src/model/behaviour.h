// The behaviour catalogue: what a service does with what it is told (semantics 4), as data.
//
// Source: knowledge/behaviours/*.yaml, one behaviour a file, compiled into the program; format in
// docs/formats/behaviour.md. Values after loading; safe to read from many threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "space/service_set.h"

namespace vauban::model {

using BehaviourId = StrongId<struct BehaviourTag>;

// Where a relay's message goes next.
enum class Destination {
  fixed,      // the service's `upstream`; without one, anyone it can reach
  byName,     // wherever a name chosen by the sender leads
  byAddress,  // an address chosen by the sender
  anyone,     // any address and any name, lists notwithstanding
  pool,       // addresses of `pool`, or anyone as one of them; without a pool anyone
  resolver,   // the service's `resolver`; without one every DNS service it can reach (for look-ups)
};

enum class EffectKind {
  relay,   // the sender's bytes leave again (outward), the answer's bytes come back (inward)
  store,   // the bytes wait for whoever reads there later
  lookup,  // a query of its own with sender-chosen content
  read,    // opens conversations with `from` (or its `upstream`) and takes what comes back
  shell,   // whoever gets in has the powers of a held host
};

// How the service's own name list bears on an effect.
enum class NamesRule {
  filter,   // only names that pass the list
  ignore,   // any name, whatever the list says
  reverse,  // names under in-addr.arpa and ip6.arpa only (reverse look-ups of literals)
};

// Holds iff the property is stated and every stated value is among `values`.
struct Guard {
  std::string property;
  std::vector<std::string> values;
};

struct Effect {
  EffectKind kind = EffectKind::relay;
  Destination destination = Destination::fixed;
  space::ServiceSet emits;        // the opener's packets of the onward hop
  std::uint64_t outwardBits = 0;  // per message; 0: nothing goes that way
  std::uint64_t inwardBits = 0;
  double messagesPerSecond = 0;  // default rate
  NamesRule names = NamesRule::filter;
  bool fromUpstream = false;  // of read: it reads its `upstream`, not its `from`
  bool keepsNames = false;    // the next service sees the same name (DNS to DNS, proxy to parent)
  std::vector<Guard> unless;  // hardening: absent if one of these holds (worst case: present)
  std::vector<Guard> when;    // present only if all of these hold (worst case of the catalogue: absent)
  std::string onlyWith;       // present only where this configuration key is given ("upstream")
  std::string carrier;        // "query name", "request body"
};

struct PropertyRule {
  std::vector<std::string> values;  // all that may be stated, e.g. {"before-recursing", "after-recursing"}
  std::vector<std::string> best;    // stating only these hardens
  std::string meaning;              // what holds when it is stated, to print as an assumption
  std::string test;                 // how to test it on the real thing
  bool isList = false;              // written as a list in the model (modes: [server])
  bool gap = true;      // false: where it is not stated it does not hold, and stating it later is no cure
  bool hardens = true;  // false: stating it makes the service do more (`updates: true`)
};

struct Reflection {
  std::uint64_t bits = 0;  // per message, 0: none
  std::string carrier;     // "SYN-ACK number", "origin timestamp"
};

struct Behaviour {
  std::string name;
  std::string summary;        // the project's own words
  std::string reference;      // RFC section, manual or lab row
  space::ServiceSet listens;  // default listening set
  std::vector<std::string>
      keys;  // configuration it takes: upstream, resolver, names, addresses, answers, readers, pool, from
  std::map<std::string, PropertyRule> properties;
  std::vector<Effect> effects;
  Reflection reflectsTcp, reflectsUdp, reflectsIcmp;  // what goes back to the source a packet bears
  bool acceptsOnlyFrom = false;                       // takes messages from `from` alone (data-diode)
  std::vector<std::string> assumptions;               // printed with every verdict that meets the behaviour
};

class BehaviourCatalogue {
 public:
  // The catalogue compiled into the program.
  static Result<BehaviourCatalogue> builtIn();
  // From texts, each {file name, content}; all diagnostics at once. Limits: 1 MiB a file, 500 behaviours.
  static Result<BehaviourCatalogue> parse(const std::vector<std::pair<std::string, std::string>>& files);

  std::optional<BehaviourId> find(std::string_view name) const;
  const Behaviour& at(BehaviourId id) const { return behaviours_[id.index()]; }
  const std::vector<Behaviour>& all() const { return behaviours_; }  // sorted by name

 private:
  std::vector<Behaviour> behaviours_;
};

}  // namespace vauban::model
