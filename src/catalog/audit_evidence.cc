// What experts, trials and rules say beside the inference: how many countermeasures and attack techniques
// they speak of.
#include <algorithm>
#include <set>

#include "catalog/audit_parts.h"

namespace vauban::catalog {
namespace {

constexpr std::string_view kTests = "atomic";  // tests of an attack, no rules that find it
constexpr std::string_view kMitigations = "mitigations", kAttackTechniques = "attack techniques";

bool isMitigation(std::string_view id) { return id.starts_with('M'); }

// Whether a row says that something answers an attack technique. What a scheme says about incidents and
// vulnerabilities (how one is exploited, what an action is like) does not.
bool answersAttack(const Crosswalk& row) {
  return (row.fromFramework != Framework::capability && row.toFramework != Framework::capability) ||
         row.relation == "mitigates";
}

// --- countermeasures -------------------------------------------------------------------------------------

class Bridges {
 public:
  Bridges(const AuditGround& ground, Audit& audit) : ground_(ground), audit_(audit) {}

  void count() {
    for (const Crosswalk& row : ground_.catalogue.crosswalks) {
      if (row.fromFramework == Framework::d3fend) add(row.from, row.toFramework, row.to);
      if (row.toFramework == Framework::d3fend) add(row.to, row.fromFramework, row.from);
    }
    for (const auto& [technique, mitigation] : ground_.ontology().mitigations)
      add(ground_.ontology()[technique].id, Framework::attackEnterprise, mitigation);
    std::vector<std::string> kinds;
    for (const std::string_view first : {word(Framework::nist80053), kMitigations, kAttackTechniques}) {
      if (pairs_.contains(std::string(first))) kinds.emplace_back(first);
    }
    for (const auto& [kind, pairs] : pairs_) {
      if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
    }
    std::set<std::string> any;
    for (const std::string& kind : kinds) {
      const auto& pairs = pairs_.at(kind);
      BridgeFigures figures;
      figures.kind = kind;
      std::set<std::string> techniques;
      for (const auto& [technique, other] : pairs) {
        if (ground_.byDefenceId.contains(technique)) {
          techniques.insert(technique);
          ++figures.pairs;
        } else {
          ++figures.unknown;
        }
      }
      figures.techniques = static_cast<Count>(techniques.size());
      any.insert(techniques.begin(), techniques.end());
      figures.together = static_cast<Count>(any.size());
      audit_.bridges.push_back(std::move(figures));
    }
    audit_.bridged = static_cast<Count>(any.size());
    for (CountermeasureFigures& it : audit_.countermeasures) {
      for (const std::string& kind : kinds) {
        const auto& pairs = pairs_.at(kind);
        const auto found = pairs.lower_bound({it.id, ""});
        if (found != pairs.end() && found->first == it.id) it.bridges.push_back(kind);
      }
    }
  }

 private:
  void add(const std::string& technique, Framework framework, const std::string& other) {
    std::string kind(word(framework));
    if (isAttack(framework)) kind = isMitigation(other) ? kMitigations : kAttackTechniques;
    pairs_[kind].insert({technique, other});
  }

  const AuditGround& ground_;
  Audit& audit_;
  std::map<std::string, std::set<std::pair<std::string, std::string>>> pairs_;
};

// --- attack techniques -----------------------------------------------------------------------------------

class Evidence {
 public:
  Evidence(const AuditGround& ground, Audit& audit) : ground_(ground), audit_(audit) {
    for (DomainFigures& domain : audit.domains) {
      for (AttackFigures& technique : domain.techniques) live_[technique.id] = {&domain, &technique};
    }
  }

