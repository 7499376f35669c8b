// The schema against the parser: an editor that validates and `vauban` must not contradict each other.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/diagnostic_text.h"
#include "model/model_reader.h"
#include "model/test_catalogue.h"
#include "model/yaml.h"

#ifdef VAUBAN_HAS_VALIJSON
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#endif

namespace vauban::model {
namespace {

using nlohmann::json;

const BehaviourCatalogue& behaviours() {
  static const BehaviourCatalogue catalogue = testing::catalogue();
  return catalogue;
}

TEST(Schema, IsDeterministicAndKnowsTheCatalogue) {
  const auto text = modelSchema(behaviours());
  EXPECT_EQ(text, modelSchema(behaviours()));
  const auto schema = json::parse(text);
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["required"], json::array({"vauban"}));
  const auto& forwarder = schema["$defs"]["behaviour-dns-forwarder"];
  EXPECT_TRUE(forwarder["properties"].contains("upstream"));
  EXPECT_TRUE(forwarder["properties"].contains("decides"));
  EXPECT_EQ(forwarder["properties"]["dnssec"]["enum"], json::array({"validates", "off", false}));
  EXPECT_EQ(forwarder["additionalProperties"], false);
  EXPECT_FALSE(json::parse(modelSchema({})).empty());
}

TEST(Schema, EveryReferenceLeadsSomewhere) {
  const auto schema = json::parse(modelSchema(behaviours()));
  std::size_t references = 0;
  const auto walk = [&](const auto& self, const json& node) -> void {
    if (node.is_object() && node.contains("$ref")) {
      ++references;
      const auto pointer = node["$ref"].get<std::string>();
      EXPECT_TRUE(schema.contains(json::json_pointer(pointer.substr(1)))) << pointer;
    }
    if (node.is_structured()) {
      for (const auto& child : node) self(self, child);
    }
  };
  walk(walk, schema);
  EXPECT_GT(references, 20U);
}

#ifdef VAUBAN_HAS_VALIJSON

json toJson(const yaml::Node& node) {
  switch (node.kind()) {
    case yaml::Kind::null:
      return nullptr;
    case yaml::Kind::boolean:
      return *node.boolean();
    case yaml::Kind::integer:
      return *node.integer();
    case yaml::Kind::real:
      return *node.number();
    case yaml::Kind::text:
      return node.text();
    case yaml::Kind::sequence: {
      json list = json::array();
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(toJson(node.item(i)));
      return list;
    }
    case yaml::Kind::mapping: {
      json object = json::object();
      for (std::size_t i = 0; i < node.size(); ++i) object[node.key(i).text()] = toJson(node.value(i));
      return object;
    }
  }
  return {};
}

bool schemaAccepts(const std::string& text) {
  static const json document = json::parse(modelSchema(behaviours()));
  static const auto schema = [] {
    auto parsed = std::make_unique<valijson::Schema>();
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(document), *parsed);
    return parsed;
  }();
  const auto tree = yaml::parse("m", text);
  if (tree.root == nullptr) return false;
  const json value = toJson(*tree.root);
  valijson::Validator validator;
  return validator.validate(*schema, valijson::adapters::NlohmannJsonAdapter(value), nullptr);
}

std::string parserSays(const std::string& text) {
  Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours();
  const auto model = readModelText("m", text, vocabulary);
  return model ? "" : diagnosticText(model.error(), [](const std::string&) { return std::nullopt; });
}

const std::string kBase = R"(vauban: 1
zones: {lan: {networks: 10.0.0.0/16}, dmz: {networks: [192.0.2.0/24]}, net: {networks: 0.0.0.0/0, untrusted: true}}
hosts: {ws: {zone: lan, services: {}}, fwd: {zone: dmz}}
devices: {fw: {}}
conditions: {night: {default: closed}}
assets: {data: {at: fwd}}
accounts: {staff: {count: 3}}
)";

