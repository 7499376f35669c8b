#include "lab/daemon_chronyd.h"

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class DaemonChronydTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(DaemonChronydTest);

TEST_P(DaemonChronydTest, TimeComesFromAboveAndNothingOfTheClientGoesThere) {
  VAUBAN_NEEDS("chronyd", "nsd", "nginx");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement,
                  "  own: {zone: inside, address: 198.51.100.3, services: {ntp: {behaviour: ntp-server}}}\n"
                  "  ntp: {zone: inside, address: [198.51.100.4, \"2001:db8:1::4\"], services: {ntp: "
                  "{behaviour: ntp-server, "
                  "upstream: [good.test, own], modes: [server]}}}\n");
    const auto own = lab.start("own"), ntp = lab.start("ntp");
    ASSERT_TRUE(own && ntp);
    EXPECT_TRUE(ntp->software().starts_with("chronyd 4.")) << ntp->software();
    EXPECT_EQ(lab.check("own", *own), "NTP question to 198.51.100.3 port 123: stratum 2");
    const std::string said = lab.check("ntp", *ntp);
    EXPECT_TRUE(said.starts_with("NTP question to 198.51.100.4 port 123: stratum ")) << said;
    EXPECT_TRUE(limitsOf(lab.site("ntp"), lab.plan).empty());
    EXPECT_EQ(limitsOf(lab.site("own"), lab.plan).size(), 1U);

    // The transmit timestamp comes back as the origin timestamp (RFC 5905 section 7.3), and a request with a
    // peer's mode is no reason to ask the peer for the time.
    const os::FileDescriptor client =
        os::udpSocket(*lab.testbed, lab.nodes.at("client"), "198.51.100.2", 123);
    std::string request(48, '\0');
    request[0] = 0x23;
    request.replace(40, 8, "STRANGER");
    EXPECT_TRUE(os::sendTo(client, "198.51.100.4", 123, request));
    EXPECT_EQ(os::receive(client, 2000).substr(24, 8), "STRANGER");
    request[0] = 0x21;
    EXPECT_TRUE(os::sendTo(client, "198.51.100.4", 123, request));
    std::string more;
    while (!(more = os::receive(client, 1500)).empty())
      EXPECT_NE(more[0] & 7, 3) << "it asks its client for the time";
  });
}

}  // namespace
}  // namespace vauban::lab
