#include "lab/adversary.h"

#include <gtest/gtest.h>

#include "lab/adversary_answers.h"
#include "lab/adversary_dialogue.h"
#include "lab/wire_conversation.h"
#include "lab/wire_dns.h"
#include "lab/wire_frame.h"
#include "lab/wire_packet.h"
#include "lab/wire_test_lab.h"
#include "lab/wire_text.h"
#include "os/privilege.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

class AdversaryTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(AdversaryTest);

bool isInstalled(const char* program) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/"}) {
    if (access((std::string(folder) + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

Domain evil() {
  Domain domain;
  domain.name = "evil.example";
  domain.nameServer = os::address("203.0.113.2");
  return domain;
}

TEST(AdversaryAnswersTest, EveryNameHasAnAddressAndNoneIsADelegation) {
  const auto counts = [](const os::Bytes& answer) {
    return std::array<int, 4>{answer[3] & 15, get16(answer, 6), get16(answer, 8), get16(answer, 10)};
  };
  const auto ask = [&](const char* name, std::uint16_t type) {
    return counts(adversaryDnsAnswer({evil()}, {}, dnsQuestion(9, name, type)));
  };
  EXPECT_EQ(ask("a.b.EVIL.example", kDnsA), (std::array<int, 4>{0, 1, 0, 0}));
  EXPECT_EQ(ask("a.b.evil.example", kDnsAaaa), (std::array<int, 4>{0, 0, 1, 0}));  // he has none: no data
  EXPECT_EQ(ask("b.evil.example", kDnsNs), (std::array<int, 4>{0, 0, 1, 0}));
  EXPECT_EQ(ask("evil.example", kDnsNs), (std::array<int, 4>{0, 1, 0, 1}));
  EXPECT_EQ(ask("evil.example", kDnsSoa), (std::array<int, 4>{0, 1, 0, 0}));
  EXPECT_EQ(ask("notevil.example", kDnsA), (std::array<int, 4>{5, 0, 0, 0}));
  EXPECT_TRUE(adversaryDnsAnswer({evil()}, {}, {}).empty());
  Domain tunnel = evil();
  tunnel.name = "t.evil.example";
  tunnel.nameServer = os::address("203.0.113.3");
  const os::Bytes referral =
      adversaryDnsAnswer({evil(), tunnel}, {tunnel.nameServer}, dnsQuestion(9, "a.t.evil.example", kDnsA));
  EXPECT_EQ(counts(referral), (std::array<int, 4>{0, 0, 1, 1}));
  EXPECT_EQ(referral[2] & 4, 0);  // not with authority
  EXPECT_EQ(counts(adversaryDnsAnswer({evil(), tunnel}, {tunnel.nameServer},
                                      dnsQuestion(9, "a.evil.example", kDnsA))),
            (std::array<int, 4>{0, 1, 0, 0}));
  const os::Bytes answer = adversaryDnsAnswer({evil()}, {}, dnsQuestion(0x1234, "x.evil.example", kDnsA));
  EXPECT_EQ(get16(answer, 0), 0x1234);
  EXPECT_TRUE(adversaryDnsAnswer({evil()}, {}, answer).empty());  // an answer is not answered
  EXPECT_EQ((std::vector<std::uint8_t>(answer.end() - 4, answer.end())),
            (std::vector<std::uint8_t>{203, 0, 113, 2}));
}

TEST(AdversaryAnswersTest, TimeIsGivenToClientsOnly) {
  os::Bytes request(48, 0);
  request[0] = 0x23;
  request[40] = 0x77;
  const os::Bytes answer = adversaryTimeAnswer(request, 1'000'000'000'500'000'000U);
  ASSERT_EQ(answer.size(), 48U);
  EXPECT_EQ(answer[0], 0x24);
  EXPECT_EQ(answer[1], 1);
  EXPECT_EQ(answer[24], 0x77);
  EXPECT_EQ(get32(answer, 40), 1'000'000'000U + 2'208'988'800U);
  EXPECT_EQ(get32(answer, 44), 0x80000000U);
  EXPECT_TRUE(adversaryTimeAnswer(answer, 1).empty());
  EXPECT_TRUE(adversaryTimeAnswer(std::span(request).first(47), 1).empty());
}

TEST(DialogueTest, KeepsTheOtherEndTalking) {
  const auto none = [](std::span<const std::uint8_t>) { return os::Bytes(); };
  Dialogue web(8080, none);
  EXPECT_EQ(web.greeting(), "");
  EXPECT_EQ(web.hear("PO"), "");
  EXPECT_EQ(web.hear("ST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), "");
  EXPECT_TRUE(web.hear("cd").starts_with("HTTP/1.1 200 OK"));
  EXPECT_TRUE(web.over());
  EXPECT_STREQ(web.name(), "HTTP");
  Dialogue chunked(80, none);
  EXPECT_EQ(chunked.hear("PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"), "");
  EXPECT_TRUE(chunked.hear("0\r\n\r\n").starts_with("HTTP/1.1 200"));
  Dialogue tunnel(3128, none);
  EXPECT_TRUE(tunnel.hear("CONNECT a:443 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(tunnel.hear("GET / HTTP/1.1\r\n\r\n"), "");
  EXPECT_FALSE(tunnel.over());
  Dialogue mail(25, none);
  EXPECT_TRUE(mail.greeting().starts_with("220 "));
  EXPECT_TRUE(mail.hear("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n").ends_with("354 go on\r\n"));
  EXPECT_EQ(mail.hear("QUIT\r\nhello\r\n."), "");
  EXPECT_EQ(mail.hear("\r\nQUIT\r\n"), "250 taken\r\n221 bye\r\n");
  EXPECT_TRUE(mail.over());
  Dialogue sink(22, none);
  EXPECT_EQ(sink.hear("SSH-2.0-x\r\n"), "");
  Dialogue flood(80, none);
  EXPECT_EQ(flood.hear("GET " + std::string(200'000, 'x')), "");
  EXPECT_STREQ(flood.name(), "TCP stream");
}

TEST_P(AdversaryTest, ThePositiveControlIsSeenAndADeadObserverIsFoundOut) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    for (const char* to : {"203.0.113.2", "203.0.113.3", "2001:db8:3::2"}) {
      const Result<void> seen = positiveControl(*lab.testbed, lab.bystander, *lab.adversary, os::address(to));
      EXPECT_TRUE(seen) << os::why(seen);
    }
    // Not for him: the bystander's own traffic with the router.
    EXPECT_FALSE(positiveControl(*lab.testbed, lab.bystander, *lab.adversary, os::address("203.0.113.1")));
    EXPECT_TRUE(lab.adversary->alive());
    ASSERT_TRUE(lab.testbed->apply({os::LinkState{lab.adversaryNode, "eth0", false}}));
    for (int i = 0; i < 100 && lab.adversary->alive(); ++i) std::this_thread::sleep_for(milliseconds(10));
    EXPECT_FALSE(lab.adversary->alive());
    EXPECT_NE(lab.adversary->failure().find("eth0"), std::string::npos) << lab.adversary->failure();
    const Result<void> dead =
        positiveControl(*lab.testbed, lab.bystander, *lab.adversary, os::address("203.0.113.2"));
    ASSERT_FALSE(dead);
    EXPECT_NE(os::why(dead).find("dead"), std::string::npos);
  });
}

// Where names are asked for by a resolver that minimises them, strictly, and changes their case.
TEST_P(AdversaryTest, ResolversCarryNamesToHim) {
  if (!isInstalled("unbound") || !isInstalled("named")) GTEST_SKIP() << "unbound or named is not installed";
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    os::Testbed& testbed = *lab.testbed;
    const std::string folder = testbed.makeFolder("dns", {}).value();
    const auto write = [&](const std::string& name, const std::string& text) {
      const std::string path = folder + "/" + name;
      std::FILE* file = std::fopen(path.c_str(), "w");
      EXPECT_NE(file, nullptr);
      std::fputs(text.c_str(), file);
      std::fclose(file);
      return path;
    };
    const std::string unbound =
        write("unbound.conf",
              "server:\n username: \"\"\n chroot: \"\"\n pidfile: \"\"\n interface: "
              "198.51.100.66\n access-control: 0.0.0.0/0 allow\n use-caps-for-id: yes\n "
              "qname-minimisation: yes\n qname-minimisation-strict: yes\n module-config: "
              "\"iterator\"\n do-ip6: no\n local-zone: reflected.test always_refuse\nstub-zone:\n name: "
              "evil.example\n stub-addr: "
              "203.0.113.2\nremote-control:\n control-enable: no\n");
    const std::string named = write(
        "named.conf",
        "options { directory \"" + folder +
            "\"; listen-on { 198.51.100.66; }; listen-on-v6 { none; }; recursion yes; allow-query { any; "
            "}; dnssec-validation no; qname-minimization strict; pid-file none; session-keyfile none; "
            "};\ncontrols {};\nzone \"evil.example\" { type static-stub; server-addresses { "
            "203.0.113.2; }; };\n");
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"unbound", "-d", "-c", unbound}, {"named", "-g", "-c", named}}) {
      auto resolver = testbed.start(lab.server, os::ProcessSpec(command));
      ASSERT_TRUE(resolver) << os::why(resolver);
      const Result<void> listening = testbed.awaitListener(
          lab.server, {.tcp = false, .port = 53, .address = os::address("198.51.100.66")}, milliseconds(8000),
          resolver->get());
      ASSERT_TRUE(listening) << os::why(listening);
      Probe probe = lab.probe(Carrier::queryName);
      probe.to = os::address("198.51.100.66");
      for (int round = 0; round < 2; ++round) {
        const TestLab::Outcome outcome = lab.attempt(probe);
        EXPECT_TRUE(outcome.seen.complete) << command[0] << ": " << outcome.seen.bytes << " "
                                           << outcome.sent.note << (*resolver)->output(4000);
        EXPECT_EQ(joined(outcome.seen.packets), "udp/53");
        EXPECT_EQ(outcome.seen.from, std::set{os::address("198.51.100.66")});
      }
      if (command[0] == "unbound") {
        Probe reflected = probe;
        reflected.carrier = Carrier::dnsReflection;
        reflected.source = os::address("203.0.113.2");
        reflected.forged = true;
        reflected.domain = "reflected.test";
        const TestLab::Outcome outcome = lab.attempt(reflected);
        EXPECT_TRUE(outcome.seen.complete) << outcome.seen.bytes;
        EXPECT_EQ(joined(outcome.seen.packets), "udp/53");
      }
      (*resolver)->stop(milliseconds(500));
    }
  });
}

TEST_P(AdversaryTest, NamesAreAnsweredOverTcp) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    const Payload payload(4, 100, 100);
    const Witness::Id id = lab.adversary->witness().expect(payload);
    const auto deadline = std::chrono::steady_clock::now() + milliseconds(3000);
    auto conversation = Conversation::connect(*lab.testbed, lab.client, os::address("2001:db8:1::2"), 0,
                                              os::address("2001:db8:3::2"), 53, deadline);
    ASSERT_TRUE(conversation && conversation->open());
    const os::Bytes question =
        dnsQuestion(7, nameWith(payload.bytes(), "n", "evil.example").value(), kDnsAaaa);
    os::Bytes message;
    put16(message, question.size());
    put(message, question);
    EXPECT_EQ(conversation->send(message, deadline), message.size());
    const std::string answer =
        conversation->receive([](std::string_view text) { return text.size() > 60; }, deadline);
    const auto read =
        readDnsQuestion({reinterpret_cast<const std::uint8_t*>(answer.data()) + 2, answer.size() - 2});
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->answer);
    EXPECT_EQ(read->code, 0U);
    EXPECT_EQ(answer[answer.size() - 1], 2);  // 2001:db8:3::2
    const Witness::Seen seen = lab.adversary->witness().await(id, milliseconds(300));
    EXPECT_TRUE(seen.complete);
    EXPECT_EQ(joined(seen.packets), "tcp/53");
    EXPECT_EQ(joined(seen.carriedIn), "query name");
    EXPECT_EQ(lab.adversary->dnsQuestions(), 1U);
  });
}