  void count() {
    const Catalogue& catalogue = ground_.catalogue;
    for (const Crosswalk& row : catalogue.crosswalks) {
      if (!answersAttack(row)) continue;
      if (isAttack(row.fromFramework) && !isMitigation(row.from)) crosswalk(row.from, row.toFramework);
      if (isAttack(row.toFramework) && !isMitigation(row.to)) crosswalk(row.to, row.fromFramework);
    }
    for (const Attack& attack : catalogue.attack) {
      for (const auto& [technique, mitigation] : attack.mitigates) {
        for (const Live& live : find(technique, nullptr)) {
          mitigated_[live.domain].insert(live.technique->id);
          raise(*live.technique, Grade::e1);
        }
      }
    }
    for (const Score& score : catalogue.scores) {
      for (const Live& live : find(score.technique, "scores")) {
        scored_[live.domain].insert(live.technique->id);
        raise(*live.technique, Grade::e2);
      }
    }
    for (const TrialRate& rate : catalogue.trialRates) {
      for (const Live& live : find(rate.technique, "trial-rates")) {
        tried_[live.domain].insert(live.technique->id);
        raise(*live.technique, Grade::e3);
      }
    }
    for (const RuleCount& row : catalogue.ruleCounts) {
      if (row.rules == 0) continue;
      for (const Live& live : find(row.technique, "rule-counts"))
        collections_[live.domain][row.collection].insert(live.technique->id);
    }
    for (DomainFigures& domain : audit_.domains) finish(domain);
    audit_.notJoined.assign(lost_.begin(), lost_.end());
  }

 private:
  struct Live {
    DomainFigures* domain = nullptr;
    AttackFigures* technique = nullptr;
  };
  using Ids = std::set<std::string>;

  // The live techniques that `id` is, was or became. `table` is where it stands, for what is not found.
  std::vector<Live> find(const std::string& id, const char* table) {
    std::vector<Live> found;
    for (const std::string& known :
         ground_.history.join(id, [&](const std::string& it) { return live_.contains(it); }).ids)
      found.push_back(live_.at(known));
    if (found.empty() && table != nullptr) ++lost_[table];
    return found;
  }

  void crosswalk(const std::string& technique, Framework other) {
    for (const Live& live : find(technique, "crosswalks")) {
      controls_[live.domain][other].insert(live.technique->id);
      raise(*live.technique, Grade::e1);
    }
  }

  static void raise(AttackFigures& technique, Grade grade) {
    technique.grade = std::max(technique.grade.value_or(grade), grade);
  }

  void finish(DomainFigures& domain) {
    domain.mitigations = static_cast<Count>(mitigated_[&domain].size());
    domain.scores = static_cast<Count>(scored_[&domain].size());
    domain.trials = static_cast<Count>(tried_[&domain].size());
    for (const auto& [framework, ids] : controls_[&domain])
      domain.controls.emplace_back(framework, static_cast<Count>(ids.size()));
    Ids ruled;
    for (const auto& [collection, ids] : collections_[&domain]) {
      domain.collections.emplace_back(collection, static_cast<Count>(ids.size()));
      if (collection != kTests) ruled.insert(ids.begin(), ids.end());
    }
    domain.rules = static_cast<Count>(ruled.size());
    const Ids& tested = collections_[&domain][std::string(kTests)];
    domain.rulesAndTests = static_cast<Count>(
        std::ranges::count_if(ruled, [&](const std::string& id) { return tested.contains(id); }));
    std::map<std::string, Count> grades;
    for (const AttackFigures& technique : domain.techniques)
      ++grades[technique.grade ? std::string(word(*technique.grade)) : "none"];
    domain.byGrade.assign(grades.begin(), grades.end());
  }

  const AuditGround& ground_;
  Audit& audit_;
  std::map<std::string, Live, std::less<>> live_;
  std::map<const DomainFigures*, Ids> mitigated_, scored_, tried_;
  std::map<const DomainFigures*, std::map<Framework, Ids>> controls_;
  std::map<const DomainFigures*, std::map<std::string, Ids>> collections_;
  std::map<std::string, Count> lost_;
};

}  // namespace

void auditEvidence(const AuditGround& ground, Audit& audit) {
  Bridges(ground, audit).count();
  Evidence(ground, audit).count();
}

}  // namespace vauban::catalog
