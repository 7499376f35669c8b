#include "lab/daemon_vsftpd.h"

#include "lab/daemon_test_lab.h"
#include "lab/wire_ftp.h"

namespace vauban::lab {
namespace {

class DaemonVsftpdTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(DaemonVsftpdTest);

constexpr const char* kHosts =
    "  plain: {zone: inside, address: [198.51.100.3, \"2001:db8:1::3\"], services: {f: {behaviour: "
    "file-share, port: tcp/21}}}\n"
    "  ranged: {zone: inside, address: 198.51.100.4, services: {f: {behaviour: file-share, port: [tcp/21, "
    "tcp/50000-50003]}}}\n"
    "  closed: {zone: inside, address: 198.51.100.5, services: {f: {behaviour: file-share, port: [tcp/21, "
    "tcp/50000-50003], readers: [plain]}}}\n"
    "  smb: {zone: inside, address: 198.51.100.6, services: {f: {behaviour: file-share, port: [tcp/21, "
    "tcp/445]}}}\n"
    "  objects: {zone: inside, address: 198.51.100.7, services: {f: {behaviour: object-store, port: "
    "tcp/21}}}\n";

FtpSession session(DaemonLab& lab, const std::string& client, const std::string& server) {
  os::InternetAddress any;
  const os::InternetAddress to = os::address(server);
  any.ipv6 = to.ipv6;
  Result<FtpSession> begun =
      FtpSession::begin({*lab.testbed, lab.nodes.at(client), any, to, kFtpPort}, {}, {},
                        std::chrono::steady_clock::now() + std::chrono::seconds(15));
  EXPECT_TRUE(begun && begun->open()) << (begun ? begun->note() : os::why(begun));
  VAUBAN_CHECK(begun.has_value());
  return std::move(*begun);
}

bool put(FtpSession& ftp, const std::string& file, const std::string& text) {
  auto data = ftp.transfer("STOR", file);
  if (!data || !*data) return false;
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  (*data)->send(text, soon);
  (*data)->finish(soon);
  data->reset();
  return ftp.ended();
}

std::optional<std::string> got(FtpSession& ftp, const std::string& file) {
  auto data = ftp.transfer("RETR", file);
  if (!data || !*data) return std::nullopt;
  std::string text;
  (*data)->hear([&](std::string_view piece) { text += piece; },
                std::chrono::steady_clock::now() + std::chrono::seconds(5));
  data->reset();
  ftp.ended();
  return text;
}

TEST_P(DaemonVsftpdTest, NamesGoOverTheControlConversationAlone) {
  VAUBAN_NEEDS("vsftpd", "nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto plain = lab.start("plain");
    ASSERT_TRUE(plain);
    EXPECT_TRUE(plain->software().starts_with("vsftpd 3.")) << plain->software();
    EXPECT_EQ(lab.check("plain", *plain), "MKD and STAT at ftp://198.51.100.3: made, listed");
    FtpSession ftp = session(lab, "client", "198.51.100.3");
    const std::string name(255, 'x');
    EXPECT_TRUE(ftp.makeFolder("in"));
    EXPECT_TRUE(ftp.makeFolder("in/" + name)) << ftp.note();
    EXPECT_FALSE(ftp.makeFolder("in/" + name + "x"));
    EXPECT_EQ(ftp.namesIn("in"), std::vector<std::string>{name});
    EXPECT_NE(plain->contents().find(name), std::string::npos);
    // No second conversation, in neither direction: the model has no ports for one.
    EXPECT_FALSE(put(ftp, "file", "text"));
    EXPECT_TRUE(ftp.note().starts_with("550")) << ftp.note();
    EXPECT_EQ(limitsOf(lab.site("plain"), lab.plan).size(), 1U);
  });
}

TEST_P(DaemonVsftpdTest, FilesGoOverThePortsOfTheModel) {
  VAUBAN_NEEDS("vsftpd", "nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto ranged = lab.start("ranged"), closed = lab.start("closed");
    ASSERT_TRUE(ranged && closed);
    FtpSession one = session(lab, "client", "198.51.100.4"), two = session(lab, "client", "198.51.100.4");
    EXPECT_TRUE(put(one, "file", "a stranger's words")) << one.note();
    EXPECT_EQ(got(two, "file"), "a stranger's words");
    EXPECT_EQ(ranged->contents(), "a stranger's words");
    // Who is no reader may write, and is shown neither files nor names.
    EXPECT_EQ(lab.check("closed", *closed),
              "MKD at ftp://198.51.100.5: made; whoever may write may not read");
    FtpSession writer = session(lab, "client", "198.51.100.5");
    EXPECT_TRUE(put(writer, "file", "for the reader")) << writer.note();
    FtpSession stranger = session(lab, "client", "198.51.100.5");
    EXPECT_EQ(got(stranger, "file"), std::nullopt);
    EXPECT_FALSE(stranger.namesIn("."));
    FtpSession reader = session(lab, "plain", "198.51.100.5");
    EXPECT_EQ(got(reader, "file"), "for the reader") << reader.note();
  });
}

TEST_P(DaemonVsftpdTest, WhatIsMoreThanAnFtpServerIsPlayedByAnother) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    EXPECT_EQ(programsOf(lab.site("plain"), lab.plan), std::vector<std::string>{"vsftpd"});
    for (const char* host : {"smb", "objects"}) {
      EXPECT_FALSE(isFtpShare(lab.site(host)));
      const auto other = lab.start(host);
      ASSERT_TRUE(other);
      EXPECT_TRUE(lab.check(host, *other).starts_with("PUT and GET http://")) << host;
    }
  });
}

}  // namespace
}  // namespace vauban::lab
