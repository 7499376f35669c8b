#include "compile/nftables.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "compile/nft_kernel.h"
#include "compile/proof.h"
#include "model/model_reader.h"

namespace vauban::compile {
namespace {

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  return *catalogue;
}

std::string inWords(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += d.place.toString() + ": " + d.message + "\n";
  return text;
}

model::Model modelOf(const std::string& text) {
  model::Vocabulary words;
  words.behaviours = &behaviours();
  auto model = model::readModelText("m.yaml", text, words);
  if (!model) ADD_FAILURE() << inWords(model.error());
  return model ? std::move(*model) : model::Model();
}

constexpr const char* kHead = R"(vauban: 1
name: small
zones:
  fwd: {networks: [10.1.0.0/24]}
  plant: {networks: [10.2.0.0/24], isolated: true}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  a: {zone: fwd, address: 10.1.0.5, services: {}}
  b: {zone: plant, address: 10.2.0.5, services: {}}
  c: {zone: plant, services: {}}
conditions:
  session: {default: closed}
)";
constexpr const char* kStated = R"(enforcement:
  anti-spoofing: zone
  families: [ipv4]
  uncovered: drop
  stateful: {established: true, related: from-untrusted, helpers: [ftp]}
  unmatched: reject
)";
constexpr const char* kFlows = R"(flows:
  - allow: {from: a, to: internet, service: [dns, icmp/echo]}
  - reject: {from: fwd, to: plant, service: tcp/22}
  - allow: {from: a, to: b, service: tcp/502, when: session}
)";

std::string compiled(const model::Model& model, const CompileOptions& options = {}) {
  const auto ruleset = nftables(model, options);
  if (!ruleset) ADD_FAILURE() << inWords(ruleset.error());
  return ruleset ? ruleset->text : "";
}

