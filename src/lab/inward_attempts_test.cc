#include "lab/inward_attempts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "lab/plan_lab.h"
#include "lab/relay_chains.h"
#include "model/model_reader.h"
#include "os/test_network.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

class InwardAttemptsTest : public os::ConfinedTest {
 protected:
  static bool installed(const std::string& program) {
    return std::ranges::any_of(std::array{"/usr/sbin/", "/usr/bin/"}, [&](const char* folder) {
      return access((folder + program).c_str(), X_OK) == 0;
    });
  }
};
VAUBAN_CONFINED_TESTS(InwardAttemptsTest);

// A plant that may be written to by a relay of streams from the office, by registers from the DMZ; that reads
// a store, asks a resolver and fetches by a proxy. Nothing else leads in.
constexpr const char* kModel = R"(vauban: 1
name: inward
zones:
  office: {networks: [10.1.0.0/24]}
  dmz: {networks: [10.2.0.0/24]}
  plant: {networks: [10.3.0.0/24]}
  internet: {networks: [0.0.0.0/0], untrusted: true}
hosts:
  ws: {zone: office, address: 10.1.0.2, services: {}}
  far: {zone: office, address: 10.1.0.9, services: {r: {behaviour: tcp-relay, port: tcp/7100, upstream: [near]}}}
  near: {zone: dmz, address: 10.2.0.2, services: {r: {behaviour: tcp-relay, port: tcp/7000, upstream: [hmi]}}}
  files: {zone: dmz, address: 10.2.0.3, services: {s: {behaviour: object-store, port: tcp/8080}}}
  dns: {zone: dmz, address: 10.2.0.4, services: {d: {behaviour: dns-recursive}}}
  proxy: {zone: dmz, address: 10.2.0.5, services: {p: {behaviour: http-forward-proxy, resolver: dns}}}
  plc: {zone: dmz, address: 10.2.0.6, services: {m: {behaviour: modbus-device}}}
  gw: {zone: dmz, address: 10.2.0.7, services: {g: {behaviour: ot-gateway, port: tcp/502, upstream: [plc], functions: [read]}}}
  hmi: {zone: plant, address: 10.3.0.2, services: {h: {behaviour: web-server, port: tcp/9000, calls-out: false}}}
services: {fixed: tcp/7000}
flows:
  - allow: {from: ws, to: far, service: tcp/7100}
  - allow: {from: far, to: near, service: fixed}
  - allow: {from: near, to: hmi, service: tcp/9000}
  - allow: {from: [ws, hmi], to: files, service: tcp/8080}
  - allow: {from: hmi, to: [dns], service: dns}
  - allow: {from: hmi, to: proxy, service: tcp/3128}
  - allow: {from: hmi, to: gw, service: tcp/502}
  - allow: {from: ws, to: plc, service: tcp/502}
  - allow: {from: [dns, proxy], to: internet, service: [dns, http]}
  - allow: {from: proxy, to: dns, service: dns}
enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, stateful: {established: true, related: none, helpers: []}, unmatched: drop}
claims:
  - {id: c, never: {channel: {from: office, to: plant, over: any}}}
)";

struct Stand {
  model::BehaviourCatalogue behaviours = model::BehaviourCatalogue::builtIn().value();
  std::optional<LabPlan> plan;

  Stand() {
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours;
    const Result<model::Model> read = model::readModelText("inward.yaml", kModel, vocabulary);
    EXPECT_TRUE(read) << os::why(read);
    if (!read) return;
    Result<LabPlan> planned = planLab(*read, behaviours);
    EXPECT_TRUE(planned) << os::why(planned);
    if (planned) plan = std::move(*planned);
  }
  MachineId machine(const std::string& node) const {
    for (std::size_t m = 0; m < plan->machines.size(); ++m)
      if (plan->machines[m].node == node) return MachineId(m);
    ADD_FAILURE() << node;
    return {};
  }
};

TEST(RelayChainsTest, LeadOverSeveralRelaysAndAroundNobody) {
  const Stand stand;
  ASSERT_TRUE(stand.plan);
  const MachineId hmi = stand.machine("hmi"), ws = stand.machine("ws");
  const auto chains = chainsTo(*stand.plan, hmi, ws, RelayKind::streams);
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(chains[0].first().node, "near");
  EXPECT_EQ(chains[0].port, 9000);
  ASSERT_EQ(chains[1].sites.size(), 2U);
  EXPECT_EQ(chains[1].first().node, "far");
  EXPECT_FALSE(chains[1].http || chains[1].modbus);
  EXPECT_TRUE(chainsTo(*stand.plan, hmi, stand.machine("near"), RelayKind::streams).empty());
  EXPECT_TRUE(chainsTo(*stand.plan, hmi, ws, RelayKind::datagrams).empty());
  const auto devices = chainsTo(*stand.plan, stand.machine("plc"), ws, RelayKind::streams);
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_TRUE(devices[0].modbus);
}

