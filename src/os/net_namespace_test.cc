#include "os/net_namespace.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <thread>

#include "os/test_confinement.h"

namespace vauban::os {
namespace {

class NetNamespaceTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(NetNamespaceTest);

TEST_P(NetNamespaceTest, ThreadsComeBackFromIt) {
  run([](const Confinement&) {
    const std::uint64_t home = NetNamespace::current()->inode();
    const NetNamespace made = NetNamespace::create().value();
    EXPECT_NE(made.inode(), home);
    EXPECT_EQ(NetNamespace::current()->inode(), home);
    EXPECT_EQ(made.inside([] { return NetNamespace::current(); })->inode(), made.inode());
    EXPECT_EQ(NetNamespace::current()->inode(), home);
    const NetNamespace other = NetNamespace::create().value();
    const Result<void> nested = made.inside([&]() -> Result<void> {
      EXPECT_EQ(other.inside([] { return NetNamespace::current(); })->inode(), other.inode());
      EXPECT_EQ(NetNamespace::current()->inode(), made.inode());
      return {};
    });
    EXPECT_TRUE(nested);
    std::thread elsewhere([&] { EXPECT_EQ(NetNamespace::current()->inode(), home); });
    elsewhere.join();
  });
}

TEST_P(NetNamespaceTest, SocketsStay) {
  run([](const Confinement&) {
    const NetNamespace made = NetNamespace::create().value();
    const FileDescriptor socket = made.socket(AF_INET, SOCK_DGRAM, 0).value();
    ifreq request = {};
    std::string("lo").copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP;
    ASSERT_EQ(ioctl(socket.get(), SIOCSIFFLAGS, &request), 0);
    const FileDescriptor here(::socket(AF_INET, SOCK_DGRAM, 0));
    ASSERT_EQ(ioctl(here.get(), SIOCGIFFLAGS, &request), 0);
    EXPECT_EQ(request.ifr_flags & IFF_UP, 0) << "the thread's own lo is another one";
    EXPECT_FALSE(made.socket(AF_INET, 12345, 0));
  });
}

TEST_P(NetNamespaceTest, SettingsAreThoseOfTheNamespace) {
  run([](const Confinement&) {
    const NetNamespace one = NetNamespace::create().value(), two = NetNamespace::create().value();
    const Result<void> set =
        one.setSysctls({{"net/ipv4/ip_forward", "1"}, {"net/ipv4/no_such_thing", "1", true}});
    EXPECT_TRUE(set) << why(set);
    EXPECT_EQ(one.sysctl("net/ipv4/ip_forward").value(), "1");
    EXPECT_EQ(two.sysctl("net/ipv4/ip_forward").value(), "0");
    EXPECT_EQ(why(one.setSysctls({{"net/ipv4/no_such_thing", "1"}})),
              "opening the setting net/ipv4/no_such_thing: No such file or directory (ENOENT)");
    EXPECT_EQ(why(one.setSysctls({{"net/ipv4/ip_forward", "many"}})),
              "setting net/ipv4/ip_forward to many: Invalid argument (EINVAL)");
    for (const char* key :
         {"kernel/hostname", "net/../kernel/hostname", "/net/ipv4/ip_forward", "net//x", "net/", ""}) {
      EXPECT_FALSE(one.setSysctls({{key, "1", true}})) << key;
      EXPECT_FALSE(one.sysctl(key)) << key;
    }
  });
}

}  // namespace
}  // namespace vauban::os
