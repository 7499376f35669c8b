// Closed sets of states that leave out what decision 0017 found last, link-local addresses besides the stated
// ones and machines of a pool among each other: all else in these certificates is as it has to be.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "check/check.h"
#include "check/listing.h"
#include "model/cone.h"
#include "model/model_reader.h"

namespace vauban::check {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

struct Step {
  std::string from, to;
  Texts shut;
};

struct Closed {
  std::string role;
  Texts from;
  std::vector<std::pair<std::string, bool>> states;  // and its `over`
  std::vector<Step> steps;
};

// Writes a certificate of those sets with the reasons that it has to name.
class Forger {
 public:
  explicit Forger(const std::string& text) {
    auto behaviours = model::BehaviourCatalogue::builtIn();
    VAUBAN_CHECK(behaviours.has_value());
    behaviours_ = std::move(*behaviours);
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours_;
    auto read = model::readModelText("m.yaml", text, vocabulary);
    VAUBAN_CHECK(read.has_value());
    model_ = std::move(*read);
  }

  Result follow(const std::string& id, const std::vector<Closed>& sets) {
    reasons_.clear();
    Json certificate = written(id, sets);  // once more, when all reasons have their numbers
    certificate = written(id, sets);
    return check(certificate.dump(), "c.json", model_, behaviours_);
  }

 private:
  static auto order(const Reason& one) {
    return std::tie(one.kind, one.about, one.file, one.line, one.column, one.text);
  }

  Json because(const Reasons& named) {
    reasons_.insert(named.begin(), named.end());
    std::vector<Reason> all(reasons_.begin(), reasons_.end());
    std::ranges::sort(all, {}, order);
    Texts ids;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (named.contains(all[i])) ids.push_back("r" + std::to_string(i + 1));
    }
    std::ranges::sort(ids);
    return ids;
  }

  Json written(const std::string& id, const std::vector<Closed>& sets) {
    const auto claim = std::ranges::find(model_.claims, id, &model::Claim::id);
    VAUBAN_CHECK(claim != model_.claims.end());
    const auto texts = [](const model::PlaceTerms& terms) {
      Texts all;
      for (const model::PlaceTerm& term : terms) all.push_back(term.text);
      return all;
    };
    Json certificate{{"format", "vauban-certificate"}, {"version", 1}, {"model", model_.name}};
    certificate["claim"] = {{"id", id},
                            {"kind", "never"},
                            {"subject", "channel"},
                            {"from", texts(claim->from)},
                            {"to", texts(claim->to)},
                            {"held-by-adversary", texts(claim->heldByAdversary)},
                            {"via", Json::array()},
                            {"over", claim->overText},
                            {"direct", claim->direct},
                            {"both-ways", claim->bothWays}};
    const Network network(model_, behaviours_);
    const Listing listing(network);
    std::set<std::string> parties;
    certificate["closures"] = Json::array();
    for (const Closed& set : sets) certificate["closures"].push_back(closure(set, network, listing, parties));
    const model::Cone cone =
        model::coneOf(model_, behaviours_, *claim, Texts(parties.begin(), parties.end()));
    certificate["cone"] = {
        {"hash", cone.hash}, {"zones", cone.zones}, {"hosts", cone.hosts}, {"rules", cone.rules}};
    certificate["reasons"] = Json::object();
    for (const Reason& one : reasons_) {
      const bool ofHost = one.kind == "services" || one.kind == "client";
      const bool ofService = one.kind == "property" || one.kind == "configuration";
      certificate["reasons"][because({one})[0]] = {
          {"kind", one.kind},
          {"layer", one.layer},
          {"place", {{"file", one.file}, {"line", one.line}, {"column", one.column}}},
          {"text", one.text},
          {ofHost      ? "host"
           : ofService ? "service"
                       : "point",
           one.about}};
    }
    return certificate;
  }

