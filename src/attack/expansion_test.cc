#include "attack/expansion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include "attack/attack_test_shop.h"
#include "base/result.h"

namespace vauban::attack {
namespace {

// A small architecture whose groups of hosts stand as they are, or as that many hosts named "GROUP-N".
struct Groups {
  struct Group {
    std::string name, keys;
    unsigned count = 1, zone = 0, service = 0;
  };
  std::vector<Group> groups;
  std::vector<std::pair<std::string, std::string>> flows;  // "" for the outside
  std::vector<std::string> services;                       // of the flows
  std::string zoneKeys, spoofing, asset, grant;
  bool credential = false;

  explicit Groups(std::mt19937& random) {
    static const char* kServices[] = {
        "{}",
        "{ssh: {behaviour: ssh-server}}",
        "{web: {behaviour: web-server, calls-out: false}}",
        "{files: {behaviour: file-share}}",
        "{db: {behaviour: database, calls-out: false}, ssh: {behaviour: ssh-server}}",
        "{mail: {behaviour: mailbox-server}}",
    };
    static const char* kSpoken[] = {"ssh", "https", "tcp/445", "tcp/5432", "dns", "any"};
    const unsigned count = 2 + random() % 3;
    for (unsigned g = 0; g < count; ++g) {
      Group group;
      group.name = "g" + std::string(1, static_cast<char>('a' + g));
      group.count = 1 + random() % 3;
      group.zone = random() % 2;
      group.keys = random() % 3 == 0 ? ", platform: linux" : random() % 2 == 0 ? ", platform: windows" : "";
      group.keys += random() % 2 == 0 ? ", software: common" : "";
      group.keys += random() % 3 == 0 ? ", client: isolated" : "";
      group.keys += random() % 3 == 0 ? ", accounts: [staff]" : "";
      if (random() % 6 != 0)
        group.keys += std::string(", services: ") + kServices[random() % std::size(kServices)];
      groups.push_back(std::move(group));
    }
    auto end = [&] { return random() % 4 == 0 ? std::string() : groups[random() % groups.size()].name; };
    for (unsigned f = 0; f < 2 + random() % 4; ++f) {
      const auto pair = std::pair(end(), end());
      if (pair.first.empty() && pair.second.empty()) continue;
      flows.push_back(pair);
      services.emplace_back(kSpoken[random() % std::size(kSpoken)]);
    }
    zoneKeys = random() % 3 == 0 ? ", isolated: true" : "";
    spoofing = random() % 2 == 0 ? "host" : random() % 3 != 0 ? "zone" : "off";
    asset = groups[random() % groups.size()].name;
    grant = groups[random() % groups.size()].name;
    credential = random() % 2 == 0;
  }

  std::string text(bool apart) const {
    std::string hosts;
    auto names = [&](const std::string& name) {
      for (const Group& group : groups) {
        if (group.name != name) continue;
        std::string list;
        for (unsigned m = 0; m < group.count; ++m)
          list += (m == 0 ? "" : ", ") + name + "-" + std::to_string(m);
        return apart ? list : name;
      }
      return std::string("net");
    };
    unsigned address = 1;
    for (const Group& group : groups) {
      for (unsigned m = 0; m < (apart ? group.count : 1); ++m) {
        hosts += "  " + group.name + (apart ? "-" + std::to_string(m) : "") + ": {zone: z" +
                 std::to_string(group.zone) + ", address: 10." + std::to_string(group.zone + 1) + ".0." +
                 std::to_string(address + m) +
                 (apart || group.count == 1 ? "" : ", count: " + std::to_string(group.count)) + group.keys +
                 "}\n";
      }
      address += group.count;
    }
    std::string rules;
    for (std::size_t f = 0; f < flows.size(); ++f) {
      rules += "  - allow: {from: [" + names(flows[f].first) + "], to: [" + names(flows[f].second) +
               "], service: " + services[f] + "}\n";
    }
    return "vauban: 1\nname: groups\nzones:\n"
           "  net: {networks: [0.0.0.0/0, \"::/0\"], untrusted: true}\n"
           "  z0: {networks: [10.1.0.0/24]" +
           zoneKeys + "}\n  z1: {networks: [10.2.0.0/24], people: true}\nhosts:\n" + hosts + "flows:\n" +
           rules + "enforcement: {anti-spoofing: " + spoofing +
           ", families: [ipv4, ipv6], uncovered: drop, unmatched: drop,\n"
           "  stateful: {established: true, related: none, helpers: []}}\n"
           "accounts: {staff: {count: 9}}\nassets: {records: {at: [" +
           names(asset) + "], kinds: [confidentiality, integrity]}}\n" +
           (credential ? "credentials: {key: {kind: password, mfa: true, grants: [{hosts: [" + names(grant) +
                             "], privilege: admin}], exposed-on: [" + names(asset) + "]}}\n"
                       : "");
  }
};

// "ga-1 is he" and "ga is he" say the same of one host and of its class.
std::string ofClass(std::string text) {
  for (std::size_t at = text.find('-'); at != std::string::npos; at = text.find('-', at + 1)) {
    if (at < 2 || text[at - 2] != 'g' || at + 1 >= text.size() || text[at + 1] < '0' || text[at + 1] > '9')
      continue;
    text.erase(at, 2);
    --at;
  }
  return text;
}

struct Built {
  model::BehaviourCatalogue behaviours = *model::BehaviourCatalogue::builtIn();
  StepTemplates templates = *StepTemplates::builtIn();
  model::Model model;
  AttackGraph graph;

