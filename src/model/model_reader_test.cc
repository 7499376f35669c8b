#include "model/model_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "model/diagnostic_text.h"
#include "model/test_catalogue.h"

namespace vauban::model {
namespace {

namespace fs = std::filesystem;
using space::AddressRange;
using space::AddressSet;
using space::ServiceSet;

AddressSet set(std::string_view text) { return AddressSet(*AddressRange::parse(text)); }

Vocabulary vocabulary() {
  static const BehaviourCatalogue behaviours = testing::catalogue();
  Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours;
  return vocabulary;
}

Model read(const std::string& text) {
  auto model = readModelText("m.yaml", text, vocabulary());
  if (!model) {
    ADD_FAILURE() << diagnosticText(model.error(), [&](const std::string&) { return text; });
    return {};
  }
  return std::move(*model);
}

const std::string kPlaces = R"(vauban: 1
name: small
zones:
  lan: {networks: [10.0.0.0/16], people: true, level: 4, security-level: {target: 2}}
  dmz: {networks: [192.0.2.0/24, "2001:db8::/64"], isolated: true}
  net: {networks: [0.0.0.0/0, "::/0"], untrusted: true, on-path: true}
  lab: {networks: 203.0.113.0/24, untrusted: true}
hosts:
  ws: {zone: lan, count: 40, platform: linux, client: isolated, services: {}}
  old: {zone: lan}
  fwd: {zone: dmz, address: [192.0.2.2, "2001:db8::2"], services: {dns: {behaviour: dns-recursive, dnssec: off}}}
)";

std::string slurp(const fs::path& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(ModelReader, ReadsTheExampleOfTheDesign) {
  const auto page = slurp(fs::path(VAUBAN_SOURCE_DIR) / "docs/model-file.md");
  const auto begin = page.find("```yaml\n");
  ASSERT_NE(begin, std::string::npos);
  const auto text = page.substr(begin + 8, page.find("\n```", begin + 8) - begin - 7);
  const Model model = read(text);
  EXPECT_EQ(model.name, "Harbour Water");
  EXPECT_EQ(model.zones.size(), 5U);
  EXPECT_EQ(model.hosts.size(), 8U);
  EXPECT_EQ(model.services.size(), 7U);
  EXPECT_EQ(model.flows.chains.front().rules.size(), 9U);
  EXPECT_EQ(model.links.size(), 2U);
  EXPECT_EQ(model.linkPrograms.size(), 2U);
  EXPECT_EQ(model.claims.size(), 10U);
  EXPECT_EQ(model.links[0].rules->file, "rules/fw-inside.v4");
  EXPECT_EQ(model.claims[4].bitsPerSecond, 100'000);
  EXPECT_TRUE(model.warnings.empty());

  const auto builtIn = BehaviourCatalogue::builtIn();
  ASSERT_TRUE(builtIn.has_value());
  Vocabulary shipped;
  shipped.behaviours = &*builtIn;
  const auto again = readModelText("m.yaml", text, shipped);
  EXPECT_TRUE(again.has_value()) << diagnosticText(again.error(), [&](const std::string&) { return text; });
}

TEST(ModelReader, ZonesClaimAddresses) {
  const Model model = read(kPlaces);
  ASSERT_EQ(model.zones.size(), 4U);
  EXPECT_EQ(model.zones[0].addresses, set("10.0.0.0/16"));
  EXPECT_TRUE(model.zones[0].people);
  EXPECT_EQ(model.zones[0].level, 4);
  EXPECT_EQ(model.zones[0].securityLevelTarget, 2);
  EXPECT_TRUE(model.zones[1].isolated);
  // The untrusted have what is left, and the narrower of two has what it names.
  EXPECT_EQ(model.zones[2].addresses,
            AddressSet::all() - model.zones[0].addresses - model.zones[1].addresses - set("203.0.113.0/24"));
  EXPECT_EQ(model.zones[3].addresses, set("203.0.113.0/24"));
  EXPECT_EQ(model.zones[0].place, (Place{"m.yaml", 4, 3}));
}

TEST(ModelReader, HostsKeepWhatIsStatedApartFromWhatIsNot) {
  const Model model = read(kPlaces);
  ASSERT_EQ(model.hosts.size(), 3U);
  EXPECT_TRUE(model.hosts[0].servicesStated);
  EXPECT_EQ(model.hosts[0].clientIsolated.value, true);
  EXPECT_EQ(model.hosts[0].count, 40U);
  EXPECT_FALSE(model.hosts[1].servicesStated);
  EXPECT_FALSE(model.hosts[1].clientIsolated);
  ASSERT_EQ(model.hosts[2].addresses.size(), 2U);
  const auto& service = model.at(model.hosts[2].services.front());
  EXPECT_EQ(service.properties.at("dnssec").value, std::vector<std::string>{"off"});
  EXPECT_EQ(service.properties.at("dnssec").place.line, 11U);
  EXPECT_FALSE(service.properties.contains("decides"));
}

TEST(ModelReader, FlowsBecomeAProgram) {
  const Model model = read(kPlaces + R"(conditions:
  open: {default: open, opened-by: operator}
services: {mine: [tcp/5450, other], other: udp/1-9}
flows:
  - allow: {from: [lan, fwd], to: net, service: [mine, icmp/echo]}
  - deny: {from: old, when: open}
  - reject: {to: 10.0.0.0/30}
)");
  const auto& chain = model.flows.chains.at(model.flows.entry.index());
  EXPECT_EQ(chain.policy, Action::drop);
  ASSERT_EQ(chain.rules.size(), 3U);
  const auto& first = chain.rules[0];
  EXPECT_EQ(first.action, Action::accept);
  EXPECT_EQ(first.source, set("10.0.0.0/16") | set("192.0.2.2") | set("2001:db8::2"));
  EXPECT_EQ(first.destination, model.zones[2].addresses);
  EXPECT_EQ(first.services,
            ServiceSet::ports(space::kTcp, {5450, 5450}) | ServiceSet::ports(space::kUdp, {1, 9}) |
                ServiceSet::icmp(space::kIcmp, 8, 8) | ServiceSet::icmp(space::kIcmpV6, 128, 128));
  EXPECT_TRUE(first.exact);
  EXPECT_EQ(first.text, "allow: {from: [lan, fwd], to: net, service: [mine, icmp/echo]}");
  EXPECT_EQ(first.place, (Place{"m.yaml", 16, 5}));
  const auto& second = chain.rules[1];
  EXPECT_EQ(second.action, Action::drop);
  EXPECT_TRUE(second.source.empty());
  EXPECT_EQ(second.sourceHosts, std::vector<HostId>{HostId(std::size_t{1})});
  EXPECT_EQ(second.destination, AddressSet::all());
  EXPECT_TRUE(second.services.full());
  EXPECT_EQ(second.when, ConditionId(std::size_t{0}));
  EXPECT_TRUE(model.conditions[0].defaultOpen);
  EXPECT_EQ(chain.rules[2].action, Action::reject);
}

TEST(ModelReader, EnforcementKeepsAbsenceApart) {
  const Model nothing = read(kPlaces);
  EXPECT_FALSE(nothing.enforcement.antiSpoofing);
  EXPECT_FALSE(nothing.enforcement.families);
  EXPECT_FALSE(nothing.enforcement.unmatchedRejects);
  const Model model = read(kPlaces + R"(enforcement:
  anti-spoofing: off
  families: [ipv6, ipv4]
  uncovered: pass
  stateful: {established: true, related: from-untrusted, helpers: []}
links:
  - {between: [lan, dmz], device: fw, interfaces: {lan: eth0, dmz: [eth1, eth2]}, anti-spoofing: false, unmatched: reject}
  - {from: dmz, to: net, rules: {csv: r.csv, columns: {from: Source}}}
unlisted: none
devices: {fw: {operator: team, product: nftables, managed-from: lan}}
fails-with: [[fw, fwd]]
)");
  EXPECT_EQ(model.enforcement.antiSpoofing.value, AntiSpoofing::off);
  EXPECT_EQ(model.enforcement.families.value, (std::vector{space::Family::ipv4, space::Family::ipv6}));
  EXPECT_EQ(model.enforcement.uncoveredPasses.value, true);
  EXPECT_EQ(model.enforcement.related.value, Related::fromUntrusted);
  EXPECT_TRUE(model.enforcement.helpers);
  EXPECT_FALSE(model.enforcement.unmatchedRejects);
  ASSERT_EQ(model.links.size(), 2U);
  EXPECT_EQ(model.links[0].name, "lan - dmz");
  EXPECT_EQ(model.links[0].enforcement.antiSpoofing.value, AntiSpoofing::off);
  EXPECT_EQ(model.links[0].enforcement.unmatchedRejects.value, true);
  EXPECT_FALSE(model.links[0].enforcement.established);
  EXPECT_EQ(model.links[0].interfaces.at(ZoneId(std::size_t{1})), (std::vector<std::string>{"eth1", "eth2"}));
  EXPECT_FALSE(model.links[0].rules);
  EXPECT_EQ(model.links[1].rules->kind, "csv");
  EXPECT_EQ(model.links[1].rules->columns.at("from"), "Source");
  EXPECT_EQ(model.linkPrograms.size(), 2U);
  EXPECT_FALSE(model.unlistedIdeal);
}

TEST(ModelReader, UpstreamWordsAreZonesHostsAddressesOrNames) {
  const Model model = read(R"(vauban: 1
zones: {a: {networks: 10.0.0.0/8}}
hosts:
  h.b: {zone: a}
  x: {zone: a, services: {p: {behaviour: http-forward-proxy, upstream: [h.b, a, 192.0.2.1, Up.Example, any],
      names: {allow: [Vendor.Example, "*.cdn.example"], shared: s3.example}, addresses: {allow: 192.0.2.0/24}}}}
)");
  const auto& service = model.services.front();
  ASSERT_EQ(service.upstream->size(), 5U);
  const auto& upstream = *service.upstream;
  EXPECT_EQ(upstream[0].kind, PlaceTerm::Kind::host);
  EXPECT_EQ(upstream[1].kind, PlaceTerm::Kind::zone);
  EXPECT_EQ(upstream[2].kind, PlaceTerm::Kind::addresses);
  EXPECT_EQ(upstream[3].kind, PlaceTerm::Kind::name);
  EXPECT_EQ(upstream[3].text, "up.example");
  EXPECT_EQ(upstream[4].kind, PlaceTerm::Kind::any);
  EXPECT_EQ(*service.names->allow, (std::vector<std::string>{"vendor.example", "cdn.example"}));
  EXPECT_EQ(service.names->shared, std::vector<std::string>{"s3.example"});
  EXPECT_EQ(*service.addresses->allow, set("192.0.2.0/24"));
  EXPECT_FALSE(service.resolver);
}

TEST(ModelReader, ClaimsOfEveryForm) {
  const Model model = read(kPlaces + R"(assets: {data: {at: [fwd], value: high, kinds: [integrity]}}
claims:
  - {id: a, never: {channel: {from: lan, to: net, over: dns, direct: true}}, held-by-adversary: [lab]}
  - {id: b, at-most: {channel: {from: lan, to: net}, rate: 1.5 Mbit/s}, both-ways: true}
  - {id: c, only-via: {channel: {from: lan, to: any}, hosts: fwd}}
  - {id: d, always: {reach: {from: ws, to: fwd, service: dns}}}
  - {id: e, only: {reach: {from: ws, to: fwd, service: [dns, https]}}}
  - {id: f, depth: {goal: {data: data}, at-least: 3}, waived-until: 2028-02-29, because: later}
  - {id: g, tripwire: {goal: {controls: ws}, at-least: 1}}
  - {id: h, never: {goal: {impact: data, kind: integrity}}}
)");
  ASSERT_EQ(model.claims.size(), 8U);
  EXPECT_TRUE(model.claims[0].direct);
  EXPECT_EQ(model.claims[0].heldByAdversary.size(), 1U);
  EXPECT_EQ(model.claims[0].subject, ClaimSubject::channel);
  EXPECT_EQ(model.claims[1].kind, ClaimKind::atMost);
  EXPECT_EQ(model.claims[1].bitsPerSecond, 1.5e6);
  EXPECT_TRUE(model.claims[1].bothWays);
  EXPECT_TRUE(model.claims[1].over.full());
  EXPECT_EQ(model.claims[2].via.size(), 1U);
  EXPECT_EQ(model.claims[3].kind, ClaimKind::always);
  EXPECT_EQ(model.claims[3].subject, ClaimSubject::reach);
  EXPECT_EQ(model.claims[4].overText, "[dns, https]");
  EXPECT_EQ(model.claims[5].waivedUntil, "2028-02-29");
  EXPECT_EQ(model.claims[5].atLeast, 3U);
  EXPECT_EQ(model.claims[6].goal.controls, "ws");
  EXPECT_TRUE(model.claims[7].goal.impact);
  EXPECT_EQ(model.claims[7].goal.kind, "integrity");
}

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "vauban-model-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(root_, error);
  }
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
    return root_ / name;
  }
  const fs::path& path() const { return root_; }

