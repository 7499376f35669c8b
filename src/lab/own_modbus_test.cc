#include "lab/own_modbus.h"

#include "lab/daemon_test_lab.h"
#include "lab/own_log_collector.h"

namespace vauban::lab {
namespace {

class OwnModbusTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(OwnModbusTest);

// One connection; what is asked is function and data, in hexadecimal, what is answered likewise.
class Master {
 public:
  Master(DaemonLab& lab, const std::string& server) {
    socket_ = lab.testbed->socket(lab.nodes.at("client"), AF_INET, SOCK_STREAM, 0).value();
    const os::SocketAddress there(os::address(server), 502);
    EXPECT_EQ(connect(socket_.get(), there.get(), there.length), 0);
  }
  std::string ask(const std::string& hex) {
    std::string body;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      body += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    std::string frame = {0, ++number_, 0, 0, 0, static_cast<char>(body.size() + 1), 1};
    frame += body;
    if (send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) < 0) return "gone";
    const std::string said = os::receive(socket_, 3000);
    if (said.size() < 8) return "gone";
    EXPECT_EQ(said[1], number_);
    std::string text;
    for (const char c : said.substr(7)) {
      const char* digits = "0123456789abcdef";
      text += digits[static_cast<unsigned char>(c) >> 4U];
      text += digits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
  }
  void raw(const std::string& bytes) {
    EXPECT_EQ(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string hear() { return os::receive(socket_, 3000); }

 private:
  os::FileDescriptor socket_;
  char number_ = 0;
};

constexpr const char* kHosts =
    "  plc: {zone: inside, address: 198.51.100.3, services: {modbus: {behaviour: modbus-device}}}\n"
    "  reads: {zone: inside, address: 198.51.100.4, services: {g: {behaviour: ot-gateway, port: tcp/502, "
    "upstream: [plc], functions: [read]}}}\n"
    "  all: {zone: inside, address: 198.51.100.5, services: {g: {behaviour: ot-gateway, port: tcp/502, "
    "upstream: [plc]}}}\n"
    "  logs: {zone: inside, address: 198.51.100.6, services: {l: {behaviour: log-collector, port: [udp/514, "
    "tcp/514], resolver: rec}}}\n"
    "  mute: {zone: inside, address: 198.51.100.7, services: {l: {behaviour: log-collector, port: udp/514, "
    "resolver: rec, enriches: false}}}\n"
    "  rec: {zone: inside, address: 198.51.100.9, software: unbound, services: {dns: {behaviour: "
    "dns-recursive}}}\n"
    "  echo: {zone: inside, address: 198.51.100.8, services: {e: {behaviour: icmp-responder}, a: {behaviour: "
    "application}}}\n";

TEST_P(OwnModbusTest, ADeviceKeepsWhatIsWrittenAndAGatewayPassesItsClasses) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto plc = lab.start("plc"), reads = lab.start("reads"), all = lab.start("all");
    ASSERT_TRUE(plc && reads && all);
    EXPECT_EQ(lab.check("plc", *plc), "Modbus function 3 to 198.51.100.3 port 502: answered");
    EXPECT_EQ(lab.check("reads", *reads), "Modbus function 3 to 198.51.100.4 port 502: answered");
    lab.check("all", *all);
    EXPECT_EQ(plc->contents(), "");
    Master direct(lab, "198.51.100.3"), reading(lab, "198.51.100.4"), open(lab, "198.51.100.5");
    EXPECT_EQ(direct.ask("1000100002044a4b4c4d"), "1000100002");
    EXPECT_EQ(plc->contents(), "JKLM");
    EXPECT_EQ(direct.ask("0300100002"), "03044a4b4c4d");
    EXPECT_EQ(direct.ask("0600114142"), "0600114142");
    EXPECT_EQ(direct.ask("0f0000000a02cd01"), "0f0000000a");
    EXPECT_EQ(direct.ask("010000000a"), "0102cd01");
    EXPECT_EQ(direct.ask("050003ff00"), "050003ff00");
    // What is out of range or malformed (Application Protocol V1.1b3 section 7).
    EXPECT_EQ(direct.ask("03ffff0002"), "8302");
    EXPECT_EQ(direct.ask("030000007e"), "8303");
    EXPECT_EQ(direct.ask("10001000020344"), "9003");
    EXPECT_EQ(direct.ask("2b0e0100"), "ab03");
    EXPECT_EQ(direct.ask("2b0e010000"), "ab01");
    // Reads pass both gateways, writes one.
    EXPECT_EQ(reading.ask("0300100002"), "03044a4b4142");
    EXPECT_EQ(reading.ask("1000100001024e4f"), "9001");
    EXPECT_EQ(reading.ask("0600104e4f"), "8601");
    EXPECT_EQ(plc->contents().find("NO"), std::string::npos);
    EXPECT_EQ(open.ask("100010000102594f"), "1000100001");
    EXPECT_NE(plc->contents().find("YO"), std::string::npos);
    // Two frames in one segment, and one in two.
    const std::string frame("\0\x09\0\0\0\x06\x01\x03\0\x10\0\x01", 12);
    reading.raw(frame + frame);
    std::string both = reading.hear();
    if (both.size() < 22) both += reading.hear();
    EXPECT_EQ(both.size(), 22U);
    direct.raw(frame.substr(0, 5));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    direct.raw(frame.substr(5));
    EXPECT_EQ(direct.hear().size(), 11U);
    // Not Modbus at all.
    direct.raw("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(direct.hear(), "");
  });
}

TEST_P(OwnModbusTest, ACollectorKeepsLinesAndLooksUpWhatTheyName) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd", "unbound");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto rec = lab.start("rec"), logs = lab.start("logs"), mute = lab.start("mute"),
               echo = lab.start("echo");
    ASSERT_TRUE(rec && logs && mute && echo);
    EXPECT_EQ(lab.check("logs", *logs), "a line to 198.51.100.6 port udp/514: kept");
    lab.check("mute", *mute);
    lab.check("echo", *echo);
    const os::FileDescriptor client = os::udpSocket(*lab.testbed, lab.nodes.at("client"), "198.51.100.2", 0);
    EXPECT_TRUE(os::sendTo(client, "198.51.100.7", 514, "<13>refused secret0.evil.test"));
    EXPECT_TRUE(os::sendTo(client, "198.51.100.6", 514, "<13>refused secret1.evil.test from 203.0.113.66."));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!(lab.his->asked("secret1") && lab.his->asked("66.113.0.203")) &&
           std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(lab.his->asked("secret1"));
    EXPECT_TRUE(lab.his->asked("66.113.0.203"));
    EXPECT_NE(mute->contents().find("secret0"), std::string::npos);
    EXPECT_FALSE(lab.his->asked("secret0"));
    EXPECT_NE(logs->contents().find("secret1"), std::string::npos);
  });
}

TEST(OwnLogCollector, FindsNamesAndAddresses) {
  EXPECT_EQ(namesIn("<13>Jan 1 a.example: x=b.c.example, (198.51.100.7) 12.5 word..x end."),
            (std::vector<std::string>{"a.example", "b.c.example", "7.100.51.198.in-addr.arpa", "12.5"}));
}

}  // namespace
}  // namespace vauban::lab
