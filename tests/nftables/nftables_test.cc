// Rulesets of all models of the repository and of random ones: loaded into the kernel, listed, read back, and
// equal to the matrix as compile has it and as reach::Network has it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "compile/nft_kernel.h"
#include "import/iptables.h"
#include "import/load_rules.h"
#include "import/nft_json.h"
#include "model/model_reader.h"
#include "reach/class_matrix.h"
#include "tests/nftables/network_comparison.h"
#include "tests/nftables/nft_round_trip.h"
#include "tests/support/random_architecture.h"

namespace vauban::tests {
namespace {

namespace fs = std::filesystem;

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  return *catalogue;
}

model::Vocabulary vocabulary() {
  model::Vocabulary words;
  words.behaviours = &behaviours();
  return words;
}

std::string inWords(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics)
    text += diagnostic.place.toString() + ": " + diagnostic.message + "\n";
  return text;
}

// Why this machine cannot load a ruleset; empty where it can.
std::string unavailable() {
  const auto result = compile::loadAndList("table inet t { }\n");
  if (const auto* no = std::get_if<compile::Unavailable>(&result)) return no->reason;
  return {};
}

struct Counts {
  std::atomic<std::size_t> models = 0, rulesets = 0, compared = 0, refused = 0;
};

// Most of the time goes into waiting for the kernel to make and to end namespaces.
void inParallel(std::size_t count, const std::function<void(std::size_t)>& job) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < count && !::testing::Test::HasFailure(); i = next++) job(i);
    });
  }
}

class Rulesets : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = unavailable(); !reason.empty())
      GTEST_SKIP() << "rulesets cannot be loaded here: " << reason;
    helpers_ = compile::kernelHelpers();
  }

  // The ideal point, each device, and each link that has none.
  std::vector<compile::CompileOptions> points(const model::Model& model) const {
    std::vector<compile::CompileOptions> all(1);
    for (std::size_t d = 0; d < model.devices.size(); ++d) {
      all.emplace_back();
      all.back().device = model::DeviceId(d);
    }
    for (std::size_t l = 0; l < model.links.size(); ++l) {
      if (model.links[l].device) continue;
      all.emplace_back();
      all.back().link = model::LinkId(l);
    }
    for (compile::CompileOptions& options : all) options.kernelHelpers = helpers_;
    return all;
  }

  // Refusals that are the model's business, and not a fault.
  static bool explained(const Diagnostics& diagnostics) {
    return std::ranges::all_of(diagnostics, [](const Diagnostic& diagnostic) {
      for (const char* part :
           {"nothing crosses the ideal point", "no link has the device", "rewrite addresses",
            "not read exactly", "does not say where they lead", "two links with different rules"}) {
        if (diagnostic.message.find(part) != std::string::npos) return true;
      }
      return false;
    });
  }

  // `number` decides which options are tried.
  void check(const std::string& title, const model::Model& model, std::size_t number, Counts& counts) const {
    ++counts.models;
    for (compile::CompileOptions& options : points(model)) {
      const auto ruleset = compile::nftables(model, options);
      if (!ruleset) {
        ++counts.refused;
        EXPECT_TRUE(explained(ruleset.error())) << title << "\n" << inWords(ruleset.error());
        continue;
      }
      ++counts.rulesets;
      const auto again = compile::nftables(model, options);
      EXPECT_TRUE(again && again->text == ruleset->text) << title;
      const RoundTrip trip = roundTrip(model, options, *ruleset);
      EXPECT_TRUE(trip.tried && trip.equal) << title << "\n" << trip.message << ruleset->text;
      checkNetwork(title, model, options, number, counts);
    }
  }

  static void checkNetwork(const std::string& title, const model::Model& model,
                           compile::CompileOptions options, std::size_t number, Counts& counts) {
    auto addresses = plannedAddresses(model);
    if (!addresses) return;
    options.addresses = std::move(*addresses);
    // All conditions at once, every other time.
    if (number % 2 == 0) options.openConditions = std::vector<bool>(model.conditions.size(), true);
    if (number % 5 == 0) options.unstated = compile::Unstated::best;
    const auto ruleset = compile::nftables(model, options);
    ASSERT_TRUE(ruleset) << title << "\n" << inWords(ruleset.error());
    const RoundTrip trip = roundTrip(model, options, *ruleset);
    ASSERT_TRUE(trip.tried && trip.equal) << title << "\n" << trip.message << ruleset->text;
    EXPECT_EQ(networkDifference(model, options, *ruleset, trip.listed), "") << title << "\n" << ruleset->text;
    ++counts.compared;
  }

  static void report(const Counts& counts) {
    std::printf("%zu models, %zu rulesets equal, %zu against reach::Network, %zu points not compiled\n",
                counts.models.load(), counts.rulesets.load(), counts.compared.load(), counts.refused.load());
  }

  std::vector<std::string> helpers_;
};

