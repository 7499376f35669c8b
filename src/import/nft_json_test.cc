#include "import/nft_json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/program_decider.h"

namespace vauban::import {
namespace {

using model::FilterProgram;
using space::Address;
using space::Packet;
using space::Service;

constexpr const char* kHead =
    R"({"metainfo":{"version":"1.0.6","release_name":"x","json_schema_version":1}})";

std::string ruleset(const std::vector<std::string>& entries) {
  std::string text = std::string(R"({"nftables":[)") + kHead;
  for (const std::string& entry : entries) text += ",\n" + entry;
  return text + "]}\n";
}

std::string table(const std::string& family) {
  return fmt::format(R"({{"table":{{"family":"{}","name":"t","handle":1}}}})", family);
}

std::string chain(const std::string& family, const std::string& name, const std::string& base = "") {
  return fmt::format(R"({{"chain":{{"family":"{}","table":"t","name":"{}","handle":1{}}}}})", family, name,
                     base);
}

std::string base(const std::string& hook, const std::string& policy, int priority = 0,
                 const std::string& type = "filter") {
  return fmt::format(R"(,"type":"{}","hook":"{}","prio":{},"policy":"{}")", type, hook, priority, policy);
}

std::string rule(const std::string& family, const std::string& chainName, const std::string& statements) {
  return fmt::format(R"({{"rule":{{"family":"{}","table":"t","chain":"{}","handle":2,"expr":[{}]}}}})",
                     family, chainName, statements);
}

std::string match(const std::string& left, const std::string& right, const std::string& op = "==") {
  return fmt::format(R"({{"match":{{"op":"{}","left":{},"right":{}}}}})", op, left, right);
}

constexpr const char* kSource = R"({"payload":{"protocol":"ip","field":"saddr"}})";
constexpr const char* kDestination = R"({"payload":{"protocol":"ip","field":"daddr"}})";
constexpr const char* kTcpPort = R"({"payload":{"protocol":"tcp","field":"dport"}})";
constexpr const char* kAnyPort = R"({"payload":{"protocol":"th","field":"dport"}})";
constexpr const char* kProtocol = R"({"meta":{"key":"l4proto"}})";
constexpr const char* kIn = R"({"meta":{"key":"iifname"}})";
constexpr const char* kOut = R"({"meta":{"key":"oifname"}})";
constexpr const char* kState = R"({"ct":{"key":"state"}})";
constexpr const char* kAccept = R"({"accept":null})";
constexpr const char* kDrop = R"({"drop":null})";

std::string inWords(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += d.place.toString() + ": " + d.message + "\n";
  return text;
}

FilterProgram read(const std::vector<std::string>& entries, const NftJsonOptions& options = {}) {
  const auto program = importNftJson("nft.json", ruleset(entries), options);
  if (!program) {
    ADD_FAILURE() << inWords(program.error());
    return {};
  }
  return *program;
}

// One inet forward chain with these rules.
FilterProgram forward(const std::string& policy, const std::vector<std::string>& statements,
                      const std::vector<std::string>& before = {}, const NftJsonOptions& options = {}) {
  std::vector<std::string> entries{table("inet"), chain("inet", "forward", base("forward", policy))};
  entries.insert(entries.end(), before.begin(), before.end());
  for (const std::string& one : statements) entries.push_back(rule("inet", "forward", one));
  return read(entries, options);
}

// "+" must accept, "?" may accept, "-" must not.
char decided(const FilterProgram& program, const char* source, const char* destination, Service service,
             const std::string& in = "a", const std::string& out = "b") {
  const Packet packet{*Address::parse(source), *Address::parse(destination), service};
  const auto decision = tests::decideByProgram(program, packet, in, out);
  return decision.mustAccept ? '+' : decision.mayAccept ? '?' : '-';
}

constexpr Service kSsh{space::kTcp, 50000, 22}, kWeb{space::kTcp, 50000, 443}, kName{space::kUdp, 50000, 53},
    kPing{space::kIcmp, 0, 8}, kPing6{space::kIcmpV6, 0, 128};

TEST(NftJson, firstMatchAndPolicy) {
  const auto program = forward("drop", {match(kSource, R"("10.0.0.9")") + "," + kDrop,
                                        match(kSource, R"({"prefix":{"addr":"10.0.0.0","len":8}})") + "," +
                                            match(kTcpPort, R"({"set":[22,{"range":[440,450]}]})") +
                                            R"(,{"counter":null},)" + kAccept});
  EXPECT_TRUE(program.widenings.empty());
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kWeb), '+');
  EXPECT_EQ(decided(program, "10.0.0.9", "10.1.0.1", kSsh), '-');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kName), '-');
  EXPECT_EQ(decided(program, "2001:db8::1", "2001:db8::2", kSsh), '-');  // ip saddr is of IPv4
  EXPECT_EQ(program.families.size(), 2U);
  EXPECT_EQ(program.chains[program.entry.index()].rules[1].text,
            "ip saddr 10.0.0.0/8 tcp dport { 22, 440-450 } counter accept");
}

