#include "catalog/explain_inferred.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <tuple>

#include "catalog/extension.h"
#include "catalog/inference.h"

namespace vauban::catalog {
namespace {

constexpr std::array<std::string_view, 7> kTactics = {"Model",   "Harden", "Detect", "Isolate",
                                                      "Deceive", "Evict",  "Restore"};
constexpr std::string_view kBelow = "below";  // rdfs:subClassOf, over as many classes as there are between

struct Ranked {
  const Row* row;
  Match match;
  bool restsOnMay;
  auto rank() const {
    const int inherited = (row->defensiveHolder != row->defensive) + (row->offensiveHolder != row->offensive);
    return std::tuple(row->rule, match, restsOnMay, inherited);
  }
};

class Links {
 public:
  Links(ExplainContext& context, const Hierarchy& hierarchy)
      : context_(context), hierarchy_(hierarchy), ontology_(hierarchy.ontology()) {}

  // One link for each technique and tactic on the side other than `attack`'s.
  std::vector<Link> of(std::span<const Row> rows, bool fromAttack) {
    std::map<std::pair<ClassId, ClassId>, std::vector<Ranked>> byOther;  // (technique, tactic)
    for (const Row& row : rows) {
      byOther[{fromAttack ? row.defensive : row.offensive, row.tactic}].push_back(
          {&row, match(row), restsOnMay(hierarchy_, row)});
    }
    std::vector<Link> links;
    for (auto& [other, ranked] : byOther) {
      if (context_.options().allPaths) {
        std::ranges::stable_sort(ranked, {}, &Ranked::rank);
      } else {
        std::swap(ranked.front(), *std::ranges::min_element(ranked, {}, &Ranked::rank));
      }
      links.push_back(linkOf(other.first, other.second, ranked, fromAttack));
    }
    std::ranges::stable_sort(links, [](const Link& a, const Link& b) {
      const Path &one = a.paths.front(), &two = b.paths.front();
      const auto key = [](const Path& path) { return std::tie(path.match, path.restsOnMay); };
      if (key(one) != key(two)) return key(one) < key(two);
      if (tacticRank(a.detail) != tacticRank(b.detail)) return tacticRank(a.detail) < tacticRank(b.detail);
      return naturalLess(a.id, b.id);
    });
    return links;
  }

 private:
  static Relation defends(const Row& row) {
    return {row.defensiveHolder, row.defensiveProperty, row.defensiveArtifact};
  }
  static Relation attacks(const Row& row) {
    return {row.offensiveHolder, row.offensiveProperty, row.offensiveArtifact};
  }

  // How wide an artifact is takes a walk to say, and it is the same for all that stands below it.
  Match match(const Row& row) {
    const auto [at, fresh] = matches_.try_emplace(
        {row.defensiveArtifact, row.defensiveArtifact == row.offensiveArtifact}, Match::exact);
    if (fresh) at->second = matchOf(hierarchy_, row);
    return at->second;
  }

  const std::string& shown(ClassId id) const { return ExplainContext::shown(ontology_[id]); }

  Step below(ClassId lower, ClassId upper) const {
    return {shown(lower), std::string(kBelow), shown(upper),
            context_.isOurs(lower) || context_.isOurs(upper)};
  }
  Step step(const Relation& relation) const {
    return {shown(relation.subject), ontology_.properties[relation.property.index()].name,
            shown(relation.object), context_.isOurs(relation)};
  }

  // From the attack technique to the countermeasure.
  std::vector<Step> steps(const Row& row) const {
    std::vector<Step> made;
    if (row.offensiveHolder != row.offensive) {
      made.push_back(hierarchy_.isBelow(row.offensive, row.offensiveHolder)
                         ? below(row.offensive, row.offensiveHolder)
                         : below(row.offensiveHolder, row.offensive));
    }
    made.push_back(step(attacks(row)));
    if (row.rule == Rule::wholeToPart) {
      if (row.offensiveArtifact != row.through) made.push_back(below(row.offensiveArtifact, row.through));
      made.push_back({shown(row.defensiveArtifact), "contains", shown(row.through), false});
    } else if (row.rule == Rule::partialCoverage) {
      made.push_back(below(row.defensiveArtifact, row.offensiveArtifact));
    } else if (row.defensiveArtifact != row.offensiveArtifact) {
      made.push_back(below(row.offensiveArtifact, row.defensiveArtifact));
    }
    made.push_back(step(defends(row)));
    if (row.defensiveHolder != row.defensive) made.push_back(below(row.defensive, row.defensiveHolder));
    return made;
  }

