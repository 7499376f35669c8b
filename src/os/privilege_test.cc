#include "os/privilege.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "os/test_confinement.h"

namespace vauban::os {
namespace {

TEST(Privilege, IsFoundOutByTrying) {
  const Privilege privilege = probePrivilege();
  std::cout << privilege.summary() << "\n";  // what a reader of the tests' output wants to know
  for (const std::string& note : privilege.notes) std::cout << "  " << note << "\n";
  EXPECT_EQ(privilege.possible, privilege.missing.empty());
  EXPECT_EQ(privilege.summary().starts_with("a lab is possible"), privilege.possible);
}

TEST(Privilege, AnOrdinaryUserMayWhereTheKernelLetsHim) {
  if (geteuid() != 0) GTEST_SKIP() << "not root, so the other test was it";
  if (!probePrivilege(true).possible) GTEST_SKIP() << probePrivilege(true).summary();
  const pid_t child = fork();
  if (child == 0) {
    const bool dropped = setgroups(0, nullptr) == 0 && setgid(65534) == 0 && setuid(65534) == 0;
    const Privilege privilege = probePrivilege();
    std::cout << "as nobody: " << privilege.summary() << "\n" << std::flush;
    // Some kernels let root alone have user namespaces; then it says so.
    const bool told = privilege.summary().find("user namespaces") != std::string::npos;
    _exit(dropped && (privilege.possible ? privilege.userNamespace : told) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(Privilege, SaysWhatIsMissing) {
  confined(
      [](const Confinement& world) {
        if (!world.ownProc) return;
        std::ofstream("/proc/sys/user/max_net_namespaces") << "1";
        Privilege privilege = probePrivilege(false);
        EXPECT_FALSE(privilege.possible);
        EXPECT_EQ(privilege.summary().substr(0, 23), "no lab is possible: the") << privilege.summary();
        std::ofstream("/proc/sys/user/max_net_namespaces") << "3";  // ours, the lab's own, and one node
        privilege = probePrivilege(false);
        EXPECT_FALSE(privilege.possible);
        EXPECT_NE(privilege.summary().find("No space left on device (ENOSPC)"), std::string::npos)
            << privilege.summary();
        std::ofstream("/proc/sys/user/max_user_namespaces") << "0";
        privilege = probePrivilege(true);
        EXPECT_EQ(privilege.summary(),
                  "no lab is possible: the lab cannot be set up: making a user namespace: user namespaces "
                  "are switched "
                  "off (user.max_user_namespaces=0)");
      },
      true);
}

}  // namespace
}  // namespace vauban::os