TEST(NftJson, negationsAndComparisons) {
  const auto program =
      forward("accept", {match(kSource, R"({"set":["10.0.0.1",{"range":["10.0.0.5","10.0.0.9"]}]})", "!=") +
                             "," + match(kTcpPort, "22", "!=") + "," + kDrop,
                         match(kTcpPort, "1023", ">") + "," + kDrop});
  EXPECT_EQ(decided(program, "10.0.0.2", "10.1.0.1", kWeb), '-');
  EXPECT_EQ(decided(program, "10.0.0.2", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(decided(program, "10.0.0.7", "10.1.0.1", kWeb), '+');
  EXPECT_EQ(decided(program, "10.0.0.7", "10.1.0.1", {space::kTcp, 1, 1024}), '-');
  EXPECT_EQ(decided(program, "10.0.0.2", "10.1.0.1", kName), '+');
}

TEST(NftJson, namedSetsAndThoseThatChange) {
  const auto set = [](const char* flags) {
    return fmt::format(
        R"({{"set":{{"family":"inet","name":"s","table":"t","type":"ipv4_addr","handle":3{},
        "elem":["10.0.0.1",{{"elem":{{"val":"10.0.0.2","comment":"x"}}}}]}}}})",
        flags);
  };
  const auto rules = std::vector<std::string>{match(kSource, R"("@s")") + "," + kAccept};
  const auto fixed = forward("drop", rules, {set("")});
  EXPECT_EQ(decided(fixed, "10.0.0.2", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(decided(fixed, "10.0.0.3", "10.1.0.1", kSsh), '-');
  auto written = rules;
  written.push_back(
      R"({"set":{"op":"add","elem":{"payload":{"protocol":"ip","field":"saddr"}},"set":"@s"}})");
  EXPECT_EQ(decided(forward("drop", written, {set("")}), "10.0.0.3", "10.1.0.1", kSsh), '?');
  const auto changing = forward("drop", rules, {set(R"(,"flags":["timeout"])")});
  EXPECT_EQ(decided(changing, "10.0.0.3", "10.1.0.1", kSsh), '?');
  ASSERT_EQ(changing.widenings.size(), 1U);
  EXPECT_NE(changing.widenings[0].reason.find("may match or not"), std::string::npos);
}

TEST(NftJson, interfaces) {
  const auto program = forward("drop", {match(kIn, R"({"set":["wan*","bad"]})") + "," + kDrop,
                                        match(kOut, R"("lan")", "!=") + "," + kDrop,
                                        match(kIn, R"({"set":["a","b"]})", "!=") + "," + kDrop, kAccept});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "a", "lan"), '+');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "b", "lan"), '+');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "c", "lan"), '-');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "a", "b"), '-');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "wan7", "lan"), '-');
  EXPECT_TRUE(program.widenings.empty());
}

TEST(NftJson, exceptionsOfARuleThatLeavesItsChainAreWidened) {
  const auto program =
      forward("drop", {match(kIn, R"({"set":["a","b"]})", "!=") + R"(,{"goto":{"target":"user"}})", kAccept},
              {chain("inet", "user"), rule("inet", "user", kDrop)});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "a"), '?');
  EXPECT_EQ(program.widenings.size(), 1U);
}