std::string refused(const model::Model& model, const CompileOptions& options) {
  const auto ruleset = nftables(model, options);
  return ruleset ? "compiled" : inWords(ruleset.error());
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

bool has(const std::string& text, const std::string& part) { return count(text, part) != 0; }

TEST(Nftables, theWholeText) {
  EXPECT_EQ(compiled(modelOf(std::string(kHead) + kFlows + kStated)),
            R"(# small: the flow matrix of the ideal point (m.yaml).
# Made by `vauban compile`; nft -f loads it in the place of its own earlier version.
# It decides on what is forwarded between these interfaces; what comes to the device itself
# is dropped for its source or family alone, and what the device says is not looked at:
#   fwd leads to zone fwd
#   plant leads to zone plant
#   internet leads to zone internet
# Condition session is closed.
# Bridged packets meet it too unless net.bridge.bridge-nf-call-iptables is 0.
table inet vauban
delete table inet vauban
table inet vauban {
	set zone-internet-ipv4 {
		type ipv4_addr
		flags interval
		elements = { 0.0.0.0-10.0.255.255, 10.1.1.0-10.1.255.255, 10.2.1.0-255.255.255.255 }
	}
	ct helper helper-ftp-21-tcp {
		type "ftp" protocol tcp
	}
	chain flows {
		# allow: {from: a, to: internet, service: [dns, icmp/echo]}
		ip saddr 10.1.0.5 ip daddr @zone-internet-ipv4 meta l4proto { tcp, udp } th dport 53 accept comment "m.yaml:14"
		ip saddr 10.1.0.5 ip daddr @zone-internet-ipv4 icmp type 8 accept comment "m.yaml:14"
		# reject: {from: fwd, to: plant, service: tcp/22}
		ip saddr 10.1.0.0/24 ip daddr 10.2.0.0/24 tcp dport 22 reject comment "m.yaml:15"
		# allow: {from: a, to: b, service: tcp/502, when: session}
		# left out: session is closed
	}
	chain point {
		meta nfproto ipv6 drop comment "uncovered: drop"
		meta nfproto ipv4 meta l4proto ipv6-icmp drop comment "ICMP of the other family"
		iifname "fwd" ip saddr != 10.1.0.0/24 drop comment "anti-spoofing"
		iifname "plant" ip saddr != 10.2.0.0/24 drop comment "anti-spoofing"
		iifname "internet" ip saddr != @zone-internet-ipv4 drop comment "anti-spoofing"
		tcp dport 21 ct helper set "helper-ftp-21-tcp" comment "stateful"
		ct state established accept comment "stateful"
		iifname "internet" ct state related accept comment "stateful"
		jump flows
		reject comment "unmatched: reject"
	}
	chain entry {
		type filter hook prerouting priority -450; policy accept;
		ip saddr 0.0.0.0 accept comment "never forwarded"
		ip6 saddr { ::, fe80::/10 } accept comment "never forwarded"
		iifname "fwd" ip saddr != 10.1.0.0/24 drop comment "no policy lets it in"
		iifname "fwd" meta nfproto ipv6 drop comment "no policy lets it in"
		iifname "plant" ip saddr != 10.2.0.0/24 drop comment "no policy lets it in"
		iifname "plant" meta nfproto ipv6 drop comment "no policy lets it in"
		iifname "internet" ip saddr != @zone-internet-ipv4 drop comment "no policy lets it in"
	}
	chain answers {
		type filter hook output priority filter; policy accept;
		icmpv6 type parameter-problem drop comment "would quote a source that nobody has looked at"
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		iifname . oifname { "fwd" . "fwd", "internet" . "internet" } accept comment "inside a zone"
		iifname { "fwd", "plant", "internet" } oifname { "fwd", "plant", "internet" } goto point
	}
}
)");
}

TEST(Nftables, linesOfTheRulesetLeadToTheModel) {
  const auto ruleset = nftables(modelOf(std::string(kHead) + kFlows + kStated));
  ASSERT_TRUE(ruleset);
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < ruleset->text.size()) {
    const std::size_t end = ruleset->text.find('\n', begin);
    lines.push_back(ruleset->text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::size_t placed = 0;
  for (const RuleLine& rule : ruleset->rules) {
    if (rule.place.line == 0) continue;
    ++placed;
    EXPECT_TRUE(has(lines[rule.line - 1], "\"m.yaml:" + std::to_string(rule.place.line) + "\""))
        << lines[rule.line - 1];
  }
  EXPECT_EQ(placed, 3U);
  ASSERT_EQ(ruleset->interfaces.size(), 3U);
  EXPECT_EQ(ruleset->interfaces[2].name, "internet");
}

TEST(Nftables, conditionsAreArguments) {
  CompileOptions options;
  options.openConditions = {true};
  const std::string text = compiled(modelOf(std::string(kHead) + kFlows + kStated), options);
  EXPECT_TRUE(has(text, "tcp dport 502 accept comment \"m.yaml:16\""));
  EXPECT_TRUE(has(text, "# Condition session is open."));
}

TEST(Nftables, whatIsNotStatedIsTakenAtItsWorst) {
  const model::Model model = modelOf(std::string(kHead) + kFlows);
  const auto worst = nftables(model);
  ASSERT_TRUE(worst);
  EXPECT_TRUE(has(worst->text, "accept comment \"no family is covered\""));
  EXPECT_TRUE(has(worst->text, "# NOT STATED: enforcement `anti-spoofing: zone` is not stated"));
  EXPECT_EQ(worst->notes.size(), 6U);
  CompileOptions options;
  options.unstated = Unstated::best;
  const std::string best = compiled(model, options);
  EXPECT_TRUE(has(best, "iifname \"fwd\" ip saddr != 10.1.0.0/24 drop"));
  EXPECT_TRUE(has(best, "ct state established accept"));
  EXPECT_FALSE(has(best, "related accept"));
  EXPECT_FALSE(has(best, "no family is covered"));
  options.unstated = Unstated::refuse;
  const std::string errors = refused(model, options);
  EXPECT_TRUE(has(errors, "enforcement `families: [ipv4, ipv6]` is not stated")) << errors;
  EXPECT_EQ(refused(modelOf(std::string(kHead) + kFlows + kStated), options), "compiled");
}

TEST(Nftables, helpersOfTheKernelOnly) {
  CompileOptions options;
  options.kernelHelpers = std::vector<std::string>{"sip"};
  const auto ruleset = nftables(modelOf(std::string(kHead) + kFlows + kStated), options);
  ASSERT_TRUE(ruleset);
  EXPECT_FALSE(has(ruleset->text, "ct helper"));
  ASSERT_EQ(ruleset->notes.size(), 1U);
  EXPECT_EQ(ruleset->notes[0].text, "helper 'ftp' is not loaded: this kernel has none of that name");
}

TEST(Nftables, hostsWithoutAddresses) {
  const model::Model model =
      modelOf(std::string(kHead) + "flows:\n  - allow: {from: c, to: fwd, service: any}\n" + kStated);
  const auto wide = nftables(model);
  ASSERT_TRUE(wide);
  EXPECT_TRUE(
      has(wide->text, "ip saddr { 10.2.0.0-10.2.0.4, 10.2.0.6-10.2.0.255 } ip daddr 10.1.0.0/24 accept"));
  ASSERT_EQ(wide->notes.size(), 1U);
  EXPECT_TRUE(has(wide->notes[0].text, "host 'c' has no address"));
  CompileOptions options;
  options.addresses[model::HostId(2)] = {*space::Address::parse("10.2.0.9")};
  EXPECT_TRUE(has(compiled(model, options), "ip saddr 10.2.0.9 ip daddr 10.1.0.0/24 accept"));
  options.addresses[model::HostId(2)] = {*space::Address::parse("10.1.0.9")};
  EXPECT_TRUE(has(refused(model, options), "10.1.0.9 lies in no zone of host 'c'"));
  options.addresses[model::HostId(2)] = {*space::Address::parse("10.2.0.5")};
  EXPECT_TRUE(has(refused(model, options), "10.2.0.5 belongs to two hosts"));
  options.addresses.clear();
  options.addresses[model::HostId(0)] = {*space::Address::parse("10.1.0.9")};
  EXPECT_TRUE(has(refused(model, options), "host 'a' states its addresses itself"));
}

TEST(Nftables, interfacesAreArguments) {
  const model::Model model = modelOf(std::string(kHead) + kFlows + kStated);
  CompileOptions options;
  options.zoneInterfaces = {{model::ZoneId(std::size_t{0}), "lan0"},
                            {model::ZoneId(std::size_t{0}), "lan1"},
                            {model::ZoneId(std::size_t{2}), "plant"}};
  const std::string text = compiled(model, options);
  EXPECT_TRUE(has(text, "iifname { \"lan0\", \"lan1\" } ip saddr != 10.1.0.0/24 drop"));
  EXPECT_TRUE(has(text, "\"lan0\" . \"lan1\""));
  // The name of the zone is taken by another's interface.
  EXPECT_TRUE(has(text, "#   plant-1 leads to zone plant"));
  options.zoneInterfaces = {{model::ZoneId(std::size_t{0}), "no such name"}};
  EXPECT_TRUE(has(refused(model, options), "'no such name' is no name of an interface"));
  options.zoneInterfaces = {{model::ZoneId(std::size_t{0}), "x"}, {model::ZoneId(std::size_t{1}), "x"}};
  EXPECT_TRUE(has(refused(model, options), "interface 'x' twice"));
}

TEST(Nftables, sourcesOfHosts) {
  std::string stated = kStated;
  stated.replace(stated.find("anti-spoofing: zone"), 19, "anti-spoofing: host");
  const model::Model model = modelOf(std::string(kHead) + kFlows + stated);
  const auto without = nftables(model);
  ASSERT_TRUE(without);
  ASSERT_EQ(without->notes.size(), 1U);
  EXPECT_TRUE(has(without->notes[0].text, "kept between zones only: in fwd, plant the switch"));
  CompileOptions options;
  const model::ZoneId fwd(std::size_t{0}), plant(std::size_t{1});
  options.addresses[model::HostId(2)] = {*space::Address::parse("10.2.0.9")};
  options.hostInterfaces = {{model::HostId(std::size_t{0}), fwd, "to-a", false},
                            {model::HostId(1), plant, "port-b", true},
                            {model::HostId(2), plant, "port-c", true}};
  options.unstated = Unstated::refuse;
  const std::string text = compiled(model, options);
  EXPECT_EQ(count(text, "iifname \"to-a\" ip saddr != 10.1.0.5 drop"), 2U) << text;  // on entry as well
  EXPECT_TRUE(has(text, "table bridge vauban {\n"));
  EXPECT_TRUE(has(text, "iifname \"port-c\" arp saddr ip != 10.2.0.9 drop"));
  EXPECT_TRUE(has(text, "#   plant leads to zone plant"));
  options.hostInterfaces[0].zone = plant;
  EXPECT_TRUE(has(refused(model, options), "host 'a' does not stand in zone 'plant'"));
}

constexpr const char* kLinks = R"(links:
  - {between: [fwd, plant], device: d, anti-spoofing: off}
  - {between: [plant, internet], device: d, anti-spoofing: off, uncovered: pass}
  - {between: [fwd, internet]}
unlisted: none
devices: {d: {}, idle: {}}
)";

TEST(Nftables, devicesAndLinks) {
  const model::Model model = modelOf(std::string(kHead) + kFlows + kStated + kLinks);
  CompileOptions options;
  options.device = model::DeviceId(std::size_t{0});
  const std::string device = compiled(model, options);
  EXPECT_TRUE(has(device, "the flow matrix of d (m.yaml)"));
  EXPECT_TRUE(has(device, "{ \"plant\" . \"internet\", \"internet\" . \"plant\" } goto point-2")) << device;
  // By way of the plant both links have to let it pass: IPv6 the first does not.
  EXPECT_TRUE(
      has(device, "\"fwd\" . \"internet\", \"plant\" . \"fwd\", \"internet\" . \"fwd\" } goto point-1"));
  options.device = model::DeviceId(1);
  EXPECT_TRUE(has(refused(model, options), "no link has the device 'idle'"));
  options.device.reset();
  options.link = model::LinkId(2);
  const std::string link = compiled(model, options);
  // By the other links everything lies behind either side.
  EXPECT_FALSE(has(link, "anti-spoofing")) << link;
  model::Model shorter = model;
  shorter.links.erase(shorter.links.begin() + 1);
  options.link = model::LinkId(1);
  EXPECT_TRUE(has(compiled(shorter, options), "iifname \"fwd\" ip saddr != @behind-fwd-ipv4 drop"));
  options.link.reset();
  const std::string ideal = compiled(model, options);
  EXPECT_TRUE(has(ideal, "iifname \"plant\" oifname \"plant\" goto point"));
  EXPECT_FALSE(has(ideal, "leads to zone fwd"));
}

// The union of what the policies let in, by interface; the rest gets no answer of the device's own.
TEST(Nftables, whatIsDroppedOnEntry) {
  auto entry = [](const std::string& enforcement, const std::string& links = {},
                  const CompileOptions& options = {}) {
    const std::string text = compiled(modelOf(std::string(kHead) + kFlows + enforcement + links), options);
    const auto begin = text.find("chain entry");
    return begin == std::string::npos ? "" : text.substr(begin, text.find("\t}\n", begin) - begin);
  };
  const std::string off = R"(enforcement:
  anti-spoofing: off
  families: [ipv4]
  uncovered: drop
  stateful: {established: true, related: none, helpers: []}
  unmatched: drop
)";
  // Nobody looks at sources of IPv4, and IPv6 leads nowhere.
  std::string text = entry(off);
  EXPECT_FALSE(has(text, "ip saddr")) << text;
  EXPECT_TRUE(has(text, "iifname { \"fwd\", \"plant\" } meta nfproto ipv6 drop")) << text;
  std::string passes = off;
  passes.replace(passes.find("uncovered: drop"), 15, "uncovered: pass");
  EXPECT_EQ(entry(passes), "");
  // Inside the internet IPv6 is free, with addresses of the internet.
  std::string six = std::string(kHead) + kFlows + off;
  six.replace(six.find("[10.1.0.0/24]"), 13, "[10.1.0.0/24, \"2001:db8::/64\"]");
  const std::string sixes = compiled(modelOf(six));
  EXPECT_TRUE(has(sixes, "iifname \"fwd\" ip6 saddr != 2001:db8::/64 drop")) << sixes;
  EXPECT_TRUE(has(sixes, "iifname \"internet\" ip6 saddr != @zone-internet-ipv6 drop")) << sixes;
  // One of a device's links looks and the other does not: the plant, which has both, may say anything.
  CompileOptions options;
  options.device = model::DeviceId(std::size_t{0});
  const std::string links = R"(links:
  - {between: [fwd, plant], device: d}
  - {between: [plant, internet], device: d, anti-spoofing: off, families: [ipv4, ipv6]}
unlisted: none
devices: {d: {}}
)";
  text = entry(kStated, links, options);
  EXPECT_TRUE(has(text, "iifname \"fwd\" ip saddr != 10.1.0.0/24 drop")) << text;
  EXPECT_TRUE(has(text, "iifname \"fwd\" meta nfproto ipv6 drop")) << text;
  EXPECT_FALSE(has(text, "\"plant\"")) << text;
  EXPECT_FALSE(has(text, "\"internet\"")) << text;
  // Several interfaces of a zone, and a router beside them that no network holds.
  options = {};
  const model::ZoneId fwd(std::size_t{0});
  options.zoneInterfaces = {{fwd, "lan0"}, {fwd, "lan1"}};
  options.neighbours[fwd] = space::AddressSet(*space::AddressRange::parse("192.0.2.1")) |
                            space::AddressSet(*space::AddressRange::parse("2001:db8:ff::1"));
  text = entry(kStated, {}, options);
  EXPECT_TRUE(has(text, "iifname { \"lan0\", \"lan1\" } ip saddr != @entry-1-ipv4 drop")) << text;
  EXPECT_TRUE(has(text, "iifname { \"lan0\", \"lan1\" } ip6 saddr != 2001:db8:ff::1 drop")) << text;
  // It crosses the point no more than before.
  EXPECT_TRUE(has(compiled(modelOf(std::string(kHead) + kFlows + kStated), options),
                  "iifname { \"lan0\", \"lan1\" } ip saddr != 10.1.0.0/24 drop comment \"anti-spoofing\""));
}

