#include "os/user_account.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <array>
#include <charconv>

#include "os/system_failure.h"

namespace vauban::os {

Result<UserAccount> findUserAccount(const std::string& nameOrNumber) {
  constexpr int kMostGroups = 256;
  uid_t number = 0;
  const char* end = nameOrNumber.data() + nameOrNumber.size();
  const auto [rest, error] = std::from_chars(nameOrNumber.data(), end, number);
  const bool numeric = error == std::errc() && rest == end;
  std::array<char, 16384> block{};
  passwd entry = {};
  passwd* found = nullptr;
  if (numeric) {
    getpwuid_r(number, &entry, block.data(), block.size(), &found);
  } else {
    getpwnam_r(nameOrNumber.c_str(), &entry, block.data(), block.size(), &found);
  }
  if (found == nullptr) {
    if (!numeric) return labFailure(fmt::format("there is no user \"{}\"", nameOrNumber));
    return UserAccount{number, number, {number}};
  }
  UserAccount account{found->pw_uid, found->pw_gid, std::vector<gid_t>(kMostGroups)};
  int count = kMostGroups;
  if (getgrouplist(found->pw_name, account.group, account.groups.data(), &count) < 0) count = kMostGroups;
  account.groups.resize(static_cast<std::size_t>(count));
  return account;
}

}  // namespace vauban::os
