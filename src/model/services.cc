#include <algorithm>
#include <initializer_list>

#include "model/model_reader.h"
#include "model/service_words.h"

namespace vauban::model {
namespace {

using space::kTcp;
using space::kUdp;
using space::ServiceSet;

ServiceSet tcp(std::initializer_list<std::uint16_t> ports) {
  ServiceSet set;
  for (const auto port : ports) set |= ServiceSet::ports(kTcp, {port, port});
  return set;
}

ServiceSet udp(std::initializer_list<std::uint16_t> ports) {
  ServiceSet set;
  for (const auto port : ports) set |= ServiceSet::ports(kUdp, {port, port});
  return set;
}

ServiceSet both(std::uint16_t port) { return tcp({port}) | udp({port}); }

// "IANA" is the Service Name and Transport Protocol Port Number Registry (RFC 6335).
std::vector<BuiltInService> table() {
  return {
      {"any", ServiceSet::all(), "every packet"},
      {"tcp", ServiceSet::protocol(kTcp), "RFC 9293"},
      {"udp", ServiceSet::protocol(kUdp), "RFC 768"},
      {"sctp", ServiceSet::protocol(space::kSctp), "RFC 9260"},
      {"dccp", ServiceSet::protocol(space::kDccp), "RFC 4340"},
      {"udplite", ServiceSet::protocol(space::kUdpLite), "RFC 3828"},
      {"icmp", ServiceSet::protocol(space::kIcmp) | ServiceSet::protocol(space::kIcmpV6),
       "RFC 792, RFC 4443"},
      {"ping", icmpOfName("echo").value(), "RFC 792, RFC 4443 section 4.1"},
      {"echo", icmpOfName("echo").value(), "RFC 792, RFC 4443 section 4.1"},
      {"gre", ServiceSet::protocol(47), "RFC 2784"},
      {"esp", ServiceSet::protocol(50), "RFC 4303"},
      {"ah", ServiceSet::protocol(51), "RFC 4302"},
      {"ospf", ServiceSet::protocol(89), "RFC 2328"},
      {"vrrp", ServiceSet::protocol(112), "RFC 9568"},
      {"bgp", tcp({179}), "RFC 4271"},

      {"dns", both(53), "RFC 1035 section 4.2"},
      {"dot", tcp({853}), "RFC 7858"},
      {"doq", udp({853}), "RFC 9250"},
      {"mdns", udp({5353}), "RFC 6762"},
      {"llmnr", both(5355), "RFC 4795"},
      {"ntp", udp({123}), "RFC 5905"},
      {"nts-ke", tcp({4460}), "RFC 8915"},
      {"dhcp", udp({67, 68}), "RFC 2131"},
      {"dhcpv6", udp({546, 547}), "RFC 8415"},

      {"http", tcp({80}), "RFC 9110 section 4.2.1"},
      {"https", tcp({443}), "RFC 9110 section 4.2.2"},
      {"quic", udp({443}), "RFC 9000, RFC 9114"},
      {"proxy", tcp({3128}), "IANA (ndl-aas; the port of Squid)"},
      {"socks", tcp({1080}), "RFC 1928"},

      {"ssh", tcp({22}), "RFC 4253"},
      {"telnet", tcp({23}), "RFC 854"},
      {"rdp", both(3389), "IANA (ms-wbt-server)"},
      {"vnc", tcp({5900}), "RFC 6143"},
      {"winrm", tcp({5985, 5986}), "IANA (wsman, wsmans)"},
      {"ftp", tcp({21}), "RFC 959 (control connection)"},
      {"tftp", udp({69}), "RFC 1350"},
      {"rsync", tcp({873}), "IANA (rsync)"},
      {"nfs", both(2049), "RFC 8881"},
      {"smb", tcp({139, 445}), "IANA (netbios-ssn, microsoft-ds)"},
      {"msrpc", tcp({135}), "IANA (epmap)"},
      {"netbios", udp({137, 138}) | tcp({139}), "RFC 1002"},

      {"smtp", tcp({25}), "RFC 5321"},
      {"submission", tcp({587, 465}), "RFC 6409, RFC 8314"},
      {"imap", tcp({143}), "RFC 9051"},
      {"imaps", tcp({993}), "RFC 8314"},
      {"pop3", tcp({110}), "RFC 1939"},
      {"pop3s", tcp({995}), "RFC 8314"},

      {"ldap", both(389), "RFC 4511"},
      {"ldaps", tcp({636}), "IANA (ldaps)"},
      {"global-catalog", tcp({3268, 3269}), "IANA (msft-gc, msft-gc-ssl)"},
      {"kerberos", both(88), "RFC 4120"},
      {"kpasswd", both(464), "RFC 3244"},
      {"radius", udp({1812, 1813}), "RFC 2865, RFC 2866"},
      {"tacacs", tcp({49}), "RFC 8907"},

      {"snmp", udp({161}), "RFC 3417"},
      {"snmp-trap", udp({162}), "RFC 3417"},
      {"syslog", udp({514}), "RFC 5426"},
      {"syslog-tls", tcp({6514}), "RFC 5425"},
      {"netflow", udp({2055}), "RFC 3954"},
      {"ipfix", both(4739), "RFC 7011"},

      {"postgresql", tcp({5432}), "IANA (postgresql)"},
      {"mysql", tcp({3306}), "IANA (mysql)"},
      {"mssql", tcp({1433}) | udp({1434}), "IANA (ms-sql-s, ms-sql-m)"},
      {"oracle", tcp({1521}), "IANA (ncube-lm; the port of the Oracle listener)"},
      {"mongodb", tcp({27017}), "IANA (mongodb)"},
      {"redis", tcp({6379}), "IANA (redis)"},
      {"memcached", both(11211), "IANA (memcache)"},
      {"elasticsearch", tcp({9200, 9300}), "IANA (wap-wsp, vrace; the ports of Elasticsearch)"},
      {"kafka", tcp({9092}), "IANA (XmlIpcRegSvc; the port of Kafka)"},
      {"mqtt", tcp({1883}), "IANA (mqtt)"},
      {"mqtts", tcp({8883}), "IANA (secure-mqtt)"},
      {"amqp", tcp({5672}), "IANA (amqp)"},
      {"amqps", tcp({5671}), "IANA (amqps)"},

      {"modbus", tcp({502}), "IANA (mbap)"},
      {"modbus-tls", tcp({802}), "IANA (mbap-s)"},
      {"dnp3", both(20000), "IANA (dnp)"},
      {"s7", tcp({102}), "RFC 1006"},
      {"opcua", tcp({4840}), "IANA (opcua-tcp)"},
      {"bacnet", udp({47808}), "IANA (bacnet)"},
      {"ethernet-ip", tcp({44818}) | udp({2222, 44818}), "IANA (EtherNet-IP-1, EtherNet-IP-2)"},
      {"iec104", tcp({2404}), "IANA (iec-104)"},
      {"profinet", both(34962) | both(34963) | both(34964), "IANA (profinet-rt, profinet-rtm, profinet-cm)"},

      {"ipsec-ike", udp({500, 4500}), "RFC 7296, RFC 3948"},
      {"wireguard", udp({51820}), "IANA (unassigned; the port of WireGuard's documentation)"},
      {"openvpn", both(1194), "IANA (openvpn)"},
      {"l2tp", udp({1701}), "RFC 2661"},
      {"pptp", tcp({1723}), "RFC 2637"},
      {"stun", both(3478), "RFC 8489"},
      {"sip", both(5060) | tcp({5061}), "RFC 3261"},
  };
}

}  // namespace

const std::vector<BuiltInService>& builtInServices() {
  static const std::vector<BuiltInService> services = [] {
    auto all = table();
    std::ranges::sort(all, {}, &BuiltInService::name);
    return all;
  }();
  return services;
}

}  // namespace vauban::model
