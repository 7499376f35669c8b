#include "catalog/inference.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include "catalog/extension.h"

namespace vauban::catalog {
namespace {

constexpr std::array<std::string_view, 3> kViews = {"direct", "parent", "page"};
constexpr std::array<std::string_view, 5> kRules = {"official", "both-inherit", "partial-coverage",
                                                    "whole-to-part", "protocol"};
constexpr std::array<std::string_view, 3> kMatches = {"exact", "narrower", "generic"};
constexpr std::size_t kGenericFrom = 12;  // touched kinds; see touchedKinds

template <class Enum, std::size_t N>
std::optional<Enum> ofWord(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

// What a party does to an artifact, and who asserts it.
struct Touch {
  ClassId party;
  PropertyId property;
  ClassId artifact;
  ClassId holder;
  bool ours = false;  // asserted by the extension alone
};

class Inference {
 public:
  Inference(const Hierarchy& hierarchy, const InferenceOptions& options)
      : hierarchy_(hierarchy), ontology_(hierarchy.ontology()), options_(options) {
    for (const Rule rule : options.beyond) on_[static_cast<std::size_t>(rule)] = true;
    artifactRoot_ = ontology_.find("DigitalArtifact");
    contains_ = ontology_.findProperty("contains");
    sendsOver_ = ontology_.findProperty(kSendsOver);
  }

  std::vector<Row> rows() {
    if (!artifactRoot_) return {};
    isArtifact_.assign(ontology_.classes.size(), false);
    for (const ClassId artifact : hierarchy_.below(*artifactRoot_)) isArtifact_[artifact.index()] = true;
    collectOffensive();
    for (std::size_t i = 0; i < ontology_.classes.size(); ++i) {
      const OntologyClass& it = ontology_.classes[i];
      if (it.kind == ClassKind::defensive && !it.id.empty()) answer(ClassId(i));
    }
    order();
    return std::move(rows_);
  }

 private:
  bool on(Rule rule) const { return on_[static_cast<std::size_t>(rule)]; }
  bool isOurs(const Relation& relation) const {
    return relation.property == sendsOver_ || std::ranges::binary_search(ontology_.extension, relation);
  }

  // Relations of `technique` as the view has them; all of them asserted on it or on a holder with an
  // attack-id.
  void collectOffensive() {
    touching_.resize(ontology_.classes.size());
    for (std::size_t i = 0; i < ontology_.classes.size(); ++i) {
      const OntologyClass& it = ontology_.classes[i];
      if (it.kind != ClassKind::offensive || it.id.empty()) continue;
      if (!options_.attackId.empty() && it.id != options_.attackId) continue;
      const ClassId technique(i);
      std::vector<ClassId> holders{technique};
      if (options_.view != View::direct) add(holders, hierarchy_.above(technique));
      if (options_.view == View::page) add(holders, hierarchy_.below(technique));
      for (const ClassId holder : holders) {
        for (const Relation& relation : hierarchy_.relationsOf(holder)) {
          if (!hierarchy_.associates(relation.property)) continue;
          touching_[relation.object.index()].push_back(
              {technique, relation.property, relation.object, holder, isOurs(relation)});
        }
      }
    }
  }

  void add(std::vector<ClassId>& holders, const std::vector<ClassId>& more) const {
    for (const ClassId other : more) {
      const OntologyClass& it = ontology_[other];
      if (it.kind == ClassKind::offensive && !it.id.empty() && other != holders.front())
        holders.push_back(other);
    }
  }

  void answer(ClassId defensive) {
    const std::vector<ClassId> tactics = hierarchy_.tactics(defensive);
    if (tactics.empty()) return;
    std::vector<ClassId> holders{defensive};
    if (on(Rule::bothInherit)) {
      for (const ClassId above : hierarchy_.above(defensive)) {
        if (above != defensive && !ontology_[above].id.empty()) holders.push_back(above);
      }
    }
    for (const ClassId holder : holders) {
      for (const Relation& relation : hierarchy_.relationsOf(holder)) {
        if (!hierarchy_.associates(relation.property) || !isArtifact_[relation.object.index()]) continue;
        if (relation.property == sendsOver_) continue;  // a countermeasure carries nobody's data
        const Touch touch{defensive, relation.property, relation.object, holder, isOurs(relation)};
        const Rule rule = holder == defensive ? Rule::official : Rule::bothInherit;
        for (const ClassId tactic : tactics) meet(tactic, touch, rule);
      }
    }
  }

  void meet(ClassId tactic, const Touch& touch, Rule rule) {
    for (const ClassId below : hierarchy_.below(touch.artifact))
      meetAt(tactic, touch, below, rule, ClassId());
    if (rule != Rule::official) return;
    if (on(Rule::partialCoverage)) {
      for (const ClassId above : hierarchy_.above(touch.artifact)) {
        if (above != touch.artifact && isArtifact_[above.index()])
          meetAt(tactic, touch, above, Rule::partialCoverage, ClassId());
      }
    }
    if (on(Rule::wholeToPart) && contains_) {
      for (const ClassId whole : hierarchy_.above(touch.artifact)) {
        if (!isArtifact_[whole.index()]) continue;
        for (const Relation& relation : hierarchy_.relationsOf(whole)) {
          if (relation.property != *contains_ || !isArtifact_[relation.object.index()]) continue;
          for (const ClassId part : hierarchy_.below(relation.object))
            meetAt(tactic, touch, part, Rule::wholeToPart, relation.object);
        }
      }
    }
  }

  void meetAt(ClassId tactic, const Touch& touch, ClassId artifact, Rule rule, ClassId through) {
    for (const Touch& other : touching_[artifact.index()]) {
      const bool ours = touch.ours || other.ours;
      if (ours && (!on(Rule::protocol) || rule != Rule::official)) continue;
      rows_.push_back({tactic, touch.party, touch.property, touch.artifact, artifact, other.property,
                       other.party, ours ? Rule::protocol : rule, touch.holder, other.holder, through});
    }
  }

  // Sorts by text and keeps the first of rows that say the same. Classes and properties are sorted by name
  // already, so only ids want a rank.
  void order() {
    std::vector<std::uint32_t> rank(ontology_.classes.size(), 0), byId;
    for (const Row& row : rows_) {
      for (const ClassId party : {row.defensive, row.offensive}) {
        if (rank[party.index()]++ == 0) byId.push_back(party.value);
      }
    }
    std::ranges::sort(byId, {}, [&](std::uint32_t i) {
      return std::tie(ontology_.classes[i].id, ontology_.classes[i].name);
    });
    for (std::uint32_t i = 0; i < byId.size(); ++i) rank[byId[i]] = i;
    const auto said = [&](const Row& row) {
      return std::tuple(row.tactic, rank[row.defensive.index()], row.defensiveProperty, row.defensiveArtifact,
                        row.offensiveArtifact, row.offensiveProperty, rank[row.offensive.index()]);
    };
    const auto foreign = [](const Row& row) {
      return (row.defensiveHolder != row.defensive) + (row.offensiveHolder != row.offensive);
    };
    std::ranges::sort(rows_, [&](const Row& a, const Row& b) {
      return std::tuple(said(a), a.rule, foreign(a), a) < std::tuple(said(b), b.rule, foreign(b), b);
    });
    rows_.erase(std::ranges::unique(rows_, {}, said).begin(), rows_.end());
  }

  const Hierarchy& hierarchy_;
  const Ontology& ontology_;
  const InferenceOptions& options_;
  std::array<bool, kRules.size()> on_{};
  std::optional<ClassId> artifactRoot_;
  std::optional<PropertyId> contains_, sendsOver_;
  std::vector<bool> isArtifact_;
  std::vector<std::vector<Touch>> touching_;  // by artifact: who does what to it
  std::vector<Row> rows_;
};

}  // namespace

std::string_view word(View view) { return kViews[static_cast<std::size_t>(view)]; }
std::optional<View> viewOfWord(std::string_view word) { return ofWord<View>(kViews, word); }
std::string_view word(Rule rule) { return kRules[static_cast<std::size_t>(rule)]; }
std::optional<Rule> ruleOfWord(std::string_view word) { return ofWord<Rule>(kRules, word); }
std::string_view word(Match match) { return kMatches[static_cast<std::size_t>(match)]; }

std::vector<Row> infer(const Hierarchy& hierarchy, const InferenceOptions& options) {
  return Inference(hierarchy, options).rows();
}

std::size_t touchedKinds(const Hierarchy& hierarchy, ClassId artifact) {
  const Ontology& ontology = hierarchy.ontology();
  const auto sendsOver = ontology.findProperty(kSendsOver);
  return static_cast<std::size_t>(std::ranges::count_if(hierarchy.below(artifact), [&](ClassId kind) {
    return std::ranges::any_of(hierarchy.relationsTo(kind), [&](const Relation& relation) {
      const OntologyClass& subject = ontology[relation.subject];
      return subject.kind == ClassKind::offensive && !subject.id.empty() &&
             hierarchy.associates(relation.property) && relation.property != sendsOver &&
             !std::ranges::binary_search(ontology.extension, relation);
    });
  }));
}

bool isGeneric(const Hierarchy& hierarchy, ClassId artifact) {
  return touchedKinds(hierarchy, artifact) >= kGenericFrom;
}

Match matchOf(const Hierarchy& hierarchy, const Row& row) {
  if (isGeneric(hierarchy, row.defensiveArtifact)) return Match::generic;
  return row.defensiveArtifact == row.offensiveArtifact ? Match::exact : Match::narrower;
}

bool restsOnMay(const Hierarchy& hierarchy, const Row& row) {
  return hierarchy.isPossibility(row.defensiveProperty) || hierarchy.isPossibility(row.offensiveProperty);
}

std::string relationOfTactic(std::string_view tactic) {
  std::string relation = "may-";
  for (const char c : tactic) relation += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return relation;
}

}  // namespace vauban::catalog
