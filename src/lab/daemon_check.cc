#include "lab/daemon_check.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <regex>
#include <thread>

#include "channel/trust.h"
#include "lab/claim_places.h"
#include "lab/daemon_names.h"
#include "os/system_failure.h"

namespace vauban::lab {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kAnswerTime{6000};

std::string oneLine(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.size() <= 200 ? text : text.substr(0, 200) + "...";
}

struct Said {
  bool success = false;
  std::string text;
};

Result<Said> ask(const DaemonPlace& place, const std::vector<std::string>& arguments) {
  Result<os::ProcessResult> result =
      place.testbed.run(place.node, os::ProcessSpec(arguments), kAnswerTime * 2);
  if (!result) return std::unexpected(std::move(result.error()));
  return Said{result->status.success() && !result->timedOut, result->output};
}

std::unexpected<Diagnostics> failed(const std::string& asked, const std::string& said) {
  return os::labFailure(fmt::format("{}: {}", asked, said.empty() ? "no answer" : oneLine(said)));
}

// "NOERROR 203.0.113.80", as dig tells it.
std::string digest(const std::string& text) {
  std::smatch match;
  static const std::regex status("status: ([A-Z]+)"), record("\\n[^;\\n]*\\sIN\\s+(?:A|AAAA)\\s+(\\S+)");
  std::string said = std::regex_search(text, match, status) ? match[1].str() : "no answer";
  const std::size_t first = std::min(text.find("ANSWER SECTION:"), text.size());
  const std::string answers = text.substr(first, text.find("\n\n", first) - first);
  for (std::sregex_iterator it(answers.begin(), answers.end(), record), end; it != end; ++it)
    said += " " + (*it)[1].str();
  return said;
}

Result<std::string> resolve(const DaemonPlace& place, const std::string& name, bool mustAnswer) {
  const std::string server = askedAddress(place.site).toString();
  const std::uint16_t port = place.site.udp ? *place.site.udp : place.site.tcp.value_or(53);
  std::vector<std::string> question = {"dig",        "+tries=3", "+time=3", "-p", std::to_string(port),
                                       "@" + server, name,       "A"};
  if (!place.site.udp) question.insert(question.begin() + 1, "+tcp");
  const std::string asked = fmt::format("dig @{} {} A", server, name);
  const auto until = steady_clock::now() + kAnswerTime;
  std::string said;
  // What the resolver asks in its turn may have come up after it.
  do {
    const Result<Said> answer = ask(place, question);
    if (!answer) return std::unexpected(answer.error());
    said = digest(answer->text);
    const bool address = said.starts_with("NOERROR ");
    if (address || (!mustAnswer && said != "no answer")) return fmt::format("{}: {}", asked, said);
    std::this_thread::sleep_for(milliseconds(100));
  } while (steady_clock::now() < until);
  return failed(asked, said);
}

// A trusted domain that the proxy lets through, and its page.
const Domain* pageBehind(const ServiceSite& site, const LabPlan& plan) {
  const space::NameSet names = channel::allowedNames(*site.service);
  for (const Domain& domain : plan.names.domains) {
    if (!domain.trusted || domain.machine != plan.names.world || domain.hosts.empty()) continue;
    if (!names.contains("www." + domain.name)) continue;
    if (site.service->addresses && site.service->addresses->allow) {
      const auto host = space::Address::parse(domain.hosts.front().toString());
      if (!host || !site.service->addresses->allow->contains(*host)) continue;
    }
    return &domain;
  }
  return nullptr;
}

// The status and the body of a page: "200 text".
Result<Said> fetch(const DaemonPlace& place, const std::string& url, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"curl", "-s", "-S", "-g", "-m", "6", "-w", "\n%{http_code}"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.push_back(url);
  return ask(place, arguments);
}
std::string status(const Said& said) {
  const std::size_t line = said.text.rfind('\n');
  return line == std::string::npos ? said.text : said.text.substr(line + 1);
}

}  // namespace

const os::InternetAddress& askedAddress(const ServiceSite& site) {
  for (const os::InternetAddress& address : site.addresses)
    if (!address.ipv6) return address;
  return site.addresses.front();
}

Result<std::uint16_t> openPort(const DaemonPlace& place) {
  const os::InternetAddress& server = askedAddress(place.site);
  std::string tried;
  for (const std::uint16_t port : tcpPortsOf(place.site, place.plan)) {
    Result<os::FileDescriptor> socket =
        place.testbed.socket(place.node, server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!socket) return std::unexpected(std::move(socket.error()));
    const timeval patience{2, 0};
    setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const os::SocketAddress there(server, port);
    if (connect(socket->get(), there.get(), there.length) == 0) return port;
    tried += fmt::format("{}{}", tried.empty() ? "" : ", ", port);
  }
  return os::labFailure(fmt::format("no conversation with {} at TCP port {}", server.toString(), tried));
}