const std::vector<std::string> kValid{
    "",
    "name: x\n",
    "unlisted: none\n",
    "services: {a: tcp/1, b: [a, udp/1-2]}\n",
    "flows: []\n",
    "flows: [{allow: {}}, {deny: {from: any, to: [lan, fwd, 10.0.0.0/8], service: any, when: night}}]\n",
    "flows: [{reject: {service: [dns, icmp/echo, ip/50]}}]\n",
    "enforcement: {}\n",
    "enforcement: {anti-spoofing: off, families: ipv4, uncovered: pass, unmatched: reject}\n",
    "enforcement: {anti-spoofing: false, families: [ipv4, ipv6], stateful: {established: true, related: "
    "none, helpers: []}}\n",
    "links: [{between: [lan, dmz], device: fw, rules: {iptables: f, chain: C}, interfaces: {lan: eth0}, "
    "uncovered: drop}]\n",
    "links: [{from: lan, to: dmz, rules: {csv: f, columns: {from: Src}}}]\n",
    "fails-with: [[fw, ws]]\n",
    "credentials: {c: {kind: password, mfa: false, grants: [{hosts: [ws], privilege: admin}], exposed-on: "
    "ws}}\n",
    "countermeasures: [{technique: T, at: lan, coverage: 0.5}, {pattern: p, members: {a: ws}}, {pattern: p, "
    "at: lan}]\n",
    "operations: {analysts: 1.5, minutes-per-alert: 25, sensors: {s: {alerts-per-day: 9, covers: {share: "
    "0.2, techniques: [a]}}}}\n",
    "evidence: [{countermeasure: a, against: b, at: lan, trials: 4, stopped: 0, source: s, date: "
    "2026-03-11}]\n",
    "threats: {start: [net, {insider: ws}], groups: [G1], goals: data}\n",
    "threats: {start: {insider: [ws]}}\n",
    "budget: {effort-days: 120, roles: {a: 60}}\naccountable: r\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net}}}]\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net, over: dns, direct: true, both-ways: false}}}]\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net}}, direct: true, held-by-adversary: dmz}]\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net, held-by-adversary: dmz}}, direct: true}]\n",
    "claims: [{id: a, always: {reach: {from: lan, to: net, service: [dns]}}}]\n",
    "claims: [{id: a, only: {reach: {from: lan, to: net}}, waived-until: 2027-01-01, because: x}]\n",
    "claims: [{id: a, at-most: {channel: {from: lan, to: net}, rate: 100 kbit/s}}]\n",
    "claims: [{id: a, only-via: {channel: {from: lan, to: net}, hosts: [fwd]}}]\n",
    "claims: [{id: a, depth: {goal: {impact: data, kind: integrity}, at-least: 3}}]\n",
    "claims: [{id: a, tripwire: {goal: {data: data}, at-least: 1}}]\n",
    "claims: [{id: a, never: {goal: {controls: ws}}}]\n",
};

