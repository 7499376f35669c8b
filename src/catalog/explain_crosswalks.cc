#include "catalog/explain_crosswalks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

// A statement `from relation to` of an expert. Borrows the catalogue.
struct Edge {
  Framework fromFramework{};
  std::string_view from, relation;
  Framework toFramework{};
  std::string_view to, detail, source;
};

// An edge as it is seen from one of its ends.
struct Seen {
  std::size_t end;  // number of the end it was found from
  Edge edge;
  bool inverse;  // read from the other end
  Framework framework() const { return inverse ? edge.fromFramework : edge.toFramework; }
  std::string_view id() const { return inverse ? edge.from : edge.to; }
};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isAttackTechnique(Framework framework, std::string_view id) {
  return isAttack(framework) && id.size() > 1 && id[0] == 'T' && isDigit(id[1]);
}

bool mayStandBetween(Framework framework, std::string_view id) {
  return framework != Framework::car && framework != Framework::capability &&
         !isAttackTechnique(framework, id);
}

bool isReachedInTwo(Framework framework) {
  return framework != Framework::car && framework != Framework::capability && framework != Framework::nice;
}

class Edges {
 public:
  explicit Edges(ExplainContext& context) : context_(context) {}

  // Every edge at any of `ends`, by the number of the end, then in the order of the catalogue.
  std::vector<Seen> at(const std::vector<CrosswalkEnd>& ends) {
    std::vector<Seen> seen;
    std::unordered_map<std::string_view, std::vector<std::size_t>> byId;
    // Nearly all of tens of thousands of ids are none of `ends`: most are told by their length and last
    // letter.
    std::array<bool, 256> likely{};
    const auto trait = [](std::string_view id) {
      return id.empty() ? 0U
                        : static_cast<unsigned char>(id.size() * 31U + static_cast<unsigned char>(id.back()));
    };
    for (std::size_t i = 0; i < ends.size(); ++i) {
      byId[ends[i].id].push_back(i);
      likely[trait(ends[i].id)] = true;
    }
    const auto look = [&](const Edge& edge) {
      const auto match = [&](Framework framework, std::string_view id, bool inverse) {
        if (!likely[trait(id)]) return;
        const auto found = byId.find(id);
        if (found == byId.end()) return;
        for (const std::size_t i : found->second) {
          if (ends[i].framework == framework) seen.push_back({i, edge, inverse});
        }
      };
      match(edge.fromFramework, edge.from, false);
      match(edge.toFramework, edge.to, true);
    };
    const Catalogue& catalogue = context_.catalogue();
    for (const Crosswalk& it : catalogue.crosswalks)
      look({it.fromFramework, it.from, it.relation, it.toFramework, it.to, it.detail, it.source});
    for (const auto& [technique, mitigation] : catalogue.ontology.mitigations) {
      const OntologyClass& it = catalogue.ontology[technique];
      look({Framework::attackEnterprise,
            mitigation,
            "related",
            Framework::d3fend,
            ExplainContext::shown(it),
            {},
            context_.ontologySource()});
    }
    for (const Attack& domain : catalogue.attack) {
      const std::string& source = sourceOf(domain.domain);
      for (const auto& [technique, mitigation] : domain.mitigates)
        look({domain.domain, mitigation, "mitigates", domain.domain, technique, {}, source});
    }
    std::ranges::stable_sort(seen, {}, &Seen::end);
    return seen;
  }

 private:
  const std::string& sourceOf(Framework domain) {
    const auto [at, fresh] = sources_.try_emplace(domain);
    if (fresh) at->second = context_.attackSource(domain);
    return at->second;
  }

  ExplainContext& context_;
  std::map<Framework, std::string> sources_;
};

Step stepOf(const Edge& edge) {
  return {shownId(edge.fromFramework, edge.from), std::string(edge.relation),
          shownId(edge.toFramework, edge.to), false};
}

void addDetail(std::string& detail, std::string_view more) {
  if (more.empty()) return;
  if (!detail.empty()) detail += "; ";
  detail += more;
}

// "CAR-2013-04-002;CAR-2021-01-007" is a list, "defaulted" a word of the catalogue's own.
std::string detailInWords(std::string_view detail) {
  if (detail == "defaulted") return "relation not the source's own";
  std::string text;
  for (const char c : detail) text += c == ';' ? std::string(", ") : std::string(1, c);
  return text;
}

Link linkTo(ExplainContext& context, Framework framework, std::string_view id) {
  Link link;
  link.framework = framework;
  link.id = id;
  link.name = context.nameOf(framework, id);
  link.standing = context.standingOf(framework, id);
  link.grade = Grade::e1;
  link.effect = "breadth only";
  return link;
}