// Sends an attempt as an experiment does; how many bytes came.
std::size_t arrived(RunningLab& lab, Adversary& waiting, Attempt& attempt) {
  static std::uint64_t seed = 90'000;
  attempt.probe.bytes = std::min<std::size_t>(attempt.probe.bytes, 4096);
  const Payload payload(++seed, attempt.probe.bytes, chunkBytesFor(attempt.probe.carrier));
  Adversary* giver = lab.adversary(attempt.from);
  const bool offers = giver != nullptr && isFetched(attempt.probe.carrier);
  if (offers) attempt.probe.offer = giver->offer(payload);
  attempt.probe.hearer = &waiting.witness();
  const Witness::Id id = waiting.witness().expect(payload);
  const Result<Sent> sent =
      sendProbe(lab.testbed(), attempt.probe, payload, milliseconds(attempt.expected ? 6000 : 200));
  EXPECT_TRUE(sent) << attempt.text << ": " << os::why(sent);
  const Witness::Seen seen = waiting.witness().await(id, milliseconds(150));
  waiting.witness().forget(id);
  if (offers) giver->withdraw(attempt.probe.offer);
  return seen.bytes;
}

TEST_P(InwardAttemptsTest, FindEachWayInAndNoOther) {
  for (const char* program : {"nginx", "unbound", "nsd", "chronyd", "squid"})
    if (!installed(program)) GTEST_SKIP() << program << " is not installed";
  if (GetParam()) GTEST_SKIP() << "programs change to other users, of which a user namespace has none";
  run([](const os::Confinement& world) {
    const Stand stand;
    ASSERT_TRUE(stand.plan);
    const std::unique_ptr<os::Testbed> testbed = os::openTestbed(world);
    auto lab = RunningLab::start(*testbed, *stand.plan, {});
    ASSERT_TRUE(lab) << os::why(lab);
    for (const ServiceState& state : (*lab)->services())
      EXPECT_EQ(state.failure + state.notReproduced, "") << state.check;
    const MachineId hmi = stand.machine("hmi"), ws = stand.machine("ws"),
                    his = stand.plan->adversaryOf(stand.plan->outside);
    const Machine& receiver = stand.plan->at(hmi);
    std::unique_ptr<Adversary> own;
    Adversary* waiting = (*lab)->adversary(hmi);
    if (waiting == nullptr) {
      auto started = Adversary::wait(*testbed, (*lab)->nodes().of(hmi), {receiver.legs[0].interface},
                                     receiver.legs[0].addresses, {});
      ASSERT_TRUE(started) << os::why(started);
      own = std::move(*started);
      waiting = own.get();
    }
    // Of what is shut there would be much to wait for.
    const std::vector<space::Service> services{
        {space::kIcmp, 0, 8}, {space::kTcp, 0, 502}, {space::kTcp, 0, 9000}};
    for (const MachineId from : {ws, his}) {
      std::vector<Attempt> attempts = attemptsInto(**lab, from, hmi, services);
      std::map<std::string, std::size_t> ways;  // by carrier and first relay
      std::set<std::string> texts;
      for (Attempt& attempt : attempts) {
        EXPECT_TRUE(texts.insert(attempt.text).second) << attempt.text;
        EXPECT_EQ(attempt.path.front(), from);
        EXPECT_EQ(attempt.path.back(), hmi);
        if (attempt.flow) continue;
        const std::size_t bytes = arrived(**lab, *waiting, attempt);
        if (bytes > 0)
          ways[std::string(carrierName(attempt.probe.carrier)) + " " +
               stand.plan->at(attempt.path[1]).node] += bytes;
      }
      std::set<std::string> found;
      for (const auto& [way, bytes] : ways) {
        EXPECT_GE(bytes, 1000U) << way;
        found.insert(way);
      }
      const std::set<std::string> expected =
          from == ws
              ? std::set<std::string>{"stream far", "file left and read files", "registers left and read plc"}
              : std::set<std::string>{"HTTP answer proxy", "DNS answer dns"};
      EXPECT_EQ(found, expected);
      EXPECT_TRUE(waiting->alive()) << waiting->failure();
    }
  });
}

}  // namespace
}  // namespace vauban::lab