  Link linkOf(ClassId other, ClassId tactic, const std::vector<Ranked>& ranked, bool fromAttack) const {
    const OntologyClass& it = ontology_[other];
    Link link;
    link.relation = relationOfTactic(ontology_[tactic].name);
    link.inverse = fromAttack;
    link.framework = fromAttack ? Framework::d3fend : context_.domainOf(it.id);
    link.id = it.id;
    link.name = it.label;
    link.standing = it.deprecated ? "deprecated" : context_.standingOf(*link.framework, it.id);
    link.detail = ontology_[tactic].name;
    link.grade = Grade::e0;
    link.effect = "applicable";
    link.source = context_.ontologySource();
    const std::size_t shownPaths = context_.options().allPaths ? ranked.size() : 1;
    for (std::size_t i = 0; i < shownPaths; ++i) {
      const Row& row = *ranked[i].row;
      Path path{shown(fromAttack ? row.offensive : row.defensive), steps(row), row.rule, ranked[i].match,
                ranked[i].restsOnMay};
      if (!fromAttack) std::ranges::reverse(path.steps);
      for (const Step& step : path.steps) link.ours = link.ours || step.ours;
      link.paths.push_back(std::move(path));
    }
    link.furtherPaths = ranked.size() - shownPaths;
    link.restsOnMay = std::ranges::all_of(ranked, &Ranked::restsOnMay);
    return link;
  }

  ExplainContext& context_;
  const Hierarchy& hierarchy_;
  const Ontology& ontology_;
  std::map<std::pair<ClassId, bool>, Match> matches_;
};

}  // namespace

std::size_t tacticRank(std::string_view tactic) {
  return static_cast<std::size_t>(std::ranges::find(kTactics, tactic) - kTactics.begin());
}

InferredLinks inferredLinks(ExplainContext& context, ClassId technique) {
  const OntologyClass& it = context.ontology()[technique];
  const bool attack = it.kind == ClassKind::offensive;
  InferenceOptions options;
  options.view = context.options().view;
  options.beyond = context.options().beyond;
  options.beyond.push_back(Rule::protocol);
  if (attack) options.attackId = it.id;
  const Hierarchy& hierarchy = context.extendedHierarchy();
  std::vector<Row> rows = infer(hierarchy, options);
  if (!attack) {
    const auto same = hierarchy.ontology().find(it.name);
    std::erase_if(rows, [&](const Row& row) { return row.defensive != same; });
  }
  const auto ours =
      std::ranges::stable_partition(rows, [](const Row& row) { return row.rule != Rule::protocol; });
  Links links(context, hierarchy);
  InferredLinks found;
  found.official = links.of(std::span(rows.begin(), ours.begin()), attack);
  found.extension = links.of(std::span(ours.begin(), ours.end()), attack);
  // All that acts on any traffic acts on the protocol's; that is what the extension is there to go beyond.
  if (!context.options().allPaths) {
    found.left = std::erase_if(found.extension, [&](const Link& link) {
      return link.paths.front().match == Match::generic &&
             std::ranges::find(found.official, link.id, &Link::id) != found.official.end();
    });
  }
  return found;
}

std::string summaryOf(const std::vector<Link>& links) {
  std::array<std::size_t, kTactics.size() + 1> tactics{};
  std::array<std::size_t, 3> matches{};
  std::size_t may = 0;
  for (const Link& link : links) {
    ++tactics[tacticRank(link.detail)];
    if (const auto match = link.paths.front().match) ++matches[static_cast<std::size_t>(*match)];
    may += link.restsOnMay ? 1 : 0;
  }
  std::string text;
  const auto add = [&](std::string_view name, std::size_t count, bool first) {
    if (count == 0) return;
    if (!text.empty()) text += first ? "; " : ", ";
    text += fmt::format("{} {}", name, count);
  };
  for (std::size_t i = 0; i < kTactics.size(); ++i) add(kTactics[i], tactics[i], false);
  add("other tactics", tactics.back(), false);
  bool first = true;
  for (const Match match : {Match::exact, Match::narrower, Match::generic}) {
    const std::size_t count = matches[static_cast<std::size_t>(match)];
    add(word(match), count, first);
    first = first && count == 0;
  }
  if (may != 0) text += fmt::format("; {} only by a possibility (may-)", may);
  return text;
}

}  // namespace vauban::catalog
