// What the inference joins, and how firmly.
#include <algorithm>
#include <set>

#include "catalog/audit_parts.h"

namespace vauban::catalog {
namespace {

// What is known of one pair after some of its rows.
struct Pair {
  bool firm = false, withoutMay = false;
  Match best = Match::generic;  // exact is the least of its values
  std::set<ClassId> artifacts;  // that the countermeasure acts on in these rows
};

class Tally {
 public:
  explicit Tally(const AuditGround& ground) : ground_(ground) {}

  void add(const Row& row) {
    const Match match = ground_.match(row);
    const bool may = restsOnMay(ground_.hierarchy, row);
    ++counts_.rows;
    counts_.mayRows += may ? 1 : 0;
    ++(match == Match::exact      ? counts_.exactRows
       : match == Match::narrower ? counts_.narrowerRows
                                  : counts_.genericRows);
    Pair& pair = pairs_[{row.defensive, row.offensive}];
    pair.withoutMay = pair.withoutMay || !may;
    pair.firm = pair.firm || (!may && match == Match::exact);
    pair.best = std::min(pair.best, match);
    pair.artifacts.insert(row.defensiveArtifact);
  }

  RowCounts counts() const {
    RowCounts counts = counts_;
    std::set<ClassId> defensive, offensive;
    for (const auto& [parties, pair] : pairs_) {
      ++counts.pairs;
      counts.mayPairs += pair.withoutMay ? 0 : 1;
      counts.firmPairs += pair.firm ? 1 : 0;
      ++(pair.best == Match::exact      ? counts.exactPairs
         : pair.best == Match::narrower ? counts.narrowerPairs
                                        : counts.genericPairs);
      defensive.insert(parties.first);
      offensive.insert(parties.second);
    }
    counts.countermeasures = static_cast<Count>(defensive.size());
    counts.attackTechniques = static_cast<Count>(offensive.size());
    return counts;
  }

  const std::map<std::pair<ClassId, ClassId>, Pair>& pairs() const { return pairs_; }

 private:
  const AuditGround& ground_;
  RowCounts counts_;
  std::map<std::pair<ClassId, ClassId>, Pair> pairs_;
};

std::vector<ArtifactFigures> artifacts(const AuditGround& ground, const std::vector<Row>& rows,
                                       const Tally& tally) {
  std::map<ClassId, ArtifactFigures> figures;
  for (const Row& row : rows) ++figures[row.defensiveArtifact].rows;
  for (const auto& [parties, pair] : tally.pairs()) {
    for (const ClassId artifact : pair.artifacts) {
      ++figures[artifact].pairs;
      figures[artifact].onlyPairs += pair.artifacts.size() == 1 ? 1 : 0;
    }
  }
  std::vector<ArtifactFigures> found;
  for (auto& [artifact, of] : figures) {
    of.artifact = ground.ontology()[artifact].name;
    of.below = static_cast<Count>(ground.hierarchy.below(artifact).size());
    of.touchedKinds = static_cast<Count>(touchedKinds(ground.hierarchy, artifact));
    of.generic = ground.generic[artifact.index()];
    found.push_back(of);
  }
  std::ranges::stable_sort(found, std::ranges::greater(), &ArtifactFigures::pairs);
  return found;
}

}  // namespace

void auditRows(const AuditGround& ground, Audit& audit) {
  for (std::size_t view = 0; view < ground.views.size(); ++view) {
    Tally all(ground);
    std::map<std::string, Tally> byTactic;
    for (const Row& row : ground.rows[view]) {
      all.add(row);
      byTactic.try_emplace(ground.ontology()[row.tactic].name, ground).first->second.add(row);
    }
    ViewFigures figures;
    figures.view = ground.views[view];
    figures.all = all.counts();
    for (const TacticFigures& tactic : audit.tactics) {
      const auto found = byTactic.find(tactic.tactic);
      if (found != byTactic.end()) figures.byTactic.emplace_back(tactic.tactic, found->second.counts());
    }
    figures.artifacts = artifacts(ground, ground.rows[view], all);
    audit.views.push_back(std::move(figures));
  }
}

}  // namespace vauban::catalog
