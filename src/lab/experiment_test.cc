// A lab that is broken on purpose: what it says must follow what is there, and never more than its observers
// saw.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lab/experiment_test_lab.h"

namespace vauban::lab {
namespace {

// One zone that may ask one name outside the matrix's way: everything else is shut.
constexpr const char* kMatrix = R"(vauban: 1
zones:
  clients: {networks: [10.20.0.0/24]}
  servers: {networks: [10.30.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: clients, services: {}}
  box: {zone: servers, address: 10.30.0.5, services: {}}
flows:
  - allow: {from: clients, to: servers, service: tcp/8080}
  - allow: {from: clients, to: internet, service: udp/3478}
enforcement:
  anti-spoofing: zone
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: from-untrusted, helpers: []}
  unmatched: drop
claims:
  - {id: kept-channel, never: {channel: {from: clients, to: internet, over: udp/5000}}}
  - {id: open-channel, never: {channel: {from: clients, to: internet, over: udp/3478}}}
  - {id: kept-reach, never: {reach: {from: servers, to: clients, service: tcp/8080}}}
  - {id: open-reach, always: {reach: {from: clients, to: servers, service: tcp/8080}}}
)";

// A relay that is told to refuse: what is kept rests on what it does.
constexpr const char* kResolver = R"(vauban: 1
zones:
  clients: {networks: [10.20.0.0/24]}
  resolvers: {networks: [10.30.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: clients, services: {}}
  dns-int:
    zone: resolvers
    address: 10.30.0.2
    software: unbound
    services:
      dns: {behaviour: dns-forwarder, upstream: [dns-fwd], names: {allow: [vendor.example]},
            decides: before-recursing, dnssec: validates}
  dns-fwd:
    zone: resolvers
    address: 10.30.0.3
    software: bind9
    services: {dns: {behaviour: dns-recursive, dnssec: validates}}
flows:
  - allow: {from: clients, to: dns-int, service: dns}
  - allow: {from: dns-fwd, to: internet, service: dns}
enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: from-untrusted, helpers: []}
  unmatched: drop
claims:
  - {id: kept-channel, never: {channel: {from: clients, to: internet, over: dns}}}
)";

class ExperimentTest : public LabExperimentTest {};

MachineId named(const LabPlan& plan, const std::string& node) {
  for (std::size_t m = 0; m < plan.machines.size(); ++m)
    if (plan.machines[m].node == node) return MachineId(m);
  ADD_FAILURE() << "no machine " << node;
  return {};
}

// The model as it is: what is predicted is what is seen.
TEST_F(ExperimentTest, agreesOnTheModelAsItIs) {
  os::confined([](const os::Confinement& world) {
    const Played played = play(world, kMatrix, quick());
    EXPECT_TRUE(played.experiment.agrees()) << played.notes();
    EXPECT_FALSE(played.experiment.inconclusiveAtAll()) << played.notes();
    for (const char* id : {"kept-channel", "open-channel", "kept-reach", "open-reach"})
      EXPECT_EQ(played.status(id), Status::agrees) << played.notes();
    // Open by being tried, and kept by being tried.
    EXPECT_FALSE(played.claim("kept-channel").trials.empty());
    EXPECT_FALSE(played.claim("kept-channel").best);
    EXPECT_TRUE(played.claim("open-channel").best);
    EXPECT_GT(played.claim("kept-reach").cells, 0U);
    EXPECT_EQ(played.claim("kept-reach").arrived, 0U);
    EXPECT_EQ(played.claim("open-reach").arrived, played.claim("open-reach").cells);
  });
}