TEST_P(AdversaryTest, ATimeServerTakesHimAsASourceAndReflectsTimestamps) {
  if (!isInstalled("chronyd")) GTEST_SKIP() << "chronyd is not installed";
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    os::Testbed& testbed = *lab.testbed;
    const std::string folder = testbed.makeFolder("ntp", {}).value();
    const std::string path = folder + "/chrony.conf";
    std::FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fprintf(file,
                 "server 203.0.113.2 iburst minpoll 0 maxpoll 0\nallow all\ncmdport 0\npidfile %s/pid\n"
                 "bindcmdaddress %s/socket\nlocal stratum 10\n",
                 folder.c_str(), folder.c_str());
    std::fclose(file);
    auto server =
        testbed.start(lab.server, os::ProcessSpec({"chronyd", "-x", "-d", "-u", "root", "-f", path}));
    ASSERT_TRUE(server) << os::why(server);
    const Result<void> chosen = (*server)->awaitOutput("Selected source 203.0.113.2", milliseconds(12'000));
    EXPECT_TRUE(chosen) << os::why(chosen);
    Probe probe = lab.probe(Carrier::originTimestamp);
    probe.to = os::address("198.51.100.66");
    probe.source = os::address("203.0.113.2");
    probe.forged = true;
    const TestLab::Outcome outcome = lab.attempt(probe);
    EXPECT_TRUE(outcome.seen.complete) << outcome.seen.bytes;
    EXPECT_EQ(joined(outcome.seen.packets), "udp/123");
    EXPECT_EQ(joined(outcome.seen.carriedIn), "NTP origin timestamp");
  });
}