TEST(NftJson, concatenationsAndVerdictMaps) {
  const std::string pair = fmt::format(R"({{"concat":[{},{}]}})", kIn, kOut);
  const auto program = forward(
      "drop",
      {fmt::format(
           R"({{"vmap":{{"key":{},"data":{{"set":[[{{"concat":["a","b"]}},{{"goto":{{"target":"ab"}}}}],
           [{{"concat":["b","a"]}},{{"accept":null}}],[{{"concat":["a","a"]}},{{"drop":null}}]]}}}}}})",
           pair),
       match(
           fmt::format(R"({{"concat":[{},{}]}})", kDestination, kTcpPort),
           R"({"set":[{"concat":["10.1.0.1",22]},{"concat":[{"prefix":{"addr":"10.2.0.0","len":16}},443]}]})") +
           "," + kAccept,
       match(fmt::format(R"({{"concat":[{},{}]}})", kSource, kTcpPort),
             R"({"set":[{"concat":["10.0.0.1",22]}]})", "!=") +
           R"(,{"reject":null})"},
      {chain("inet", "ab"), rule("inet", "ab", match(kProtocol, R"("udp")") + "," + kAccept)});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kName, "a", "b"), '+');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "a", "b"), '-');  // goto does not come back
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kName, "b", "a"), '+');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "a", "a"), '-');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh, "x", "y"), '+');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kWeb, "x", "y"), '-');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.2.3.4", kWeb, "x", "y"), '+');
  EXPECT_TRUE(program.widenings.empty());
}

TEST(NftJson, jumpAndReturn) {
  const auto program = forward(
      "drop", {R"({"jump":{"target":"user"}})", match(kTcpPort, "443") + "," + kAccept},
      {chain("inet", "user"), rule("inet", "user", match(kSource, R"("10.0.0.1")") + R"(,{"return":null})"),
       rule("inet", "user", match(kTcpPort, "443") + "," + kDrop)});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kWeb), '+');
  EXPECT_EQ(decided(program, "10.0.0.2", "10.1.0.1", kWeb), '-');
}

TEST(NftJson, portsOfWhateverProtocol) {
  const auto program = forward(
      "accept", {match(kProtocol, R"({"set":["tcp","udp"]})") + "," + match(kAnyPort, "53") + "," + kDrop,
                 match(kAnyPort, "22") + "," + kDrop});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kName), '-');
  // nft 1.0.6 leaves out a protocol without ports before it.
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), '?');
  // The bytes of a ping that a port would be in may be those of port 22.
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kPing), '?');
  EXPECT_EQ(program.widenings.size(), 1U);
}

TEST(NftJson, icmpIsOfItsFamily) {
  const auto program = forward(
      "drop",
      {match(R"({"payload":{"protocol":"icmp","field":"type"}})", R"("echo-request")") + "," + kAccept,
       match(R"({"payload":{"protocol":"icmpv6","field":"type"}})",
             R"({"set":["destination-unreachable",{"range":["time-exceeded",5]}]})") +
           "," + kAccept});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kPing), '+');
  EXPECT_EQ(decided(program, "2001:db8::1", "2001:db8::2", kPing), '-');
  EXPECT_EQ(decided(program, "2001:db8::1", "2001:db8::2", {space::kIcmpV6, 0, 4}), '+');
  EXPECT_EQ(decided(program, "2001:db8::1", "2001:db8::2", kPing6), '-');
}

TEST(NftJson, anAnswerImpliesWhatNftDoesNotList) {
  const auto program = forward("accept", {R"({"reject":{"type":"icmpv6","expr":"port-unreachable"}})",
                                          R"({"reject":{"type":"tcp reset"}})"});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kName), '+');
  EXPECT_EQ(decided(program, "2001:db8::1", "2001:db8::2", kName), '-');
  // nft 1.0.6 does not list `meta nfproto ipv6` before it.
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), '?');
  EXPECT_EQ(program.widenings.size(), 1U);
  const auto four = read({table("ip"), chain("ip", "f", base("forward", "accept")),
                          rule("ip", "f", R"({"reject":{"type":"tcp reset"}})")});
  EXPECT_EQ(decided(four, "10.0.0.1", "10.1.0.1", kSsh), '-');
}

TEST(NftJson, statesOfOpeningPackets) {
  const auto program =
      forward("drop", {match(kState, R"(["established","related"])", "in") + "," + kAccept,
                       match(kState, R"("invalid")", "in") + "," + kDrop,
                       match(kState, R"("new")", "in") + "," + match(kTcpPort, "22") + "," + kAccept});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kWeb), '-');
  EXPECT_EQ(program.established, true);
  EXPECT_EQ(program.related, model::Related::all);
  EXPECT_EQ(program.establishedPlace.line, 4U);
  const auto silent = forward("drop", {match(kTcpPort, "22") + "," + kAccept});
  EXPECT_FALSE(silent.established);
  EXPECT_EQ(silent.related, model::Related::none);
}