// A rule that the model does not have opens a way: the lab must say where.
TEST_F(ExperimentTest, aRuleThatOpensIsFound) {
  os::confined([](const os::Confinement& world) {
    ExperimentOptions options = quick();
    options.running.extraRules["ideal point"] =
        "insert rule inet vauban0 point udp dport 5000 accept\n"
        "insert rule inet vauban0 point tcp dport 8080 accept\n";
    const Played played = play(world, kMatrix, options);
    EXPECT_FALSE(played.experiment.agrees()) << played.notes();
    EXPECT_EQ(played.status("kept-channel"), Status::disagrees) << played.notes();
    EXPECT_EQ(played.status("kept-reach"), Status::disagrees) << played.notes();
    EXPECT_EQ(played.status("open-channel"), Status::agrees) << played.notes();
    EXPECT_EQ(played.status("open-reach"), Status::agrees) << played.notes();
    ASSERT_TRUE(played.claim("kept-channel").best) << played.notes();
    EXPECT_GT(played.experiment.trials[*played.claim("kept-channel").best].seen.bytes, 0U);
    const std::string cells = played.differing();
    EXPECT_NE(cells.find("ws -> his.internet udp/5000 arrived"), std::string::npos) << cells;
    EXPECT_NE(cells.find("box -> ws tcp/8080 arrived"), std::string::npos) << cells;
    EXPECT_EQ(cells.find("did not arrive"), std::string::npos) << cells;
  });
}

// And one that shuts: what the verifier says is open is not.
TEST_F(ExperimentTest, aRuleThatShutsIsFound) {
  os::confined([](const os::Confinement& world) {
    ExperimentOptions options = quick();
    options.running.extraRules["ideal point"] =
        "insert rule inet vauban0 point udp dport 3478 drop\n"
        "insert rule inet vauban0 point tcp dport 8080 drop\n";
    const Played played = play(world, kMatrix, options);
    EXPECT_FALSE(played.experiment.agrees()) << played.notes();
    EXPECT_EQ(played.status("open-channel"), Status::disagrees) << played.notes();
    EXPECT_EQ(played.status("open-reach"), Status::disagrees) << played.notes();
    EXPECT_EQ(played.status("kept-channel"), Status::agrees) << played.notes();
    const std::string cells = played.differing();
    EXPECT_NE(cells.find("ws -> his.internet udp/3478 did not arrive"), std::string::npos) << cells;
    EXPECT_NE(cells.find("ws -> box tcp/8080 did not arrive"), std::string::npos) << cells;
  });
}

// Nothing that rests on the adversary's not having seen anything may be said by one who cannot see.
void expectBlind(const Played& played) {
  EXPECT_TRUE(played.experiment.inconclusiveAtAll()) << played.notes();
  EXPECT_NE(played.experiment.inconclusive, "") << played.notes();
  EXPECT_EQ(played.status("kept-channel"), Status::inconclusive) << played.notes();
  EXPECT_NE(played.status("open-channel"), Status::disagrees) << played.notes();
}

TEST_F(ExperimentTest, anObserverWhoseInterfaceIsDownShowsNothing) {
  os::confined([](const os::Confinement& world) {
    ExperimentOptions options = quick();
    options.whenUp = [](RunningLab& lab) {
      const MachineId his = named(lab.plan(), "his.internet");
      const auto down = lab.testbed().apply({os::LinkState{lab.nodes().of(his), "eth0", false}});
      EXPECT_TRUE(down) << os::why(down);
    };
    expectBlind(play(world, kMatrix, options));
  });
}

// His wire is cut where he cannot notice: only the control after the probes can tell.
TEST_F(ExperimentTest, anObserverBehindACutWireShowsNothing) {
  os::confined([](const os::Confinement& world) {
    ExperimentOptions options = quick();
    options.whenUp = [](RunningLab& lab) {
      const MachineId his = named(lab.plan(), "his.internet");
      const std::string rules =
          "table bridge cut {\nchain f {\ntype filter hook forward priority 0; policy accept;\noifname \"" +
          portName(his, 0) + "\" drop\n}\n}\n";
      const auto cut = lab.testbed().loadRules(lab.nodes().wire, rules, "cut");
      EXPECT_TRUE(cut) << os::why(cut);
    };
    expectBlind(play(world, kMatrix, options));
  });
}