  Built(const std::string& text, bool alone) {
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours;
    auto read = model::readModelText("groups.yaml", text, vocabulary);
    VAUBAN_CHECK(read || (std::fputs((model::diagnosticText(read.error()) + text).c_str(), stderr), false));
    model = *std::move(read);
    // What names each host by itself tells it from all others, so that none stands for another.
    for (const model::Host& host : model.hosts) {
      if (alone) model.failsWith.push_back({host.name});
    }
    graph = buildAttackGraph(model, behaviours, channel::Trust::of(model, channel::SuffixLists::builtIn()),
                             templates);
  }
  Built(const Built&) = delete;
  Built& operator=(const Built&) = delete;
};

bool compared(FactKind kind) {
  // States of the flow are told apart by names that have no words; what they mean is compared. Of what a
  // service answers the class graph does not say that another machine of its own class reads it.
  return kind != FactKind::reads && kind != FactKind::bytes && kind != FactKind::escapes &&
         kind != FactKind::hears && kind != FactKind::leaves && kind != FactKind::failed;
}

// The layers of these names, of the class or of its hosts.
std::vector<LayerId> layersOf(const AttackGraph& graph, const std::set<std::string>& names) {
  std::vector<LayerId> layers;
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    if (names.contains(ofClass(graph.layers[l].name))) layers.emplace_back(l);
  }
  return layers;
}

// The class graph, and the graph of a model that lists each host: both must say of each host what the
// expansion says of it.
TEST(Expansion, SaysOfEachHostWhatAModelOfSingleHostsSays) {
  std::size_t facts = 0, holding = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    std::mt19937 random(seed);
    const Groups groups(random);
    const Built classes(groups.text(false), false), hosts(groups.text(true), true);
    const auto expansion = Expansion::of(classes.graph);
    ASSERT_TRUE(expansion);
    std::set<std::string> names;
    for (const Layer& layer : hosts.graph.layers) names.insert(ofClass(layer.name));
    for (unsigned round = 0; round < 4; ++round) {
      std::set<std::string> failed;
      for (const std::string& name : names) {
        if (round == 1 || (round > 1 && random() % 3 == 0)) failed.insert(name);
      }
      const Closure classesHold(classes.graph.graph, {layersOf(classes.graph, failed), {}, {}});
      const Closure hostsHold(hosts.graph.graph, {layersOf(hosts.graph, failed), {}, {}});
      const std::vector<std::uint8_t> expanded = expansion->holding(layersOf(classes.graph, failed));
      std::map<std::string, bool> ofHosts;  // by words of the class: whether it holds for any of its hosts
      for (std::size_t f = 0; f < hosts.graph.facts.size(); ++f) {
        if (!compared(hosts.graph.facts[f].kind)) continue;
        bool& holds = ofHosts[ofClass(hosts.graph.inWords(FactId(f)))];
        holds = holds || hostsHold.holds(FactId(f));
      }
      std::map<std::string, bool> ofExpansion;
      for (std::size_t f = 0; f < classes.graph.facts.size(); ++f) {
        const bool holds = classesHold.holds(FactId(f));
        for (std::uint32_t m = 0; m < expansion->instances(FactId(f)); ++m) {
          ASSERT_EQ(expanded[expansion->node(FactId(f), m).index()] != 0, holds)
              << "seed " << seed << ", round " << round << ", host " << m << ": "
              << classes.graph.inWords(FactId(f)) << "\n"
              << groups.text(false);
        }
        if (!compared(classes.graph.facts[f].kind)) continue;
        bool& any = ofExpansion[classes.graph.inWords(FactId(f))];
        any = any || holds;
      }
      for (const auto& [words, holds] : ofHosts) {
        ++facts;
        holding += holds ? 1 : 0;
        const auto found = ofExpansion.find(words);
        ASSERT_EQ(found != ofExpansion.end() && found->second, holds)
            << "seed " << seed << ", round " << round << ": " << words << "\n"
            << groups.text(true);
      }
      for (const auto& [words, holds] : ofExpansion) {
        ASSERT_TRUE(!holds || ofHosts.contains(words)) << "seed " << seed << ": " << words;
      }
    }
  }
  EXPECT_GT(holding, facts / 5);
  EXPECT_LT(holding, facts * 9 / 10);
}

