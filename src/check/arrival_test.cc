// The checker's own steps, searched: where a scenario's claim is broken or conditional, they must lead to a
// place where he waits, or the checker would follow a certificate of a claim that does not hold. Only the
// test searches.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "check/stances.h"
#include "model/model_reader.h"

namespace vauban::check {
namespace {

class Search {
 public:
  Search(const Network& network, const Ways& ways, const Aims& aims, const Stance& stance, bool hisEnd)
      : network_(network), stance_(stance), step_(network, ways, aims, stance_), hisEnd_(hisEnd) {}

  // Code that the bytes have brought somewhere hears there, too: the search starts again, until none is new.
  bool arrives() {
    for (bool grows = true; grows && !arrived_;) {
      states_.clear();
      steps_.clear();
      look();
      const Flags found = codes();
      grows = false;
      for (PartyId id = 0; !stance_.direct && id < found.size(); ++id) {
        grows = grows || (found[id] && !stance_.takes[id]);
        if (found[id]) stance_.takes[id] = true;
      }
    }
    return arrived_;
  }
  const std::string& way() const { return way_; }
  Flags codes() const {
    Flags codes(stance_.starts.size(), false);
    for (const State& state : states_) {
      if (state.holding == Holding::code) codes[state.party] = true;
    }
    return codes;
  }

 private:
  void look() {
    for (PartyId id = 0; id < stance_.starts.size(); ++id) {
      if (stance_.starts[id]) add({Holding::code, id, std::nullopt, false, Names::all()}, 0, "");
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const State state = states_[i];
      const bool ends =
          state.holding == Holding::code && stance_.waits[state.party] && !stance_.starts[state.party];
      const bool start = state.holding == Holding::code && stance_.known[state.party];
      if (ends || (stance_.direct && !start) || (start && hisEnd_)) continue;
      step_.from(state, [&](const Landing& landing) {
        if (landing.arrives && way_.empty()) way_ = wayTo(i) + " => " + landing.how.text;
        arrived_ = arrived_ || landing.arrives;
        State to = landing.to;
        // What comes back to `from` was there already.
        if (landing.back && to.holding == Holding::code && stance_.known[to.party]) to.over = false;
        add(to, i, landing.how.text);
      });
    }
  }

  std::string wayTo(std::size_t at) const {
    std::string way = textOf(network_, states_[at]) + (states_[at].over ? " +over" : "");
    for (int i = 0; i < 20 && !steps_[at].second.empty(); ++i) {
      const std::string how = steps_[at].second;
      at = steps_[at].first;
      way = textOf(network_, states_[at]) + (states_[at].over ? " +over" : "") + " => " + how + " => " + way;
    }
    return way;
  }

  void add(const State& state, std::size_t from, const std::string& how) {
    if (state.names.empty()) return;
    for (const State& one : states_) {
      if (one.holding == state.holding && one.party == state.party && one.service == state.service &&
          (one.over || !state.over) && one.names.contains(state.names)) {
        return;
      }
    }
    states_.push_back(state);
    steps_.emplace_back(from, how);
  }

  const Network& network_;
  Stance stance_;
  OneStep step_;
  bool hisEnd_;
  std::vector<State> states_;
  std::vector<std::pair<std::size_t, std::string>> steps_;  // from which state, and how
  std::string way_;
  bool arrived_ = false;
};

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
