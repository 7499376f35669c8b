// For tests of daemons: a model's hosts on one wire, with a world and an adversary who answers questions and
// remembers them. Addresses of the model are those of the lab: 198.51.100.0/24 inside, 203.0.113.0/24
// outside.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lab/daemon.h"
#include "lab/own_server.h"
#include "lab/world.h"
#include "model/model_reader.h"
#include "os/test_network.h"

namespace vauban::lab {

inline bool installed(const std::string& program) {
  for (const char* folder :
       {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
    if (access((folder + program).c_str(), X_OK) == 0) return true;
  return false;
}

#define VAUBAN_NEEDS(...)                   \
  for (const char* program : {__VA_ARGS__}) \
    if (!vauban::lab::installed(program)) GTEST_SKIP() << program << " is not installed"

// His name server, at 203.0.113.66: every question is answered with his address, and remembered.
class TestNameServer : public OwnServer {
 public:
  TestNameServer(os::Testbed& testbed, os::NodeId node) : OwnServer("test name server") {
    socket_ = boundUdp(testbed, node, os::address("203.0.113.66"), 53).value();
    begin();
  }
  ~TestNameServer() override { end(); }
  // Whether a question for a name that contains the text has come.
  bool asked(const std::string& text) {
    const std::lock_guard lock(guard_);
    return std::ranges::any_of(names_,
                               [&](const std::string& name) { return name.find(text) != std::string::npos; });
  }
  // Names below which PTR questions are answered with this name.
  void answerPointers(const std::string& name) {
    const std::lock_guard lock(guard_);
    pointer_ = name;
  }

 private:
  static std::string wire(const std::string& name) {
    std::string text, label;
    for (const char c : name + ".") {
      if (c != '.') {
        label += c;
        continue;
      }
      text += static_cast<char>(label.size());
      text += label;
      label.clear();
    }
    return text + '\0';
  }
  void answer(std::string packet, const sockaddr_storage& from, socklen_t length) {
    if (packet.size() < 17) return;
    std::string name;
    std::size_t at = 12;
    while (at < packet.size() && packet[at] != 0) {
      const auto size = static_cast<std::size_t>(packet[at]);
      name += packet.substr(at + 1, size) + ".";
      at += 1 + size;
    }
    if (at + 5 > packet.size()) return;
    const bool pointer = packet[at + 2] == 12;
    const bool address = packet[at + 2] == 1;
    std::string to;
    {
      const std::lock_guard lock(guard_);
      names_.push_back(name);
      to = pointer_;
    }
    packet.resize(at + 5);  // the question alone, without options
    packet[2] = static_cast<char>(0x84 | (packet[2] & 1));
    packet[3] = 0;
    const std::string data = pointer && !to.empty() ? wire(to) : std::string("\xcb\x00\x71\x42", 4);
    const bool some = address || (pointer && !to.empty());
    const char counts[] = {0, 1, 0, static_cast<char>(some ? 1 : 0), 0, 0, 0, 0};
    std::copy(std::begin(counts), std::end(counts), packet.begin() + 4);
    if (some) {
      const std::string head("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00", 11);
      packet += head + static_cast<char>(data.size()) + data;
      if (pointer) packet[packet.size() - data.size() - 9] = 12;
    }
    sendto(socket_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
  }
  void serve() override {
    for (;;) {
      std::vector<pollfd> polled{{socket_.get(), POLLIN, 0}};
      if (!await(polled)) return;
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      std::string packet(65536, '\0');
      const ssize_t size = recvfrom(socket_.get(), packet.data(), packet.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 0) continue;
      packet.resize(static_cast<std::size_t>(size));
      answer(packet, from, length);
    }
  }

  os::FileDescriptor socket_;
  std::mutex guard_;
  std::vector<std::string> names_;
  std::string pointer_;
};

class DaemonLab {
 public:
  std::unique_ptr<os::Testbed> testbed;
  LabPlan plan;
  std::map<std::string, os::NodeId> nodes;
  std::unique_ptr<TestNameServer> his;
  std::vector<std::unique_ptr<Daemon>> world;

  // `hosts`: lines of YAML below `hosts:`. Trusted: good.test, with all below it but sub.good.test, which is
  // his, as evil.test and the reverse zone of his addresses are.
  DaemonLab(const os::Confinement& confinement, const std::string& hosts)
      : testbed(os::openTestbed(confinement)), behaviours_(model::BehaviourCatalogue::builtIn().value()) {
    read(hosts);
    wire();
    his = std::make_unique<TestNameServer>(*testbed, nodes.at("evil"));
    Result<std::vector<std::unique_ptr<Daemon>>> started = startWorld(*testbed, nodes.at("world"), plan);
    EXPECT_TRUE(started) << os::why(started);
    if (started) world = std::move(*started);
  }

  const ServiceSite& site(const std::string& host) const {
    const auto found = std::ranges::find(plan.services, host, &ServiceSite::node);
    EXPECT_NE(found, plan.services.end()) << host;
    return *found;
  }
  std::unique_ptr<Daemon> start(const std::string& host) {
    Result<std::unique_ptr<Daemon>> daemon = startDaemon(*testbed, nodes.at(host), site(host), plan);
    EXPECT_TRUE(daemon) << os::why(daemon);
    return daemon ? std::move(*daemon) : nullptr;
  }
  // What the check says from the host "client"; a failure is one of the test.
  std::string check(const std::string& host, Daemon& daemon) {
    const Result<std::string> said = checkDaemon(*testbed, nodes.at("client"), site(host), plan, daemon);
    EXPECT_TRUE(said) << os::why(said);
    return said ? *said : "";
  }
  std::string run(const std::string& host, const std::vector<std::string>& arguments) {
    const Result<os::ProcessResult> result =
        testbed->run(nodes.at(host), os::ProcessSpec(arguments), std::chrono::milliseconds(20000));
    EXPECT_TRUE(result) << os::why(result);
    return result ? result->output : "";
  }
  // "NOERROR", "REFUSED", ...
  std::string dig(const std::string& server, const std::string& name, const std::string& type = "A") {
    const std::string said = run("client", {"dig", "+tries=1", "+time=12", "@" + server, name, type});
    const std::size_t at = said.find("status: ");
    return at == std::string::npos ? said : said.substr(at + 8, said.find(',', at) - at - 8);
  }
  // The status that curl gets through the proxy.
  std::string curl(const std::string& url, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"curl", "-s",        "-m", "8",
                                          "-o",   "/dev/null", "-w", "%{http_code} %{http_connect}"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(url);
    return run("client", arguments);
  }

 private:
  void read(const std::string& hosts) {
    const std::string text =
        "vauban: 1\nname: daemons\nzones:\n  inside: {networks: [198.51.100.0/24, \"2001:db8:1::/64\"]}\n"
        "  outside: {networks: [203.0.113.0/24], untrusted: true}\nhosts:\n"
        "  client: {zone: inside, address: 198.51.100.2, services: {}}\n" +
        hosts;
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours_;
    Result<model::Model> read = model::readModelText("daemons.yaml", text, vocabulary);
    VAUBAN_CHECK(read.has_value());
    plan.model = std::move(*read);
    for (std::size_t h = 0; h < plan.model.hosts.size(); ++h) {
      const model::Host& host = plan.model.hosts[h];
      Machine machine;
      machine.node = host.name;
      machine.host = model::HostId(h);
      Leg leg{host.zone, "eth0", {}};
      for (const space::Address& address : host.addresses)
        leg.addresses.push_back(os::address(address.toString()));
      machine.legs.push_back(leg);
      plan.machines.push_back(machine);
    }
    const auto outside = [&](const std::string& node, Machine::Kind kind,
                             const std::vector<std::string>& addresses) {
      Machine machine;
      machine.node = node;
      machine.kind = kind;
      Leg leg{model::ZoneId(1), "eth0", {}};
      for (const std::string& address : addresses) leg.addresses.push_back(os::address(address));
      machine.legs.push_back(leg);
      machine.adversary = kind == Machine::Kind::adversary;
      plan.machines.push_back(machine);
      return MachineId(plan.machines.size() - 1);
    };
    const MachineId evil = outside("evil", Machine::Kind::adversary, {"203.0.113.66"});
    plan.names.world = outside("world", Machine::Kind::world,
                               {"203.0.113.10", "203.0.113.11", "203.0.113.80", "203.0.113.81"});
    plan.outside = model::ZoneId(1);
    plan.names.root = os::address("203.0.113.10");
    plan.names.tld = os::address("203.0.113.11");
    const auto his_ = os::address("203.0.113.66"), good = os::address("203.0.113.80"),
               other = os::address("203.0.113.81");
    plan.names.domains = {{"good.test", true, plan.names.world, good, {good}},
                          {"other.test", true, plan.names.world, other, {other}},
                          {"sub.good.test", false, evil, his_, {his_}},
                          {"evil.test", false, evil, his_, {his_}},
                          {"113.0.203.in-addr.arpa", false, evil, his_, {his_}}};
    for (std::size_t s = 0; s < plan.model.services.size(); ++s) fill(model::ServiceId(s));
    for (ServiceSite& site : plan.services) site.service = &plan.model.at(site.id);
  }

  static std::optional<std::uint16_t> port(const space::ServiceSet& set, std::uint8_t protocol) {
    const auto point = (set & space::ServiceSet::protocol(protocol)).witness();
    return point ? std::optional(point->destinationPort) : std::nullopt;
  }

  void fill(model::ServiceId id) {
    const model::ServiceInstance& service = plan.model.at(id);
    ServiceSite site;
    site.id = id;
    site.behaviour = &behaviours_.at(service.behaviour);
    site.machine = MachineId(service.host.index());
    site.node = plan.model.at(service.host).name;
    site.addresses = plan.machines[service.host.index()].legs[0].addresses;
    site.udp = port(service.listens, space::kUdp);
    site.tcp = port(service.listens, space::kTcp);
    if (service.upstream) site.upstream = targets(*service.upstream);
    if (service.resolver) site.resolvers = targets(*service.resolver);
    if (service.from) site.from = targets(*service.from);
    plan.services.push_back(site);
  }
  std::vector<ServiceSite::Target> targets(const model::PlaceTerms& terms) {
    std::vector<ServiceSite::Target> result;
    for (const model::PlaceTerm& term : terms) {
      ServiceSite::Target target;
      if (term.kind == model::PlaceTerm::Kind::host) {
        target.address = os::address(plan.model.at(term.host).addresses.at(0).toString());
        for (const model::ServiceInstance& other : plan.model.services) {
          if (other.host != term.host) continue;
          if (!target.udp) target.udp = port(other.listens, space::kUdp);
          if (!target.tcp) target.tcp = port(other.listens, space::kTcp);
        }
      } else if (term.kind == model::PlaceTerm::Kind::name) {
        target.address = os::address("203.0.113.80");
        target.name = term.text;
      } else {
        target.address = os::address("203.0.113.66");
      }
      result.push_back(target);
    }
    return result;
  }

  void wire() {
    const os::NodeId hub = testbed->addNode("switch", os::NodeRole::host).value();
    std::vector<os::NetworkRequest> requests = {os::Bridge{hub, "wire"}};
    int number = 0;
    for (const Machine& machine : plan.machines) {
      const os::NodeId node = testbed->addNode(machine.node, os::NodeRole::host).value();
      nodes[machine.node] = node;
      const std::string port = "p" + std::to_string(++number);
      requests.emplace_back(os::VethPair{{node, "eth0"}, {hub, port}});
      requests.emplace_back(os::BridgePort{hub, port, "wire"});
      for (const os::InternetAddress& address : machine.legs[0].addresses)
        requests.emplace_back(
            os::addAddress(node, "eth0", address.toString() + (address.ipv6 ? "/64" : "/24")));
      for (const char* network : {"198.51.100.0/24", "203.0.113.0/24"}) {
        os::RouteChange route;
        route.node = node;
        route.destination = os::prefix(network);
        route.interface = "eth0";
        const bool own =
            std::ranges::any_of(machine.legs[0].addresses, [&](const os::InternetAddress& address) {
              return !address.ipv6 && address.bytes[0] == route.destination.address.bytes[0];
            });
        if (!own) requests.emplace_back(route);
      }
    }
    const Result<void> applied = testbed->apply(requests);
    EXPECT_TRUE(applied) << os::why(applied);
    const Result<void> ready = testbed->awaitLinks(std::chrono::milliseconds(3000));
    EXPECT_TRUE(ready) << os::why(ready);
  }

  model::BehaviourCatalogue behaviours_;
};

}  // namespace vauban::lab
