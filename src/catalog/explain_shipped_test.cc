// Explanations of what ships: what holds for every one of them, and facts of the sources.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "catalog/embedded_pack.h"
#include "catalog/explain.h"
#include "catalog/gap.h"
#include "catalog/pack.h"

namespace vauban::catalog {
namespace {

const Catalogue& shipped() {
  static const Catalogue catalogue = [] {
    auto read = readPack(embeddedPack());
    if (!read) {
      ADD_FAILURE() << "the shipped pack does not read";
      return Catalogue();
    }
    return *std::move(read);
  }();
  return catalogue;
}

Explanation explained(std::string_view words, const ExplainOptions& options = {}) {
  auto made = answer(shipped(), words, options);
  if (!made || made->explanations.empty()) {
    ADD_FAILURE() << words << " is not explained";
    return {};
  }
  return made->explanations.front();
}

const LinkGroup* groupOf(const Explanation& explanation, std::string_view key) {
  const auto found = std::ranges::find(explanation.groups, key, &LinkGroup::key);
  return found == explanation.groups.end() ? nullptr : &*found;
}

std::set<std::string> idsOf(const Explanation& explanation, std::string_view key) {
  std::set<std::string> ids;
  if (const LinkGroup* group = groupOf(explanation, key)) {
    for (const Link& link : group->links) ids.insert(link.id);
  }
  return ids;
}

// Where a chain ends; "" where a step does not join on.
std::string endOf(const Path& path) {
  std::string here = path.start;
  for (const Step& step : path.steps) {
    if (step.from != here && step.to != here) return {};
    here = step.from == here ? step.to : step.from;
  }
  return here;
}

std::string brokenLink(const Link& link) {
  if (link.relation.empty()) return "no relation";
  if (link.id.empty() && link.name.empty()) return "nothing at the other end";
  if (!link.id.empty() && !link.framework) return "an id without its framework";
  if (!link.source.empty() && !shipped().source(link.source)) return "an unknown source " + link.source;
  if (link.grade == Grade::e0 && link.effect != "applicable") return "E0 says " + link.effect;
  if (link.grade == Grade::e1 && link.effect != "breadth only") return "E1 says " + link.effect;
  if (link.grade == Grade::e0 &&
      (link.paths.empty() || !link.paths.front().rule || !link.paths.front().match))
    return "inferred without path, rule and match";
  if ((link.grade == Grade::e2) == link.scores.empty()) return "scores and grade do not agree";
  if ((link.grade == Grade::e3) != link.trial.has_value()) return "trial and grade do not agree";
  if (link.relation == kInTwoSteps && (link.paths.empty() || link.paths.front().steps.size() != 2))
    return "two steps are not two";
  for (const Path& path : link.paths) {
    if (path.start.empty() || path.steps.empty()) return "an empty path";
    const std::string end = endOf(path);
    if (!end.ends_with(link.id)) return "a path that ends at '" + end + "': " + pathText(path);
    if (link.restsOnMay && !path.restsOnMay) return "a firm path in a link that is only possible";
  }
  return {};
}

// "" where everything that must hold of any explanation holds.
std::string broken(const Explanation& explanation) {
  if (explanation.groups.empty()) return "nothing is said";
  for (const LinkGroup& group : explanation.groups) {
    if (group.key.empty() || group.title.empty()) return "a group without key or title";
    if (group.links.empty() == group.gap.empty()) return group.key + ": either links or a gap";
    for (const Link& link : group.links) {
      if (const std::string what = brokenLink(link); !what.empty())
        return group.key + " " + link.id + ": " + what;
    }
    for (std::size_t i = 0; i < group.links.size(); ++i) {
      if (std::ranges::find(group.links.begin(), group.links.begin() + static_cast<std::ptrdiff_t>(i),
                            group.links[i]) != group.links.begin() + static_cast<std::ptrdiff_t>(i))
        return group.key + " " + group.links[i].id + ": twice";
    }
  }
  return {};
}

TEST(ExplainShipped, WhatHoldsOfEveryExplanationHolds) {
  // Every so many of everything that has a name; the steps share no factor with how the tables are built up.
  std::vector<std::string> words;
  const auto take = [&](const auto& rows, std::size_t step, auto name) {
    for (std::size_t i = 0; i < rows.size(); i += step) words.push_back(name(rows[i]));
  };
  const auto byId = [](const auto& row) { return row.id; };
  take(shipped().ontology.classes, 61, [](const OntologyClass& it) { return "d3fend:" + it.name; });
  for (const Attack& domain : shipped().attack) {
    take(domain.techniques, 31, byId);
    take(domain.tactics, 7, byId);
    take(domain.mitigations, 29, byId);
    take(domain.groups, 37, byId);
    take(domain.campaigns, 13, byId);
    take(domain.software, 199, byId);
  }
  take(shipped().controls, 41,
       [](const Control& it) { return std::string(word(it.framework)) + ":" + it.id; });
  take(shipped().crosswalks, 997,
       [](const Crosswalk& it) { return std::string(word(it.fromFramework)) + ":" + it.from; });
  take(shipped().scores, 499, [](const Score& it) { return it.capability; });
  take(shipped().roles, 11, byId);
  take(shipped().protocols, 17, [](const ProtocolArtifact& it) { return "service:" + it.service; });
  for (const std::string& it : words) {
    const auto made = answer(shipped(), it);
    if (!made) {
      // Classes of techniques are of ATT&CK to whoever asks, not of D3FEND.
      EXPECT_TRUE(it.starts_with("d3fend:T")) << it << ": " << made.error().front().message;
      continue;
    }
    EXPECT_FALSE(made->explanations.empty() && made->choices.empty()) << it;
    for (const Explanation& explanation : made->explanations) EXPECT_EQ(broken(explanation), "") << it;
  }
}

TEST(ExplainShipped, InferredLinksAreThoseOfTheInference) {
  const Hierarchy hierarchy(shipped().ontology);
  const auto tactic = [&](const Row& row) { return shipped().ontology[row.tactic].name; };
  for (const View view : {View::direct, View::parent, View::page}) {
    std::map<std::string, std::set<std::string>> byAttack, byDefence;
    for (const Row& row : infer(hierarchy, {view, {}, ""})) {
      const std::string& attack = shipped().ontology[row.offensive].id;
      const std::string& defence = shipped().ontology[row.defensive].id;
      byAttack[attack].insert(defence + " " + tactic(row));
      byDefence[defence].insert(attack + " " + tactic(row));
    }
    const auto idsAndTactics = [](const Explanation& explanation, std::string_view key) {
      std::set<std::string> found;
      if (const LinkGroup* group = groupOf(explanation, key)) {
        for (const Link& link : group->links) found.insert(link.id + " " + link.detail);
      }
      return found;
    };
    for (const char* id : {"T1048", "T1048.003", "T1059", "T1562.001", "T1562.006", "T1003.001", "T1027"})
      EXPECT_EQ(idsAndTactics(explained(id, {view, {}, false}), "countermeasures"), byAttack[id]) << id;
    for (const char* id : {"D3-DNSAL", "D3-NTA", "D3-FA", "D3-BDI", "D3-OTF"})
      EXPECT_EQ(idsAndTactics(explained(id, {view, {}, false}), "attack-techniques"), byDefence[id]) << id;
  }
}

TEST(ExplainShipped, PathsAreAsManyAsRows) {
  const Hierarchy hierarchy(shipped().ontology);
  for (const char* id : {"T1048", "T1059"}) {
    std::size_t paths = 0;
    for (const Link& link : groupOf(explained(id, {View::page, {}, true}), "countermeasures")->links)
      paths += link.paths.size();
    EXPECT_EQ(paths, infer(hierarchy, {View::page, {}, id}).size()) << id;
  }
}

TEST(ExplainShipped, WhatTheIssueAsksFor) {
  const Explanation exfiltration = explained("T1048.003");
  EXPECT_EQ(idsOf(exfiltration, "mitigations"), (std::set<std::string>{"M1030", "M1031", "M1037", "M1057"}));
  EXPECT_TRUE(idsOf(exfiltration, "countermeasures").contains("D3-OTF"));
  EXPECT_TRUE(idsOf(exfiltration, "800-53").contains("AC-4"));
  EXPECT_TRUE(idsOf(exfiltration, "cis").contains("9.2"));
  EXPECT_TRUE(idsOf(exfiltration, "two-steps-d3fend").contains("D3-ITF"));

  const Explanation allowlisting = explained("D3-DNSAL");
  EXPECT_EQ(idsOf(allowlisting, "attack-techniques"),
            (std::set<std::string>{"T1071", "T1071.004", "T1568", "T1568.001", "T1568.002", "T1568.003"}));
  EXPECT_EQ(allowlisting.subject.name, "DNS Allowlisting");

  EXPECT_EQ(idsOf(explained("M1037"), "d3fend"), std::set<std::string>{"D3-NI"});
  EXPECT_EQ(idsOf(explained("AC-4"), "d3fend"), (std::set<std::string>{"D3-ITF", "D3-OTF"}));
  EXPECT_EQ(idsOf(explained("CIS 9.2"), "800-53"), std::set<std::string>{"SI-8"});
  EXPECT_TRUE(idsOf(explained("DNSNetworkTraffic"), "countermeasures").contains("D3-DNSDL"));
  EXPECT_EQ(groupOf(explained("D3-BDI"), "attack-techniques")->gap,
            "it " + std::string(inWords(GapReason::untouched)) + " (LocalAreaNetworkTraffic)");
}

TEST(ExplainShipped, TrialsAndScoresCarryTheirGrade) {
  const Explanation dumping = explained("T1003.001");
  const LinkGroup* trials = groupOf(dumping, "trials");
  ASSERT_TRUE(trials);
  ASSERT_EQ(trials->links.size(), 1U);
  EXPECT_EQ(trials->links.front().grade, Grade::e3);
  ASSERT_TRUE(trials->links.front().trial);
  EXPECT_EQ(trials->links.front().trial->detections, 44U);
  EXPECT_EQ(trials->links.front().trial->substeps, 58U);
  const LinkGroup* scores = groupOf(dumping, "scores");
  ASSERT_TRUE(scores);
  for (const Link& link : scores->links) EXPECT_EQ(link.grade, Grade::e2) << link.id;
}

TEST(ExplainShipped, IsTheSameEachTime) {
  for (const char* words : {"T1048", "D3-NTA", "AC-4", "ntp"}) {
    const auto one = answer(shipped(), words), other = answer(shipped(), words);
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one->explanations, other->explanations) << words;
  }
}

}  // namespace
}  // namespace vauban::catalog