TEST_F(Rulesets, ofAllModelsOfTheRepository) {
  std::vector<fs::path> files;
  for (const char* folder : {"examples", "tests/scenarios"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(VAUBAN_SOURCE_DIR) / folder)) {
      if (!entry.is_directory()) continue;
      if (fs::exists(entry.path() / "hosts.yaml")) {
        files.push_back(entry.path());
      } else if (fs::exists(entry.path() / "model.yaml")) {
        files.push_back(entry.path() / "model.yaml");
      }
      if (!fs::is_directory(entry.path() / "variants")) continue;
      for (const auto& variant : fs::directory_iterator(entry.path() / "variants"))
        files.push_back(variant.path());
    }
  }
  std::ranges::sort(files);
  ASSERT_GT(files.size(), 300U);
  Counts counts;
  inParallel(files.size(), [&](std::size_t i) {
    auto model = model::readModel(files[i].string(), vocabulary());
    ASSERT_TRUE(model) << files[i] << "\n" << inWords(model.error());
    const Diagnostics problems = import::loadRules(*model);
    ASSERT_FALSE(hasErrors(problems)) << inWords(problems);
    check(files[i].string(), *model, i, counts);
  });
  report(counts);
  EXPECT_GT(counts.rulesets, 300U);
}

TEST_F(Rulesets, ofRandomModels) {
  const char* wanted = std::getenv("VAUBAN_RANDOM");
  const std::size_t count = wanted == nullptr ? 300 : std::strtoull(wanted, nullptr, 10);
  Counts counts;
  inParallel(count, [&](std::size_t i) {
    const std::uint64_t seed = i + 1;
    const std::string text = randomArchitecture(seed, behaviours(), nullptr);
    auto model = model::readModelText("random.yaml", text, vocabulary());
    ASSERT_TRUE(model) << "seed " << seed << "\n" << inWords(model.error()) << text;
    import::loadRules(*model);
    check("seed " + std::to_string(seed) + "\n" + text, *model, seed, counts);
  });
  report(counts);
}

constexpr const char* kTwoSides = R"(vauban: 1
name: two sides
zones:
  lan: {networks: [10.1.0.0/24, "2001:db8:1::/64"]}
  dmz: {networks: [10.2.0.0/24, "2001:db8:2::/64"], isolated: true}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  a: {zone: lan, address: [10.1.0.5, "2001:db8:1::5"], services: {}}
  b: {zone: dmz, also-in: [lan], address: [10.2.0.5, 10.1.0.8], services: {}}
  c: {zone: dmz, services: {}}
flows:
  - deny: {from: c, to: a, service: [ip/50, ip/4]}
  - allow: {from: lan, to: dmz, service: [tcp/1-1023, udp, ip/50, icmp]}
  - reject: {from: b, to: a, service: any}
  - allow: {from: dmz, to: any, service: [tcp, udp/1024-65535]}
)";
constexpr const char* kEnforced = R"(enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: from-untrusted, helpers: [sip, ftp]}
  unmatched: reject
)";

TEST_F(Rulesets, ofInterfacesOfHosts) {
  auto model = model::readModelText("m.yaml", std::string(kTwoSides) + kEnforced, vocabulary());
  ASSERT_TRUE(model) << inWords(model.error());
  const model::ZoneId lan(std::size_t{0}), dmz(std::size_t{1});
  compile::CompileOptions options;
  options.kernelHelpers = helpers_;
  options.counters = true;
  options.table = "other";
  options.zoneInterfaces = {{lan, "lan0"}, {lan, "lan1"}};
  options.neighbours[dmz] = space::AddressSet(*space::AddressRange::parse("2001:db8:ff::1"));
  options.addresses[model::HostId(2)] = {*space::Address::parse("10.2.0.9")};
  options.hostInterfaces = {{model::HostId(std::size_t{0}), lan, "a0", false},
                            {model::HostId(1), dmz, "b0", false},
                            {model::HostId(1), lan, "b1", false},
                            {model::HostId(2), dmz, "c-port", true}};
  const auto ruleset = compile::nftables(*model, options);
  ASSERT_TRUE(ruleset) << inWords(ruleset.error());
  const RoundTrip trip = roundTrip(*model, options, *ruleset);
  EXPECT_TRUE(trip.tried && trip.equal) << trip.message << ruleset->text;
  // Its own addresses only, of that leg.
  const auto expected = compile::expectedBetween(*model, options, "b1", "b0");
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->established.sources().toString(), "10.1.0.8");
  // What the port of the bridge lets in.
  import::NftJsonOptions bridge;
  bridge.bridge = true;
  const auto ports = import::importNftJson("listing", trip.json, bridge);
  ASSERT_TRUE(ports) << inWords(ports.error());
  const std::vector<std::string> port{"c-port"}, other{"d-port"};
  const space::PacketSet let = reach::acceptedPackets(*ports, {{}, &port, &other});
  EXPECT_EQ(let.sources().toString(), "10.2.0.9, ::, fe80::/10");
  EXPECT_TRUE(reach::acceptedPackets(*ports, {{}, &other, &port}) == space::PacketSet::all());
}

