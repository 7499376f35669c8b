// What code that waits on a machine of ours is given, and what it fetches.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lab/adversary_answers.h"
#include "lab/adversary_dialogue.h"
#include "lab/own_modbus.h"
#include "lab/own_relay.h"
#include "lab/probe.h"
#include "lab/wire_dns.h"
#include "lab/wire_test_lab.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

class ProbeFetchTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(ProbeFetchTest);

// His code waits on "server" (198.51.100.66, 2001:db8:2::2); the client and the adversary are senders.
struct InwardLab : TestLab {
  std::unique_ptr<Adversary> waiting;

  explicit InwardLab(const os::Confinement& world) : TestLab(world) {
    auto started = Adversary::wait(*testbed, server, {"eth0"},
                                   {os::address("198.51.100.66"), os::address("2001:db8:2::2")}, {});
    EXPECT_TRUE(started) << os::why(started);
    if (started) waiting = std::move(*started);
  }

  // From the client to it.
  Probe into(Carrier carrier, bool ipv6 = false) const {
    Probe made = probe(carrier, ipv6);
    made.to = os::address(ipv6 ? "2001:db8:2::2" : "198.51.100.66");
    if (isFetched(carrier)) made.receiver = server;
    return made;
  }
  // From the adversary.
  Probe his(Carrier carrier, bool ipv6 = false) const {
    Probe made = into(carrier, ipv6);
    made.from = adversaryNode;
    made.source = os::address(ipv6 ? "2001:db8:3::2" : "203.0.113.2");
    return made;
  }

  // `giver`: whoever offers the payload.
  Outcome arriving(Probe probe, Adversary* giver = nullptr, milliseconds atMost = milliseconds(8000)) {
    static std::atomic<std::uint64_t> seed = 7000;
    const Payload payload(++seed, probe.bytes, chunkBytesFor(probe.carrier));
    const Witness::Id id = waiting->witness().expect(payload);
    if (giver != nullptr) probe.offer = giver->offer(payload);
    probe.hearer = &waiting->witness();
    const Result<Sent> sent = sendProbe(*testbed, probe, payload, atMost);
    EXPECT_TRUE(sent) << carrierName(probe.carrier) << ": " << os::why(sent);
    const Witness::Seen seen = waiting->witness().await(id, milliseconds(200));
    waiting->witness().forget(id);
    if (giver != nullptr) giver->withdraw(probe.offer);
    return {sent ? *sent : Sent(), seen};
  }
};

void comesWhole(const TestLab::Outcome& outcome, const Probe& probe, const std::string& packets,
                const std::string& carriedIn) {
  const std::string what = std::string(carrierName(probe.carrier)) +
                           (probe.source.ipv6 ? " IPv6: " : " IPv4: ") + outcome.sent.note;
  EXPECT_TRUE(outcome.seen.complete) << what << ", " << outcome.seen.bytes << " bytes";
  EXPECT_EQ(outcome.sent.bytes, probe.bytes) << what;
  EXPECT_EQ(joined(outcome.seen.packets), packets) << what;
  EXPECT_EQ(joined(outcome.seen.carriedIn), carriedIn) << what;
}

TEST(OffersTest, GiveOutByPathAndByName) {
  Offers offers;
  const Payload payload(3, 1000, 240);
  const std::string token = offers.add(payload);
  EXPECT_NE(token, offers.add(payload));
  const std::optional<std::string> page = offers.byPath("http://www.evil.example/" + token);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->size(), 1000U);
  EXPECT_TRUE(offers.byPath("/" + token));
  EXPECT_FALSE(offers.byPath(token));
  EXPECT_FALSE(offers.byPath("/" + token + "/x"));
  const std::string name = Offers::chunkName(token, 2, "n1") + ".evil.example";
  const std::optional<os::Bytes> text = offers.byName(lowerCase(name));
  ASSERT_TRUE(text);
  const auto chunk = payload.chunk(2);
  ASSERT_EQ(text->size(), chunk.size() + 1);
  EXPECT_EQ((*text)[0], chunk.size());
  EXPECT_TRUE(std::equal(chunk.begin(), chunk.end(), text->begin() + 1));
  EXPECT_FALSE(offers.byName(Offers::chunkName(token, 5, "n1") + ".evil.example"));
  for (const char* bad : {"", ".", "c1", "n1.c.", "n1.cx."}) EXPECT_FALSE(offers.byName(bad + token)) << bad;
  offers.remove(token);
  EXPECT_FALSE(offers.byPath("/" + token));
  EXPECT_FALSE(offers.byName(name));
}

