// The checker's own steps, searched: where a scenario's claim is broken or conditional, they must lead to a
// place where he waits, or the checker would follow a certificate of a claim that does not hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "check/search.h"
#include "check/stances.h"
#include "model/model_reader.h"

namespace vauban::check {
namespace {

// How he is reached; empty where he is not.
std::string wayOf(const Network& network, const model::Claim& claim, bool backwards) {
  const Ways ways(network);
  const Aims aims(network);
  ClaimStances stances(network, aims, claim, backwards);
  for (std::size_t i = 0; i < stances.ends().size(); ++i) {
    const Stance stance = stances.ofHisEnd(i);
    Search search(network, ways, aims, stance, true);
    search.arrives();
    stances.take(i, search.codes());
  }
  stances.findOpenedAlone(ways, aims);
  const Stance stance = stances.ofClaim();
  Search search(network, ways, aims, stance, false);
  return search.arrives() ? search.way() : "";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Arrival, BrokenAndConditionalClaimsOfScenariosAreOpenToTheChecker) {
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  ASSERT_TRUE(behaviours.has_value());
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  std::size_t asked = 0, closed = 0;
  const std::filesystem::path scenarios = std::filesystem::path(VAUBAN_SOURCE_DIR) / "tests/scenarios";
  for (const auto& entry : std::filesystem::directory_iterator(scenarios)) {
    std::istringstream args(read(entry.path() / "args"));
    std::string command, file;
    args >> command >> file;
    if (command != "verify") continue;
    const auto model = model::readModel((entry.path() / file).string(), vocabulary);
    if (const char* only = std::getenv("VAUBAN_SCENARIO"); only != nullptr && entry.path().filename() != only)
      continue;
    // Files of rules are the importers' business, and this room knows none.
    if (!model ||
        std::ranges::any_of(model->links, [](const model::Link& link) { return link.rules.has_value(); })) {
      continue;
    }
    const std::string expect = read(entry.path() / "expect.yaml");
    const std::regex verdict(R"(\n  ([A-Za-z0-9_-]+):\s*\{verdict: ([a-z]+))");
    const Network network(*model, *behaviours);
    for (std::sregex_iterator it(expect.begin(), expect.end(), verdict), end; it != end; ++it) {
      const auto claim = std::ranges::find(model->claims, (*it)[1].str(), &model::Claim::id);
      if (claim == model->claims.end() || claim->subject != model::ClaimSubject::channel) continue;
      if (claim->kind != model::ClaimKind::never && claim->kind != model::ClaimKind::onlyVia) continue;
      const std::string way = wayOf(network, *claim, false);
      const bool open = !way.empty() && (!claim->bothWays || !wayOf(network, *claim, true).empty());
      if ((*it)[2] == "broken" || (*it)[2] == "conditional") {
        ++asked;
        EXPECT_TRUE(open) << entry.path().filename().string() << " " << claim->id;
      } else if ((*it)[2] == "kept") {
        ++closed;
        EXPECT_FALSE(open) << entry.path().filename().string() << " " << claim->id << ": " << way;
      }
    }
  }
  EXPECT_GT(asked, 100U);
  EXPECT_GT(closed, 50U);
}

struct NatCase {
  const char *scenario, *claim;
  std::size_t link;
  bool before;  // the rewrite, of destinations before the filter or of sources behind it
  const char *source, *destination;
  int protocol, port;  // 0: any
  const char* to;
  int toPort;  // 0: left alone
  const char *filterSource, *filterDestination;
  int filterPort;
  bool established;
};

model::FilterRule natRule(const char* source, const char* destination, int protocol, int port) {
  const auto number = static_cast<std::uint16_t>(port);
  model::FilterRule rule;
  rule.source = space::AddressSet(*space::AddressRange::parse(source));
  rule.destination = space::AddressSet(*space::AddressRange::parse(destination));
  rule.services = port == 0 ? space::ServiceSet::all()
                            : space::ServiceSet::ports(static_cast<std::uint8_t>(protocol), {number, number});
  return rule;
}

// The rules of these scenarios lie in files, so they are made here by hand: their one rewrite, and their one
// rule that accepts. All these claims are broken by way of the rewrite.
TEST(Arrival, RewritesAreFollowed) {
  constexpr const char* kAny = "0.0.0.0/0";
  const std::vector<NatCase> cases = {
      {"found-rewritten-to-proxy", "x", 0, true, kAny, kAny, 6, 53, "10.40.0.5", 3128, kAny, "10.40.0.5",
       3128, true},
      {"found-reader-behind-snat", "x", 0, false, "10.20.0.0/16", kAny, 6, 0, "10.40.0.1", 0, "10.20.0.0/16",
       "10.40.0.4", 445, true},
      {"found-port-rewritten-on-chain", "x", 1, true, kAny, "10.30.2.4", 6, 80, "10.30.2.4", 8080, kAny,
       "10.30.2.4", 8080, false},
      {"found-port-rewritten-on-one-link", "dns", 0, true, kAny, kAny, 17, 53, "203.0.113.9", 5353, kAny,
       "203.0.113.9", 5353, false},
  };
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  ASSERT_TRUE(behaviours.has_value());
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  const std::filesystem::path scenarios = std::filesystem::path(VAUBAN_SOURCE_DIR) / "tests/scenarios";
  for (const NatCase& one : cases) {
    auto model = model::readModel((scenarios / one.scenario / "model.yaml").string(), vocabulary);
    ASSERT_TRUE(model.has_value()) << one.scenario;
    model::FilterProgram program;
    model::FilterRule accept = natRule(one.filterSource, one.filterDestination, one.protocol, one.filterPort);
    accept.action = model::Action::accept;
    model::FilterRule rewrite = natRule(one.source, one.destination, one.protocol, one.port);
    rewrite.action = model::Action::rewrite;
    (one.before ? rewrite.rewrite.destination : rewrite.rewrite.source) =
        space::AddressSet(*space::AddressRange::parse(one.to));
    const auto port = static_cast<std::uint16_t>(one.toPort);
    if (one.toPort != 0) rewrite.rewrite.destinationPorts = space::PortRange{port, port};
    program.chains = {{"FORWARD", {accept}, model::Action::drop, {}},
                      {"nat", {rewrite}, model::Action::accept, {}}};
    program.entry = model::ChainId(0);
    program.families = {space::Family::ipv4};
    program.established = one.established;
    model->linkPrograms.resize(model->links.size());
    for (const bool rewrites : {false, true}) {
      if (rewrites) (one.before ? program.prerouting : program.postrouting) = model::ChainId(1);
      model->linkPrograms[one.link] = program;
      const auto claim = std::ranges::find(model->claims, one.claim, &model::Claim::id);
      ASSERT_NE(claim, model->claims.end());
      const Network network(*model, *behaviours);
      EXPECT_EQ(!wayOf(network, *claim, false).empty(), rewrites) << one.scenario;
    }
  }
}

}  // namespace
}  // namespace vauban::check