  Json closure(const Closed& set, const Network& network, const Listing& listing,
               std::set<std::string>& parties) {
    Json all{{"role", set.role},       {"from", set.from},       {"states", Json::array()},
             {"steps", Json::array()}, {"hosts", Json::array()}, {"services", Json::array()}};
    std::set<std::string> hosts, services;
    const auto party = [&](const std::string& text) {
      if (text.starts_with("host ")) hosts.insert(text.substr(5));
    };
    for (const auto& [text, over] : set.states) {
      all["states"].push_back({{"state", text}, {"over", over}});
      std::string about = text.substr(text.find(' ') + 1);
      if (about.starts_with("service ")) {
        services.insert(about.substr(8));
        about = "host " + about.substr(8, about.find('.') - 8);
      }
      party(about);
      parties.insert(about);
    }
    for (const Step& step : set.steps) {
      party(step.to);
      all["steps"].push_back(
          {{"from", step.from},
           {"to", step.to},
           {"shut", step.shut},
           {"because", because(listing.between(*network.find(step.from), *network.find(step.to)))}});
    }
    const auto list = [&](const char* kind, const std::string& name, const Reasons& reasons) {
      if (!reasons.empty())
        all[std::string(kind) + "s"].push_back({{kind, name}, {"because", because(reasons)}});
    };
    for (const std::string& name : hosts)
      list("host", name, listing.ofHost(*network.parties()[*network.find("host " + name)].host));
    for (const std::string& name : services) {
      for (std::size_t i = 0; i < model_.services.size(); ++i) {
        const model::ServiceId id(i);
        if (model_.at(model_.at(id).host).name + "." + model_.at(id).name == name)
          list("service", name, listing.ofService(id));
      }
    }
    return all;
  }

  model::BehaviourCatalogue behaviours_;
  model::Model model_;
  Reasons reasons_;
};

std::string said(const Result& result) {
  std::string all;
  for (const Diagnostic& one : result.diagnostics) all += one.place.toString() + ": " + one.message + "\n";
  for (const Rejection& one : result.rejections) all += one.reason + "\n";
  return all;
}

// Rejected for that step, and for nothing but steps that lead out of the sets.
void expectOpen(const Result& result, const std::string& step) {
  EXPECT_FALSE(result.accepted());
  EXPECT_NE(said(result).find(step), std::string::npos) << step << "\nnot in\n" << said(result);
  for (const Rejection& one : result.rejections) {
    EXPECT_TRUE(one.reason.starts_with("a step leads from '")) << one.reason;
  }
}

// A bastion and its neighbour; `deny` refuses what the bastion may be told to go to.
std::string bastion(const std::string& deny, const std::string& neighbour) {
  return "vauban: 1\nname: neighbours\nzones:\n"
         "  z: {networks: [10.1.0.0/24, \"2001:db8:1::/64\"]}\n"
         "  y: {networks: [10.2.0.0/24, \"2001:db8:2::/64\"]}\n"
         "  net: {networks: [0.0.0.0/0, \"::/0\"], untrusted: true}\nhosts:\n"
         "  jump: {zone: z, address: [10.1.0.7, \"2001:db8:1::7\"], services: {s: {behaviour: bastion,\n"
         "    resolver: [jump], port-forwarding: false, redirection: false, shell: false,\n"
         "    addresses: {deny: [" +
         deny + "]}}}}\n  db: {" + neighbour +
         ", services: {s: {behaviour: directory-server}}}\n"
         "flows:\n  - allow: {from: net, to: jump, service: tcp/3389}\n"
         "enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop,\n"
         "  stateful: {established: true, related: from-untrusted, helpers: []}}\n"
         "claims:\n  - {id: in, never: {channel: {from: net, to: db, over: any}}}\n"
         "  - {id: out, never: {channel: {from: db, to: net, over: any}}}\n";
}

// From net, to where code of db would hear it, or its service; and from db.
Closed fromNet(const std::string& role, const Texts& db) {
  return {role,
          {"zone net"},
          {{"code zone net", false}, {"told service jump.s", true}},
          {{"host jump", "host db", db},
           {"zone net", "host db", db},
           {"zone net", "host jump", {"readable service jump.s"}}}};
}

Closed fromDb(const std::string& role) {
  return {role,
          {"host db"},
          {{"code host db", false}, {"told service jump.s", true}},
          {{"host db", "host jump", {"readable service jump.s"}},
           {"host db", "zone net", {"code zone net"}},
           {"host jump", "zone net", {"code zone net"}}}};
}

