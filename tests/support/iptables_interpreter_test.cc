#include "tests/support/iptables_interpreter.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace vauban::tests {
namespace {

space::Address address(const std::string& text) {
  unsigned char bytes[16];
  const bool four = inet_pton(AF_INET, text.c_str(), bytes) == 1;
  if (!four && inet_pton(AF_INET6, text.c_str(), bytes) != 1) ADD_FAILURE() << text;
  space::Address result{four ? space::Family::ipv4 : space::Family::ipv6, 0};
  for (int i = 0; i < (four ? 4 : 16); ++i) result.value = result.value << 8 | bytes[i];
  return result;
}

ConcretePacket packet(const std::string& source, const std::string& destination, std::uint8_t protocol,
                      std::uint16_t sourcePort = 0, std::uint16_t destinationPort = 0) {
  return {.packet = {address(source), address(destination), {protocol, sourcePort, destinationPort}},
          .in = "eth0",
          .out = "eth1",
          .mac = "02:00:00:00:00:01"};
}

ConcretePacket tcp(std::uint16_t port) { return packet("192.0.2.1", "198.51.100.1", 6, 50000, port); }

Verdict walk(const std::string& rules, const ConcretePacket& p, bool answer = false) {
  return IptablesInterpreter("*filter\n" + rules + "COMMIT\n", "FORWARD")
      .decide(p, [answer](int, std::string_view) { return answer; });
}

// Whether a packet meets the matches.
bool meets(const std::string& matches, const ConcretePacket& p) {
  const Verdict verdict = walk("-A FORWARD " + matches + " -j DROP\n", p);
  EXPECT_FALSE(verdict.guessed) << matches;
  return verdict.decision == Decision::drop;
}

// The match that is asked about, "" if none is.
std::string asked(const std::string& matches, const ConcretePacket& p) {
  std::string names;
  IptablesInterpreter("*filter\n-A FORWARD " + matches + " -j DROP\n", "FORWARD")
      .decide(p, [&](int, std::string_view match) {
        names += match;
        return true;
      });
  return names;
}

TEST(IptablesInterpreterTest, FirstDecidingRuleWinsElseThePolicy) {
  const std::string rules =
      ":FORWARD DROP [0:0]\n"
      "-A FORWARD -p tcp --dport 22 -j LOG --log-prefix \"-j DROP \"\n"
      "-A FORWARD -p tcp --dport 22 -j ACCEPT\n"
      "-A FORWARD -p tcp --dport 22:23 -j REJECT --reject-with tcp-reset\n";
  EXPECT_EQ(walk(rules, tcp(22)).decision, Decision::accept);
  EXPECT_EQ(walk(rules, tcp(22)).line, 4);
  EXPECT_EQ(walk(rules, tcp(23)).decision, Decision::reject);
  EXPECT_EQ(walk(rules, tcp(24)).decision, Decision::drop);
  EXPECT_EQ(walk(rules, tcp(24)).line, 0);
  EXPECT_EQ(walk("", tcp(24)).decision, Decision::accept);
}

TEST(IptablesInterpreterTest, JumpsComeBackAndGotosDoNot) {
  const std::string chains =
      ":FORWARD ACCEPT [0:0]\n:a - [0:0]\n:b - [0:0]\n"
      "-A a -p tcp --dport 1 -j RETURN\n"
      "-A a -p tcp --dport 2 -g b\n"
      "-A a -p tcp --dport 3 -j b\n"
      "-A a -p tcp --dport 1:3 -j REJECT\n"
      "-A b -p tcp --dport 9 -j ACCEPT\n"
      "-A FORWARD -p tcp --dport 8 -g b\n"
      "-A FORWARD -j a\n"
      "-A FORWARD -p tcp --dport 4 -j RETURN\n"
      "-A FORWARD -j DROP\n";
  EXPECT_EQ(walk(chains, tcp(1)).line, 13);  // back in FORWARD
  EXPECT_EQ(walk(chains, tcp(2)).line, 13);  // the end of b leads past a
  EXPECT_EQ(walk(chains, tcp(3)).line, 8);   // the end of b leads back into a
  EXPECT_EQ(walk(chains, tcp(4)).line, 0);   // RETURN out of a chain of the kernel: the policy
  EXPECT_EQ(walk(chains, tcp(4)).decision, Decision::accept);
  EXPECT_EQ(walk(chains, tcp(8)).line, 0);
  EXPECT_EQ(walk(chains, tcp(8)).decision, Decision::accept);
}

TEST(IptablesInterpreterTest, UnknownTargetsAndLoopsAreNoDecision) {
  EXPECT_EQ(walk("-A FORWARD -j NFQUEUE --queue-num 1\n", tcp(1)).decision, Decision::unknown);
  EXPECT_EQ(walk("-A FORWARD -j nowhere\n", tcp(1)).decision, Decision::unknown);
  EXPECT_EQ(walk(":a - [0:0]\n-A a -j a\n-A FORWARD -j a\n", tcp(1)).decision, Decision::unknown);
}

TEST(IptablesInterpreterTest, Addresses) {
  EXPECT_TRUE(meets("-s 192.0.2.0/24", tcp(1)));
  EXPECT_TRUE(meets("-s 192.0.2.77/255.255.255.0", tcp(1)));
  EXPECT_TRUE(meets("-s 192/8", tcp(1)));
  EXPECT_TRUE(meets("--src 0/0", tcp(1)));
  EXPECT_TRUE(meets("-s 192.9.9.1/255.0.0.255", tcp(1)));  // a mask with a hole
  EXPECT_FALSE(meets("-s 192.0.2.0", tcp(1)));
  EXPECT_TRUE(meets("-d 203.0.113.0/24,198.51.100.0/31", tcp(1)));
  EXPECT_FALSE(meets("! -d 198.51.100.0/24", tcp(1)));
  EXPECT_FALSE(meets("-d ! 198.51.100.0/24", tcp(1)));
  EXPECT_TRUE(meets("-d ! 203.0.113.0/24", tcp(1)));
  const auto six = packet("2001:db8::1", "2001:db8:1::1", 6, 1, 1);
  EXPECT_TRUE(meets("-s 2001:db8::/48 ! -d 2001:db8::/48", six));
  EXPECT_TRUE(meets("-s ::/0", six));
  EXPECT_FALSE(meets("-s 2001:db8::/128", six));
  EXPECT_TRUE(meets("-m iprange --src-range 192.0.2.0-192.0.2.1", tcp(1)));
  EXPECT_FALSE(meets("-m iprange ! --dst-range 198.51.100.1-198.51.100.9", tcp(1)));
  EXPECT_EQ(asked("-d host.example", tcp(1)), "destination");
}

TEST(IptablesInterpreterTest, ProtocolsAndInterfaces) {
  EXPECT_TRUE(meets("-p TCP", tcp(1)));
  EXPECT_TRUE(meets("-p 6", tcp(1)));
  EXPECT_TRUE(meets("-p all", tcp(1)));
  EXPECT_FALSE(meets("! -p tcp", tcp(1)));
  EXPECT_TRUE(meets("-p ! udp", tcp(1)));
  EXPECT_TRUE(meets("-p gre", packet("192.0.2.1", "198.51.100.1", 47)));
  EXPECT_TRUE(meets("-p ipv6-icmp", packet("2001:db8::1", "2001:db8::2", 58, 0, 128)));
  EXPECT_TRUE(meets("-i eth+ -o eth1", tcp(1)));
  EXPECT_TRUE(meets("-i +", tcp(1)));
  EXPECT_FALSE(meets("-i eth", tcp(1)));
  EXPECT_FALSE(meets("! -i eth+", tcp(1)));
  EXPECT_TRUE(meets("-o ! eth0", tcp(1)));
}

TEST(IptablesInterpreterTest, Ports) {
  EXPECT_TRUE(meets("-p tcp -m tcp --dport http", tcp(80)));
  EXPECT_TRUE(meets("-p tcp --dport :80", tcp(0)));
  EXPECT_TRUE(meets("-p tcp --dport 80:", tcp(65535)));
  EXPECT_FALSE(meets("-p tcp --dport 80:", tcp(79)));
  EXPECT_TRUE(meets("-p tcp --source-port 49152:65535", tcp(79)));
  EXPECT_FALSE(meets("-p tcp ! --dport 80", tcp(80)));
  EXPECT_TRUE(meets("-p tcp --dport ! 80", tcp(81)));
  EXPECT_TRUE(meets("-p tcp -m multiport --dports 22,80:90,https", tcp(443)));
  EXPECT_TRUE(meets("-p tcp -m multiport --ports 50000", tcp(443)));
  EXPECT_FALSE(meets("-p tcp -m multiport ! --dports 22,443", tcp(443)));
  EXPECT_FALSE(meets("-m udp ! --dport 80", tcp(1)));  // a module stands for its protocol
  EXPECT_EQ(asked("-p tcp --dport no-such-service", tcp(1)), "dport");
}

TEST(IptablesInterpreterTest, TheFirstTcpPacketCarriesSynAlone) {
  EXPECT_TRUE(meets("-p tcp --syn", tcp(1)));
  EXPECT_FALSE(meets("-p tcp ! --syn", tcp(1)));
  EXPECT_TRUE(meets("-p tcp --tcp-flags FIN,SYN,RST,ACK SYN", tcp(1)));
  EXPECT_FALSE(meets("-p tcp ! --tcp-flags FIN,SYN,RST,ACK SYN", tcp(1)));
  EXPECT_TRUE(meets("-p tcp --tcp-flags ACK,RST NONE", tcp(1)));
  EXPECT_FALSE(meets("-p tcp --tcp-flags ALL NONE", tcp(1)));
  EXPECT_FALSE(meets("-f", tcp(1)));
  EXPECT_TRUE(meets("! -f", tcp(1)));
}

TEST(IptablesInterpreterTest, IcmpTypesAndCodes) {
  auto unreachable = packet("192.0.2.1", "198.51.100.1", 1, 0, 3);
  unreachable.icmpCode = 1;
  EXPECT_TRUE(meets("-p icmp -m icmp --icmp-type 3", unreachable));
  EXPECT_TRUE(meets("-p icmp --icmp-type host-unreachable", unreachable));
  EXPECT_TRUE(meets("-p icmp --icmp-type any", unreachable));
  EXPECT_FALSE(meets("-p icmp --icmp-type 3/4", unreachable));
  EXPECT_TRUE(meets("-p icmp ! --icmp-type 3/4", unreachable));
  EXPECT_FALSE(meets("-m icmp ! --icmp-type 8", tcp(1)));
  const auto solicitation = packet("2001:db8::1", "2001:db8::2", 58, 0, 135);
  EXPECT_TRUE(meets("-p ipv6-icmp -m icmp6 --icmpv6-type neighbour-solicitation", solicitation));
  EXPECT_FALSE(meets("-p icmpv6 --icmpv6-type 136", solicitation));
}

TEST(IptablesInterpreterTest, ConnectionStateIsNew) {
  EXPECT_TRUE(meets("-m state --state NEW,ESTABLISHED", tcp(1)));
  EXPECT_FALSE(meets("-m conntrack --ctstate RELATED,ESTABLISHED", tcp(1)));
  EXPECT_TRUE(meets("-m conntrack ! --ctstate INVALID", tcp(1)));
  EXPECT_TRUE(meets("-m conntrack --ctproto 6 --ctorigdstport 1 --ctdir ORIGINAL", tcp(1)));
  EXPECT_FALSE(meets("-m conntrack --ctproto 17 --ctorigdstport 1", tcp(1)));
  EXPECT_TRUE(meets("-m conntrack --ctorigdst 198.51.100.0/24 --ctorigsrc 192.0.2.1", tcp(1)));
  EXPECT_FALSE(meets("-m conntrack --ctdir REPLY", tcp(1)));
}

TEST(IptablesInterpreterTest, MacAddresses) {
  EXPECT_TRUE(meets("-m mac --mac-source 02:00:00:00:00:01", tcp(1)));
  EXPECT_FALSE(meets("-m mac ! --mac-source 02:00:00:00:00:01", tcp(1)));
  auto elsewhere = tcp(1);
  elsewhere.mac.clear();
  EXPECT_FALSE(meets("-m mac ! --mac-source 02:00:00:00:00:01", elsewhere));
}

TEST(IptablesInterpreterTest, AsksOnlyWhatAPacketCannotSay) {
  const std::string rules =
      "-A FORWARD -m limit --limit 1/sec -j LOG\n"
      "-A FORWARD -m mark ! --mark 0x1 -p tcp --dport 22 -m recent --update --seconds 60 -j DROP\n";
  EXPECT_FALSE(walk(rules, tcp(80)).guessed);
  EXPECT_TRUE(walk(rules, tcp(22)).guessed);
  EXPECT_EQ(walk(rules, tcp(22), false).decision, Decision::accept);
  EXPECT_EQ(walk(rules, tcp(22), true).decision, Decision::drop);
  EXPECT_EQ(asked("-p tcp --dport 22 -m addrtype --dst-type LOCAL -m policy --dir in --proto esp", tcp(22)),
            "addrtypepolicy");
  EXPECT_EQ(asked("-p tcp -m tcp --tcp-option 5", tcp(22)), "tcp");
  EXPECT_EQ(asked("-m physdev ! --physdev-is-bridged", tcp(22)), "physdev");
}

TEST(IptablesInterpreterTest, UnknownOptionsDoNotDesync) {
  EXPECT_EQ(asked("-m new --a 1 ! --b 2 3 -p tcp ! --dport 80", tcp(80)), "");
  EXPECT_EQ(asked("-m new --a 1 ! --b 2 3 -p tcp ! --dport 80", tcp(81)), "new");
  EXPECT_TRUE(meets("-m comment --comment \"say \\\"-j ACCEPT\\\" ! -p udp\" -p tcp", tcp(1)));
  EXPECT_TRUE(meets("-m comment --comment -p -p tcp", tcp(1)));
  EXPECT_TRUE(meets("-ptcp --dport=80", tcp(80)));
  // The target may stand before the matches.
  EXPECT_EQ(walk("-A FORWARD -j REJECT --reject-with x -p tcp --dport 80\n", tcp(81)).line, 0);
  EXPECT_EQ(walk("-A FORWARD -j REJECT --reject-with x -p tcp --dport 80\n", tcp(80)).line, 2);
}

TEST(IptablesInterpreterTest, HandEditedFiles) {
  const std::string text =
      "# rules\r\n"
      "-A INPUT -p tcp --dport 1 -j DROP\r\n"  // before any table: filter
      "*nat\r\n:INPUT DROP [0:0]\r\n-A INPUT -j DROP\r\nCOMMIT\r\n";
  const auto yes = [](int, std::string_view) { return true; };
  EXPECT_EQ(IptablesInterpreter(text, "INPUT").decide(tcp(1), yes).line, 2);
  EXPECT_EQ(IptablesInterpreter(text, "INPUT").decide(tcp(2), yes).decision, Decision::accept);

  EXPECT_EQ(walk("-A FORWARD -j DROP\n-I FORWARD -p tcp -j ACCEPT\n:FORWARD DROP\n", tcp(1)).line, 3);
  EXPECT_EQ(walk("-A FORWARD -p 6 -j DROP\n-I FORWARD 2 -p tcp -j ACCEPT\n", tcp(1)).line, 2);
  EXPECT_EQ(walk("[3:180] -A FORWARD -j DROP\n", tcp(1)).line, 2);
  EXPECT_EQ(walk("iptables -t nat -A FORWARD -j DROP\niptables -A FORWARD -j REJECT # all\n", tcp(1)).line,
            3);
  EXPECT_EQ(walk("-A FORWARD -j DROP\n-D FORWARD -j DROP\n-P FORWARD ACCEPT\n", tcp(1)).line, 0);
  EXPECT_EQ(IptablesInterpreter("*filter\nnonsense\n", "FORWARD").oddLines(), std::vector<int>{2});
  EXPECT_EQ(interpretIptables("-A OUTPUT -m owner --uid-owner 0 -j DROP\n", "OUTPUT", tcp(1)),
            Decision::accept);
}

TEST(IptablesInterpreterTest, LinesWrappedByATerminalAreReadAsGuesses) {
  std::string cut = "-A FORWARD -s 192.0.2.0/24 -m comment --comment ";
  cut.resize(74, 'x');
  cut += " -j DR" + std::string(60, ' ') + "OP\n";
  EXPECT_EQ(walk(cut, tcp(1)).decision, Decision::drop);
  EXPECT_TRUE(walk(cut, tcp(1)).guessed);
}

}  // namespace
}  // namespace vauban::tests