// What the recorders of the matrix do not see did not arrive, unless they could not see.
TEST_F(ExperimentTest, aMachineThatIsCutOffDoesNotKeepAClaimAboutReach) {
  os::confined([](const os::Confinement& world) {
    ExperimentOptions options = quick();
    options.whenUp = [](RunningLab& lab) {
      const MachineId client = named(lab.plan(), "ws");
      const auto down = lab.testbed().apply({os::LinkState{lab.nodes().of(client), "eth0", false}});
      EXPECT_TRUE(down) << os::why(down);
    };
    const Played played = play(world, kMatrix, options);
    EXPECT_NE(played.status("kept-reach"), Status::agrees) << played.notes();
    EXPECT_NE(played.status("open-reach"), Status::agrees) << played.notes();
    EXPECT_NE(played.status("kept-channel"), Status::agrees) << played.notes();
  });
}

// Processes of the lab by the name of their program; /proc is the lab's own.
std::vector<pid_t> processes(const std::string& program) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string number = entry.path().filename().string();
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "comm");
    std::string name;
    std::getline(file, name);
    if (name == program) found.push_back(static_cast<pid_t>(std::stol(number)));
  }
  return found;
}

ExperimentOptions withSignal(const std::string& program, int number) {
  ExperimentOptions options = quick();
  options.whenUp = [program, number](RunningLab&) {
    const std::vector<pid_t> pids = processes(program);
    EXPECT_FALSE(pids.empty()) << "no " << program << " runs";
    for (const pid_t pid : pids) kill(pid, number);
  };
  return options;
}

TEST_F(ExperimentTest, aResolverThatDecidesKeepsItsClaim) {
  needs({"unbound", "named", "dig"});
  if (IsSkipped()) return;
  os::confined([](const os::Confinement& world) {
    const Played played = play(world, kResolver, quick());
    EXPECT_TRUE(played.experiment.agrees()) << played.notes();
    EXPECT_EQ(played.status("kept-channel"), Status::agrees) << played.notes();
  });
}

// A service that is dead keeps nothing: silence is what a claim that rests on it would look like in any case.
TEST_F(ExperimentTest, aServiceThatDiedKeepsNoClaim) {
  needs({"unbound", "named", "dig"});
  if (IsSkipped()) return;
  os::confined([](const os::Confinement& world) {
    if (!world.ownProc) return;  // processes of the lab cannot be told from others
    const Played played = play(world, kResolver, withSignal("unbound", SIGKILL));
    EXPECT_EQ(played.status("kept-channel"), Status::inconclusive) << played.notes();
    EXPECT_TRUE(played.experiment.inconclusiveAtAll()) << played.notes();
  });
}

// One behind it, which clients do not ask themselves.
TEST_F(ExperimentTest, aServiceBehindTheFirstThatDiedKeepsNoClaim) {
  needs({"unbound", "named", "dig"});
  if (IsSkipped()) return;
  os::confined([](const os::Confinement& world) {
    if (!world.ownProc) return;
    const Played played = play(world, kResolver, withSignal("named", SIGKILL));
    EXPECT_EQ(played.status("kept-channel"), Status::inconclusive) << played.notes();
  });
}

// It runs, and does nothing.
TEST_F(ExperimentTest, aServiceThatHangsKeepsNoClaim) {
  needs({"unbound", "named", "dig"});
  if (IsSkipped()) return;
  os::confined([](const os::Confinement& world) {
    if (!world.ownProc) return;
    const Played played = play(world, kResolver, withSignal("unbound", SIGSTOP));
    EXPECT_EQ(played.status("kept-channel"), Status::inconclusive) << played.notes();
  });
}

// Nothing outside the matrix is said about a claim that was not asked for.
TEST_F(ExperimentTest, onlyTheClaimThatIsAskedFor) {
  os::confined([](const os::Confinement& world) {
    ExperimentOptions options = quick();
    options.claim = "open-channel";
    const Played played = play(world, kMatrix, options);
    ASSERT_EQ(played.experiment.claims.size(), 1U);
    EXPECT_EQ(played.experiment.claims.front().id, "open-channel");
    EXPECT_EQ(played.experiment.claims.front().status, Status::agrees) << played.notes();
  });
}

}  // namespace
}  // namespace vauban::lab
