// Small models; tests/lab/plan_models_test.cc plans all models of the repository.
#include "lab/plan_lab.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/model_reader.h"
#include "os/test_confinement.h"

namespace vauban::lab {
namespace {

using os::InternetAddress;

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  return *catalogue;
}

Result<LabPlan> tryToPlan(const std::string& text) {
  model::Vocabulary words;
  words.behaviours = &behaviours();
  const auto model = model::readModelText("model.yaml", text, words);
  if (!model) return std::unexpected(model.error());
  return planLab(*model, behaviours());
}

LabPlan planned(const std::string& text) {
  auto plan = tryToPlan(text);
  EXPECT_TRUE(plan) << os::why(plan);
  return plan ? std::move(*plan) : LabPlan();
}

InternetAddress address(const std::string& text) { return InternetAddress::parse(text).value(); }

const Machine& named(const LabPlan& plan, const std::string& node) {
  const auto found = std::ranges::find(plan.machines, node, &Machine::node);
  EXPECT_NE(found, plan.machines.end()) << node;
  return *found;
}

const Domain* domain(const LabPlan& plan, const std::string& name) {
  const auto found = std::ranges::find(plan.names.domains, name, &Domain::name);
  return found == plan.names.domains.end() ? nullptr : &*found;
}

const ServiceSite& site(const LabPlan& plan, const std::string& node) {
  const auto found = std::ranges::find(plan.services, node, &ServiceSite::node);
  EXPECT_NE(found, plan.services.end()) << node;
  return *found;
}

constexpr const char* kHead = R"(vauban: 1
zones:
  clients: {networks: [10.20.0.0/16]}
  servers: {networks: [10.30.0.0/24, "fd00:30::/64"]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
)";

TEST(PlanLabTest, addressesThereAndBack) {
  for (const char* text : {"198.51.100.7", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "ffff::1:0"}) {
    EXPECT_EQ(toLab(toSpace(address(text))), address(text)) << text;
    EXPECT_EQ(toSpace(address(text)).toString(), text);
  }
}

TEST(PlanLabTest, aMachineForAGroupAndOneForWhatNobodyListed) {
  const LabPlan plan = planned(std::string(kHead) + R"(hosts:
  ws: {zone: clients, count: 400, services: {}}
  both: {zone: servers, also-in: [clients], address: [10.30.0.2, "fd00:30::2", 10.20.0.9], services: {}}
  enemy: {zone: internet, address: 192.0.2.7, services: {}}
)");
  ASSERT_EQ(plan.machines.size(), 5U);
  EXPECT_EQ(named(plan, "ws").kind, Machine::Kind::host);
  EXPECT_FALSE(named(plan, "ws").adversary);
  ASSERT_EQ(named(plan, "both").legs.size(), 2U);
  for (const Leg& leg : named(plan, "both").legs) {
    ASSERT_FALSE(leg.addresses.empty());
    EXPECT_FALSE(leg.addresses.front().ipv6);
    EXPECT_TRUE(plan.model.at(leg.zone).addresses.contains(toSpace(leg.addresses.front())));
  }
  EXPECT_TRUE(named(plan, "enemy").adversary);
  EXPECT_EQ(named(plan, "enemy").kind, Machine::Kind::host);
  EXPECT_EQ(named(plan, "his.internet").kind, Machine::Kind::adversary);
  EXPECT_EQ(named(plan, "world").kind, Machine::Kind::world);
  // Whoever takes a neighbour's address, or one that nobody has, finds one there.
  for (const std::size_t zone : {0, 1})
    EXPECT_FALSE(plan.spares[zone].empty()) << plan.model.zones[zone].name;
  EXPECT_TRUE(plan.spares[2].empty());
  EXPECT_EQ(plan.outside, model::ZoneId(2));
}

// Port 53 of three of his addresses is left to tunnel servers, and his own servers keep one.
TEST(PlanLabTest, addressesForTools) {
  const LabPlan plan = planned(std::string(kHead) + "hosts:\n  ws: {zone: clients, services: {}}\n");
  const Machine& his = named(plan, "his.internet");
  const auto tools = toolAddresses(his);
  EXPECT_EQ(tools.size(), 3U);
  EXPECT_EQ(std::ranges::find(tools, his.legs[0].addresses.front()), tools.end());
  for (const InternetAddress& tool : tools)
    EXPECT_EQ(plan.machines[plan.holder(tool).index()].node, "his.internet");
  EXPECT_TRUE(toolAddresses(named(plan, "ws")).empty());
}

TEST(PlanLabTest, namesOfHisBelowEachListAndTrustedOnes) {
  const LabPlan plan = planned(std::string(kHead) + R"(hosts:
  ws: {zone: clients, services: {}}
  dns:
    zone: servers
    address: 10.30.0.2
    services:
      dns: {behaviour: dns-recursive, names: {allow: [vendor.example], delegated: [sub.vendor.example]}}
)");
  const Domain* trusted = domain(plan, "vendor.example");
  ASSERT_NE(trusted, nullptr);
  EXPECT_TRUE(trusted->trusted);
  EXPECT_EQ(plan.at(trusted->machine).node, "world");
  const Domain* any = domain(plan, "his-internet.test");
  ASSERT_NE(any, nullptr);
  EXPECT_FALSE(any->trusted);
  EXPECT_EQ(plan.at(any->machine).node, "his.internet");
  const Domain* below = domain(plan, "his-internet.sub.vendor.example");
  ASSERT_NE(below, nullptr);
  EXPECT_FALSE(below->trusted);
  EXPECT_EQ(plan.at(below->machine).node, "his.internet");
}

// Nobody hostile holds what a service of ours lists.
TEST(PlanLabTest, listedAddressesAreOfTheWorld) {
  const LabPlan plan = planned(std::string(kHead) + R"(hosts:
  ws: {zone: clients, services: {}}
  proxy:
    zone: servers
    address: 10.30.0.2
    services:
      web: {behaviour: http-forward-proxy, port: tcp/3128, addresses: {allow: [192.0.2.80]}}
)");
  const auto& allow = site(plan, "proxy").service->addresses->allow;
  ASSERT_TRUE(allow);
  ASSERT_EQ(allow->ranges().size(), 1U);
  const InternetAddress listed = toLab({allow->ranges()[0].family, allow->ranges()[0].first});
  EXPECT_EQ(plan.at(plan.holder(listed)).node, "world");
}

TEST(PlanLabTest, whereServicesLead) {
  const LabPlan plan = planned(std::string(kHead) + R"(hosts:
  ws: {zone: clients, services: {}}
  inner: {zone: servers, address: 10.30.0.2, services: {dns: {behaviour: dns-forwarder, upstream: [outer]}}}
  outer: {zone: servers, address: 10.30.0.3, services: {dns: {behaviour: dns-forwarder, upstream: [internet]}}}
  clock: {zone: servers, address: 10.30.0.4, services: {ntp: {behaviour: ntp-server, upstream: [time.example]}}}
flows:
  - allow: {from: servers, to: internet, service: any}
)");
  const ServiceSite& inner = site(plan, "inner");
  EXPECT_EQ(inner.udp, 53);
  ASSERT_EQ(inner.upstream.size(), 1U);
  EXPECT_EQ(plan.at(plan.holder(inner.upstream[0].address)).node, "outer");
  const ServiceSite& outer = site(plan, "outer");
  EXPECT_EQ(outer.udp, 53);
  ASSERT_EQ(outer.upstream.size(), 1U);
  EXPECT_EQ(plan.at(plan.holder(outer.upstream[0].address)).node, "his.internet");
  const ServiceSite& clock = site(plan, "clock");
  ASSERT_EQ(clock.upstream.size(), 1U);
  EXPECT_EQ(clock.upstream[0].name, "time.example");
  EXPECT_EQ(plan.at(plan.holder(clock.upstream[0].address)).node, "world");
}

TEST(PlanLabTest, tooManyClassesAreRefused) {
  std::string text = std::string(kHead) + "hosts:\n";
  for (int n = 0; n < 300; ++n)
    text += "  h" + std::to_string(n) + ": {zone: clients, address: 10.20." + std::to_string(n / 200) + "." +
            std::to_string(n % 200 + 1) + ", services: {}}\n";
  const auto plan = tryToPlan(text);
  ASSERT_FALSE(plan);
  ASSERT_EQ(plan.error().size(), 1U);
  EXPECT_NE(plan.error().front().message.find("too few addresses"), std::string::npos) << os::why(plan);
  EXPECT_EQ(plan.error().front().place.file, "model.yaml");
  EXPECT_GT(plan.error().front().place.line, 0);
}

// An outside that is not the rest of the world has room for what the outside needs all the same.
TEST(PlanLabTest, aSmallOutsideHasAWorldToo) {
  const LabPlan plan = planned(R"(vauban: 1
zones:
  a: {networks: [10.1.0.0/24]}
  vendor: {networks: [192.0.2.16/28], untrusted: true}
hosts:
  ha: {zone: a, services: {}}
flows:
  - allow: {from: vendor, to: a, service: tcp/443}
)");
  for (const char* node : {"world", "his.vendor"})
    EXPECT_NE(named(plan, node).address(false), nullptr) << node;
  EXPECT_EQ(toolAddresses(named(plan, "his.vendor")).size(), 3U);
  EXPECT_NE(domain(plan, "his-vendor.test"), nullptr);
}

// What a list of readers or addresses tells apart stays apart.
TEST(PlanLabTest, addressesOfOneHostThatAListTellsApart) {
  const LabPlan plan = planned(std::string(kHead) + R"(hosts:
  r: {zone: clients, address: [10.20.0.5, 10.20.0.6], services: {}}
  st: {zone: servers, address: 10.30.0.4, services: {s: {behaviour: file-share, readers: [10.20.0.6/32]}}}
)");
  std::size_t ipv4 = 0;
  for (const InternetAddress& own : named(plan, "r").legs[0].addresses) ipv4 += own.ipv6 ? 0 : 1;
  EXPECT_EQ(ipv4, 2U);
  const auto& readers = site(plan, "st").service->readers;
  ASSERT_TRUE(readers);
  EXPECT_EQ(readers->front().addresses.ranges().size(), 1U);
}

TEST(PlanLabTest, noUntrustedZoneNoWorld) {
  const LabPlan plan = planned(R"(vauban: 1
zones:
  a: {networks: [10.1.0.0/24]}
  b: {networks: [10.2.0.0/24]}
hosts:
  ha: {zone: a, services: {}}
  hb: {zone: b, services: {}}
flows:
  - allow: {from: a, to: b, service: tcp/80}
claims:
  - {id: c, never: {reach: {from: b, to: a, service: any}}}
)");
  EXPECT_FALSE(plan.outside.valid());
  EXPECT_EQ(plan.machines.size(), 2U);
  EXPECT_TRUE(plan.names.domains.empty());
}

}  // namespace
}  // namespace vauban::lab