std::string threeAndTwo() {
  return "vauban: 1\nname: groups\nzones:\n  net: {networks: [0.0.0.0/0], untrusted: true}\n"
         "  lan: {networks: [10.1.0.0/24], isolated: true}\nhosts:\n"
         "  a: {zone: lan, address: 10.1.0.1, count: 3, services: {ssh: {behaviour: ssh-server}}}\n"
         "  b: {zone: lan, address: 10.1.0.9, count: 2, services: {ssh: {behaviour: ssh-server}}}\n"
         "flows: [{allow: {from: a, to: [a, b], service: ssh}}]\n";
}

// Where bytes that a host of `a` sends arrive at a service of `party`, without a further hop. What his code
// tells the services of its own host is left out.
std::set<std::uint32_t> toldBy(const Built& built, const Expansion& expansion, std::uint32_t member,
                               reach::PartyId party) {
  std::vector<HostNodeId> reached{expansion.node(*built.graph.find(FactKind::bytes, 0), member)};
  const auto byCode = expansion.next(expansion.node(*built.graph.find(FactKind::code, 0), member));
  std::set<std::uint32_t> told;
  for (std::size_t r = 0; r < reached.size(); ++r) {
    for (const HostNodeId next : expansion.next(reached[r])) {
      if (expansion.needsAll(next)) {
        if (std::ranges::find(byCode, next) == byCode.end()) reached.push_back(next);
        continue;
      }
      for (std::size_t f = 0; f < built.graph.facts.size(); ++f) {
        const Fact& fact = built.graph.facts[f];
        if (fact.kind != FactKind::bytes || fact.party != party ||
            built.graph.flow.nodes[fact.index].kind != channel::StateKind::told)
          continue;
        for (std::uint32_t m = 0; m < expansion.instances(FactId(f)); ++m) {
          if (expansion.node(FactId(f), m) == next) told.insert(m);
        }
      }
    }
  }
  return told;
}

TEST(Expansion, HasEveryPairOfHostsOfAHop) {
  const Built built(threeAndTwo(), false);
  const auto expansion = Expansion::of(built.graph);
  ASSERT_TRUE(expansion);
  EXPECT_EQ(expansion->members(reach::PartyId(0)), 3U);
  EXPECT_EQ(expansion->members(reach::PartyId(1)), 2U);
  using Members = std::set<std::uint32_t>;
  for (std::uint32_t m = 0; m < 3; ++m) {
    EXPECT_EQ(toldBy(built, *expansion, m, reach::PartyId(1)), (Members{0, 1})) << "from host " << m;
    // Of its own class any other one.
    Members others{0, 1, 2};
    others.erase(m);
    EXPECT_EQ(toldBy(built, *expansion, m, reach::PartyId(0)), others) << "from host " << m;
  }
}

TEST(Expansion, RefusesWhatIsTooLargeBeforeItIsMade) {
  const Built built(threeAndTwo(), false);
  const auto whole = Expansion::of(built.graph);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(Expansion::of(built.graph, {whole->nodeCount(), whole->edgeCount()}));
  const auto nodes = Expansion::of(built.graph, {whole->nodeCount() - 1, whole->edgeCount()});
  ASSERT_FALSE(nodes);
  EXPECT_EQ(refusal(nodes.error()), "host by host the attack graph is too large: over " +
                                        std::to_string(whole->nodeCount() - 1) + " nodes | ");
  EXPECT_FALSE(Expansion::of(built.graph, {whole->nodeCount(), whole->edgeCount() - 1}));
}

TEST(Expansion, IsTheSameEachTime) {
  const Built first(threeAndTwo(), false), second(threeAndTwo(), false);
  const auto a = Expansion::of(first.graph), b = Expansion::of(second.graph);
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->nodeCount(), b->nodeCount());
  for (std::size_t n = 0; n < a->nodeCount(); ++n)
    ASSERT_TRUE(std::ranges::equal(a->next(HostNodeId(n)), b->next(HostNodeId(n))));
}

TEST(Expansion, NamesTheHostOfAMember) {
  // Two groups that nothing tells apart are one class.
  std::string text = threeAndTwo();
  text.resize(text.find("flows:"));
  const Built built(text + "flows: [{allow: {from: lan, to: lan, service: ssh}}]\n", false);
  const auto expansion = Expansion::of(built.graph);
  ASSERT_TRUE(expansion);
  ASSERT_EQ(expansion->members(reach::PartyId(0)), 5U);
  EXPECT_EQ(expansion->host(reach::PartyId(0), 2), model::HostId(0));
  EXPECT_EQ(expansion->host(reach::PartyId(0), 3), model::HostId(1));
}

}  // namespace
}  // namespace vauban::attack