TEST(OffersTest, AreAnswersOfHisServers) {
  Offers offers;
  const Payload payload(3, 300, 100);
  const std::string token = offers.add(payload);
  Domain evil;
  evil.name = "evil.example";
  evil.nameServer = os::address("203.0.113.2");
  const auto answers = [&](std::size_t chunk, std::uint16_t type) {
    const std::string name = Offers::chunkName(token, chunk, "x") + ".EVIL.example";
    return int{adversaryDnsAnswer({evil}, {}, dnsQuestion(1, name, type), &offers)[7]};
  };
  EXPECT_EQ(answers(0, kDnsTxt), 1);
  EXPECT_EQ(answers(3, kDnsTxt), 0);
  EXPECT_EQ(answers(0, kDnsA), 1);  // an address, as every name has
  const auto page = [&](std::string_view path) { return offers.byPath(path); };
  const auto none = [](std::span<const std::uint8_t>) { return os::Bytes(); };
  for (const std::uint16_t port : {80, 25, 53, 502, 4000}) {
    Dialogue dialogue(port, none, page);
    std::string said = dialogue.hear("GE");
    said += dialogue.hear("T /" + token + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(said.size(), 300U) << port;
    EXPECT_TRUE(dialogue.over());
  }
  Dialogue usual(80, none, page);
  EXPECT_TRUE(usual.hear("GET /other HTTP/1.1\r\n\r\n").ends_with("\r\n\r\nok\n"));
}

TEST_P(ProbeFetchTest, WhatIsSentToWaitingCodeIsHeardAtEveryPort) {
  run([](const os::Confinement& world) {
    InwardLab lab(world);
    ASSERT_TRUE(lab.waiting);
    for (const bool ipv6 : {false, true}) {
      Probe probe = lab.into(Carrier::stream, ipv6);
      comesWhole(lab.arriving(probe), probe, "tcp/4444", "TCP stream");
      probe = lab.his(Carrier::datagram, ipv6);
      comesWhole(lab.arriving(probe), probe, "udp/4444", "UDP payload");
      probe = lab.his(Carrier::httpBody, ipv6);
      probe.port = 8080;
      comesWhole(lab.arriving(probe), probe, "tcp/8080", "HTTP");
      // Under a source that answers do not come to, in the first packet of a conversation.
      probe = lab.into(Carrier::datagram, ipv6);
      probe.protocol = 6;
      probe.forged = true;
      probe.source = os::address(ipv6 ? "2001:db8:1::77" : "198.51.100.7");
      EXPECT_TRUE(lab.arriving(probe).seen.complete);
    }
    EXPECT_TRUE(lab.waiting->alive()) << lab.waiting->failure();
  });
}

TEST_P(ProbeFetchTest, ProgramsOfTheMachineKeepTheirPorts) {
  run([](const os::Confinement& world) {
    InwardLab lab(world);
    ASSERT_TRUE(lab.waiting);
    os::FileDescriptor program = lab.testbed->socket(lab.server, AF_INET, SOCK_STREAM, 0).value();
    const os::SocketAddress at(os::address("198.51.100.66"), 8080);
    ASSERT_EQ(bind(program.get(), at.get(), at.length), 0);
    ASSERT_EQ(listen(program.get(), 4), 0);
    Probe probe = lab.into(Carrier::stream);
    probe.port = 8080;
    std::string heard;
    std::thread serving([&] {
      os::readable(program, 3000);
      const os::FileDescriptor taken(accept4(program.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char block[65536];
      for (ssize_t size = 1; size > 0;) {
        size = recv(taken.get(), block, sizeof block, 0);
        if (size > 0) heard.append(block, static_cast<std::size_t>(size));
      }
    });
    const TestLab::Outcome outcome = lab.arriving(probe);
    serving.join();
    EXPECT_EQ(heard.size(), probe.bytes);
    // It has arrived on the machine, whoever took it there.
    comesWhole(outcome, probe, "tcp/8080", "TCP segment");
    EXPECT_EQ(lab.waiting->connections(), 0U);
    // From the ports that are his it comes to his code.
    probe.sourcePort = Adversary::kFirstOwnPort;
    comesWhole(lab.arriving(probe), probe, "tcp/8080", "TCP stream");
    program.reset();
    probe.sourcePort = 0;
    comesWhole(lab.arriving(probe), probe, "tcp/8080", "TCP stream");
  });
}

TEST_P(ProbeFetchTest, AnswersComeToTheReceiversQuestions) {
  run([](const os::Confinement& world) {
    InwardLab lab(world);
    ASSERT_TRUE(lab.waiting && lab.adversary);
    for (const bool ipv6 : {false, true}) {
      Probe answer = lab.into(Carrier::answer, ipv6);
      answer.port = 8443;
      comesWhole(lab.arriving(answer), answer, "tcp/8443", "TCP stream");
      Probe page = lab.into(Carrier::httpAnswer, ipv6);  // from a server that the probe makes
      comesWhole(lab.arriving(page), page, "tcp/80", "HTTP answer");
      for (const std::uint16_t port : {25, 53, 443, 502}) {
        page = lab.his(Carrier::httpAnswer, ipv6);
        page.port = port;
        comesWhole(lab.arriving(page, lab.adversary.get()), page, "tcp/" + std::to_string(port),
                   "HTTP answer");
      }
      Probe names = lab.his(Carrier::queryAnswer, ipv6);
      names.bytes = 20'000;
      comesWhole(lab.arriving(names, lab.adversary.get()), names, "udp/53", "DNS answer");
    }
    // Several at one place wait for each other.
    std::vector<std::thread> probes;
    for (int i = 0; i < 4; ++i) {
      probes.emplace_back([&lab] {
        const Probe page = lab.into(Carrier::httpAnswer);
        comesWhole(lab.arriving(page), page, "tcp/80", "HTTP answer");
      });
    }
    for (std::thread& probe : probes) probe.join();
    // What the filters shut does not come, and ends in time.
    lab.rules("");
    const auto begin = std::chrono::steady_clock::now();
    for (const Carrier carrier : {Carrier::httpAnswer, Carrier::queryAnswer}) {
      const TestLab::Outcome shut = lab.arriving(lab.his(carrier), lab.adversary.get(), milliseconds(1500));
      EXPECT_EQ(shut.seen.bytes, 0U);
      EXPECT_EQ(shut.sent.bytes, 0U);
      EXPECT_FALSE(shut.sent.note.empty());
    }
    EXPECT_EQ(lab.arriving(lab.into(Carrier::answer), nullptr, milliseconds(1500)).seen.bytes, 0U);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(7000));
    EXPECT_TRUE(lab.adversary->alive()) << lab.adversary->failure();
  });
}

// The code waits where answers come by relays; the client's machine has the services.
TEST_P(ProbeFetchTest, RelaysAndDevicesCarryInward) {
  run([](const os::Confinement& world) {
    InwardLab lab(world);
    ASSERT_TRUE(lab.waiting && lab.adversary);
    const os::InternetAddress middle = os::address("198.51.100.2");
    RelayPlan out;
    out.addresses = {middle};
    out.port = 7000;
    out.upstream = {{os::address("203.0.113.2"), 7001}};
    const auto relay = startTcpRelay(*lab.testbed, lab.client, out);
    ASSERT_TRUE(relay) << os::why(relay);
    Probe page = lab.his(Carrier::httpAnswer);
    page.port = 7001;
    page.fetch = Fetch{os::address("198.51.100.66"), middle, 7000, 1};
    comesWhole(lab.arriving(page, lab.adversary.get()), page, "tcp/7000", "HTTP answer");

    ModbusPlan registers;
    registers.addresses = {middle};
    registers.ports = {502};
    registers.functions = {FunctionClass::read, FunctionClass::write};
    const auto device = startModbusDevice(*lab.testbed, lab.client, registers);
    ASSERT_TRUE(device) << os::why(device);
    Probe read = lab.his(Carrier::registerRead);
    read.to = middle;
    read.fetch = Fetch{os::address("198.51.100.66"), middle, 0, 1};
    comesWhole(lab.arriving(read), read, "tcp/502", "Modbus answer");

    ModbusPlan readers;
    readers.addresses = {os::address("203.0.113.9")};
    readers.ports = {502};
    readers.functions = {FunctionClass::read};
    readers.upstream = {{middle, 502}};
    const Result<void> routed = lab.testbed->apply({os::addRoute(lab.bystander, "0.0.0.0/0", "203.0.113.1")});
    ASSERT_TRUE(routed) << os::why(routed);
    const auto gateway = startModbusGateway(*lab.testbed, lab.bystander, readers);
    ASSERT_TRUE(gateway) << os::why(gateway);
    read.fetch = Fetch{os::address("198.51.100.66"), os::address("203.0.113.9"), 502, 1};
    comesWhole(lab.arriving(read), read, "tcp/502", "Modbus answer");
    // It lets nobody write.
    read.to = os::address("203.0.113.9");
    const TestLab::Outcome refused = lab.arriving(read);
    EXPECT_EQ(refused.seen.bytes, 0U);
    EXPECT_EQ(refused.sent.note, "write: Modbus exception 1");
  });
}

TEST_P(ProbeFetchTest, WhatCannotBeFetchedIsRefusedWithItsReason) {
  run([](const os::Confinement& world) {
    InwardLab lab(world);
    ASSERT_TRUE(lab.waiting);
    const auto refusal = [&](const Probe& probe) {
      const Payload payload(7, 1000, chunkBytesFor(probe.carrier));
      return os::why(sendProbe(*lab.testbed, probe, payload, milliseconds(500)));
    };
    EXPECT_EQ(refusal(lab.into(Carrier::queryAnswer)),
              "probe of DNS answer: it needs a name server that offers the payload");
    EXPECT_EQ(refusal(lab.into(Carrier::storeRead)),
              "probe of file left and read: it needs an address from which the receiver reads");
    Probe deaf = lab.into(Carrier::httpAnswer);
    deaf.receiver.reset();
    EXPECT_EQ(refusal(deaf), "probe of HTTP answer: it needs a receiver that connects");
    Probe mixed = lab.into(Carrier::httpAnswer);
    mixed.fetch = Fetch{os::address("2001:db8:2::2"), mixed.source, 80, 1};
    EXPECT_EQ(refusal(mixed),
              "probe of HTTP answer: the receiver's address and that of whom he asks are of two families");
  });
}

}  // namespace
}  // namespace vauban::lab