TEST_P(AdversaryTest, PortsThatOthersServeAreLeftToThem) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    lab.adversary.reset();
    ASSERT_TRUE(lab.testbed->loadRules(lab.adversaryNode, "flush ruleset", "test"));
    auto started = Adversary::start(*lab.testbed, lab.adversaryNode, "eth0",
                                    {os::address("203.0.113.2"), os::address("203.0.113.3")}, {evil()}, {},
                                    {os::address("203.0.113.3")}, {2222});
    ASSERT_TRUE(started) << os::why(started);
    lab.adversary = std::move(*started);
    const os::FileDescriptor other = os::udpSocket(*lab.testbed, lab.adversaryNode, "203.0.113.3", 53);
    const os::FileDescriptor client = os::udpSocket(*lab.testbed, lab.client, "198.51.100.2", 4000);
    EXPECT_TRUE(os::sendTo(client, "203.0.113.3", 53, "for the other"));
    EXPECT_EQ(os::receive(other, 1000), "for the other");
    Probe probe = lab.probe(Carrier::stream);
    probe.port = 2222;
    EXPECT_NE(lab.attempt(probe).sent.note.find("ECONNREFUSED"), std::string::npos);
    probe.port = 2223;
    EXPECT_TRUE(lab.attempt(probe).seen.complete);
  });
}

}  // namespace
}  // namespace vauban::lab
