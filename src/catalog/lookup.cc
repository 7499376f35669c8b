#include "catalog/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_set>

#include "base/nearest_name.h"
#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

constexpr std::array<std::string_view, 18> kKinds = {
    "attack-technique", "attack-tactic", "mitigation", "group",    "campaign", "software",
    "d3fend-technique", "d3fend-tactic", "artifact",   "weakness", "event",    "class",
    "control",          "control-group", "capability", "analytic", "role",     "protocol"};
constexpr std::string_view kService = "service";  // stands for a framework: of protocols
constexpr std::size_t kLongest = 200;             // bytes; no name of the catalogue is longer

// How a text names its subject; what comes first is meant where both are there.
enum class Naming : std::uint8_t { id, name, synonym };

bool isBelowNamed(const Ontology& ontology, ClassId id, std::string_view ancestor) {
  const auto top = ontology.find(ancestor);
  if (!top) return false;
  std::vector<ClassId> todo{id};
  std::unordered_set<ClassId> seen{id};
  while (!todo.empty()) {
    const ClassId here = todo.back();
    todo.pop_back();
    if (here == *top) return true;
    const auto [from, to] =
        std::ranges::equal_range(ontology.subClassOf, here, {}, &std::pair<ClassId, ClassId>::first);
    for (auto it = from; it != to; ++it) {
      if (seen.insert(it->second).second) todo.push_back(it->second);
    }
  }
  return false;
}

Subject subjectOfClass(const Catalogue& catalogue, ClassId id) {
  const Ontology& ontology = catalogue.ontology;
  const OntologyClass& it = ontology[id];
  Subject subject{SubjectKind::ontologyClass, Framework::d3fend, it.name, it.label, it.name, ""};
  switch (it.kind) {
    case ClassKind::defensive:
      subject.kind = it.id.empty() ? SubjectKind::ontologyClass : SubjectKind::defensiveTechnique;
      if (!it.id.empty()) subject.id = it.id;
      return subject;
    case ClassKind::offensive: {
      if (it.id.empty()) return subject;
      subject.kind = SubjectKind::attackTechnique;
      subject.id = it.id;
      for (const Attack& domain : catalogue.attack) {
        if (const AttackTechnique* technique = domain.find(it.id)) {
          subject.framework = domain.domain;
          subject.name = technique->name;
          return subject;
        }
      }
      subject.framework = isBelowNamed(ontology, id, "ATTACKICSTechnique")      ? Framework::attackIcs
                          : isBelowNamed(ontology, id, "ATTACKMobileTechnique") ? Framework::attackMobile
                                                                                : Framework::attackEnterprise;
      return subject;
    }
    case ClassKind::artifact:
      subject.kind = SubjectKind::artifact;
      return subject;
    case ClassKind::weakness:
      subject.kind = SubjectKind::weakness;
      if (!it.id.empty()) subject.id = it.id;
      return subject;
    case ClassKind::event:
      subject.kind = SubjectKind::event;
      return subject;
    case ClassKind::other:
      break;
  }
  if (it.name != "DefensiveTactic" && isBelowNamed(ontology, id, "DefensiveTactic"))
    subject.kind = SubjectKind::defensiveTactic;
  for (const Attack& domain : catalogue.attack) {
    const auto tactic = std::ranges::find(domain.tactics, it.name, &AttackObject::id);
    if (tactic == domain.tactics.end()) continue;
    return {SubjectKind::attackTactic, domain.domain, tactic->id, tactic->name, it.name, ""};
  }
  return subject;
}

std::string classNamed(const Catalogue& catalogue, std::string_view name) {
  return catalogue.ontology.find(name) ? std::string(name) : std::string();
}

// The class that bears `id`; D3FEND names those of ATT&CK after their ids, but need not.
std::string classOfTechnique(const Catalogue& catalogue, std::string_view id) {
  const Ontology& ontology = catalogue.ontology;
  if (const auto found = ontology.find(id); found && ontology[*found].id == id) return std::string(id);
  for (const OntologyClass& it : ontology.classes) {
    if (it.kind == ClassKind::offensive && it.id == id) return it.name;
  }
  return {};
}

SubjectKind kindOfEnd(Framework framework) {
  if (framework == Framework::capability) return SubjectKind::capability;
  return framework == Framework::car ? SubjectKind::analytic : SubjectKind::control;
}

}  // namespace

