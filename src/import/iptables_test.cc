#include "import/iptables.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/program_decider.h"

namespace vauban::import {
namespace {

using model::Action;
using model::FilterProgram;
using space::Address;
using space::AddressRange;
using space::AddressSet;
using space::Family;
using space::Packet;
using space::ServiceSet;

std::string messages(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += d.place.toString() + ": " + d.message + "\n";
  return text;
}

FilterProgram program(const std::string& text, const std::string& chain = "FORWARD",
                      std::optional<Family> family = std::nullopt) {
  IptablesOptions options;
  options.chain = chain;
  options.family = family;
  auto read = importIptables("f", text, options);
  if (!read) {
    ADD_FAILURE() << messages(read.error()) << text;
    return FilterProgram{{model::Chain{}}, model::ChainId(0), {}, {}, {}, {}, {}, {}, {}, {}, {}};
  }
  return *read;
}

// Rules of the chain FORWARD of a filter that drops the rest.
FilterProgram rules(const std::string& lines, std::optional<Family> family = std::nullopt) {
  return program("*filter\n:FORWARD DROP [0:0]\n" + lines + "\nCOMMIT\n", "FORWARD", family);
}

// The one rule that a line becomes.
model::FilterRule rule(const std::string& line, std::optional<Family> family = std::nullopt) {
  const FilterProgram read = rules(line, family);
  const auto& list = read.chains[read.entry.index()].rules;
  EXPECT_EQ(list.size(), 1U) << line;
  return list.empty() ? model::FilterRule{} : list.front();
}

ServiceSet tcp(std::uint16_t first, std::uint16_t last) {
  return ServiceSet::ports(space::kTcp, {first, last});
}
AddressSet set(const std::string& text) { return AddressSet(*AddressRange::parse(text)); }

Packet packet(const std::string& from, const std::string& to, std::uint8_t protocol, std::uint16_t port) {
  const std::uint16_t source = space::hasPorts(protocol) ? 40000 : 0;
  return {*Address::parse(from), *Address::parse(to), {protocol, source, port}};
}

std::string refusal(const std::string& text, const std::string& chain = "FORWARD") {
  IptablesOptions options;
  options.chain = chain;
  const auto read = importIptables("f", text, options);
  return read ? "accepted" : messages(read.error());
}
std::string ruleRefusal(const std::string& line) { return refusal("*filter\n" + line + "\nCOMMIT\n"); }

TEST(Iptables, addresses) {
  EXPECT_EQ(rule("-A FORWARD -s 10.1.2.3/8 -d 192.168.0.1 -j ACCEPT").source, set("10.0.0.0/8"));
  EXPECT_EQ(rule("-A FORWARD -s 10.1.2.3/8 -d 192.168.0.1 -j ACCEPT").destination, set("192.168.0.1"));
  EXPECT_EQ(rule("-A FORWARD --src 10.0.0.0/255.0.0.0 -j ACCEPT").source, set("10.0.0.0/8"));
  EXPECT_EQ(rule("-A FORWARD -s 10.1/16 -j ACCEPT").source, set("10.1.0.0/16"));
  EXPECT_EQ(rule("-A FORWARD -s 10.0.0.1,10.0.0.5 -j ACCEPT").source, set("10.0.0.1") | set("10.0.0.5"));
  const AddressSet others = AddressSet::all(Family::ipv4) - set("10.0.0.0/8");
  EXPECT_EQ(rule("-A FORWARD ! -s 10.0.0.0/8 -j ACCEPT").source, others);
  EXPECT_EQ(rule("-A FORWARD -d ! 10.0.0.0/8 -j ACCEPT").destination, others);
  EXPECT_EQ(rule("-A FORWARD -m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT").source,
            set("10.0.0.1-10.0.0.9"));
  EXPECT_EQ(rule("-A FORWARD -m iprange ! --dst-range 10.0.0.0-10.255.255.255 -j ACCEPT").destination,
            others);
  EXPECT_EQ(rule("-A FORWARD -s 2001:db8::/32 -j ACCEPT").source, set("2001:db8::/32"));
  const auto masked = rule("-A FORWARD -s 10.0.0.1/255.0.0.255 -j ACCEPT");
  EXPECT_FALSE(masked.exact);
  EXPECT_EQ(masked.source, set("10.0.0.0/8"));
  const auto named = rule("-A FORWARD -s ntp.example.org -j ACCEPT");
  EXPECT_FALSE(named.exact);
  EXPECT_EQ(named.source, AddressSet::all(Family::ipv4));
}

TEST(Iptables, interfaces) {
  const auto read = rule("-A FORWARD -i eth0 ! -o tun+ -j ACCEPT");
  EXPECT_EQ(read.in->pattern, "eth0");
  EXPECT_FALSE(read.in->negated);
  EXPECT_EQ(read.out->pattern, "tun+");
  EXPECT_TRUE(read.out->negated);
  EXPECT_TRUE(read.exact);
}

TEST(Iptables, protocolsAndPorts) {
  EXPECT_EQ(rule("-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT").services, tcp(80, 80));
  EXPECT_EQ(rule("-A FORWARD -p 6 --dport 80:90 -j ACCEPT").services, tcp(80, 90));
  EXPECT_EQ(rule("-A FORWARD -p tcp --dport :90 -j ACCEPT").services, tcp(0, 90));
  EXPECT_EQ(rule("-A FORWARD -p tcp --dport https -j ACCEPT").services, tcp(443, 443));
  EXPECT_EQ(rule("-A FORWARD -p tcp ! --dport 80 -j ACCEPT").services, ServiceSet::protocol(6) - tcp(80, 80));
  EXPECT_EQ(rule("-A FORWARD -p tcp --dport=80 -j ACCEPT").services, tcp(80, 80));
  EXPECT_EQ(rule("-A FORWARD -p udp --sport 53 -j ACCEPT").services, ServiceSet::ports(17, {53, 53}, {}));
  EXPECT_EQ(rule("-A FORWARD -p sctp -m sctp --dport 36412 -j ACCEPT").services,
            ServiceSet::ports(132, {36412, 36412}));
  EXPECT_EQ(rule("-A FORWARD ! -p tcp -j ACCEPT").services, ~ServiceSet::protocol(6));
  EXPECT_EQ(rule("-A FORWARD -p gre -j ACCEPT").services, ServiceSet::protocol(47));
  EXPECT_EQ(rule("-A FORWARD -p all -j ACCEPT").services, ServiceSet::all());
  EXPECT_EQ(rule("-A FORWARD -p tcp -m multiport --dports 22,80:90 -j ACCEPT").services,
            tcp(22, 22) | tcp(80, 90));
  EXPECT_EQ(rule("-A FORWARD -p tcp -m multiport --ports 22 -j ACCEPT").services,
            tcp(22, 22) | ServiceSet::ports(6, {22, 22}, {}));
  EXPECT_EQ(rule("-A FORWARD -p tcp -m multiport ! --sports 22,23 -j ACCEPT").services,
            ServiceSet::protocol(6) - ServiceSet::ports(6, {22, 23}, {}));
  EXPECT_FALSE(rule("-A FORWARD -p tcp --dport 90:80 -j ACCEPT").exact);
  EXPECT_NE(ruleRefusal("-A FORWARD --dport 80 -j ACCEPT").find("f:2:20"), std::string::npos);
  EXPECT_NE(
      ruleRefusal("-A FORWARD -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 -j ACCEPT")
          .find("at most 15"),
      std::string::npos);
}

TEST(Iptables, icmp) {
  EXPECT_EQ(rule("-A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT").services, ServiceSet::icmp(1, 8, 8));
  EXPECT_EQ(rule("-A FORWARD -p icmp --icmp-type echo-request -j ACCEPT").services,
            ServiceSet::icmp(1, 8, 8));
  EXPECT_EQ(rule("-A FORWARD -p icmp --icmp-type any -j ACCEPT").services, ServiceSet::protocol(1));
  EXPECT_EQ(rule("-A FORWARD -p icmp ! --icmp-type 8 -j ACCEPT").services,
            ServiceSet::protocol(1) - ServiceSet::icmp(1, 8, 8));
  const auto coded = rule("-A FORWARD -p icmp --icmp-type 3/4 -j ACCEPT");
  EXPECT_EQ(coded.services, ServiceSet::icmp(1, 3, 3));
  EXPECT_FALSE(coded.exact);
  EXPECT_EQ(rule("-A FORWARD -p icmp ! --icmp-type fragmentation-needed -j ACCEPT").services,
            ServiceSet::protocol(1));
  const auto v6 = rules("-A FORWARD -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT");
  EXPECT_EQ(v6.families, std::vector{Family::ipv6});
  EXPECT_EQ(v6.chains[0].rules[0].services, ServiceSet::icmp(58, 128, 128));
}

TEST(Iptables, tcpFlags) {
  EXPECT_TRUE(rule("-A FORWARD -p tcp --syn -j ACCEPT").exact);
  EXPECT_EQ(rule("-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT").services,
            ServiceSet::protocol(6));
  EXPECT_FALSE(rule("-A FORWARD -p tcp -m tcp --tcp-flags ALL SYN -j DROP").exact);
  // Scans bear what no opening packet does.
  for (const char* flags : {"ALL NONE", "ALL ALL", "SYN,FIN SYN,FIN", "ALL FIN,URG,PSH"}) {
    const auto read = rules(std::string("-A FORWARD -p tcp --tcp-flags ") + flags + " -j DROP");
    EXPECT_TRUE(read.chains[0].rules.empty()) << flags;
    EXPECT_TRUE(read.widenings.empty()) << flags;
  }
  const auto replies = rules("-A FORWARD -p tcp ! --syn -j ACCEPT");
  EXPECT_TRUE(replies.chains[0].rules.empty());
  ASSERT_EQ(replies.widenings.size(), 1U);
  EXPECT_EQ(replies.widenings[0].place.line, 3U);
  EXPECT_EQ(replies.established, true);
}

TEST(Iptables, matchesThatPacketsHereDoNotDecide) {
  for (const char* match : {"-m mac --mac-source 00:11:22:33:44:55",
                            "-m limit --limit 3/min --limit-burst 10",
                            "-m recent --rcheck --name x",
                            "-m owner --uid-owner 1000",
                            "-m mark --mark 0x1/0xff",
                            "-m set --match-set bad src",
                            "-m addrtype --dst-type LOCAL",
                            "-m pkttype --pkt-type broadcast",
                            "-m policy --dir in --pol ipsec",
                            "-m rpfilter --invert",
                            "-m hl --hl-eq 255",
                            "-m connlimit --connlimit-above 3",
                            "-m hashlimit --hashlimit-above 1/sec --hashlimit-mode srcip --hashlimit-name x",
                            "-m string --string \"-j DROP\" --algo bm",
                            "-m u32 --u32 \"6&0xFF=1\"",
                            "-m time --timestart 09:00",
                            "-f",
                            "-m quantum --spin up down",
                            "-m conntrack --ctstatus CONFIRMED",
                            "-m physdev --physdev-is-bridged",
                            "-m helper --helper ftp",
                            "-m ttl ! --ttl-lt 3"}) {
    const auto read = rules(std::string("-A FORWARD -s 10.0.0.0/8 ") + match + " -j ACCEPT");
    ASSERT_EQ(read.chains[0].rules.size(), 1U) << match;
    EXPECT_FALSE(read.chains[0].rules[0].exact) << match;
    EXPECT_EQ(read.chains[0].rules[0].source, set("10.0.0.0/8")) << match;
    ASSERT_EQ(read.widenings.size(), 1U) << match;
    EXPECT_EQ(read.widenings[0].place.line, 3U);
  }
  EXPECT_TRUE(rule("-A FORWARD -m comment --comment \"-s ! everything # fine\" -j ACCEPT").exact);
  EXPECT_TRUE(rule("-A FORWARD -m recent --set --name x --rsource -j ACCEPT").exact);
}

TEST(Iptables, states) {
  const auto stateful = rules(
      "-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
      "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n"
      "-A FORWARD -p tcp -m state --state NEW -j ACCEPT");
  ASSERT_EQ(stateful.chains[0].rules.size(), 1U);
  EXPECT_TRUE(stateful.chains[0].rules[0].exact);
  EXPECT_EQ(stateful.established, true);
  EXPECT_EQ(stateful.establishedPlace.line, 3U);
  EXPECT_EQ(stateful.related, model::Related::all);
  EXPECT_EQ(stateful.relatedPlace.line, 3U);
  EXPECT_TRUE(stateful.widenings.empty());

  const auto onlyEstablished = rules("-A FORWARD -m state --state ESTABLISHED -j ACCEPT");
  EXPECT_EQ(onlyEstablished.related, model::Related::none);
  const auto stateless = rules("-A FORWARD -s 10.0.0.0/8 -j ACCEPT");
  EXPECT_EQ(stateless.established, std::nullopt);
  EXPECT_EQ(stateless.related, model::Related::none);
  // Dropping what is new and accepting the rest lets everything else pass.
  const auto spared =
      rules("-A FORWARD -m state ! --state RELATED,ESTABLISHED -j DROP\n-A FORWARD -j ACCEPT");
  EXPECT_EQ(spared.established, true);
  EXPECT_EQ(spared.related, model::Related::all);
  EXPECT_FALSE(tests::decideByProgram(spared, packet("10.0.0.1", "10.0.0.2", 6, 80), "a", "b").mayAccept);
  // ICMP errors that answer nothing are INVALID: a drop of NEW spares them.
  const auto sparedNew = rules("-A FORWARD -m state --state NEW -j DROP\n-A FORWARD -j ACCEPT");
  EXPECT_TRUE(tests::decideByProgram(sparedNew, packet("10.0.0.1", "10.0.0.2", 1, 3), "a", "b").mayAccept);
  EXPECT_FALSE(tests::decideByProgram(sparedNew, packet("10.0.0.1", "10.0.0.2", 1, 8), "a", "b").mayAccept);
  EXPECT_FALSE(tests::decideByProgram(sparedNew, packet("10.0.0.1", "10.0.0.2", 6, 80), "a", "b").mayAccept);
}

TEST(Iptables, untracked) {
  const std::string raw =
      "*raw\n:PREROUTING ACCEPT\n-A PREROUTING -i eth1 -p udp --dport 53 -j NOTRACK\n"
      "-A PREROUTING -d 10.0.0.9 -j CT --notrack\nCOMMIT\n*filter\n:FORWARD DROP\n";
  const auto read =
      program(raw + "-A FORWARD -m state --state RELATED,ESTABLISHED,UNTRACKED -j ACCEPT\nCOMMIT\n");
  auto may = [&](const FilterProgram& p, std::uint8_t protocol, std::uint16_t port, const char* to) {
    const auto decided = tests::decideByProgram(p, packet("10.0.0.1", to, protocol, port), "eth1", "eth0");
    return std::pair(decided.mayAccept, decided.mustAccept);
  };
  EXPECT_EQ(may(read, 17, 53, "10.0.0.2"), std::pair(true, false));
  EXPECT_EQ(may(read, 6, 80, "10.0.0.9"), std::pair(true, false));
  EXPECT_EQ(may(read, 6, 80, "10.0.0.2"), std::pair(false, false));
  const std::string udp =
      "*raw\n-A PREROUTING -i eth1 -p udp --dport 53 -j NOTRACK\nCOMMIT\n*filter\n:FORWARD DROP\n";
  const auto fresh = program(udp + "-A FORWARD -m state --state NEW -j ACCEPT\nCOMMIT\n");
  EXPECT_EQ(may(fresh, 17, 53, "10.0.0.2"), std::pair(true, false));
  EXPECT_EQ(may(fresh, 6, 80, "10.0.0.2"), std::pair(true, true));
  const auto shut = program(udp + "-A FORWARD -m state --state NEW -j DROP\n-A FORWARD -j ACCEPT\nCOMMIT\n");
  EXPECT_EQ(may(shut, 17, 53, "10.0.0.2"), std::pair(true, false));
  EXPECT_EQ(may(shut, 6, 80, "10.0.0.2"), std::pair(false, false));
  // Where addresses decide what is exempt, a rule on states is inexact as a whole.
  const auto whole = program(raw + "-A FORWARD -m state --state NEW -j DROP\n-A FORWARD -j ACCEPT\nCOMMIT\n");
  EXPECT_EQ(may(whole, 6, 80, "10.0.0.9"), std::pair(true, false));
}

TEST(Iptables, conntrackFields) {
  EXPECT_EQ(rule("-A FORWARD -m conntrack --ctproto 6 --ctorigdst 10.0.0.1 -j ACCEPT").services,
            ServiceSet::protocol(6));
  EXPECT_EQ(rule("-A FORWARD -m conntrack --ctproto 6 --ctorigdst 10.0.0.1 -j ACCEPT").destination,
            set("10.0.0.1"));
  const auto ports = rule(
      "-A FORWARD -m conntrack --ctstate NEW --ctproto 6 --ctorigsrcport 22 --ctorigdstport 80:90 -j ACCEPT");
  EXPECT_EQ(ports.services, ServiceSet::ports(6, {22, 22}, {80, 90}));
  EXPECT_TRUE(ports.exact);
  EXPECT_TRUE(rule("-A FORWARD -m conntrack --ctdir ORIGINAL -j ACCEPT").exact);
  EXPECT_TRUE(rules("-A FORWARD -m conntrack --ctdir REPLY -j ACCEPT").chains[0].rules.empty());
  const auto rewritten = program(
      "*nat\n-A PREROUTING -j DNAT --to-destination 10.0.0.9\nCOMMIT\n*filter\n:FORWARD DROP\n"
      "-A FORWARD -m conntrack --ctorigdst 10.0.0.1 -j ACCEPT\nCOMMIT\n");
  EXPECT_FALSE(rewritten.chains[0].rules[0].exact);
  EXPECT_EQ(rewritten.chains[0].rules[0].destination, AddressSet::all(Family::ipv4));
  EXPECT_FALSE(rule("-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT").exact);
}

TEST(Iptables, targets) {
  EXPECT_EQ(rule("-A FORWARD -j ACCEPT").action, Action::accept);
  EXPECT_EQ(rule("-A FORWARD -j DROP").action, Action::drop);
  EXPECT_EQ(rule("-A FORWARD -j REJECT --reject-with icmp-port-unreachable").action, Action::reject);
  EXPECT_EQ(rule("-A FORWARD -j RETURN").action, Action::doReturn);
  for (const char* target :
       {"LOG --log-prefix \"-A weird\" --log-level 4", "NFLOG --nflog-group 1",
        "MARK --set-xmark 0x1/0xffffffff", "CONNMARK --save-mark --nfmask 0xff --ctmask 0xff",
        "TCPMSS --clamp-mss-to-pmtu", "CHECKSUM --checksum-fill", "TRACE", "CT --helper ftp",
        "CLASSIFY --set-class 1:2"}) {
    const auto read = rules(std::string("-A FORWARD -j ") + target);
    EXPECT_TRUE(read.chains[0].rules.empty()) << target;
    EXPECT_TRUE(read.widenings.empty()) << target;
  }
  EXPECT_TRUE(rules("-A FORWARD -s 10.0.0.0/8").chains[0].rules.empty());
  for (const char* target : {"QUEUE", "NFQUEUE --queue-num 1 --queue-bypass", "FROBNICATE --set 1"}) {
    const auto read = rules(std::string("-A FORWARD -j ") + target);
    ASSERT_EQ(read.chains[0].rules.size(), 1U) << target;
    EXPECT_EQ(read.chains[0].rules[0].action, Action::accept);
    EXPECT_FALSE(read.chains[0].rules[0].exact);
    EXPECT_EQ(read.widenings.size(), 1U);
  }
}

TEST(Iptables, userChains) {
  const auto read = rules(
      ":web - [0:0]\n:unused - [0:0]\n-A FORWARD -p tcp -j web\n-A FORWARD -g web\n"
      "-A web -p tcp --dport 80 -j ACCEPT\n-A web -j RETURN\n-A unused -m limit --limit 1/s -j ACCEPT");
  ASSERT_EQ(read.chains.size(), 2U);
  EXPECT_EQ(read.chains[0].policy, Action::drop);
  EXPECT_EQ(read.chains[1].name, "web");
  EXPECT_EQ(read.chains[1].policy, std::nullopt);
  EXPECT_EQ(read.chains[0].rules[0].action, Action::jump);
  EXPECT_EQ(read.chains[0].rules[0].chain, model::ChainId(1));
  EXPECT_EQ(read.chains[0].rules[1].action, Action::goTo);
  EXPECT_TRUE(read.widenings.empty());  // what cannot be reached is not ours
}

TEST(Iptables, handMadeFiles) {
  const auto read = program(
      "\xEF\xBB\xBF# mine\r\n*filter\r\n-A FORWARD -j mine # now\r\n:mine -\r\n"
      "[12:345] -A mine -s 10.0.0.1 -j ACCEPT\r\n-I mine -s 10.0.0.2 -j DROP\r\n"
      "-I mine 2 -s 10.0.0.3 -j DROP\r\n-N late\r\n-P FORWARD DROP\r\nCOMMIT\r\n");
  ASSERT_EQ(read.chains.size(), 2U);
  ASSERT_EQ(read.chains[1].rules.size(), 3U);
  EXPECT_EQ(read.chains[1].rules[0].source, set("10.0.0.2"));
  EXPECT_EQ(read.chains[1].rules[1].source, set("10.0.0.3"));
  EXPECT_EQ(read.chains[1].rules[2].source, set("10.0.0.1"));
  EXPECT_EQ(read.chains[1].rules[2].place, (Place{"f", 5, 10}));
  EXPECT_EQ(read.chains[1].rules[2].text, "-A mine -s 10.0.0.1 -j ACCEPT");
  EXPECT_EQ(read.chains[0].policy, Action::drop);
  // Without a policy the kernel's own holds, and the user hears of it.
  const auto open = program("*filter\n-A INPUT -j DROP\nCOMMIT\n");
  EXPECT_EQ(open.chains[0].policy, Action::accept);
  EXPECT_EQ(open.widenings.size(), 1U);
  const auto prompted = program("root@fw # cat rules\n*filter\n:FORWARD DROP\nCOMMIT\n");
  ASSERT_EQ(prompted.widenings.size(), 1U);
  EXPECT_EQ(prompted.widenings[0].place.line, 1U);
}

TEST(Iptables, nat) {
  const auto read = program(
      "*nat\n:PREROUTING ACCEPT\n:POSTROUTING ACCEPT\n"
      "-A PREROUTING -d 198.51.100.1 -p tcp --dport 443 -j DNAT --to-destination "
      "10.0.0.1-10.0.0.4:8443-8444\n"
      "-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128\n"
      "-A POSTROUTING -o eth0 -j MASQUERADE\n"
      "-A POSTROUTING -s 10.0.0.0/8 -j SNAT --to-source 198.51.100.1\n"
      "-A POSTROUTING -s 10.1.0.0/16 -j NETMAP --to 198.51.100.0/28\nCOMMIT\n"
      "*filter\n:FORWARD DROP\nCOMMIT\n");
  ASSERT_TRUE(read.prerouting && read.postrouting);
  const auto& pre = read.chains[read.prerouting->index()];
  EXPECT_EQ(pre.name, "nat:PREROUTING");
  EXPECT_EQ(pre.policy, Action::accept);
  ASSERT_EQ(pre.rules.size(), 2U);
  EXPECT_EQ(pre.rules[0].action, Action::rewrite);
  EXPECT_EQ(pre.rules[0].rewrite.destination, set("10.0.0.1-10.0.0.4"));
  EXPECT_EQ(pre.rules[0].rewrite.destinationPorts, (space::PortRange{8443, 8444}));
  EXPECT_EQ(pre.rules[1].action, Action::accept);
  const auto& post = read.chains[read.postrouting->index()];
  ASSERT_EQ(post.rules.size(), 3U);
  EXPECT_EQ(post.rules[0].rewrite.source, AddressSet::all(Family::ipv4));
  EXPECT_EQ(post.rules[1].rewrite.source, set("198.51.100.1"));
  EXPECT_EQ(post.rules[1].rewrite.sourcePorts, space::PortRange{});
  EXPECT_EQ(post.rules[2].rewrite.source, set("198.51.100.0/28"));
  EXPECT_EQ(post.rules[2].rewrite.destination, std::nullopt);
  const auto v6 =
      program("*nat\n-A PREROUTING -d 2001:db8::1 -p tcp -j DNAT --to-destination [fd00::1]:80\nCOMMIT\n");
  EXPECT_EQ(v6.chains[v6.prerouting->index()].rules[0].rewrite.destination, set("fd00::1"));
  EXPECT_EQ(v6.chains[v6.prerouting->index()].rules[0].rewrite.destinationPorts, (space::PortRange{80, 80}));
  EXPECT_FALSE(program("*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j LOG\nCOMMIT\n").prerouting);
}

TEST(Iptables, dropsOfOtherTablesAreListed) {
  const auto read = program(
      "*mangle\n:PREROUTING ACCEPT\n-A PREROUTING -s 10.0.0.1 -j DROP\nCOMMIT\n"
      "*raw\n:PREROUTING DROP\nCOMMIT\n*filter\n:FORWARD ACCEPT\nCOMMIT\n");
  EXPECT_TRUE(read.chains[0].rules.empty());
  ASSERT_EQ(read.widenings.size(), 2U);
  EXPECT_EQ(read.widenings[0].place.line, 3U);
}

TEST(Iptables, mistakes) {
  const struct {
    const char* line;
    const char* place;
    const char* message;
  } cases[] = {
      {"-A FORWARD -s 10.0.0.300 -j ACCEPT", "f:2:15", "is no address"},
      {"-A FORWARD -s 10.0.0.0/33 -j ACCEPT", "f:2:15", "is no address"},
      {"-A FORWARD -j nowhere", "f:2:15", "no chain or target 'nowhere'"},
      {"-A FORWARD -g ACCEPT", "f:2:15", "no chain 'ACCEPT'"},
      {"-A FORWARD -p tcpp -j DROP", "f:2:15", "no protocol"},
      {"-A FORWARD -p tcp --dport 70000 -j DROP", "f:2:27", "no port"},
      {"-A FORWARD -dport 80 -j DROP", "f:2:12", "no option of iptables"},
      {"-A FORWARD ACCEPT", "f:2:12", "no option"},
      {"-A FORWARD -s", "f:2:12", "without its argument"},
      {"-A FORWARD ! -j", "f:2:14", "without its argument"},
      {"-A FORWARD -j LOG --log-prefix \"open", "f:2:32", "does not end"},
      {"-A FORWARD -m state --state FRESH -j DROP", "f:2:29", "no connection state"},
      {"-A FORWARD -p tcp --tcp-flags SYN,XYZ SYN -j DROP", "f:2:31", "no TCP flags"},
      {"-A FORWARD -p icmp --icmp-type nothing -j DROP", "f:2:32", "no ICMP message"},
      {"-A FORWARD -j ACCEPT -j DROP", "f:2:22", "one -j"},
      {"-A", "f:2:1", "without a chain"},
      {"-D FORWARD -j DROP", "f:2:1", "not a command"},
      {":FORWARD MAYBE", "f:2:10", "no policy"},
      {"what is this", "f:2:1", "neither a rule"},
      {"[1:x] -A FORWARD -j DROP", "f:2:1", "counters"},
      {"-A FORWARD -s 10.0.0.1 -d 2001:db8::1 -j DROP", "f:2:27", "IPv4"},
      {"-A FORWARD -j DNAT", "f:2:15", "nothing to rewrite to"},
  };
  for (const auto& c : cases) {
    const std::string refused = ruleRefusal(c.line);
    EXPECT_TRUE(refused.starts_with(c.place)) << c.line << "\n" << refused;
    EXPECT_NE(refused.find(c.message), std::string::npos) << c.line << "\n" << refused;
  }
  // All mistakes of a file at once.
  EXPECT_EQ(std::ranges::count(ruleRefusal("-A FORWARD -s x..y -j DROP\n-A FORWARD -j here"), '\n'), 2);
  EXPECT_NE(refusal("*filter\nCOMMIT\n*filter\nCOMMIT\n").find("twice"), std::string::npos);
  EXPECT_NE(refusal("*filter\nCOMMIT\n-A FORWARD -j DROP\n").find("after COMMIT"), std::string::npos);
  EXPECT_NE(refusal("no rules at all\n").find("no table"), std::string::npos);
  EXPECT_NE(refusal("*filter\nCOMMIT\n", "FORWRD").find("no chain"), std::string::npos);
  EXPECT_NE(
      refusal("*filter\n:a -\n:b -\n-A FORWARD -j a\n-A a -j b\n-A b -j a\nCOMMIT\n").find("leads back"),
      std::string::npos);
  EXPECT_NE(refusal("*filter\n:a -\n-A a -j a\nCOMMIT\n").find("f:3:9"), std::string::npos);
}

TEST(Iptables, limits) {
  auto refused = [](const std::string& text, auto set) {
    IptablesOptions options;
    set(options.limits);
    const auto read = importIptables("f", text, options);
    return read ? std::string("accepted") : messages(read.error());
  };
  const std::string two = "*filter\n-A FORWARD -j DROP\n-A FORWARD -j DROP\n-A INPUT -j DROP\nCOMMIT\n";
  EXPECT_NE(refused(two, [](auto& l) { l.rules = 1; }).find("more than 1 rules"), std::string::npos);
  EXPECT_NE(refused(two, [](auto& l) { l.chains = 1; }).find("more than 1 chains"), std::string::npos);
  EXPECT_NE(refused(two, [](auto& l) { l.bytes = 10; }).find("more than 10 bytes"), std::string::npos);
  EXPECT_NE(refused(two, [](auto& l) { l.lineBytes = 10; }).find("more than 10 bytes"), std::string::npos);
  std::string deep = "*filter\n";
  for (int i = 0; i < 600; ++i) deep += ":c" + std::to_string(i) + " -\n";
  for (int i = 0; i < 599; ++i) deep += "-A c" + std::to_string(i) + " -j c" + std::to_string(i + 1) + "\n";
  EXPECT_NE(refused(deep + "COMMIT\n", [](auto&) {}).find("nested"), std::string::npos);
  EXPECT_EQ(refused(deep + "COMMIT\n", [](auto& l) { l.depth = 700; }), "accepted");
}

}  // namespace
}  // namespace vauban::import