TEST(NftJson, packetsOfLiveFlowsOnRequest) {
  NftJsonOptions options;
  const std::vector<std::string> rules{
      R"({"vmap":{"key":{"ct":{"key":"state"}},"data":{"set":[["established",{"accept":null}],["invalid",{"drop":null}]]}}})",
      match(kIn, R"("wan")") + "," + match(kState, R"("related")", "in") + "," + kAccept,
      match(kTcpPort, "22") + "," + kAccept};
  options.state = FlowState::established;
  EXPECT_EQ(decided(forward("drop", rules, {}, options), "10.0.0.1", "10.1.0.1", kWeb), '+');
  options.state = FlowState::related;
  EXPECT_EQ(decided(forward("drop", rules, {}, options), "10.0.0.1", "10.1.0.1", kWeb), '-');
  EXPECT_EQ(decided(forward("drop", rules, {}, options), "10.0.0.1", "10.1.0.1", kWeb, "wan"), '+');
  EXPECT_EQ(decided(forward("drop", rules, {}, options), "10.0.0.1", "10.1.0.1", kSsh), '+');
}

TEST(NftJson, tcpFlags) {
  const char* flags = R"({"payload":{"protocol":"tcp","field":"flags"}})";
  const std::string masked = fmt::format(R"({{"&":[{},["fin","syn","rst","ack"]]}})", flags);
  const auto openers = forward("drop", {match(masked, R"("syn")") + "," + kAccept});
  EXPECT_EQ(decided(openers, "10.0.0.1", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(decided(openers, "10.0.0.1", "10.1.0.1", kName), '-');
  const auto others = forward("drop", {match(masked, R"("syn")", "!=") + "," + kAccept});
  EXPECT_EQ(decided(others, "10.0.0.1", "10.1.0.1", kSsh), '-');
  EXPECT_EQ(others.established, true);
  EXPECT_EQ(others.widenings.size(), 1U);
  const auto any = forward("drop", {match(flags, R"(["syn","rst"])", "in") + "," + kAccept});
  EXPECT_EQ(decided(any, "10.0.0.1", "10.1.0.1", kSsh), '+');
  const auto exactly = forward("drop", {match(flags, R"("syn")") + "," + kAccept});
  EXPECT_EQ(decided(exactly, "10.0.0.1", "10.1.0.1", kSsh), '?');  // PSH and the like are free
}

TEST(NftJson, allBaseChainsOnTheWayHaveToAccept) {
  const auto program =
      read({table("inet"), table("ip"), chain("inet", "pre", base("prerouting", "accept", -300)),
            chain("ip", "fwd", base("forward", "drop")), chain("inet", "late", base("forward", "accept", 10)),
            chain("inet", "in", base("input", "drop")),
            rule("inet", "pre", match(kSource, R"("10.0.0.9")") + "," + kDrop),
            rule("inet", "pre", match(kTcpPort, "22") + "," + kAccept),
            rule("ip", "fwd", R"({"jump":{"target":"user"}})"), chain("ip", "user"),
            rule("ip", "user", match(kTcpPort, R"({"set":[22,443]})") + "," + kAccept),
            rule("inet", "late", match(kTcpPort, "443") + "," + kDrop)});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(decided(program, "10.0.0.9", "10.1.0.1", kSsh), '-');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kWeb), '-');
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kName), '-');
  // The chain of family ip never sees IPv6.
  EXPECT_EQ(decided(program, "2001:db8::1", "2001:db8::2", kName), '+');
  EXPECT_EQ(decided(program, "2001:db8::1", "2001:db8::2", kWeb), '-');
  EXPECT_TRUE(program.widenings.empty());
}

TEST(NftJson, familiesThatAreCovered) {
  const auto four = read({table("ip"), chain("ip", "f", base("forward", "drop"))});
  EXPECT_EQ(four.families, std::vector{space::Family::ipv4});
  const auto none = read({table("inet"), chain("inet", "in", base("input", "drop"))});
  EXPECT_EQ(none.families.size(), 2U);
  EXPECT_EQ(decided(none, "10.0.0.1", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(none.widenings.size(), 1U);
}

TEST(NftJson, dormantTablesAndOtherFamilies) {
  const auto program = read({R"({"table":{"family":"inet","name":"t","handle":1,"flags":"dormant"}})",
                             chain("inet", "f", base("forward", "drop")), table("bridge"),
                             chain("bridge", "b", base("forward", "drop"))});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), '+');
  EXPECT_EQ(program.widenings.size(), 2U);  // no chain at the hook; the bridge's drops
  NftJsonOptions bridge;
  bridge.bridge = true;
  const auto bridged = read(
      {table("bridge"), chain("bridge", "b", base("forward", "drop")),
       rule("bridge", "b",
            match(R"({"payload":{"protocol":"arp","field":"saddr ip"}})", R"("10.0.0.1")") + "," + kAccept)},
      bridge);
  EXPECT_EQ(decided(bridged, "10.0.0.1", "10.1.0.1", kSsh), '-');
}

