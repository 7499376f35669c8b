#include "catalog/explain_context.h"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/extension.h"
#include "catalog/framework_words.h"

namespace vauban::catalog {

struct ExplainContext::Extension {
  Ontology ontology;
  Hierarchy hierarchy;
  std::vector<bool> isOurs;  // by class: the ontology itself does not have it

  explicit Extension(const Catalogue& catalogue)
      : ontology(extended(catalogue)), hierarchy(ontology), isOurs(ontology.classes.size(), true) {
    // Both are sorted by name, and the extended ontology has all names of the other.
    std::size_t at = 0;
    for (const OntologyClass& it : catalogue.ontology.classes) {
      while (ontology.classes[at].name != it.name) ++at;
      isOurs[at] = false;
    }
  }
  Extension(const Extension&) = delete;
  Extension& operator=(const Extension&) = delete;
};

ExplainContext::ExplainContext(const Catalogue& catalogue, const ExplainOptions& options)
    : catalogue_(catalogue), options_(options) {
  for (const Source& source : catalogue.sources) {
    if (source.framework != Framework::d3fend) continue;
    // Of several that speak of D3FEND first, the ontology is the one of its version.
    if (ontologySource_.empty() || source.version == catalogue.ontology.version) ontologySource_ = source.id;
    if (source.version == catalogue.ontology.version) break;
  }
}

ExplainContext::~ExplainContext() = default;

const Hierarchy& ExplainContext::hierarchy() {
  if (!hierarchy_) hierarchy_.emplace(catalogue_.ontology);
  return *hierarchy_;
}

ExplainContext::Extension& ExplainContext::extension() {
  if (!extension_) extension_ = std::make_unique<Extension>(catalogue_);
  return *extension_;
}

const Hierarchy& ExplainContext::extendedHierarchy() { return extension().hierarchy; }

bool ExplainContext::isOurs(ClassId extendedClass) { return extension().isOurs[extendedClass.index()]; }

bool ExplainContext::isOurs(const Relation& extendedRelation) {
  return std::ranges::binary_search(extension().ontology.extension, extendedRelation);
}

void ExplainContext::makeNames() {
  if (named_) return;
  named_ = true;
  const Ontology& ontology = catalogue_.ontology;
  for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
    const OntologyClass& it = ontology.classes[i];
    if (it.kind == ClassKind::defensive && !it.id.empty()) countermeasures_.emplace(it.id, ClassId(i));
  }
  for (const Control& it : catalogue_.controls)
    controls_.emplace(fmt::format("{} {}", word(it.framework), it.id), &it);
}

std::optional<ClassId> ExplainContext::countermeasure(std::string_view id) {
  makeNames();
  const auto found = countermeasures_.find(id);
  if (found == countermeasures_.end()) return std::nullopt;
  return found->second;
}

namespace {

const AttackObject* findObject(const Attack& domain, std::string_view id) {
  for (const auto* list :
       {&domain.mitigations, &domain.groups, &domain.campaigns, &domain.software, &domain.tactics}) {
    const auto found = std::ranges::lower_bound(*list, id, naturalLess, &AttackObject::id);
    if (found != list->end() && found->id == id) return &*found;
  }
  return nullptr;
}

std::string_view inWords(Standing standing) { return standing == Standing::live ? "" : word(standing); }

}  // namespace

std::string ExplainContext::nameOf(Framework framework, std::string_view id) {
  if (framework == Framework::d3fend) {
    if (const auto found = countermeasure(id)) return ontology()[*found].label;
    const auto found = ontology().find(id);
    return found ? ontology()[*found].label : std::string();
  }
  if (isAttack(framework)) {
    const Attack* domain = catalogue_.domain(framework);
    if (!domain) return {};
    if (const AttackTechnique* technique = domain->find(id)) return technique->name;
    const AttackObject* object = findObject(*domain, id);
    return object ? object->name : std::string();
  }
  if (framework == Framework::nice) {
    const auto role = std::ranges::find(catalogue_.roles, id, &WorkRole::id);
    return role == catalogue_.roles.end() ? std::string() : role->name;
  }
  makeNames();
  const auto found = controls_.find(fmt::format("{} {}", word(framework), id));
  return found == controls_.end() ? std::string() : found->second->title;
}

std::string ExplainContext::standingOf(Framework framework, std::string_view id) {
  if (framework == Framework::d3fend) {
    const auto found = countermeasure(id);
    if (!found) return fmt::format("not in D3FEND {}", ontology().version);
    return ontology()[*found].deprecated ? "deprecated" : "";
  }
  if (isAttack(framework)) {
    const Attack* domain = catalogue_.domain(framework);
    if (!domain) return {};
    if (const AttackTechnique* technique = domain->find(id)) return std::string(inWords(technique->standing));
    if (const AttackObject* object = findObject(*domain, id)) return std::string(inWords(object->standing));
    return fmt::format("not in {} {}", title(framework), domain->version);
  }
  makeNames();
  const auto found = controls_.find(fmt::format("{} {}", word(framework), id));
  return found != controls_.end() && found->second->withdrawn ? "withdrawn" : "";
}

std::string ExplainContext::attackSource(Framework domain) const {
  const Attack* attack = catalogue_.domain(domain);
  std::string found;
  for (const Source& source : catalogue_.sources) {
    if (source.framework != domain) continue;
    if (attack && source.version == attack->version) return source.id;
    if (found.empty()) found = source.id;
  }
  return found;
}

Framework ExplainContext::domainOf(std::string_view attackId) const {
  for (const Attack& domain : catalogue_.attack) {
    if (domain.find(attackId)) return domain.domain;
  }
  return Framework::attackEnterprise;
}

std::vector<std::string> ExplainContext::idsOf(std::string_view attackId) const {
  std::vector<std::string> ids{std::string(attackId)}, others;
  const auto add = [&](const std::string& id) {
    if (!id.empty() && id != attackId) others.push_back(id);
  };
  for (const Revocation& it : catalogue_.revocations) {
    if (it.oldId == attackId) add(it.newId);
    if (it.newId == attackId) add(it.oldId);
  }
  for (const Attack& domain : catalogue_.attack) {
    for (const AttackTechnique& it : domain.techniques) {
      if (it.revokedBy == attackId) add(it.id);
    }
  }
  std::ranges::sort(others, naturalLess);
  others.erase(std::ranges::unique(others).begin(), others.end());
  ids.insert(ids.end(), others.begin(), others.end());
  return ids;
}

std::string_view versionOf(const Catalogue& catalogue, const Subject& subject, std::string* released) {
  if (subject.framework == Framework::d3fend) {
    *released = catalogue.ontology.releaseDate;
    return catalogue.ontology.version;
  }
  if (const Attack* domain = catalogue.domain(subject.framework)) {
    *released = domain->released;
    return domain->version;
  }
  // A source's date is that of whoever carries the table, not of the framework.
  for (const Control& it : catalogue.controls) {
    if (it.framework != subject.framework) continue;
    const Source* source = catalogue.source(it.source);
    return source ? std::string_view(source->version) : std::string_view();
  }
  for (const WorkRole& it : catalogue.roles) {
    if (subject.framework != Framework::nice || it.id != subject.id) continue;
    const Source* source = catalogue.source(it.source);
    return source ? std::string_view(source->version) : std::string_view();
  }
  return {};
}

}  // namespace vauban::catalog