std::vector<std::string_view> analyticsOf(const Crosswalk& crosswalk) {
  std::vector<std::string_view> ids;
  std::string_view left = crosswalk.detail;
  while (left.starts_with("CAR-")) {
    const std::size_t end = std::min(left.find(';'), left.size());
    ids.push_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return ids;
}

namespace {

// Ends of crosswalks that no table of the catalogue describes: clauses of ISO, ids of schemes.
bool hasNoTable(Framework framework) { return framework != Framework::d3fend && !isAttack(framework); }

// Each text that names something, with how it does and what; texts may repeat. The order says nothing.
template <class Visit>
void eachName(const Catalogue& catalogue, const Visit& visit) {
  const auto ofClass = [&](ClassId id) { return [&catalogue, id] { return subjectOfClass(catalogue, id); }; };
  const Ontology& ontology = catalogue.ontology;
  for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
    const OntologyClass& it = ontology.classes[i];
    visit(std::string_view(it.name), Naming::id, Framework::d3fend, ofClass(ClassId(i)));
    if (!it.id.empty() && it.id != it.name)
      visit(std::string_view(it.id), Naming::id, Framework::d3fend, ofClass(ClassId(i)));
    if (!it.label.empty())
      visit(std::string_view(it.label), Naming::name, Framework::d3fend, ofClass(ClassId(i)));
  }
  for (const auto& [id, synonym] : ontology.synonyms)
    visit(std::string_view(synonym), Naming::synonym, Framework::d3fend, ofClass(id));
  for (const Attack& domain : catalogue.attack) {
    for (const AttackTechnique& it : domain.techniques) {
      const auto make = [&] {
        return Subject{SubjectKind::attackTechnique,
                       domain.domain,
                       it.id,
                       it.name,
                       classOfTechnique(catalogue, it.id),
                       ""};
      };
      visit(std::string_view(it.id), Naming::id, domain.domain, make);
      visit(std::string_view(it.name), Naming::name, domain.domain, make);
    }
    const auto objects = [&](const std::vector<AttackObject>& list, SubjectKind kind) {
      for (const AttackObject& it : list) {
        const auto make = [&catalogue, &domain, &it, kind] {
          return Subject{kind,
                         domain.domain,
                         it.id,
                         it.name,
                         kind == SubjectKind::attackTactic ? classNamed(catalogue, it.id) : "",
                         ""};
        };
        visit(std::string_view(it.id), Naming::id, domain.domain, make);
        visit(std::string_view(it.name), Naming::name, domain.domain, make);
        if (!it.shortName.empty()) visit(std::string_view(it.shortName), Naming::name, domain.domain, make);
      }
    };
    objects(domain.tactics, SubjectKind::attackTactic);
    objects(domain.mitigations, SubjectKind::mitigation);
    objects(domain.groups, SubjectKind::group);
    objects(domain.campaigns, SubjectKind::campaign);
    objects(domain.software, SubjectKind::software);
  }
  for (const Control& it : catalogue.controls) {
    const auto make = [&] { return Subject{SubjectKind::control, it.framework, it.id, it.title, "", ""}; };
    visit(std::string_view(it.id), Naming::id, it.framework, make);
    if (!it.title.empty()) visit(std::string_view(it.title), Naming::name, it.framework, make);
    const auto group = [&](std::string_view id) {
      if (id.empty()) return;
      visit(id, Naming::id, it.framework, [&it, id] {
        return Subject{SubjectKind::controlGroup, it.framework, std::string(id), "", "", ""};
      });
    };
    group(it.group);
    // CSF's categories stand between its functions and subcategories: PR.DS holds PR.DS-02.
    if (it.framework == Framework::nistCsf) group(std::string_view(it.id).substr(0, it.id.find('-')));
  }
  for (const Crosswalk& it : catalogue.crosswalks) {
    const auto end = [&](Framework framework, const std::string& id) {
      if (!hasNoTable(framework)) return;
      visit(std::string_view(id), Naming::id, framework,
            [&, framework] { return Subject{kindOfEnd(framework), framework, id, "", "", ""}; });
    };
    end(it.fromFramework, it.from);
    end(it.toFramework, it.to);
    for (const std::string_view analytic : analyticsOf(it)) {
      visit(analytic, Naming::id, Framework::car, [&] {
        return Subject{SubjectKind::analytic, Framework::car, std::string(analytic), "", "", ""};
      });
    }
  }
  for (const Score& it : catalogue.scores) {
    visit(std::string_view(it.capability), Naming::id, Framework::capability,
          [&] { return Subject{SubjectKind::capability, Framework::capability, it.capability, "", "", ""}; });
  }
  for (const WorkRole& it : catalogue.roles) {
    const auto make = [&] { return Subject{SubjectKind::role, Framework::nice, it.id, it.name, "", ""}; };
    visit(std::string_view(it.id), Naming::id, Framework::nice, make);
    visit(std::string_view(it.name), Naming::name, Framework::nice, make);
  }
  for (const ProtocolArtifact& it : catalogue.protocols) {
    visit(std::string_view(it.service), Naming::id, Framework::d3fend,
          [&] { return Subject{SubjectKind::protocol, Framework::d3fend, it.service, "", it.artifact, ""}; });
    if (!catalogue.ontology.find(it.artifact)) {
      visit(std::string_view(it.artifact), Naming::id, Framework::d3fend, [&] {
        return Subject{SubjectKind::artifact, Framework::d3fend, it.artifact, "", it.artifact, ""};
      });
    }
  }
}

bool sameSubject(const Subject& a, const Subject& b) {
  return a.kind == b.kind && a.framework == b.framework && a.id == b.id && a.className == b.className;
}

class Search {
 public:
  explicit Search(const Catalogue& catalogue) : catalogue_(catalogue) {}

  // What `words` names among `frameworks`; of all where there are none. `kService` alone: protocols.
  std::vector<Subject> find(std::string_view words, const std::vector<Framework>& frameworks, bool services) {
    std::vector<Subject> meant, synonyms;
    const std::string folded = foldedName(words);
    std::array<std::string, 14> ids;  // by framework
    for (std::size_t i = 0; i < ids.size(); ++i)
      ids[i] = foldedName(idOfFramework(static_cast<Framework>(i), words));
    eachName(catalogue_, [&](std::string_view text, Naming naming, Framework framework, const auto& make) {
      const std::string& asked = naming == Naming::id ? ids[static_cast<std::size_t>(framework)] : folded;
      if (!isFolded(text, asked)) return;
      Subject subject = make();
      if (services && subject.kind != SubjectKind::protocol) return;
      if (!frameworks.empty() && std::ranges::find(frameworks, subject.framework) == frameworks.end()) return;
      (naming == Naming::synonym ? synonyms : meant).push_back(std::move(subject));
    });
    auto& found = meant.empty() ? synonyms : meant;
    order(found);
    return std::move(found);
  }

  static void order(std::vector<Subject>& found) {
    std::ranges::stable_sort(found, [](const Subject& a, const Subject& b) {
      if (std::tie(a.framework, a.kind) != std::tie(b.framework, b.kind))
        return std::tie(a.framework, a.kind) < std::tie(b.framework, b.kind);
      if (a.id != b.id) return naturalLess(a.id, b.id);
      return a.className < b.className;
    });
    found.erase(std::ranges::unique(found, sameSubject).begin(), found.end());
  }

 private:
  const Catalogue& catalogue_;
};

std::string attackInWords(const Catalogue& catalogue, Framework domain) {
  const Attack* attack = catalogue.domain(domain);
  std::string words(title(domain));
  if (attack && !attack->version.empty()) words += " " + attack->version;
  return words;
}

// What took the place of retired techniques, after them.
void addSuccessors(const Catalogue& catalogue, std::vector<Subject>& found) {
  for (std::size_t i = 0; i < found.size() && i < 64; ++i) {
    if (found[i].kind != SubjectKind::attackTechnique) continue;
    const Attack* domain = catalogue.domain(found[i].framework);
    const AttackTechnique* technique = domain ? domain->find(found[i].id) : nullptr;
    if (!technique || technique->standing == Standing::live || technique->revokedBy.empty()) continue;
    const AttackTechnique* successor = domain->find(technique->revokedBy);
    if (!successor) continue;
    Subject next{SubjectKind::attackTechnique,
                 found[i].framework,
                 successor->id,
                 successor->name,
                 classOfTechnique(catalogue, successor->id),
                 fmt::format("{} took the place of {} in ATT&CK", successor->id, found[i].id)};
    if (std::ranges::none_of(found, [&](const Subject& other) { return sameSubject(other, next); }))
      found.insert(found.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(next));
  }
}

// An id of a newer ATT&CK than the catalogue's: what it replaced there.
std::vector<Subject> findPredecessors(const Catalogue& catalogue, std::string_view words) {
  std::vector<Subject> found;
  const std::string asked = foldedName(idOfFramework(Framework::attackEnterprise, words));
  for (const Revocation& it : catalogue.revocations) {
    if (it.oldId.empty() || it.oldId == it.newId || foldedName(it.newId) != asked) continue;
    for (Subject subject : Search(catalogue).find(it.oldId, {}, false)) {
      subject.because =
          fmt::format("{} is an id of a newer ATT&CK, where it replaced {}", it.newId, it.oldId);
      found.push_back(std::move(subject));
    }
  }
  Search::order(found);
  return found;
}

Diagnostic unknown(const Catalogue& catalogue, std::string_view words,
                   const std::vector<Framework>& frameworks) {
  Diagnostic diagnostic;
  const std::string asked = foldedName(words);
  for (const Revocation& it : catalogue.revocations) {
    if (foldedName(it.newId) != asked) continue;
    diagnostic.message = fmt::format("{} came with a newer ATT&CK than {}; nothing is known of it", it.newId,
                                     attackInWords(catalogue, Framework::attackEnterprise));
    diagnostic.expected = "an id of the catalogue's versions";
    return diagnostic;
  }
  std::vector<std::string_view> names;
  eachName(catalogue, [&](std::string_view text, Naming, Framework framework, const auto&) {
    if (frameworks.empty() || std::ranges::find(frameworks, framework) != frameworks.end())
      names.push_back(text);
  });
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::string where = frameworks.empty() ? "the catalogue" : std::string(title(frameworks.front()));
  if (frameworks.size() > 1) where = "ATT&CK";
  diagnostic.message = fmt::format("{} has nothing called '{}'", where, words);
  diagnostic.expected =
      frameworks.empty()
          ? "an id (T1048.003, D3-DNSAL, M1037, AC-4), a framework and an id (CIS 9.2), or a name"
          : fmt::format("an id or a name of {}", where);
  diagnostic.nearest = nearestName(words, names);
  return diagnostic;
}

}  // namespace