TEST(NftJson, whatIsNotKnownMayMatchOrNot) {
  const std::vector<std::pair<std::string, char>> cases{
      {R"({"limit":{"rate":1,"per":"second"}},)" + std::string(kAccept), '?'},
      {match(R"({"meta":{"key":"mark"}})", "1") + "," + kAccept, '?'},
      {match(R"({"payload":{"base":"nh","offset":0,"len":8}})", "1") + "," + kAccept, '?'},
      {match(R"({"fib":{"result":"oif","flags":["saddr"]}})", "false") + "," + kAccept, '?'},
      {match(kProtocol, R"("nosuchprotocol")") + "," + kAccept, '?'},
      {R"({"queue":{"num":0}})", '?'},
      {R"({"xt":{"type":"target","name":"FOO"}})", '?'},
      {R"({"xt":{"type":"match","name":"foo"}},)" + std::string(kAccept), '?'},
      {R"({"log":{"prefix":"x"}},{"mangle":{"key":{"meta":{"key":"mark"}},"value":1}},)" +
           std::string(kAccept),
       '+'},
      {match(R"({"&":[{"meta":{"key":"l4proto"}},1]})", "1") + "," + kAccept, '?'}};
  for (const auto& [statements, wanted] : cases) {
    const auto program = forward("drop", {statements});
    EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), wanted) << statements;
    EXPECT_EQ(program.widenings.empty(), wanted == '+') << statements;
    if (!statements.ends_with(kAccept)) continue;
    const std::string before = statements.substr(0, statements.size() - std::string(kAccept).size());
    EXPECT_EQ(decided(forward("accept", {before + kDrop}), "10.0.0.1", "10.1.0.1", kSsh),
              wanted == '+' ? '-' : '?')
        << statements;
  }
}

TEST(NftJson, notrackMakesStatesInexact) {
  const auto program = read({table("inet"), chain("inet", "raw", base("prerouting", "accept", -300)),
                             chain("inet", "f", base("forward", "accept")),
                             rule("inet", "raw", match(kTcpPort, "22") + R"(,{"notrack":null})"),
                             rule("inet", "f", match(kState, R"("new")", "in") + "," + kDrop)});
  EXPECT_EQ(decided(program, "10.0.0.1", "10.1.0.1", kSsh), '?');
}

TEST(NftJson, rewrites) {
  const auto program =
      read({table("ip"), chain("ip", "pre", base("prerouting", "accept", -100, "nat")),
            chain("ip", "post", base("postrouting", "accept", 100, "nat")),
            chain("ip", "f", base("forward", "accept")),
            rule("ip", "pre", match(kTcpPort, "80") + R"(,{"dnat":{"addr":"10.9.0.1","port":8080}})"),
            rule("ip", "pre", match(kTcpPort, "81") + R"(,{"redirect":{"port":3128}})"),
            rule("ip", "post", match(kOut, R"("wan")") + R"(,{"masquerade":null})"),
            rule("ip", "post", R"({"snat":{"addr":{"range":["10.8.0.1","10.8.0.4"]}}})")});
  ASSERT_TRUE(program.prerouting && program.postrouting);
  std::vector<const model::FilterRule*> rewrites;
  for (const auto& each : program.chains) {
    for (const auto& one : each.rules) {
      if (one.action == model::Action::rewrite) rewrites.push_back(&one);
    }
  }
  ASSERT_EQ(rewrites.size(), 3U);
  EXPECT_EQ(rewrites[0]->rewrite.destination->toString(), "10.9.0.1");
  EXPECT_EQ(rewrites[0]->rewrite.destinationPorts->first, 8080);
  EXPECT_EQ(*rewrites[1]->rewrite.source, space::AddressSet::all(space::Family::ipv4));
  EXPECT_EQ(rewrites[2]->rewrite.source->toString(), "10.8.0.1, 10.8.0.2/31, 10.8.0.4");
  EXPECT_EQ(program.widenings.size(), 1U);  // the redirect
}