bool mayRead(const DaemonPlace& place) {
  const auto readers = addressesMeant(place.site.service->readers, place.plan);
  if (!readers) return true;
  const std::string& name = place.testbed.nodeName(place.node);
  const auto machine = std::ranges::find(place.plan.machines, name, &Machine::node);
  if (machine == place.plan.machines.end()) return false;
  // Of several addresses the kernel chooses.
  return std::ranges::all_of(machine->legs, [&](const Leg& leg) {
    return std::ranges::all_of(leg.addresses, [&](const os::InternetAddress& address) {
      return std::ranges::find(*readers, address) != readers->end();
    });
  });
}

namespace {

// Whether something of the lab takes what is sent to the target.
bool answers(const ServiceSite::Target& target, std::uint16_t port, const LabPlan& plan) {
  const MachineId holder = [&] {
    for (std::size_t m = 0; m < plan.machines.size(); ++m)
      for (const Leg& leg : plan.machines[m].legs)
        if (std::ranges::find(leg.addresses, target.address) != leg.addresses.end()) return MachineId(m);
    return MachineId();
  }();
  if (!holder.valid()) return false;
  if (plan.at(holder).adversary || plan.at(holder).kind != Machine::Kind::host) return true;
  return std::ranges::any_of(plan.services, [&](const ServiceSite& site) {
    if (site.machine != holder || whyNotReproduced(site)) return false;
    const std::vector<std::uint16_t> ports = tcpPortsOf(site, plan);
    return std::ranges::find(ports, port) != ports.end();
  });
}

bool upstreamAnswers(const DaemonPlace& place, std::uint16_t otherwise) {
  return std::ranges::any_of(place.site.upstream, [&](const ServiceSite::Target& target) {
    return answers(target, target.tcp.value_or(otherwise), place.plan);
  });
}

}  // namespace

Result<std::string> checkDns(const DaemonPlace& place) {
  const ServiceSite& site = place.site;
  const std::string& behaviour = site.behaviour->name;
  if (behaviour == "dns-sinkhole") return resolve(place, "any.name.test", true);
  std::string said;
  const auto add = [&](const std::string& name, bool mustAnswer) -> Result<void> {
    Result<std::string> answer = resolve(place, name, mustAnswer);
    if (!answer) return std::unexpected(std::move(answer.error()));
    said += (said.empty() ? "" : "; ") + *answer;
    return {};
  };
  if (behaviour == "dns-authoritative" && site.service->answers.empty()) {
    const auto& domains = place.plan.names.domains;
    const auto own = std::ranges::find(domains, site.machine, &Domain::machine);
    if (Result<void> added = add("www." + (own == domains.end() ? "own.test" : own->name), true); !added)
      return std::unexpected(std::move(added.error()));
  }
  if (!site.service->answers.empty()) {
    if (Result<void> added = add("app." + site.service->answers.front(), true); !added)
      return std::unexpected(std::move(added.error()));
  }
  if (behaviour != "dns-authoritative") {
    // Where no trusted name is on the way, what it is asked leads to the adversary, who may answer anything.
    const Domain* domain = answeredDomain(site, place.plan);
    const std::string name = domain != nullptr ? "www." + domain->name : "check.test";
    if (Result<void> added = add(name, domain != nullptr); !added)
      return std::unexpected(std::move(added.error()));
  }
  return said;
}

