// A user of this machine, by name or number, with his groups.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace vauban::os {

struct UserAccount {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // with the main one; at most 256
};

// A number that no user has is one with a group of the same number.
Result<UserAccount> findUserAccount(const std::string& nameOrNumber);

}  // namespace vauban::os
