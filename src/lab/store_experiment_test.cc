// What is dropped into a file share, and who gets it: with readers of all zones, and with few.
#include <algorithm>

#include "lab/experiment_test_lab.h"

namespace vauban::lab {
namespace {

using channel::Verdict;

// Clients drop, an agent of another zone reads and may talk to the outside. %s: the port, and who reads.
std::string model(const std::string& share, const std::string& ports) {
  return R"(vauban: 1
zones:
  clients: {networks: [10.20.0.0/24]}
  servers: {networks: [10.30.0.0/24]}
  exchange: {networks: [10.40.0.0/24]}
  audit: {networks: [10.50.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: clients, address: 10.20.0.2, services: {}}
  share: {zone: servers, address: 10.30.0.4, services: {ftp: {behaviour: file-share, )" +
         share + R"(}}}
  agent: {zone: exchange, address: 10.40.0.3, services: {}}
  auditor: {zone: audit, address: 10.50.0.3, services: {}}
flows:
  - allow: {from: [ws, agent, auditor], to: share, service: )" +
         ports + R"(}
  - allow: {from: agent, to: internet, service: tcp/8443}
enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: none, helpers: []}
  unmatched: drop
claims:
  - {id: to-the-reader, never: {channel: {from: clients, to: exchange, over: any}}}
  - {id: to-the-auditor, never: {channel: {from: clients, to: audit, over: tcp/21}}}
  - {id: out, never: {channel: {from: clients, to: internet, over: any}}}
  - {id: out-by-others, never: {channel: {from: clients, to: internet, over: udp}}}
)";
}

class StoreExperimentTest : public LabExperimentTest {
 protected:
  static void expect(const Played& played, const std::string& id, Verdict verdict) {
    const ClaimOutcome& claim = played.claim(id);
    EXPECT_EQ(claim.predicted, verdict) << id;
    EXPECT_EQ(claim.status, Status::agrees) << played.notes();
    EXPECT_FALSE(claim.trials.empty()) << id;
    EXPECT_EQ(claim.best.has_value(), verdict != Verdict::kept) << id;
  }
  // All the bytes of the best trial of the claim came, in this.
  static void expectAll(const Played& played, const std::string& id, const std::string& in) {
    const ClaimOutcome& claim = played.claim(id);
    ASSERT_TRUE(claim.best) << played.notes();
    const Trial& trial = played.experiment.trials[*claim.best];
    EXPECT_TRUE(trial.seen.complete) << trial.attempt.text << ": " << trial.sent.note;
    EXPECT_EQ(trial.seen.bytes, quick().mostBytes);
    EXPECT_TRUE(trial.seen.carriedIn.contains(in)) << trial.attempt.text;
  }
  static void expectVsftpd(const Played& played, const std::string& check) {
    ASSERT_EQ(played.experiment.services.size(), 1U);
    EXPECT_TRUE(played.experiment.services[0].software.starts_with("vsftpd ")) << played.notes();
    const std::string& said = played.experiment.services[0].check;
    EXPECT_NE(said.find(check), std::string::npos) << said;
  }
};

TEST_F(StoreExperimentTest, whatIsDroppedIsReadAndForwarded) {
  needs({"vsftpd"});
  if (IsSkipped()) return;
  os::confined([](const os::Confinement& world) {
    const Played played = play(world, model("port: tcp/21", "tcp/21"), quick());
    expectVsftpd(played, "MKD and STAT at ftp://");
    expect(played, "to-the-reader", Verdict::broken);
    expect(played, "to-the-auditor", Verdict::broken);
    expect(played, "out-by-others", Verdict::kept);
    EXPECT_NE(played.claim("out").predicted, Verdict::kept);
    EXPECT_EQ(played.status("out"), Status::agrees) << played.notes();
    // Over the control conversation alone.
    expectAll(played, "to-the-reader", "FTP names");
    ASSERT_TRUE(played.claim("out").carry) << played.notes();
    const Carry& carry = played.experiment.carries[*played.claim("out").carry];
    EXPECT_EQ(played.plan.at(carry.by).node, "agent");
    ASSERT_EQ(carry.between.size(), 1U);
    EXPECT_EQ(played.plan.at(carry.between[0]).node, "share");
    expectAll(played, "out", "TCP stream");
    EXPECT_FALSE(played.experiment.inconclusiveAtAll()) << played.notes();
  });
}

TEST_F(StoreExperimentTest, filesGoWhereTheModelHasPortsForThem) {
  needs({"vsftpd"});
  if (IsSkipped()) return;
  os::confined([](const os::Confinement& world) {
    ExperimentOptions options = quick();
    options.claim = "to-the-reader";
    const std::string ports = "[tcp/21, tcp/50000-50100]";
    const Played played = play(world, model("port: " + ports, ports), options);
    expect(played, "to-the-reader", Verdict::broken);
    expectAll(played, "to-the-reader", "FTP");
    EXPECT_TRUE(limitsOf(played.plan.services[0], played.plan).empty());
    // The server's ports, but not the matrix's.
    const Played shut = play(world, model("port: " + ports, "tcp/21"), options);
    expect(shut, "to-the-reader", Verdict::broken);
    expectAll(shut, "to-the-reader", "FTP names");
  });
}

TEST_F(StoreExperimentTest, whoIsNoReaderGetsNothing) {
  needs({"vsftpd"});
  if (IsSkipped()) return;
  for (const std::string ports : {"tcp/21", "[tcp/21, tcp/50000-50100]"}) {
    os::confined([&](const os::Confinement& world) {
      const Played played = play(world, model("readers: [audit], port: " + ports, ports), quick());
      expectVsftpd(played, "MKD");
      expect(played, "to-the-reader", Verdict::kept);
      expect(played, "to-the-auditor", Verdict::broken);
      expect(played, "out", Verdict::kept);
      expectAll(played, "to-the-auditor", ports == "tcp/21" ? "FTP names" : "FTP");
      EXPECT_FALSE(played.experiment.inconclusiveAtAll()) << played.notes();
      // It was tried: the agent may write there as well, and asks for what the client left.
      const auto& trials = played.claim("to-the-reader").trials;
      EXPECT_TRUE(std::ranges::any_of(trials, [&](std::size_t i) {
        const Trial& trial = played.experiment.trials[i];
        return trial.attempt.probe.ftp && trial.tried && trial.sent.note.starts_with("550");
      })) << played.notes();
    });
  }
}

// The same by another program, at another port; and the outside reads itself.
TEST_F(StoreExperimentTest, aShareAtAnotherPortIsReadByTheOutside) {
  needs({"nginx", "curl"});
  if (IsSkipped()) return;
  for (const bool narrowed : {false, true}) {
    os::confined([&](const os::Confinement& world) {
      const std::string text = std::string(R"(vauban: 1
zones:
  clients: {networks: [10.20.0.0/24]}
  servers: {networks: [10.30.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: clients, address: 10.20.0.2, services: {}}
  share: {zone: servers, address: 10.30.0.4, services: {smb: {behaviour: file-share, port: tcp/445)") +
                               (narrowed ? ", readers: [clients]" : "") + R"(}}}
flows:
  - allow: {from: [ws, internet], to: share, service: tcp/445}
enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: none, helpers: []}
  unmatched: drop
claims:
  - {id: out, never: {channel: {from: clients, to: internet, over: any}}}
)";
      const Played played = play(world, text, quick());
      expect(played, "out", narrowed ? Verdict::kept : Verdict::broken);
      if (!narrowed) expectAll(played, "out", "HTTP answer");
    });
  }
}

}  // namespace
}  // namespace vauban::lab
