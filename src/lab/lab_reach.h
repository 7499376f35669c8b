// What the verifier says of packets between addresses of the lab: who may open which conversation with whom.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lab/lab_plan.h"
#include "reach/network.h"

namespace vauban::lab {

// On the plan's model, conditions at their defaults, what is not stated at its worst. One thread at a time.
// The plan outlives it.
class LabReach {
 public:
  explicit LabReach(const LabPlan& plan);

  // With which packets `from` may open a conversation to `to`, from and to exactly these addresses.
  space::ServiceSet opens(const os::InternetAddress& from, const os::InternetAddress& to) const;
  // Between any addresses of two machines, of one family.
  space::ServiceSet opens(MachineId from, MachineId to) const;
  const reach::Network& network() const { return network_; }
  // The class of an address that a machine or nobody has; nullopt where the lab has no such address.
  std::optional<reach::ClassIndex> classOf(const os::InternetAddress& address) const;
  // Addresses of a machine that rules may tell apart, of a family. One that has no class is one of them.
  std::vector<os::InternetAddress> distinct(const Machine& machine, bool ipv6) const;

 private:
  std::optional<reach::ClassIndex> findClass(const os::InternetAddress& address) const;

  const LabPlan& plan_;
  mutable reach::Atoms atoms_;
  reach::Network network_;
  mutable std::map<os::InternetAddress, std::optional<reach::ClassIndex>> classes_;
  mutable std::map<std::pair<reach::ClassIndex, reach::ClassIndex>, space::ServiceSet> known_;
};

}  // namespace vauban::lab