TEST(Nftables, ownRulesOfALink) {
  model::Model model = modelOf(std::string(kHead) + kFlows + kStated + kLinks);
  model::FilterProgram program;
  program.name = "rules.v4";
  program.families = {space::Family::ipv4, space::Family::ipv6};
  program.entry = model::ChainId(std::size_t{0});
  model::FilterRule jump;
  jump.source = jump.destination = space::AddressSet::all();
  jump.services = space::ServiceSet::protocol(space::kTcp);
  jump.action = model::Action::jump;
  jump.chain = model::ChainId(1);
  jump.in = model::InterfaceMatch{"eth+", true};
  jump.place = {"rules.v4", 3, 1};
  model::FilterRule accept = jump;
  accept.action = model::Action::accept;
  accept.in.reset();
  program.chains = {{"FORWARD", {jump}, model::Action::drop, {}}, {"user", {accept}, std::nullopt, {}}};
  model.linkPrograms.resize(model.links.size());
  model.linkPrograms[2] = program;
  CompileOptions options;
  options.link = model::LinkId(2);
  EXPECT_TRUE(has(refused(model, options), "the link does not say where they lead"));
  model.links[2].interfaces = {{model.links[2].from, {"eth1"}}, {model.links[2].to, {"wan"}}};
  const std::string text = compiled(model, options);
  EXPECT_TRUE(has(text, "iifname != \"eth*\" meta l4proto tcp jump rules-1-1 comment \"rules.v4:3\""))
      << text;
  EXPECT_TRUE(has(text, "iifname { \"eth1\", \"wan\" } oifname { \"eth1\", \"wan\" } goto point"));
  EXPECT_LT(text.find("chain rules-1-1 {"), text.find("chain rules-1 {"));
  model.linkPrograms[2]->chains[0].rules[0].exact = false;
  EXPECT_TRUE(
      has(refused(model, options), "rules.v4:3:1: a rule that was not read exactly cannot be compiled"));
  model.linkPrograms[2]->chains[0].rules[0].exact = true;
  model.linkPrograms[2]->prerouting = model::ChainId(1);
  EXPECT_TRUE(has(refused(model, options), "rewrite addresses"));
}