Result<std::string> checkClock(const DaemonPlace& place) {
  const ServiceSite& site = place.site;
  const os::InternetAddress& server = askedAddress(site);
  const std::uint16_t port = site.udp.value_or(123);
  const std::string asked = fmt::format("NTP question to {} port {}", server.toString(), port);
  Result<os::FileDescriptor> socket =
      place.testbed.socket(place.node, server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const os::SocketAddress there(server, port);
  if (connect(socket->get(), there.get(), there.length) != 0) return os::systemFailure(asked, errno);
  // An adversary may tell any time or none; our own sources must be followed.
  const bool mustFollow =
      !site.upstream.empty() && std::ranges::all_of(site.upstream, [&](const auto& target) {
        return std::ranges::any_of(place.plan.machines, [&](const Machine& machine) {
          return machine.kind != Machine::Kind::adversary &&
                 std::ranges::any_of(machine.legs, [&](const Leg& leg) {
                   return std::ranges::find(leg.addresses, target.address) != leg.addresses.end();
                 });
        });
      });
  const auto until = steady_clock::now() + milliseconds(15000);
  std::string said;
  while (steady_clock::now() < until) {
    std::array<unsigned char, 48> packet{};
    packet[0] = 0x23;  // version 4, mode 3 (RFC 5905 section 7.3)
    packet[40] = 1;
    if (send(socket->get(), packet.data(), packet.size(), 0) < 0 && errno != ECONNREFUSED)
      return os::systemFailure(asked, errno);
    pollfd waiting{socket->get(), POLLIN, 0};
    if (poll(&waiting, 1, 1000) != 1) continue;
    if (recv(socket->get(), packet.data(), packet.size(), 0) != 48 || (packet[0] & 7U) != 4) continue;
    const int stratum = packet[1];
    const bool follows = stratum > 0 && stratum < 16 && (packet[0] >> 6U) != 3;
    said = follows ? fmt::format("stratum {}", stratum) : "not synchronised";
    if (follows || !mustFollow) return fmt::format("{}: {}", asked, said);
    std::this_thread::sleep_for(milliseconds(100));
  }
  return failed(asked, said);
}

Result<std::string> checkProxy(const DaemonPlace& place) {
  const Domain* domain = pageBehind(place.site, place.plan);
  const Result<std::uint16_t> port = openPort(place);
  if (!port) return std::unexpected(port.error());
  const std::string proxy = fmt::format("http://{}:{}", askedAddress(place.site).inUrl(), *port);
  // Where no page of a trusted name is allowed, it still has to say no by itself.
  const std::string name = domain != nullptr ? "www." + domain->name : "240.0.0.1";
  const auto until = steady_clock::now() + kAnswerTime;
  std::string all;
  do {
    all.clear();
    for (const bool tunnel : {false, true}) {
      // It may be let out to one of the two.
      const std::string url = fmt::format("http://{}{}/", name, tunnel ? ":443" : "");
      const std::string asked = fmt::format("{} {} through {}", tunnel ? "CONNECT" : "GET", url, proxy);
      std::vector<std::string> more = {"-i", "-x", proxy};
      if (tunnel) more.emplace_back("-p");
      const Result<Said> answer = fetch(place, url, more);
      if (!answer) return std::unexpected(answer.error());
      const std::string code = status(*answer);
      const bool good = domain != nullptr ? code == "200" : code.size() == 3 && code != "000";
      if (good) return fmt::format("{}: {}", asked, code);
      std::smatch match;
      static const std::regex reason("X-Squid-Error: ([A-Z_]+)");
      const std::string why = std::regex_search(answer->text, match, reason) ? " " + match[1].str() : "";
      all += fmt::format("{}{}: {}{}", all.empty() ? "" : "; ", asked, code, why);
    }
    std::this_thread::sleep_for(milliseconds(200));
  } while (steady_clock::now() < until);
  return os::labFailure(all);
}

Result<std::string> checkWeb(const DaemonPlace& place) {
  const Result<std::uint16_t> port = openPort(place);
  if (!port) return std::unexpected(port.error());
  const std::string url = fmt::format("http://{}:{}/", askedAddress(place.site).inUrl(), *port);
  const Result<Said> answer = fetch(place, url, {});
  if (!answer) return std::unexpected(answer.error());
  const std::string code = status(*answer);
  if (!answer->success || code.size() != 3) return failed("GET " + url, answer->text);
  // A gateway without its origin, though there is one.
  const bool without = code == "502" || code == "504";
  if (without && upstreamAnswers(place, 80)) return failed("GET " + url, code);
  return fmt::format("GET {}: {}{}", url, code, without ? ", since nothing plays its origin" : "");
}

Result<std::string> checkStore(const DaemonPlace& place) {
  const Result<std::uint16_t> port = openPort(place);
  if (!port) return std::unexpected(port.error());
  const std::string url =
      fmt::format("http://{}:{}/functional-check", askedAddress(place.site).inUrl(), *port);
  const std::string marker = "a marker of the functional check";
  const Result<Said> put = fetch(place, url, {"-X", "PUT", "--data-binary", marker});
  if (!put) return std::unexpected(put.error());
  if (!status(*put).starts_with("2")) return failed("PUT " + url, put->text);
  const Result<Said> get = fetch(place, url, {});
  if (!get) return std::unexpected(get.error());
  if (status(*get) == "403" && !mayRead(place))
    return fmt::format("PUT and GET {}: {}, 403 for one who is no reader", url, status(*put));
  if (!get->text.starts_with(marker)) return failed("GET " + url, get->text);
  return fmt::format("PUT and GET {}: {}, {}", url, status(*put), status(*get));
}

Result<std::string> checkRelay(const DaemonPlace& place, Daemon& relay, bool tcp) {
  const os::InternetAddress& server = askedAddress(place.site);
  const std::uint16_t port = tcp ? place.site.tcp.value_or(0) : place.site.udp.value_or(0);
  const std::string asked =
      fmt::format("{} to {} port {}", tcp ? "a stream" : "a datagram", server.toString(), port);
  Result<os::FileDescriptor> socket =
      place.testbed.socket(place.node, server.family(), (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const timeval patience{4, 0};
  setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const os::SocketAddress there(server, port);
  if (connect(socket->get(), there.get(), there.length) != 0) return os::systemFailure(asked, errno);
  const std::string marker = "functional check";
  if (!tcp && send(socket->get(), marker.data(), marker.size(), MSG_NOSIGNAL) < 0)
    return os::systemFailure(asked, errno);
  const auto until = steady_clock::now() + milliseconds(4000);
  while (steady_clock::now() < until) {
    if (relay.output().find("went on to") != std::string::npos) return asked + ": went on";
    std::this_thread::sleep_for(milliseconds(5));
  }
  return failed(asked, relay.output());
}

Result<std::string> checkModbus(const DaemonPlace& place, bool reads) {
  const os::InternetAddress& server = askedAddress(place.site);
  const Result<std::uint16_t> open = openPort(place);
  if (!open) return std::unexpected(open.error());
  const std::uint16_t port = *open;
  const std::string asked =
      fmt::format("Modbus function {} to {} port {}", reads ? 3 : 6, server.toString(), port);
  Result<os::FileDescriptor> socket =
      place.testbed.socket(place.node, server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const timeval patience{6, 0};
  setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const os::SocketAddress there(server, port);
  if (connect(socket->get(), there.get(), there.length) != 0) return os::systemFailure(asked, errno);
  // Register 0: one to read, or zero to write.
  const char request[12] = {
      0, 1, 0, 0, 0, 6, 1, static_cast<char>(reads ? 3 : 6), 0, 0, 0, static_cast<char>(reads ? 1 : 0)};
  if (send(socket->get(), request, sizeof request, MSG_NOSIGNAL) < 0) return os::systemFailure(asked, errno);
  std::array<unsigned char, 9> answer{};
  if (recv(socket->get(), answer.data(), answer.size(), MSG_WAITALL) != static_cast<ssize_t>(answer.size()))
    return failed(asked, "");
  // Exception 11: a gateway without its devices.
  if (answer[7] >= 0x80U && answer[8] == 11 && !place.site.upstream.empty() && !upstreamAnswers(place, 502))
    return asked + ": exception 11, since nothing plays its devices";
  if ((answer[7] & 0x80U) != 0) return failed(asked, fmt::format("exception {}", answer[8]));
  return asked + ": answered";
}

Result<std::string> checkLog(const DaemonPlace& place, Daemon& collector) {
  const ServiceSite& site = place.site;
  const os::InternetAddress& server = askedAddress(site);
  const bool tcp = !site.udp;
  const std::uint16_t port = tcp ? *site.tcp : *site.udp;
  const std::string asked =
      fmt::format("a line to {} port {}/{}", server.toString(), tcp ? "tcp" : "udp", port);
  Result<os::FileDescriptor> socket =
      place.testbed.socket(place.node, server.family(), (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const timeval patience{4, 0};
  setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const os::SocketAddress there(server, port);
  const std::string marker = "functional check\n";
  if (connect(socket->get(), there.get(), there.length) != 0 ||
      send(socket->get(), marker.data(), marker.size(), MSG_NOSIGNAL) < 0)
    return os::systemFailure(asked, errno);
  const auto until = steady_clock::now() + milliseconds(4000);
  while (steady_clock::now() < until) {
    if (collector.contents().find(marker) != std::string::npos) return asked + ": kept";
    std::this_thread::sleep_for(milliseconds(5));
  }
  return failed(asked, collector.output());
}

Result<std::string> checkEcho(const DaemonPlace& place) {
  const os::InternetAddress& server = askedAddress(place.site);
  const std::string asked = "echo request to " + server.toString();
  Result<os::FileDescriptor> socket =
      place.testbed.socket(place.node, server.family(), SOCK_DGRAM | SOCK_CLOEXEC,
                           server.ipv6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP});
  if (!socket) return std::unexpected(std::move(socket.error()));
  std::string echo = {static_cast<char>(server.ipv6 ? 128 : 8), 0, 0, 0, 0, 0, 0, 1};
  echo += "functional check";
  const os::SocketAddress there(server, 0);
  if (sendto(socket->get(), echo.data(), echo.size(), 0, there.get(), there.length) < 0)
    return os::systemFailure(asked, errno);
  pollfd waiting{socket->get(), POLLIN, 0};
  if (poll(&waiting, 1, 3000) != 1) return failed(asked, "");
  return asked + ": answered";
}

}  // namespace vauban::lab
