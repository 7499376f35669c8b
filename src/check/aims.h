// Where a service's messages go (semantics 4): effects of its behaviour under what the model states of it.
#pragma once

#include <vector>

#include "check/network.h"

namespace vauban::check {

// Whether the effect is there at its worst: no guard of `unless` holds, all of `when` hold, and the key that
// it needs is given.
bool present(const model::Effect& effect, const model::ServiceInstance& service);

// One way in which an effect chooses destinations, with the names that may be asked for on it.
struct Aim {
  Packets ours = bddfalse;       // destinations that are not the adversary's
  Packets strangers = bddfalse;  // where he gets it
  Packets onPath = bddfalse;     // where he gets it if he is on the path there
  Names names = Names::all();    // names that lead there; what the next service sees if it sees them at all
  bool itself = false;           // or to whoever asks, by an address that means just that
};

class Aims {
 public:
  explicit Aims(const Network& network) : network_(network) {}

  // `carried`: the names that the service was told with.
  std::vector<Aim> of(const model::ServiceInstance& service, const model::Effect& effect,
                      const Names& carried) const;
  // The destinations at which an aim gets to a party.
  Packets at(const Aim& aim, PartyId party) const;
  // Who may tell the service anything, and who may read from it, as sources.
  Packets senders(const model::ServiceInstance& service) const;
  Packets readers(const model::ServiceInstance& service) const;
  // Whether the next service sees the name with which this effect reached it: it passes on names of the same
  // protocol itself.
  bool sameNames(const model::Effect& effect, const model::ServiceInstance& next) const;
  // The zones of a `pool`; empty where there is none.
  std::vector<model::ZoneId> poolZones(const model::ServiceInstance& service) const;
  const model::Behaviour& behaviour(const model::ServiceInstance& service) const {
    return network_.behaviours().at(service.behaviour);
  }

 private:
  // `told`: the names that whoever is written there hears, and asks on for.
  void terms(const model::PlaceTerms& terms, const Names& names, const Names& told,
             std::vector<Aim>& aims) const;
  void byName(const model::ServiceInstance& service, const Names& names, std::vector<Aim>& aims) const;
  Names listed(const model::ServiceInstance& service) const;
  Packets outside() const;
  Packets allowed(const model::ServiceInstance& service) const;
  bool allowsItself(const model::ServiceInstance& service) const;
  Packets trusted(const model::ServiceInstance& service) const;

  const Network& network_;
};

}  // namespace vauban::check