TEST(Besides, DenyListsLeaveLinkLocalAddressesOfNeighbours) {
  const std::string stated = "10.0.0.0/8, \"2001:db8::/32\"", six = ", \"fe80::/10\"",
                    half = ", \"fe80::/65\"", four = ", 169.254.0.0/16";
  const std::string both = "zone: z, address: [10.1.0.9, \"2001:db8:1::9\"]";
  const std::string byFour = "zone: z, address: 10.1.0.9", bySix = "zone: z, address: \"2001:db8:1::9\"";
  const std::string leg = "zone: y, also-in: [z], address: [10.2.0.9, \"2001:db8:2::9\", ";
  struct Case {
    std::string deny, neighbour;
    bool open;
  };
  const std::vector<Case> cases{{stated, both, true},
                                {stated + six, both, false},  // no IPv4 one where it has another
                                {stated + half, both, true},  // which one it has nobody knows
                                {stated + half, byFour, true},
                                {stated + six, byFour, false},
                                {stated, byFour, true},
                                {stated + six, bySix, true},  // by IPv4
                                {stated + six + ", 169.254.0.0/17", bySix, true},
                                {stated + six + four, bySix, false},
                                {stated, leg + "10.1.0.9]", true},
                                {stated + six, leg + "10.1.0.9]", false},
                                {stated + six, leg + "\"2001:db8:1::9\"]", true},
                                {stated + six + four, leg + "\"2001:db8:1::9\"]", false}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.deny + ", " + one.neighbour);
    Forger forger(bastion(one.deny, one.neighbour));
    const Result in = forger.follow("in", {fromDb("his-end"), fromNet("claim", {"code host db"})});
    const Result out = forger.follow(
        "out", {fromNet("his-end", {"readable service db.s", "told service db.s"}), fromDb("claim")});
    if (!one.open) {
      EXPECT_EQ(said(in), "");
      EXPECT_EQ(said(out), "");
      continue;
    }
    expectOpen(in, "a step leads from 'told service jump.s' to 'code host db', where he waits");
    expectOpen(out, "a step leads from 'code host db' to 'readable service jump.s'");
  }
}

// Semantics 5.5: what the point of an isolated zone passes uncovered, it passes to any of a neighbour's
// addresses.
TEST(Besides, NeighboursMeetWhereAnIsolatedZonePassesAFamilyUncovered) {
  const auto isolated = [](const std::string& deny, const std::string& uncovered) {
    std::string text = bastion(deny, "zone: z, address: [10.1.0.9, \"2001:db8:1::9\"]");
    const auto write = [&](const std::string& from, const std::string& to) {
      text.replace(text.find(from), from.size(), to);
    };
    write("/64\"]}", "/64\"], isolated: true}");
    write("flows:",
          "unlisted: none\nlinks:\n  - {between: [z, net], families: [ipv4, ipv6], uncovered: drop}\nflows:");
    write("families: [ipv4, ipv6], uncovered: drop, unm",
          "families: [ipv4], uncovered: " + uncovered + ", unm");
    write("from-untrusted", "none");
    return text;
  };
  Closed his = fromDb("his-end"), claim = fromNet("claim", {"code host db"});
  const std::string stated = "10.0.0.0/8, \"2001:db8::/32\"";
  EXPECT_EQ(said(Forger(isolated(stated, "drop")).follow("in", {his, claim})), "");
  // An error of the device quotes what db sends in that family to whoever's address it bears.
  his.states.insert(his.states.begin() + 1, {"code zone net", true});
  his.steps = {his.steps[0], {"zone net", "host jump", {"readable service jump.s"}}};
  EXPECT_EQ(said(Forger(isolated(stated + ", \"fe80::/10\"", "pass")).follow("in", {his, claim})), "");
  expectOpen(Forger(isolated(stated, "pass")).follow("in", {his, claim}),
             "a step leads from 'told service jump.s' to 'code host db', where he waits");
}

// Decision 0010: the machines of a pool need not be listed.
std::string gateway(const std::string& pool) {
  return "vauban: 1\nname: pools\nzones:\n  dmz: {networks: [10.2.0.0/24]}\n"
         "  a: {networks: [10.3.0.0/24], isolated: true}\n  b: {networks: [10.4.0.0/24], isolated: true}\n"
         "  net: {networks: [0.0.0.0/0, \"::/0\"], untrusted: true}\nhosts:\n"
         "  vpn: {zone: dmz, address: 10.2.0.5, services: {s: {behaviour: vpn-gateway, port: udp/51820,\n"
         "    pool: [" +
         pool +
         "]}}}\n  ws: {zone: dmz, address: 10.2.0.6, services: {}, client: isolated}\n"
         "flows:\n  - allow: {from: ws, to: vpn, service: udp/51820}\n"
         "enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop,\n"
         "  stateful: {established: true, related: none, helpers: []}}\n"
         "claims:\n  - {id: ab, never: {channel: {from: a, to: b, over: any}}}\n"
         "  - {id: dns, never: {channel: {from: a, to: b, over: dns}}}\n"
         "  - {id: direct, never: {channel: {from: a, to: b, over: any, direct: true}}}\n"
         "  - {id: aa, never: {channel: {from: a, to: a, over: any}}}\n"
         "  - {id: aws, never: {channel: {from: a, to: ws, over: dns}}}\n"
         "  - {id: held, never: {channel: {from: b, to: ws, over: dns, held-by-adversary: [a]}}}\n";
}

