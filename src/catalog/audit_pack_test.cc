// The audit of the shipped pack: figures that are known from elsewhere, and what must hold whatever they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "catalog/audit_diff.h"
#include "catalog/embedded_pack.h"
#include "catalog/pack.h"

namespace vauban::catalog {
namespace {

const Catalogue& shipped() {
  static const Catalogue catalogue = [] {
    auto read = readPack(embeddedPack());
    EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().front().message);
    return read ? std::move(*read) : Catalogue();
  }();
  return catalogue;
}

const Audit& audited() {
  static const Audit made = audit(shipped());
  return made;
}

const CountermeasureFigures& countermeasure(std::string_view id) {
  const auto found = std::ranges::find(audited().countermeasures, id, &CountermeasureFigures::id);
  EXPECT_NE(found, audited().countermeasures.end()) << id;
  return *found;
}

const ProtocolFigures& protocol(std::string_view service) {
  const auto found = std::ranges::find(audited().protocols, service, &ProtocolFigures::service);
  EXPECT_NE(found, audited().protocols.end()) << service;
  return *found;
}

TEST(AuditOfThePack, TechniquesByTactic) {
  std::map<std::string, std::pair<Count, Count>> tactics;
  for (const TacticFigures& it : audited().tactics)
    tactics[it.tactic] = {it.techniques, it.published.value_or(0)};
  const std::map<std::string, std::pair<Count, Count>> expected = {
      {"Model", {27, 27}},   {"Harden", {48, 51}}, {"Detect", {79, 90}}, {"Isolate", {53, 57}},
      {"Deceive", {11, 11}}, {"Evict", {19, 19}},  {"Restore", {12, 12}}};
  EXPECT_EQ(tactics, expected);
  EXPECT_EQ(audited().all.techniques, 249U);
  EXPECT_EQ(audited().all.published, 267U);
}

TEST(AuditOfThePack, Provenance) {
  const TacticFigures& all = audited().all;
  EXPECT_EQ(all.citations, 505U);
  EXPECT_EQ(all.patentCitations, 186U);
  EXPECT_EQ(all.onPatent, 103U);
  EXPECT_EQ(all.onlyPatents, 71U);
  EXPECT_EQ(all.onPatent + all.noPatent + all.noReference, all.techniques);
  EXPECT_EQ(audited().references.front().type, "PatentReference");
  EXPECT_EQ(audited().references.front().references, 142U);
  for (const ReferenceFigures& type : audited().references) EXPECT_FALSE(type.type.empty());
}

// The essay's own example: neither is joined to any attack technique, so that nothing ranks one above the
// other.
TEST(AuditOfThePack, CountermeasuresThatAnswerNothing) {
  EXPECT_EQ(countermeasure("D3-BDI").answers.back().gap, GapReason::untouched);
  EXPECT_EQ(countermeasure("D3-FMBV").answers.back().gap, GapReason::untouched);
  EXPECT_TRUE(audited().amongCountermeasures.empty());
}

TEST(AuditOfThePack, Protocols) {
  for (const char* service : {"ntp", "icmp"}) {
    EXPECT_FALSE(protocol(service).inOntology) << service;
    EXPECT_TRUE(protocol(service).particular.empty()) << service;
    EXPECT_FALSE(protocol(service).general.empty()) << service;
    EXPECT_EQ(protocol(service).attackTechniques, 0U);
  }
  EXPECT_TRUE(protocol("dns").inOntology);
  EXPECT_EQ(protocol("dns").particular,
            (std::vector<std::string>{"D3-DNSAL", "D3-DNSDL", "D3-DNSTA", "D3-FRDDL", "D3-RRID"}));
}

// docs/semantics.md, 9: 80 of 249 have a bridge by controls, mitigations and analytics.
TEST(AuditOfThePack, Bridges) {
  ASSERT_GE(audited().bridges.size(), 3U);
  EXPECT_EQ(audited().bridges[0].kind, "800-53");
  EXPECT_EQ(audited().bridges[0].techniques, 41U);
  EXPECT_EQ(audited().bridges[1].techniques, 57U);
  EXPECT_EQ(audited().bridges[2].techniques, 17U);
  EXPECT_EQ(audited().bridges[2].together, 80U);
  EXPECT_EQ(audited().bridged, audited().bridges.back().together);
}

TEST(AuditOfThePack, Attack) {
  ASSERT_EQ(audited().domains.size(), 3U);
  const DomainFigures& enterprise = audited().domains[0];
  EXPECT_EQ(enterprise.all.techniques, 691U);
  EXPECT_EQ(audited().domains[1].all.techniques, 83U);
  EXPECT_EQ(audited().domains[2].all.techniques, 124U);
  EXPECT_EQ(enterprise.notJoined.techniques, 12U);  // new in 18.1; the ontology speaks of 17.0
  EXPECT_EQ(audited().domains[1].notJoined.techniques, 83U) << "D3FEND has no technique of ICS";
  // Joined through the changes of ids between 18.1 and 19.1; without that step 524 and 314.
  EXPECT_EQ(enterprise.rules, 527U);
  EXPECT_EQ(enterprise.rulesAndTests, 325U);
  EXPECT_EQ(enterprise.trials, 95U);
}

TEST(AuditOfThePack, Owners) {
  EXPECT_EQ(audited().withinSoc, 98U);
  for (const OwnerFigures& owner : audited().owners) {
    EXPECT_EQ(owner.withinSoc, owner.tactic == "Detect" || owner.tactic == "Evict");
    EXPECT_EQ(owner.basis, "judgement");
    EXPECT_FALSE(owner.responsible.empty());
  }
}

TEST(AuditOfThePack, GenericArtifacts) {
  std::set<std::string> generic;
  for (const ArtifactFigures& it : audited().views.back().artifacts) {
    if (it.generic) generic.insert(it.artifact);
    EXPECT_EQ(it.generic, it.touchedKinds >= 12) << it.artifact;
    // The bound stands in a gap: nothing is near it on either side (docs/decisions/0022).
    EXPECT_TRUE(it.touchedKinds <= 9 || it.touchedKinds >= 15) << it.artifact;
  }
  EXPECT_EQ(generic, (std::set<std::string>{"ConfigurationResource", "File", "NetworkTraffic", "Software",
                                            "SystemCall"}));
}

// The figures of rows, again, in one obvious pass a figure.
TEST(AuditOfThePack, RowFiguresCountedAgain) {
  const Hierarchy hierarchy(shipped().ontology);
  for (const ViewFigures& view : audited().views) {
    InferenceOptions options;
    options.view = view.view;
    const std::vector<Row> rows = infer(hierarchy, options);
    std::map<std::pair<ClassId, ClassId>, std::vector<const Row*>> pairs;
    for (const Row& row : rows) pairs[{row.defensive, row.offensive}].push_back(&row);
    const auto rowsWith = [&](auto holds) { return static_cast<Count>(std::ranges::count_if(rows, holds)); };
    const auto pairsWith = [&](auto holds) {
      return static_cast<Count>(
          std::ranges::count_if(pairs, [&](const auto& pair) { return holds(pair.second); }));
    };
    using Rows = std::vector<const Row*>;
    const auto may = [&](const Row& row) { return restsOnMay(hierarchy, row); };
    const auto exact = [&](const Row& row) { return matchOf(hierarchy, row) == Match::exact; };
    const auto generic = [&](const Row& row) { return matchOf(hierarchy, row) == Match::generic; };
    const auto any = [](const Rows& of, auto holds) {
      return std::ranges::any_of(of, [&](const Row* row) { return holds(*row); });
    };
    EXPECT_EQ(view.all.rows, rows.size());
    EXPECT_EQ(view.all.pairs, pairs.size());
    EXPECT_EQ(view.all.mayRows, rowsWith(may));
    EXPECT_EQ(view.all.exactRows, rowsWith(exact));
    EXPECT_EQ(view.all.genericRows, rowsWith(generic));
    EXPECT_EQ(view.all.narrowerRows, view.all.rows - view.all.exactRows - view.all.genericRows);
    EXPECT_EQ(view.all.mayPairs,
              pairsWith([&](const Rows& of) { return !any(of, [&](const Row& row) { return !may(row); }); }));
    EXPECT_EQ(view.all.exactPairs, pairsWith([&](const Rows& of) { return any(of, exact); }));
    EXPECT_EQ(view.all.genericPairs, pairsWith([&](const Rows& of) {
                return !any(of, [&](const Row& row) { return !generic(row); });
              }));
    EXPECT_EQ(view.all.narrowerPairs, view.all.pairs - view.all.exactPairs - view.all.genericPairs);
    EXPECT_EQ(view.all.firmPairs, pairsWith([&](const Rows& of) {
                return any(of, [&](const Row& row) { return exact(row) && !may(row); });
              }));
    Count byTactic = 0, byArtifact = 0;
    for (const auto& [tactic, counts] : view.byTactic) byTactic += counts.rows;
    for (const ArtifactFigures& artifact : view.artifacts) byArtifact += artifact.rows;
    EXPECT_EQ(byTactic, view.all.rows);
    EXPECT_EQ(byArtifact, view.all.rows);
  }
}

// What is answered and what is not are all there is, as techniques and as use, wherever it is summed.
TEST(AuditOfThePack, CoverageAddsUp) {
  const auto sum = [](const Coverage& of, auto figure) {
    std::uint64_t total = figure(of.any);
    for (const auto& [reason, weight] : of.gaps) {
      EXPECT_NE(reason, GapReason::none);
      total += figure(weight);
    }
    return total;
  };
  for (const DomainFigures& domain : audited().domains) {
    const auto check = [&](const Weight& all, const std::vector<Coverage>& coverage) {
      ASSERT_EQ(coverage.size(), audited().views.size());
      for (const Coverage& of : coverage) {
        EXPECT_EQ(sum(of, [](const Weight& it) { return it.techniques; }), all.techniques);
        EXPECT_EQ(sum(of, [](const Weight& it) { return it.observed; }), all.observed);
        EXPECT_EQ(sum(of, [](const Weight& it) { return it.use(); }), all.use());
        EXPECT_LE(of.exact.techniques, of.any.techniques);
        EXPECT_LE(of.exact.use(), of.any.use());
      }
      EXPECT_LE(coverage.front().any.techniques, coverage.back().any.techniques) << "the page sees more";
    };
    check(domain.all, domain.coverage);
    for (const auto& tactic : domain.byTactic) check(tactic.all, tactic.coverage);
    EXPECT_EQ(domain.sameId.techniques + domain.otherId.techniques + domain.notJoined.techniques,
              domain.all.techniques);
    Count graded = 0;
    for (const auto& [grade, count] : domain.byGrade) graded += count;
    EXPECT_EQ(graded, domain.all.techniques);
  }
}

// Both sides of one relation: what countermeasures answer is what attack techniques are answered by.
TEST(AuditOfThePack, BothSidesCountTheSamePairs) {
  for (std::size_t view = 0; view < audited().views.size(); ++view) {
    Count defensive = 0, offensive = 0;
    for (const CountermeasureFigures& it : audited().countermeasures) {
      defensive += it.answers[view].any;
      EXPECT_EQ(it.answers[view].any == 0, it.answers[view].gap != GapReason::none);
    }
    for (const OntologyAttackFigures& it : audited().ontologyTechniques) {
      offensive += it.answers[view].any;
      EXPECT_EQ(it.answers[view].any == 0, it.answers[view].gap != GapReason::none);
    }
    EXPECT_EQ(defensive, audited().views[view].all.pairs);
    EXPECT_EQ(offensive, audited().views[view].all.pairs);
  }
}

TEST(AuditOfThePack, ComparedWithItselfIsEmpty) {
  EXPECT_TRUE(compare(audited(), shipped(), audited(), shipped()).empty());
}

}  // namespace
}  // namespace vauban::catalog