const std::vector<std::string> kInvalid{
    "nme: x\n",
    "name: 7\n",
    "name:\n",
    "name: ''\n",
    "unlisted: off\n",
    "services: {a: {}}\n",
    "services: {a: []}\n",
    "services: {any: tcp/1}\n",
    "services: {'a b': tcp/1}\n",
    "flows: {}\n",
    "flows: [{}]\n",
    "flows: [{allow: {}, deny: {}}]\n",
    "flows: [{allow: {frm: lan}}]\n",
    "flows: [{allow: {from: []}}]\n",
    "flows: [{allow: {from: {}}}]\n",
    "flows: [{allow: {from: 10}}]\n",
    "flows: [{allow: [lan]}]\n",
    "flows: [{allow: {when: [night]}}]\n",
    "enforcement: {anti-spoofing: on}\n",
    "enforcement: {anti-spoofing: true}\n",
    "enforcement: {uncovered: false}\n",
    "enforcement: {families: [ipv4, ipv4]}\n",
    "enforcement: {families: [ipv5]}\n",
    "enforcement: {stateful: true}\n",
    "enforcement: {stateful: {established: yes}}\n",
    "links: [{device: fw}]\n",
    "links: [{between: [lan]}]\n",
    "links: [{between: [lan, dmz, net]}]\n",
    "links: [{between: [lan, dmz], from: lan}]\n",
    "links: [{from: lan}]\n",
    "links: [{between: [lan, dmz], rules: {}}]\n",
    "links: [{between: [lan, dmz], rules: {chain: C}}]\n",
    "links: [{between: [lan, dmz], rules: {csv: a, iptables: b}}]\n",
    "links: [{between: [lan, dmz], interfaces: {lan: []}}]\n",
    "fails-with: [[fw]]\n",
    "fails-with: [fw, ws]\n",
    "credentials: {c: {mfa: no}}\n",
    "credentials: {c: {grants: [{hosts: ws}]}}\n",
    "countermeasures: [{at: lan}]\n",
    "countermeasures: [{technique: T}]\n",
    "countermeasures: [{technique: T, pattern: p}]\n",
    "countermeasures: [{technique: T, at: lan, members: {a: ws}}]\n",
    "countermeasures: [{technique: T, at: lan, coverage: 1.5}]\n",
    "operations: {analysts: -1}\n",
    "operations: {sensors: {s: {false-positive-share: 2}}}\n",
    "evidence: [{countermeasure: a, against: b, trials: 0, stopped: 0, date: 2026-03-11}]\n",
    "evidence: [{countermeasure: a, against: b, trials: 4, stopped: 1, date: 2026-3-11}]\n",
    "evidence: [{countermeasure: a, against: b, trials: 1.5, stopped: 1, date: 2026-03-11}]\n",
    "threats: {start: [[net]]}\n",
    "threats: {start: [{insider: []}]}\n",
    "budget: {roles: {a: many}}\n",
    "claims: [{never: {channel: {from: lan, to: net}}}]\n",
    "claims: [{id: a}]\n",
    "claims: [{id: a, never: {}}]\n",
    "claims: [{id: a, never: {channel: {from: lan}}}]\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net}, reach: {from: lan, to: net}}}]\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net, service: dns}}}]\n",
    "claims: [{id: a, never: {reach: {from: lan, to: net, over: dns}}}]\n",
    "claims: [{id: a, never: {reach: {from: lan, to: net}}, direct: true}]\n",
    "claims: [{id: a, always: {reach: {from: lan, to: net}}, both-ways: true}]\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net, direct: true}}, direct: true}]\n",
    "claims: [{id: a, at-most: {channel: {from: lan, to: net, both-ways: true}, rate: 1 bit/s}, both-ways: "
    "true}]\n",
    "claims: [{id: a, never: {channel: {from: lan, to: net, held-by-adversary: dmz}}, held-by-adversary: "
    "dmz}]\n",
    "claims: [{id: a, always: {channel: {from: lan, to: net}}}]\n",
    "claims: [{id: a, always: {reach: {from: lan, to: net}}, only: {reach: {from: lan, to: net}}}]\n",
    "claims: [{id: a, only: {reach: {from: lan, to: net}}, waived-until: 2027-01-01}]\n",
    "claims: [{id: a, only: {reach: {from: lan, to: net}}, because: x}]\n",
    "claims: [{id: a, at-most: {channel: {from: lan, to: net}}}]\n",
    "claims: [{id: a, at-most: {channel: {from: lan, to: net}, rate: 100}}]\n",
    "claims: [{id: a, at-most: {channel: {from: lan, to: net}, rate: 1 kb/s}}]\n",
    "claims: [{id: a, only-via: {channel: {from: lan, to: net}}}]\n",
    "claims: [{id: a, depth: {goal: {impact: data}}}]\n",
    "claims: [{id: a, depth: {goal: {impact: data}, at-least: 0}}]\n",
    "claims: [{id: a, never: {goal: {impact: data, data: data}}}]\n",
    "claims: [{id: a, never: {goal: {data: data, kind: integrity}}}]\n",
    "claims: [{id: 'a b', never: {goal: {data: data}}}]\n",
};

TEST(Schema, AgreesWithTheParserOnWhatIsRight) {
  for (const auto& text : kValid) {
    EXPECT_EQ(parserSays(kBase + text), "") << text;
    EXPECT_TRUE(schemaAccepts(kBase + text)) << text;
  }
}