struct Titles {
  std::string key, direct, twoSteps;
};
Titles titlesOf(Framework framework, bool mitigations) {
  const std::string key(word(framework));
  if (mitigations) return {"mitigations", "Mitigations of ATT&CK", "Mitigations of ATT&CK"};
  switch (framework) {
    case Framework::d3fend:
      return {key, "D3FEND techniques that experts relate to it", "D3FEND techniques"};
    case Framework::attackEnterprise:
    case Framework::attackIcs:
    case Framework::attackMobile:
      return {key, fmt::format("{} techniques", title(framework)),
              fmt::format("{} techniques", title(framework))};
    case Framework::nist80053:
      return {key, "Controls of NIST SP 800-53", "Controls of NIST SP 800-53"};
    case Framework::nistCsf:
      return {key, "Subcategories of NIST CSF", "Subcategories of NIST CSF"};
    case Framework::cis:
      return {key, "Safeguards of CIS", "Safeguards of CIS"};
    case Framework::iso27001:
      return {key, "Controls and clauses of ISO/IEC 27001", "Controls and clauses of ISO/IEC 27001"};
    case Framework::capability:
      return {key, "Other schemes and products", "Other schemes and products"};
    case Framework::car:
      return {key, "Analytics of CAR", "Analytics of CAR"};
    default:
      return {key, std::string(title(framework)), std::string(title(framework))};
  }
}

bool linkLess(const Link& a, const Link& b) {
  if (a.id != b.id) return naturalLess(a.id, b.id);
  return std::tie(a.relation, a.inverse, a.source, a.detail) <
         std::tie(b.relation, b.inverse, b.source, b.detail);
}

using GroupKey = std::pair<Framework, bool>;  // framework, mitigations

std::vector<LinkGroup> groupsOf(std::map<GroupKey, std::vector<Link>>& links, bool inTwo) {
  std::vector<LinkGroup> groups;
  for (auto& [key, list] : links) {
    const Titles titles = titlesOf(key.first, key.second);
    std::ranges::sort(list, linkLess);
    list.erase(std::ranges::unique(list).begin(), list.end());
    LinkGroup group;
    group.key = inTwo ? "two-steps-" + titles.key : titles.key;
    group.title = inTwo ? titles.twoSteps + ", in two steps" : titles.direct;
    group.links = std::move(list);
    groups.push_back(std::move(group));
  }
  return groups;
}

GroupKey groupOf(Framework framework, std::string_view id) {
  return {framework, isAttack(framework) && !isAttackTechnique(framework, id)};
}

}  // namespace

ExpertLinks expertLinks(ExplainContext& context, const std::vector<CrosswalkEnd>& ends) {
  Edges edges(context);
  const std::vector<Seen> first = edges.at(ends);
  std::map<GroupKey, std::vector<Link>> direct;
  std::set<CrosswalkEnd> reached(ends.begin(), ends.end());
  std::vector<CrosswalkEnd> middles;
  for (const Seen& seen : first) {
    Link link = linkTo(context, seen.framework(), seen.id());
    link.relation = seen.edge.relation;
    link.inverse = seen.inverse;
    link.source = seen.edge.source;
    addDetail(link.detail, detailInWords(seen.edge.detail));
    if (seen.end != 0) addDetail(link.detail, fmt::format("under {}", ends[seen.end].id));
    direct[groupOf(seen.framework(), seen.id())].push_back(std::move(link));
    CrosswalkEnd end{seen.framework(), std::string(seen.id())};
    if (!reached.insert(end).second) continue;
    if (mayStandBetween(end.framework, end.id)) middles.push_back(std::move(end));
  }
  std::ranges::sort(middles, [](const CrosswalkEnd& a, const CrosswalkEnd& b) {
    return a.framework != b.framework ? a.framework < b.framework : naturalLess(a.id, b.id);
  });

  std::map<CrosswalkEnd, std::vector<Path>> paths;
  std::map<CrosswalkEnd, std::string> sources;
  for (const Seen& second : edges.at(middles)) {
    if (second.framework() == ends.front().framework || !isReachedInTwo(second.framework())) continue;
    CrosswalkEnd target{second.framework(), std::string(second.id())};
    if (reached.contains(target)) continue;
    const CrosswalkEnd& middle = middles[second.end];
    for (const Seen& seen : first) {
      if (seen.framework() != middle.framework || seen.id() != middle.id) continue;
      Path path{shownId(ends[seen.end].framework, ends[seen.end].id),
                {stepOf(seen.edge), stepOf(second.edge)},
                std::nullopt,
                std::nullopt,
                false};
      auto& list = paths[target];
      if (std::ranges::find(list, path) == list.end()) list.push_back(std::move(path));
      sources.try_emplace(target, second.edge.source);
    }
  }
  std::map<GroupKey, std::vector<Link>> inTwo;
  for (auto& [target, list] : paths) {
    Link link = linkTo(context, target.framework, target.id);
    link.relation = kInTwoSteps;
    link.source = sources[target];
    if (!context.options().allPaths && list.size() > 1) {
      link.furtherPaths = list.size() - 1;
      list.resize(1);
    }
    link.paths = std::move(list);
    inTwo[groupOf(target.framework, target.id)].push_back(std::move(link));
  }
  return {groupsOf(direct, false), groupsOf(inTwo, true)};
}

}  // namespace vauban::catalog
