#include "tests/support/naive_inference.h"

#include <algorithm>
#include <vector>

namespace vauban::testing {
namespace {

using Names = std::set<std::string>;

// `start` and all that can be reached from it by going from a child to its parent.
Names upFrom(const std::string& start, const std::set<std::array<std::string, 2>>& childParent) {
  Names found{start};
  for (std::size_t before = 0; before != found.size();) {
    before = found.size();
    for (const auto& [child, parent] : childParent)
      if (found.contains(child)) found.insert(parent);
  }
  return found;
}

class Question {
 public:
  Question(const NaiveOntology& ontology, std::string view, std::string rule)
      : ontology_(ontology), view_(std::move(view)), rule_(std::move(rule)) {
    for (const std::string& name : ontology.classes) above_[name] = upFrom(name, ontology.subClassOf);
    for (const std::string& name : ontology.properties)
      propertyAbove_[name] = upFrom(name, ontology.subPropertyOf);
  }

  NaiveWitnesses answer() const {
    NaiveWitnesses rows;
    for (const auto& [d, dId] : ontology_.d3fendIds) {
      if (!isBelow(d, "DefensiveTechnique")) continue;
      for (const auto& [o, oId] : ontology_.attackIds) {
        if (!isBelow(o, "OffensiveTechnique")) continue;
        for (const auto& acts : ontology_.relations) {
          if (!lendsToDefensive(acts[0], d)) continue;
          for (const auto& touches : ontology_.relations) meet(d, acts, touches, o, rows);
        }
      }
    }
    return rows;
  }

 private:
  bool isBelow(const std::string& name, const std::string& ancestor) const {
    return above_.at(name).contains(ancestor);
  }
  bool isStrictlyBelow(const std::string& name, const std::string& ancestor) const {
    return name != ancestor && isBelow(name, ancestor);
  }
  bool isArtifact(const std::string& name) const { return isBelow(name, "DigitalArtifact"); }
  bool associates(const std::string& property) const {
    return propertyAbove_.at(property).contains("may-be-associated-with");
  }

  // Whether `holder` lends what it does to `d`.
  bool lendsToDefensive(const std::string& holder, const std::string& d) const {
    if (rule_ == "both-inherit") return isStrictlyBelow(d, holder) && ontology_.d3fendIds.contains(holder);
    return holder == d;
  }
  bool lendsToOffensive(const std::string& holder, const std::string& o) const {
    if (holder == o) return true;
    if (!ontology_.attackIds.contains(holder)) return false;
    if (view_ == "direct") return false;
    if (isBelow(o, holder)) return true;
    return view_ == "page" && isBelow(holder, o);
  }

  // The parts that join what d acts on and what o touches; { "" } where they are joined without one.
  Names joints(const std::string& a, const std::string& touched) const {
    if (rule_ == "partial-coverage")
      return isStrictlyBelow(a, touched) && isArtifact(touched) ? Names{""} : Names{};
    if (rule_ != "whole-to-part") return isBelow(touched, a) ? Names{""} : Names{};
    Names parts;
    for (const auto& [whole, property, part] : ontology_.relations) {
      if (property == "contains" && isBelow(a, whole) && isArtifact(whole) && isArtifact(part) &&
          isBelow(touched, part))
        parts.insert(part);
    }
    return parts;
  }

  Names tacticsOf(const std::string& d) const {
    Names found;
    for (const auto& [subject, property, tactic] : ontology_.relations) {
      if (property == "enables" && isBelow(d, subject) && tactic != "DefensiveTactic" &&
          tactic != "OffensiveTactic")
        found.insert(tactic);
    }
    return found;
  }

  void meet(const std::string& d, const std::array<std::string, 3>& acts,
            const std::array<std::string, 3>& touches, const std::string& o, NaiveWitnesses& rows) const {
    const auto& [dHolder, p, a] = acts;
    const auto& [oHolder, q, b] = touches;
    if (!lendsToOffensive(oHolder, o)) return;
    if (!associates(p) || !associates(q) || !isArtifact(a)) return;
    const bool isOurs =
        q == "may-send-over" || ontology_.extension.contains(acts) || ontology_.extension.contains(touches);
    if (p == "may-send-over" || isOurs != (rule_ == "protocol")) return;
    for (const std::string& through : joints(a, b)) {
      for (const std::string& tactic : tacticsOf(d))
        rows[{tactic, d, p, a, b, q, o}].insert({dHolder, oHolder, through});
    }
  }

  const NaiveOntology& ontology_;
  const std::string view_, rule_;
  std::map<std::string, Names> above_, propertyAbove_;
};

}  // namespace

NaiveWitnesses naiveRows(const NaiveOntology& ontology, const std::string& view, const std::string& rule) {
  return Question(ontology, view, rule).answer();
}

std::map<NaiveRow, NaiveFinding> naiveInference(const std::map<std::string, NaiveWitnesses>& byRule,
                                                const std::set<std::string>& beyond) {
  std::map<NaiveRow, NaiveFinding> found;
  for (const char* rule : {"official", "both-inherit", "partial-coverage", "whole-to-part", "protocol"}) {
    if (std::string(rule) != "official" && !beyond.contains(rule)) continue;
    for (const auto& [row, witnesses] : byRule.at(rule))
      found.try_emplace(row, NaiveFinding{rule, witnesses});
  }
  return found;
}

}  // namespace vauban::testing