TEST(Nftables, textsThatCouldEndAComment) {
  model::Model model = modelOf(std::string(kHead) + kFlows + kStated);
  model.name = "small\n}\ndrop everything \" #";
  model.flows.chains[0].rules[0].text = "allow \n drop";
  model.flows.chains[0].rules[0].place.file = "a\"b\n" + std::string(300, 'x') + ".yaml";
  const std::string text = compiled(model);
  EXPECT_EQ(text.find("\n}\ndrop"), std::string::npos);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    if (has(line, "comment \"")) {
      EXPECT_EQ(count(line.substr(line.find("comment")), "\""), 2U) << line;
      EXPECT_LT(line.size() - line.find("comment"), 140U) << line;
    }
    begin = end + 1;
  }
}

TEST(Nftables, countersOnRequest) {
  CompileOptions options;
  options.counters = true;
  const std::string text = compiled(modelOf(std::string(kHead) + kFlows + kStated), options);
  EXPECT_TRUE(has(text, "tcp dport 22 counter reject comment"));
  EXPECT_TRUE(has(text, "\t\tcounter jump flows\n"));
}

TEST(NftKernel, saysWhatNftSays) {
  const auto result = loadAndList("table inet t {\n nonsense\n}\n");
  if (const auto* no = std::get_if<Unavailable>(&result)) GTEST_SKIP() << no->reason;
  ASSERT_TRUE(std::holds_alternative<Rejected>(result));
  EXPECT_TRUE(has(std::get<Rejected>(result).message, "syntax error"));
  const auto good = loadAndList("table inet t {\n}\n");
  ASSERT_TRUE(std::holds_alternative<Listed>(good));
  EXPECT_TRUE(has(std::get<Listed>(good).json, "\"name\": \"t\""));
}

