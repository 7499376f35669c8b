#include "import/tracked_icmp.h"

namespace vauban::import {

using space::ServiceSet;

ServiceSet neverNew() {
  ServiceSet set = ServiceSet::protocol(space::kIcmp) | ServiceSet::protocol(space::kIcmpV6);
  for (const std::uint8_t type : {8, 13, 15, 17}) set -= ServiceSet::icmp(space::kIcmp, type, type);
  for (const std::uint8_t type : {128, 139}) set -= ServiceSet::icmp(space::kIcmpV6, type, type);
  return set;
}

ServiceSet neverTracked() {
  return ServiceSet::icmp(space::kIcmpV6, 130, 136) | ServiceSet::icmp(space::kIcmpV6, 143, 143);
}

}  // namespace vauban::import
