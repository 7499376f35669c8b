// Whether this user may have a lab on this machine, found out by having a small one.
#pragma once

#include <string>
#include <vector>

namespace vauban::os {

struct Privilege {
  bool possible = false;
  bool userNamespace = false;        // not as root, but as root of a user namespace
  std::vector<std::string> missing;  // what stands in the way, in words; empty if it is possible
  std::vector<std::string> notes;    // what works with less: some programs of a lab may miss it

  // "a lab is possible, as root", "no lab is possible: user namespaces are switched off (...)".
  std::string summary() const;
};

// Takes some tens of milliseconds. `userNamespace`: as if one were not root.
Privilege probePrivilege(bool userNamespace = false);

}  // namespace vauban::os