TEST_F(Rulesets, ofLinksWithRulesOfTheirOwn) {
  const std::string links = R"(links:
  - {between: [lan, internet], device: d, interfaces: {lan: [eth0, eth1], internet: [wan]}, anti-spoofing: zone}
  - {between: [lan, dmz], device: d, interfaces: {lan: [eth0, eth1], dmz: [dmz0]}}
devices: {d: {}}
)";
  auto model = model::readModelText("m.yaml", std::string(kTwoSides) + kEnforced + links, vocabulary());
  ASSERT_TRUE(model) << inWords(model.error());
  auto program = import::importIptables("rules.v4", R"(*filter
:FORWARD DROP [0:0]
:deep - [0:0]
:side - [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i eth+ -s 10.1.0.0/25 -j deep
-A FORWARD -p udp -m multiport --dports 53,123 -g side
-A FORWARD ! -i wan -p tcp --dport 8080 -j REJECT
-A FORWARD -o wan -p tcp -j ACCEPT
-A FORWARD -p icmp --icmp-type 8 -j ACCEPT
-A deep -d 10.2.0.0/24 -j RETURN
-A deep -p tcp --dport 22 -j ACCEPT
-A deep -i eth1 -j side
-A side ! -s 10.1.0.5 -p 50 -j ACCEPT
-A side -p udp --sport 1024: -j ACCEPT
COMMIT
)");
  ASSERT_TRUE(program) << inWords(program.error());
  ASSERT_TRUE(program->widenings.empty()) << program->widenings[0].reason;
  model->linkPrograms = {*program, std::nullopt};
  compile::CompileOptions options;
  options.kernelHelpers = helpers_;
  options.device = model::DeviceId(std::size_t{0});
  options.addresses = *plannedAddresses(*model);
  const auto ruleset = compile::nftables(*model, options);
  ASSERT_TRUE(ruleset) << inWords(ruleset.error());
  const RoundTrip trip = roundTrip(*model, options, *ruleset);
  ASSERT_TRUE(trip.tried && trip.equal) << trip.message << ruleset->text;
  EXPECT_TRUE(std::ranges::any_of(trip.listed.opening.chains, [](const model::Chain& chain) {
    return !chain.rules.empty() && chain.rules.back().text == "policy drop";
  }));
}

// A ruleset that differs from the matrix by one rule is found out.
TEST_F(Rulesets, ofWhichOneRuleIsAnother) {
  auto model = model::readModelText("m.yaml", std::string(kTwoSides) + kEnforced, vocabulary());
  ASSERT_TRUE(model) << inWords(model.error());
  compile::CompileOptions options;
  options.kernelHelpers = helpers_;
  const auto ruleset = compile::nftables(*model, options);
  ASSERT_TRUE(ruleset);
  const std::vector<std::pair<std::string, std::string>> changes{
      {"tcp dport 1-1023 accept", "tcp dport 1-1024 accept"},
      {"ct state established accept", "ct state established,related accept"},
      {"reject comment \"unmatched: reject\"", "drop"},
      {"reject comment \"m.yaml:14\"", "accept"},
      // Wider it would change nothing: what it lets pass does not enter.
      {"iifname \"lan\" ip saddr != 10.1.0.0/24 drop", "iifname \"lan\" ip saddr != 10.1.0.0/25 drop"},
      {"iifname \"internet\" ct state related accept", "ct state related accept"},
      {"priority -450; policy accept", "priority -450; policy drop"},
      {"iifname \"lan\" ip saddr != 10.1.0.0/24 drop comment \"no policy",
       "iifname \"lan\" counter comment \"no policy"},
      {"iifname \"lan\" ip6 saddr != 2001:db8:1::/64 drop comment \"no policy",
       "iifname \"lan\" ip6 saddr != 2001:db8:1::/65 drop comment \"no policy"},
      {"meta nfproto ipv6 meta l4proto icmp drop", "meta nfproto ipv6 meta l4proto 1 counter"},
      {"\"internet\" . \"internet\"", "\"internet\" . \"dmz\""}};
  for (const auto& [before, after] : changes) {
    compile::Ruleset changed = *ruleset;
    const auto at = changed.text.find(before);
    ASSERT_NE(at, std::string::npos) << before << "\n" << changed.text;
    changed.text.replace(at, before.size(), after);
    const RoundTrip trip = roundTrip(*model, options, changed);
    EXPECT_TRUE(trip.tried && !trip.equal) << before;
    EXPECT_NE(trip.message.find(" is "), std::string::npos) << before << "\n" << trip.message;
  }
}

}  // namespace
}  // namespace vauban::tests