TEST(NftJson, stampsIntoPacketsBecomeAnything) {
  const auto program = forward(
      "accept", {R"({"mangle":{"key":{"payload":{"protocol":"ip","field":"daddr"}},"value":"10.9.0.1"}})"});
  ASSERT_TRUE(program.prerouting);
  EXPECT_FALSE(program.postrouting);
  EXPECT_EQ(program.widenings.size(), 1U);
}

TEST(NftJson, mistakesWithTheirPlaces) {
  struct Case {
    std::string text;
    const char* said;
  };
  const std::vector<std::string> good{table("inet"), chain("inet", "forward", base("forward", "drop"))};
  auto with = [&](const std::string& entry) {
    std::vector<std::string> entries = good;
    entries.push_back(entry);
    return ruleset(entries);
  };
  const std::vector<Case> cases{
      {"", "nft.json:1:1: the text is not JSON"},
      {"{\"nftables\":[\n{]}", "nft.json:2:2: the text is not JSON"},
      {"[]", "nft.json:1:1: this is no ruleset of nft"},
      {R"({"nftables":[{"metainfo":{"json_schema_version":2}}]})",
       "nft.json:1:26: an unknown version of the JSON schema"},
      {with(R"({"rools":{}})"), "nft.json:4:1: nft lists no 'rools'"},
      {with(rule("inet", "nowhere", kDrop)), "nft.json:4:9: there is no chain 'nowhere' in table 't'"},
      {with(rule("inet", "forward", R"({"jump":{"target":"x"}})")), "there is no chain 'x' in table 't'"},
      {with(rule("inet", "forward", match(kSource, R"("@none")"))), "there is no set 'none' in table 't'"},
      {with(rule("inet", "forward", R"({"jump":{"target":"forward"}})")),
       "nft.json:4:9: chain 'forward' leads back to itself"},
      {with(rule("inet", "forward", "17")), "a statement is an object with one key"},
      {with(rule("inet", "forward", R"({"match":{"op":"=="}})")), "a match has 'op', 'left' and 'right'"},
      {with(R"({"rule":{"family":"inet","table":"t","chain":"forward"}})"),
       "nft.json:4:9: a rule has its statements in 'expr'"},
      {with(chain("inet", "forward")), "chain 'forward' twice"},
      {R"({"nftables":[],"nftables":[]})", "key 'nftables' twice"}};
  for (const Case& one : cases) {
    const auto program = importNftJson("nft.json", one.text);
    ASSERT_FALSE(program) << one.text;
    EXPECT_NE(inWords(program.error()).find(one.said), std::string::npos) << one.text << "\n"
                                                                          << inWords(program.error());
  }
  NftJsonOptions options;
  options.hook = "FORWARDS";
  const auto wrong = importNftJson("nft.json", ruleset(good), options);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().front().nearest, "forward");
}

TEST(NftJson, limits) {
  const std::string text =
      ruleset({table("inet"), chain("inet", "forward", base("forward", "drop")), chain("inet", "a"),
               chain("inet", "b"), rule("inet", "forward", R"({"jump":{"target":"a"}})"),
               rule("inet", "a", R"({"jump":{"target":"b"}})"),
               rule("inet", "b", match(kIn, R"({"set":["x","y","z"]})") + "," + kDrop)});
  auto refused = [&](auto change) {
    NftJsonOptions options;
    change(options.limits);
    const auto program = importNftJson("nft.json", text, options);
    return program ? std::string() : program.error().front().message;
  };
  EXPECT_EQ(refused([](NftJsonLimits&) {}), "");
  EXPECT_NE(refused([](NftJsonLimits& l) { l.bytes = 100; }), "");
  EXPECT_NE(refused([](NftJsonLimits& l) { l.depth = 4; }), "");
  EXPECT_NE(refused([](NftJsonLimits& l) { l.values = 20; }), "");
  EXPECT_NE(refused([](NftJsonLimits& l) { l.chains = 2; }), "");
  EXPECT_NE(refused([](NftJsonLimits& l) { l.rules = 4; }), "");
  EXPECT_NE(refused([](NftJsonLimits& l) { l.jumps = 1; }), "");
}

}  // namespace
}  // namespace vauban::import