TEST(Schema, AgreesWithTheParserOnWhatIsWrong) {
  for (const auto& text : kInvalid) {
    EXPECT_NE(parserSays(kBase + text), "") << text;
    EXPECT_FALSE(schemaAccepts(kBase + text)) << text;
  }
  EXPECT_FALSE(schemaAccepts("zones: {}\n"));
  EXPECT_NE(parserSays("zones: {}\n"), "");
}

TEST(Schema, AgreesOnHostsAndServices) {
  const auto host = [](const std::string& body) {
    return "vauban: 1\nzones: {lan: {networks: [10.0.0.0/16]}}\naccounts: {a: {}}\nhosts: {h: {" + body +
           "}}\n";
  };
  const auto service = [&](const std::string& body) {
    return host("zone: lan, services: {s: {" + body + "}}");
  };
  for (const auto& text :
       {host("zone: lan"),
        host("zone: lan, address: 10.0.0.1, count: 2, platform: p, software: s, accounts: a"),
        host("zone: lan, address: [10.0.0.1], also-in: [], client: isolated, services: {}"),
        service("behaviour: database, calls-out: false, port: tcp/1, readers: []"),
        service("behaviour: database, calls-out: 'false'"), service("behaviour: dns-recursive, dnssec: off"),
        service("behaviour: dns-recursive, dnssec: false, names: {allow: [], deny: x.example}"),
        service("behaviour: ntp-server, modes: [server], upstream: lan"),
        service("behaviour: ntp-server, modes: server"),
        service("behaviour: http-forward-proxy, addresses: {allow: 10.0.0.0/8}, resolver: h"),
        service("behaviour: copier, from: lan, upstream: [lan]")}) {
    EXPECT_EQ(parserSays(text), "") << text;
    EXPECT_TRUE(schemaAccepts(text)) << text;
  }
  for (const auto& text : {host(""),
                           host("zone: [lan]"),
                           host("zone: lan, count: 0"),
                           host("zone: lan, client: free"),
                           host("zone: lan, client: false"),
                           host("zone: lan, services:"),
                           host("zone: lan, services: []"),
                           host("zone: lan, address: []"),
                           host("zone: lan, platform: 7"),
                           service(""),
                           service("port: tcp/1"),
                           service("behaviour: nothing"),
                           service("behaviour: database, calls-out: never"),
                           service("behaviour: database, calls-out: [false]"),
                           service("behaviour: database, upstream: lan"),
                           service("behaviour: dns-recursive, dnssec: true"),
                           service("behaviour: dns-recursive, names: [x.example]"),
                           service("behaviour: dns-recursive, names: {alow: x.example}"),
                           service("behaviour: ntp-server, modes: []"),
                           service("behaviour: ntp-server, modes: [sever]"),
                           service("behaviour: database, port: []"),
                           service("behaviour: http-forward-proxy, addresses: {shared: 10.0.0.0/8}")}) {
    EXPECT_NE(parserSays(text), "") << text;
    EXPECT_FALSE(schemaAccepts(text)) << text;
  }
}

TEST(Schema, AgreesOnZones) {
  const auto zone = [](const std::string& body) { return "vauban: 1\nzones: {z: {" + body + "}}\n"; };
  for (const auto& body :
       {"networks: 10.0.0.0/8", "networks: ['::/0'], untrusted: true, on-path: true",
        "networks: 10.0.0.0/8, people: true, isolated: false, level: 0, security-level: {target: 4}"}) {
    EXPECT_EQ(parserSays(zone(body)), "") << body;
    EXPECT_TRUE(schemaAccepts(zone(body))) << body;
  }
  for (const auto& body : {"", "networks: []", "networks: {}", "networks: 10.0.0.0/8, level: 6",
                           "networks: 10.0.0.0/8, people: yes", "networks: 10.0.0.0/8, security-level: 3",
                           "networks: 10.0.0.0/8, security-level: {}", "networks: 10.0.0.0/8, people: off"}) {
    EXPECT_NE(parserSays(zone(body)), "") << body;
    EXPECT_FALSE(schemaAccepts(zone(body))) << body;
  }
}

#else
TEST(Schema, AgreesWithTheParser) { GTEST_SKIP() << "valijson is not installed"; }
#endif

}  // namespace
}  // namespace vauban::model