// What the round trip must find: a listing that lets more or less through than the matrix.
TEST(Proof, saysWhereTheyDiffer) {
  const model::Model model = modelOf(std::string(kHead) + kFlows + kStated);
  ReadBack nothing;
  for (model::FilterProgram* program : {&nothing.opening, &nothing.established, &nothing.related}) {
    program->chains.push_back({"forward", {}, model::Action::drop, {}});
    program->entry = model::ChainId(std::size_t{0});
  }
  const auto less = provenEqual(model, {}, nothing);
  ASSERT_FALSE(less);
  EXPECT_TRUE(has(inWords(less.error()), "is to be accepted")) << inWords(less.error());
  ReadBack all = nothing;
  for (model::FilterProgram* program : {&all.opening, &all.established, &all.related})
    program->chains[0].policy = model::Action::accept;
  const auto more = provenEqual(model, {}, all);
  ASSERT_FALSE(more);
  EXPECT_TRUE(has(inWords(more.error()), "is not to be accepted")) << inWords(more.error());
  nothing.opening.widenings.push_back({{"listing", 1, 9}, "x", "may match or not"});
  EXPECT_TRUE(has(inWords(provenEqual(model, {}, nothing).error()), "could not be read exactly"));
}

TEST(Proof, expectsWhatTheModelSays) {
  const model::Model model = modelOf(std::string(kHead) + kFlows + kStated);
  const auto expected = expectedBetween(model, {}, "fwd", "internet");
  ASSERT_TRUE(expected);
  auto packet = [](const char* source, const char* destination, std::uint8_t protocol, std::uint16_t port) {
    return space::Packet{*space::Address::parse(source),
                         *space::Address::parse(destination),
                         {protocol, protocol == 1 ? std::uint16_t{0} : std::uint16_t{40000}, port}};
  };
  EXPECT_TRUE(expected->opening.contains(packet("10.1.0.5", "203.0.113.9", space::kUdp, 53)));
  EXPECT_TRUE(expected->opening.contains(packet("10.1.0.5", "203.0.113.9", space::kIcmp, 8)));
  EXPECT_FALSE(expected->opening.contains(packet("10.1.0.6", "203.0.113.9", space::kUdp, 53)));
  EXPECT_TRUE(expected->established.contains(packet("10.1.0.6", "203.0.113.9", space::kUdp, 53)));
  EXPECT_FALSE(expected->established.contains(packet("10.2.0.6", "203.0.113.9", space::kUdp, 53)));
  EXPECT_EQ(expected->related, expected->opening);
  EXPECT_TRUE(expected->rejected.contains(packet("10.1.0.6", "203.0.113.9", space::kUdp, 53)));
  EXPECT_TRUE(expectedBetween(model, {}, "fwd", "eth7")->opening.empty());
  // Inside a zone: whatever the zone says, and what no router sends on.
  const auto inside = expectedBetween(model, {}, "fwd", "fwd");
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->opening.sources().toString(), "0.0.0.0, 10.1.0.0/24, ::, fe80::/10");
}

}  // namespace
}  // namespace vauban::compile
