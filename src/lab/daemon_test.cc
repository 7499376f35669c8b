#include "lab/daemon.h"

#include "lab/daemon_dns.h"
#include "lab/daemon_names.h"
#include "lab/daemon_squid.h"
#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

// A service of a model, with no lab.
class DaemonTest : public testing::Test {
 protected:
  const ServiceSite& site(const std::string& service) {
    const std::string text =
        "vauban: 1\nname: t\nzones: {a: {networks: [198.51.100.0/24]}}\nhosts:\n  h: {zone: a, address: "
        "198.51.100.2, "
        "software: " +
        software_ + ", services: {s: " + service + "}}\n";
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours_;
    Result<model::Model> read = model::readModelText("t.yaml", text, vocabulary);
    VAUBAN_CHECK(read.has_value());
    plan_.model = std::move(*read);
    site_ = ServiceSite();
    site_.service = &plan_.model.services[0];
    site_.behaviour = &behaviours_.at(site_.service->behaviour);
    site_.node = "h";
    site_.addresses = {os::address("198.51.100.2")};
    site_.udp = site_.tcp = 99;
    return site_;
  }

  model::BehaviourCatalogue behaviours_ = model::BehaviourCatalogue::builtIn().value();
  LabPlan plan_;
  ServiceSite site_;
  std::string software_ = "none";
};

TEST_F(DaemonTest, EachBehaviourIsPlayedOrSaidNotToBe) {
  int played = 0;
  for (const model::Behaviour& behaviour : behaviours_.all()) {
    ServiceSite it;
    model::ServiceInstance service;
    it.service = &service;
    it.behaviour = &behaviour;
    it.addresses = {os::address("198.51.100.2")};
    it.udp = it.tcp = 99;
    it.upstream = {{os::address("198.51.100.3"), {}, {}, ""}};
    const auto why = whyNotReproduced(it);
    if (!why)
      ++played;
    else
      EXPECT_NE(*why, "no program plays this behaviour")
          << behaviour.name << " is new: give it a daemon or a reason";
  }
  EXPECT_EQ(played, 24);
}

TEST_F(DaemonTest, WhatTheModelDoesNotSayIsSaid) {
  EXPECT_EQ(whyNotReproduced(site("{behaviour: dns-forwarder}")),
            "without an upstream it sends to anyone it can reach");
  EXPECT_EQ(whyNotReproduced(site("{behaviour: udp-relay}")),
            "without an upstream it sends to anyone it can reach");
  ServiceSite anyPort = site("{behaviour: udp-relay}");
  anyPort.upstream = {{os::address("198.51.100.3"), {}, {}, ""}};
  anyPort.udp = 0;
  EXPECT_EQ(whyNotReproduced(anyPort), "the model does not say its port");
  ServiceSite quic = site("{behaviour: web-server}");
  quic.tcp.reset();
  EXPECT_EQ(whyNotReproduced(quic), "it has no TCP port");
  EXPECT_EQ(limitsOf(site("{behaviour: dns-recursive, dnssec: validates}"), plan_).size(), 1U);
}

TEST_F(DaemonTest, TheSoftwareIsThatOfTheHostWhereItCanBeAsBadAsAssumed) {
  const std::string forwarder = "{behaviour: dns-forwarder, names: {allow: [a.example]}";
  software_ = "bind9";
  EXPECT_EQ(dnsSoftwareOf(site(forwarder + ", decides: before-recursing}"), plan_), DnsSoftware::named);
  EXPECT_EQ(programsOf(site(forwarder + "}"), plan_), (std::vector<std::string>{"named", "dig"}));
  software_ = "unbound";
  EXPECT_EQ(dnsSoftwareOf(site(forwarder + ", decides: before-recursing}"), plan_), DnsSoftware::unbound);
  EXPECT_EQ(dnsSoftwareOf(site(forwarder + "}"), plan_), DnsSoftware::named);
  EXPECT_EQ(dnsSoftwareOf(site(forwarder + ", decides: after-recursing}"), plan_), DnsSoftware::named);
  EXPECT_EQ(dnsSoftwareOf(site("{behaviour: dns-recursive}"), plan_), DnsSoftware::unbound);
  software_ = "powerdns";
  EXPECT_EQ(dnsSoftwareOf(site("{behaviour: dns-recursive}"), plan_), DnsSoftware::named);
  EXPECT_EQ(dnsSoftwareOf(site("{behaviour: dns-authoritative}"), plan_), DnsSoftware::nsd);
}

TEST_F(DaemonTest, TheLongestSuffixDecidesFirst) {
  const ServiceSite& listed = site(
      "{behaviour: dns-recursive, names: {allow: [example, b.a.other], deny: [a.example, x.b.a.other]}}");
  EXPECT_EQ(listedSuffixes(*listed.service), (std::vector<Suffix>{{"x.b.a.other", false},
                                                                  {"b.a.other", true},
                                                                  {"a.example", false},
                                                                  {"example", true},
                                                                  {"", false}}));
  EXPECT_TRUE(listedSuffixes(*site("{behaviour: dns-recursive}").service).empty());
}

TEST_F(DaemonTest, AProxysRulesStandInTheOrderOfItsLookUps) {
  EXPECT_EQ(squidRules(site("{behaviour: http-forward-proxy, names: {allow: [a.example]}, resolves: "
                            "after-allowing, reverse-lookups: never}")),
            "acl nowhere dst 240.0.0.1/32\nacl names0 dstdomain -n .a.example\nhttp_access allow "
            "names0\nhttp_access deny all\n");
  EXPECT_EQ(squidRules(site("{behaviour: http-forward-proxy, names: {deny: [a.example]}}")),
            "acl nowhere dst 240.0.0.1/32\nacl no-name dstdomain .reverse.invalid\nacl names0 dstdomain "
            ".a.example\n"
            "http_access deny nowhere\nhttp_access deny no-name\nhttp_access deny names0\nhttp_access allow "
            "all\nhttp_access deny all\n");
  EXPECT_EQ(
      squidRules(site("{behaviour: http-forward-proxy, names: {allow: [a.example]}, addresses: {allow: "
                      "[203.0.113.0/30]}, "
                      "resolves: after-allowing, reverse-lookups: never}")),
      "acl nowhere dst 240.0.0.1/32\nacl listed dst 203.0.113.0/30\nacl names0 dstdomain -n .a.example\n"
      "http_access allow names0 listed\nhttp_access deny names0\nhttp_access deny all\n");
}

}  // namespace
}  // namespace vauban::lab