 private:
  fs::path root_;
};

std::string firstMistake(const fs::path& path, const Folder& folder, const ReadLimits& limits = {}) {
  const auto model = readModel(path.string(), vocabulary(), limits);
  if (model) return "";
  auto text = model.error().front().place.toString() + " " + model.error().front().message;
  const auto prefix = folder.path().string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

TEST(ModelFiles, AFolderIsMergedInNameOrder) {
  const Folder folder;
  folder.write("m/b.yml", "vauban: 1\nhosts: {x: {zone: z}}\nflows: [{deny: {to: 10.0.0.2}}]\n");
  folder.write("m/a.yaml",
               "vauban: 1\nname: n\nzones: {z: {networks: 10.0.0.0/8}}\nflows: [{deny: {to: 10.0.0.1}}]\n");
  folder.write("m/c.txt", "not read");
  const auto model = readModel((folder.path() / "m").string(), vocabulary());
  ASSERT_TRUE(model.has_value()) << diagnosticText(model.error());
  ASSERT_EQ(model->flows.chains[0].rules.size(), 2U);
  EXPECT_EQ(model->flows.chains[0].rules[0].destination, set("10.0.0.1"));
  EXPECT_EQ(model->hosts[0].place.file, (folder.path() / "m/b.yml").string());
}

TEST(ModelFiles, ANameInTwoFilesIsAnError) {
  const Folder folder;
  folder.write("m/a.yaml", "vauban: 1\nzones: {z: {networks: 10.0.0.0/8}}\n");
  folder.write("m/b.yaml", "zones: {z: {networks: 11.0.0.0/8}}\n");
  EXPECT_EQ(firstMistake(folder.path() / "m", folder), "m/b.yaml:1:9 'z' is also at m/a.yaml:2:9");
}

TEST(ModelFiles, IncludesStayInTheFolder) {
  const Folder folder;
  folder.write("secret.yaml", "name: secret\n");
  folder.write("m/sub/zones.yaml", "zones: {z: {networks: 10.0.0.0/8}}\ninclude: ../hosts.yaml\n");
  folder.write("m/hosts.yaml", "hosts: {x: {zone: z}}\n");
  const auto main = folder.write("m/main.yaml", "vauban: 1\ninclude: [sub/zones.yaml, hosts.yaml]\n");
  const auto model = readModel(main.string(), vocabulary());
  ASSERT_TRUE(model.has_value()) << diagnosticText(model.error());
  EXPECT_EQ(model->hosts.size(), 1U);

  const auto out = folder.write("m/out.yaml", "vauban: 1\ninclude: [../secret.yaml]\n");
  EXPECT_EQ(firstMistake(out, folder), "m/out.yaml:2:11 '../secret.yaml' lies outside of the model's folder");
  fs::create_symlink(folder.path() / "secret.yaml", folder.path() / "m/link.yaml");
  const auto link = folder.write("m/by-link.yaml", "vauban: 1\ninclude: link.yaml\n");
  EXPECT_EQ(firstMistake(link, folder), "m/by-link.yaml:2:10 'link.yaml' lies outside of the model's folder");
  const auto none = folder.write("m/none.yaml", "vauban: 1\ninclude: nowhere.yaml\n");
  EXPECT_EQ(firstMistake(none, folder), "m/none.yaml:2:10 'nowhere.yaml' does not exist");
  const auto self = folder.write("m/self.yaml", "vauban: 1\ninclude: self.yaml\n");
  EXPECT_EQ(firstMistake(self, folder), "");
}

TEST(ModelFiles, LimitsEndInAnError) {
  const Folder folder;
  const auto main = folder.write("m/main.yaml", "vauban: 1\ninclude: [a.yaml, b.yaml]\n");
  folder.write("m/a.yaml", "name: a\n");
  folder.write("m/b.yaml", "unlisted: none\n");
  ReadLimits limits;
  limits.files = 2;
  EXPECT_EQ(firstMistake(main, folder, limits), "m/main.yaml:2:19 'b.yaml' is one file more than 2");
  limits = {};
  limits.fileBytes = 20;
  EXPECT_EQ(firstMistake(main, folder, limits), "m/main.yaml is larger than 20 bytes");
  limits = {};
  limits.totalBytes = 50;
  EXPECT_EQ(firstMistake(main, folder, limits),
            "m/main.yaml:2:19 'b.yaml' makes the model larger than 50 bytes");
  EXPECT_EQ(firstMistake(folder.path() / "nothing.yaml", folder), "nothing.yaml does not exist");
  EXPECT_EQ(firstMistake(folder.write("empty/a.yaml", ""), folder), "empty/a.yaml:1:1 the file is empty");
}

}  // namespace
}  // namespace vauban::model