std::string_view word(SubjectKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::string sayExactly(const Subject& subject) {
  if (subject.kind == SubjectKind::protocol) return fmt::format("{}:{}", kService, subject.id);
  return fmt::format("{}:{}", word(subject.framework), subject.id);
}

Result<std::vector<Subject>> lookUp(const Catalogue& catalogue, std::string_view words) {
  if (words.size() > kLongest) {
    return failure({Severity::error,
                    {},
                    0,
                    fmt::format("{} bytes are no name", words.size()),
                    fmt::format("at most {} bytes", kLongest),
                    ""});
  }
  if (foldedName(words).empty())
    return failure({Severity::error, {}, 0, "nothing is asked for", "an id or a name", ""});
  Search search(catalogue);
  std::vector<Subject> found = search.find(words, {}, false);
  std::string_view sought = words;
  std::vector<Framework> frameworks;
  if (found.empty() && foldedName(words).starts_with("service")) {
    const std::size_t colon = words.find(':');
    if (colon != std::string_view::npos) found = search.find(words.substr(colon + 1), {}, true);
  }
  if (found.empty()) {
    const FrameworkWords split = splitFramework(words);
    if (!split.frameworks.empty()) {
      sought = split.rest;
      frameworks = split.frameworks;
      found = search.find(sought, frameworks, false);
      const bool ofIso = std::ranges::find(frameworks, Framework::iso27001) != frameworks.end();
      if (found.empty() && ofIso) found = search.find("A." + std::string(sought), frameworks, false);
    }
  }
  if (found.empty()) found = findPredecessors(catalogue, sought);
  if (found.empty()) return failure(unknown(catalogue, sought, frameworks));
  addSuccessors(catalogue, found);
  return found;
}

}  // namespace vauban::catalog
