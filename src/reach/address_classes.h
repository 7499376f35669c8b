// Address classes: sets of addresses that no set of a list tells apart.
#pragma once

#include <vector>

#include "space/address.h"

namespace vauban::reach {

// Built once from the sets, then asked for the classes of any number of universes: O(log n) and the classes'
// own ranges each.
class AddressClasses {
 public:
  explicit AddressClasses(const std::vector<const space::AddressSet*>& distinguish);
  // The universe (one family) in classes; deterministic order.
  std::vector<space::AddressSet> of(const space::AddressSet& universe) const;

 private:
  struct Cut {  // from here on, as far as the next cut of the family, addresses have this signature
    space::Family family;
    space::Bits128 first, signature;
  };
  std::vector<Cut> cuts_;
};

inline std::vector<space::AddressSet> addressClasses(
    const space::AddressSet& universe, const std::vector<const space::AddressSet*>& distinguish) {
  return AddressClasses(distinguish).of(universe);
}

}  // namespace vauban::reach
