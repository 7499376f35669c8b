// Which machines and packets the words of a claim mean in a lab.
#pragma once

#include <optional>
#include <vector>

#include "lab/attempts.h"

namespace vauban::lab {

// Whether the place means the machine; with an address, whether it means that address of it. `legs`: a
// machine with a leg in a zone counts as the zone's, wherever its home is, as who starts a channel does.
bool means(const model::PlaceTerms& terms, const Machine& machine, bool legs = false);
bool means(const model::PlaceTerms& terms, const Machine& machine, const os::InternetAddress& address);

// All addresses of the lab's machines that a list of places names; nullopt: everybody, as there is no list or
// it has one that is any place.
std::optional<std::vector<os::InternetAddress>> addressesMeant(const std::optional<model::PlaceTerms>& terms,
                                                               const LabPlan& plan);

// Machines that the place means, but for the world's: ours, or the adversary's.
std::vector<MachineId> machinesOf(const LabPlan& plan, const model::PlaceTerms& terms, bool adversaries,
                                  bool legs = false);

// A packet as claims speak of it: echo requests have an identifier where others have ports.
space::Service ofClaims(const space::Service& sent);
// All packets of its kind, whatever their source ports.
space::ServiceSet kindOf(const space::Service& sent);

// Whether the attempt is one of a client: it opens conversations under its own addresses.
bool ofClient(const Attempt& attempt);

bool isVia(const LabPlan& plan, const model::Claim& claim, MachineId machine);
// Whether it passes a host of an `only-via` claim, as far as its path is known before it is tried.
bool passesVia(const LabPlan& plan, const model::Claim& claim, const Attempt& attempt);

}  // namespace vauban::lab