const Texts kGateway{"readable service vpn.s", "told service vpn.s"}, kAnswers{"readable service vpn.s"};
const Closed kOutside{
    "his-end", {"zone net"}, {{"code zone net", false}}, {{"zone net", "host vpn", kGateway}}};

Closed alone(const std::string& role, const std::string& zone, std::vector<Step> more = {}) {
  Closed set{role, {zone}, {{"code " + zone, false}}, {{zone, "host vpn", kGateway}}};
  for (Step& step : more) set.steps.push_back(std::move(step));
  set.steps.push_back({zone, "zone net", {"code zone net"}});
  return set;
}

// What ws gets into: its machines in the pool.
Closed hisTunnel(const std::vector<std::string>& pool) {
  Closed set{"his-end",
             {"host ws"},
             {{"code host ws", false}},
             {{"host vpn", "zone net", {"code zone net"}},
              {"host ws", "host vpn", kAnswers},
              {"host ws", "zone net", {"code zone net"}}}};
  for (const std::string& zone : pool) {
    set.states.emplace_back("code " + zone, true);
    set.steps.push_back({zone, "host vpn", kAnswers});
    set.steps.push_back({zone, "zone net", {"code zone net"}});
  }
  set.states.emplace_back("told service vpn.s", true);
  return set;
}

TEST(Besides, MachinesOfAPoolReachEachOther) {
  const std::vector<Closed> ab{kOutside, alone("his-end", "zone b"),
                               alone("claim", "zone a", {{"zone a", "zone b", {"code zone b"}}})};
  const std::string step = "a step leads from 'code zone a' to 'code zone b', where he waits";
  for (const char* claim : {"ab", "dns"}) {
    EXPECT_EQ(said(Forger(gateway("a")).follow(claim, ab)), "") << claim;
    EXPECT_EQ(said(Forger(gateway("b")).follow(claim, ab)), "") << claim;
    expectOpen(Forger(gateway("a, b")).follow(claim, ab), step);
  }
  const Closed direct{"claim",
                      {"zone a"},
                      {{"code zone a", false}},
                      {{"zone a", "zone b", {"code zone b"}}, {"zone a", "zone net", {"code zone net"}}}};
  EXPECT_EQ(said(Forger(gateway("a, b")).follow("direct", {direct})), "");
}

TEST(Besides, MachinesOfAnIsolatedPoolReachEachOther) {
  const std::vector<Closed> aa{kOutside, alone("claim", "zone a")};
  EXPECT_EQ(said(Forger(gateway("b")).follow("aa", aa)), "");
  expectOpen(Forger(gateway("a")).follow("aa", aa),
             "a step leads from 'code zone a' to 'code zone a', where he waits");
}

// From a machine of one zone to the end, in another, of a tunnel that he opened; by way of a machine that he
// holds.
TEST(Besides, MachinesOfAPoolReachTheEndsOfHisTunnels) {
  Closed claim = alone("claim", "zone a", {{"zone a", "host ws", {"code host ws +over"}}});
  claim.states.insert(claim.states.begin(), {"code host ws", false});
  expectOpen(Forger(gateway("a")).follow("aws", {kOutside, hisTunnel({"zone a"}), claim}),
             "a step leads from 'code zone a' to 'code zone a' +over");
  expectOpen(Forger(gateway("a, b")).follow("aws", {kOutside, hisTunnel({"zone a", "zone b"}), claim}),
             "a step leads from 'code zone a' to 'code zone b', which the closure does not hold");

  Closed held = alone("claim", "zone b",
                      {{"zone b", "host ws", {"code host ws +over"}}, {"zone b", "zone a", {"code zone a"}}});
  held.states.insert(held.states.begin(), {"code host ws", false});
  const std::vector<Closed> all{kOutside, hisTunnel({"zone a", "zone b"}), alone("his-end", "zone a"), held};
  expectOpen(Forger(gateway("a, b")).follow("held", all),
             "a step leads from 'code zone b' to 'code zone a', which the closure does not hold");
}

}  // namespace
}  // namespace vauban::check
