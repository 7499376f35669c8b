// What a certificate has to list (docs/formats/certificate.md, "Reasons" and "Closures"), made again from the
// model: a certificate must name exactly this.
#pragma once

#include <map>
#include <set>

#include "check/aims.h"
#include "check/certificate.h"

namespace vauban::check {

using Reasons = std::set<Reason>;

class Listing {
 public:
  explicit Listing(const Network& network) : network_(network) {}

  // Rules, policies and keys between two parties.
  const Reasons& between(PartyId from, PartyId to) const;
  // The same under `always`: rules and policies that accept some packet of `over` from the first to the
  // second.
  Reasons accepting(PartyId from, PartyId to, Packets over) const;
  Reasons ofHost(model::HostId host) const;
  Reasons ofService(model::ServiceId service) const;
  // Every reason that the model gives for anything; a certificate's reasons are among these.
  const Reasons& all() const;

 private:
  std::vector<Crossing> crossings(PartyId from, PartyId to) const;
  Reason ofDecision(const Decision& decision, const Point& point, const std::string& kind) const;
  void keys(const Point& point, Reasons& reasons) const;

  const Network& network_;
  mutable std::map<std::pair<PartyId, PartyId>, Reasons> between_;
  mutable Reasons all_;
};

}  // namespace vauban::check
