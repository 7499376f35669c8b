#include "catalog/d3fend_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace vauban::catalog {
namespace {

constexpr std::string_view kNamespace = "http://d3fend.mitre.org/ontologies/d3fend.owl#";
constexpr std::string_view kOntology = "http://d3fend.mitre.org/ontologies/d3fend";
constexpr std::string_view kOwl = "http://www.w3.org/2002/07/owl#";
constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
constexpr std::string_view kRdfs = "http://www.w3.org/2000/01/rdf-schema#";
constexpr std::string_view kSkos = "http://www.w3.org/2004/02/skos/core#";
constexpr std::string_view kReferenceRoot = "TechniqueReference";
constexpr std::size_t kNamesOfACircle = 12;  // that its message gives

// What is said more than once is what sorts first, whatever the order it came in.
void keepFirst(std::string& kept, std::string_view other) {
  if (kept.empty() || other < kept) kept = other;
}

// The part of an IRI after `prefix`; nullopt where it has another.
std::optional<std::string_view> after(std::string_view iri, std::string_view prefix) {
  if (!iri.starts_with(prefix)) return std::nullopt;
  return iri.substr(prefix.size());
}

std::optional<std::string_view> localName(const Term& term) {
  if (!term.isIri()) return std::nullopt;
  auto name = after(term.value, kNamespace);
  if (name && name->empty()) return std::nullopt;
  return name;
}

bool isMitigationId(std::string_view name) {
  return name.size() == 5 && name[0] == 'M' &&
         std::ranges::all_of(name.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

// ".../d3fend/1.2.0/d3fend.owl" -> "1.2.0".
std::string versionInIri(std::string_view iri) {
  auto rest = after(iri, kOntology);
  if (!rest || !rest->starts_with('/')) return {};
  const std::string_view version = rest->substr(1, rest->find('/', 1) - 1);
  return !version.empty() && version[0] >= '0' && version[0] <= '9' ? std::string(version) : std::string();
}

}  // namespace

struct D3fendReader::State {
  using Name = std::string;
  struct Described {
    std::set<std::string> ids, labels, types;  // types: of this namespace, the thing itself aside
    bool isClass = false, isTyped = false, isWeakness = false, deprecated = false;
    std::size_t file = 0;  // that names it first; counts from 1
  };
  struct Restriction {
    std::string property, object;
  };
  struct File {
    std::string name;
    std::string_view text;
  };

  D3fendLimits limits;
  std::size_t triples = 0;
  std::vector<File> files;
  std::string versionInfo, versionOfIri, releaseDate;
  std::map<Name, Described, std::less<>> described;
  std::set<std::pair<Name, Name>> subClassOf, subPropertyOf, inverseOf, synonyms, mitigations, cites;
  std::vector<std::pair<Name, std::string>> restricted;  // class, blank node
  std::unordered_map<std::string, Restriction> restrictions;
  std::set<std::array<Name, 3>> direct;
  std::set<Name, std::less<>> objectProperties;
  Diagnostics diagnostics;

  std::string blank(const Term& term) const { return fmt::format("{} {}", files.size(), term.value); }

  Described& describe(std::string_view name) {
    Described& it = described[Name(name)];
    if (it.file == 0) it.file = files.size();
    return it;
  }

  // Where a line begins with `name` as Turtle may write it; npos where none does.
  static std::size_t startOf(std::string_view text, std::string_view name) {
    for (const std::string& start :
         {fmt::format(":{}", name), fmt::format("d3f:{}", name), fmt::format("<{}{}>", kNamespace, name)}) {
      for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
        const std::size_t end = at + start.size();
        const bool whole = end == text.size() || std::string_view(" \t\r\n").contains(text[end]);
        if (whole && (at == 0 || text[at - 1] == '\n')) return at;
      }
    }
    return std::string_view::npos;
  }

  Place placeOf(std::string_view name) const {
    for (const File& file : files) {
      if (name.empty()) break;
      const std::size_t at = startOf(file.text, name);
      if (at == std::string_view::npos) continue;
      const auto line = static_cast<std::uint32_t>(std::ranges::count(file.text.substr(0, at), '\n') + 1);
      return {file.name, line, 1};
    }
    const auto it = described.find(name);
    const std::size_t file = it == described.end() ? files.size() : it->second.file;
    return {file == 0 ? std::string() : files[file - 1].name, 0, 0};
  }

  bool isFull() const { return diagnostics.size() >= limits.diagnostics; }
  void error(std::string_view name, std::string message, std::string expected) {
    if (!isFull())
      diagnostics.push_back({Severity::error, placeOf(name), 0, std::move(message), std::move(expected), ""});
  }

  void addOfBlank(const Triple& triple) {
    const auto owl = after(triple.predicate.value, kOwl);
    if (!owl) return;
    const auto object = localName(triple.object);
    if (!object) return;
    if (*owl == "onProperty") {
      keepFirst(restrictions[blank(triple.subject)].property, *object);
    } else if (*owl == "someValuesFrom") {
      keepFirst(restrictions[blank(triple.subject)].object, *object);
    }
  }

  void addOfOntology(const Triple& triple) {
    const auto owl = after(triple.predicate.value, kOwl);
    if (owl && *owl == "versionInfo" && triple.object.isLiteral())
      keepFirst(versionInfo, triple.object.value);
    if (owl && *owl == "versionIRI" && triple.object.isIri()) {
      if (auto found = versionInIri(triple.object.value); !found.empty()) keepFirst(versionOfIri, found);
    }
    const auto ours = localName(triple.predicate);
    if (ours && *ours == "release-date" && triple.object.isLiteral())
      keepFirst(releaseDate, triple.object.value.substr(0, 10));
  }

  void addType(std::string_view subject, const Term& type) {
    Described& it = describe(subject);
    it.isTyped = true;
    if (const auto owl = after(type.value, kOwl); owl && type.isIri()) {
      if (*owl == "Class") it.isClass = true;
      if (*owl == "ObjectProperty") objectProperties.emplace(subject);
    } else if (const auto ours = localName(type); ours && *ours != subject) {
      it.types.emplace(*ours);
    }
  }

  void addOurs(std::string_view subject, std::string_view property, const Term& object) {
    if (property == "kb-reference" || property == "kb-reference-of") {
      const auto other = localName(object);
      if (!other) return;
      const bool forward = property == "kb-reference";
      cites.emplace(forward ? subject : *other, forward ? *other : subject);
      return;
    }
    if (object.isLiteral()) {
      if (property == "d3fend-id" || property == "attack-id" || property == "cwe-id") {
        Described& it = describe(subject);
        it.ids.emplace(object.value);
        if (property == "cwe-id") it.isWeakness = true;
      } else if (property == "synonym") {
        synonyms.emplace(subject, object.value);
      }
      return;
    }
    const auto other = localName(object);
    if (!other) return;
    if (property == "related" && isMitigationId(subject)) {
      mitigations.emplace(*other, subject);
    } else {
      direct.insert({Name(subject), Name(property), Name(*other)});
    }
  }

  void add(const Triple& triple) {
    if (++triples > limits.triples) return;
    if (triple.subject.kind == Term::Kind::blank) return addOfBlank(triple);
    const auto subject = localName(triple.subject);
    if (!subject) {
      if (triple.subject.value.starts_with(kOntology)) addOfOntology(triple);
      return;
    }
    if (const auto property = localName(triple.predicate)) return addOurs(*subject, *property, triple.object);
    if (const auto rdf = after(triple.predicate.value, kRdf); rdf && *rdf == "type")
      return addType(*subject, triple.object);
    if (const auto rdfs = after(triple.predicate.value, kRdfs)) {
      const auto object = localName(triple.object);
      if (*rdfs == "subClassOf") {
        describe(*subject).isClass = true;
        if (object) {
          describe(*object).isClass = true;
          subClassOf.emplace(*subject, *object);
        } else if (triple.object.kind == Term::Kind::blank) {
          restricted.emplace_back(*subject, blank(triple.object));
        }
      } else if (*rdfs == "subPropertyOf" && object) {
        subPropertyOf.emplace(*subject, *object);
      } else if (*rdfs == "label" && triple.object.isLiteral()) {
        describe(*subject).labels.emplace(triple.object.value);
      }
      return;
    }
    // D3FEND says synonyms in two ways.
    if (const auto skos = after(triple.predicate.value, kSkos);
        skos && *skos == "altLabel" && triple.object.isLiteral())
      synonyms.emplace(*subject, triple.object.value);
    const auto owl = after(triple.predicate.value, kOwl);
    if (!owl) return;
    if (*owl == "deprecated" && (triple.object.value == "true" || triple.object.value == "1"))
      describe(*subject).deprecated = true;
    if (*owl == "inverseOf") {
      if (const auto object = localName(triple.object)) inverseOf.emplace(*subject, *object);
    }
  }

  void fill(Ontology& ontology) {
    // What a restriction names is a class, described or not. So is what a direct triple says of a class by an
    // object property, unless it is said to be something else.
    std::vector<std::array<Name, 3>> relations;
    std::vector<Described*> related;
    for (const auto& [subject, node] : restricted) {
      const auto found = restrictions.find(node);
      if (found == restrictions.end() || found->second.property.empty() || found->second.object.empty())
        continue;
      described[found->second.object].isClass = true;
      relations.push_back({subject, found->second.property, found->second.object});
    }
    for (const auto& triple : direct) {
      const auto subject = described.find(triple[0]);
      if (subject == described.end() || !subject->second.isClass || !objectProperties.contains(triple[1]))
        continue;
      Described& object = described[triple[2]];
      if (!object.isClass && object.isTyped) continue;
      related.push_back(&object);
      relations.push_back(triple);
    }
    for (Described* it : related) it->isClass = true;
    for (const auto& [name, it] : described) {
      if (!it.isClass) continue;
      if (it.ids.size() > 1)
        error(name, fmt::format("{} has {} ids: {}", name, it.ids.size(), fmt::join(it.ids, ", ")),
              "one id a class");
      OntologyClass made;
      made.name = name;
      if (!it.ids.empty()) made.id = *it.ids.begin();
      if (!it.labels.empty()) made.label = *it.labels.begin();
      made.deprecated = it.deprecated;
      if (it.isWeakness) made.kind = ClassKind::weakness;
      ontology.classes.push_back(std::move(made));
    }
    std::set<Name> properties = {objectProperties.begin(), objectProperties.end()};
    for (const auto& [child, parent] : subPropertyOf) properties.insert({child, parent});
    for (const auto& relation : relations) properties.insert(relation[1]);
    for (const Name& property : properties) ontology.properties.push_back({property});
    for (const auto& relation : relations) {
      ontology.relations.push_back(
          {*ontology.find(relation[0]), *ontology.findProperty(relation[1]), *ontology.find(relation[2])});
    }
    std::ranges::sort(ontology.relations);
    ontology.relations.erase(std::ranges::unique(ontology.relations).begin(), ontology.relations.end());
    for (const auto& [child, parent] : subClassOf)
      ontology.subClassOf.emplace_back(*ontology.find(child), *ontology.find(parent));
    for (const auto& [child, parent] : subPropertyOf)
      ontology.subPropertyOf.emplace_back(*ontology.findProperty(child), *ontology.findProperty(parent));
    for (const auto& [one, other] : inverseOf) {
      const auto first = ontology.findProperty(one), second = ontology.findProperty(other);
      if (first && second) ontology.inverseOf.emplace_back(*first, *second);
    }
    const std::set<Name> kinds = kindsOfReference();
    const auto typeOf = [&](const Described& it) {
      Name found;
      for (const Name& type : it.types) {
        if (kinds.contains(type) && (found.empty() || found == kReferenceRoot)) found = type;
      }
      return found;
    };
    std::map<Name, Name> references;  // name -> type
    for (const auto& [technique, reference] : cites) references[reference];
    for (const auto& [name, it] : described) {
      const auto cited = references.find(name);
      if (Name type = typeOf(it); cited != references.end()) {
        cited->second = std::move(type);
      } else if (!type.empty() && !it.isClass) {
        references[name] = std::move(type);
      }
    }
    for (const auto& [name, type] : references) ontology.references.push_back({name, type, 0});
    for (const auto& [technique, reference] : cites) {
      const auto id = ontology.find(technique);
      if (!id) continue;
      const auto at = std::ranges::lower_bound(ontology.references, reference, {}, &Reference::name);
      ontology.cites.emplace_back(*id,
                                  ReferenceId(static_cast<std::size_t>(at - ontology.references.begin())));
    }
    for (const auto& [name, synonym] : synonyms) {
      if (const auto id = ontology.find(name)) ontology.synonyms.emplace_back(*id, synonym);
    }
    for (const auto& [technique, mitigation] : mitigations) {
      if (const auto id = ontology.find(technique)) ontology.mitigations.emplace_back(*id, mitigation);
    }
  }

  // TechniqueReference and what stands below it; not every name of those ends in -Reference.
  std::set<Name> kindsOfReference() const {
    std::set<Name> found{Name(kReferenceRoot)};
    for (std::size_t before = 0; before != found.size();) {
      before = found.size();
      for (const auto& [child, parent] : subClassOf) {
        if (found.contains(parent)) found.insert(child);
      }
    }
    return found;
  }

  // Marks what stands below `root`; what has a kind already keeps it.
  static void mark(Ontology& ontology, std::string_view root, ClassKind kind) {
    const auto top = ontology.find(root);
    if (!top) return;
    std::vector<bool> seen(ontology.classes.size(), false);
    std::vector<ClassId> todo{*top};
    seen[top->index()] = true;
    std::vector<std::vector<ClassId>> children(ontology.classes.size());
    for (const auto& [child, parent] : ontology.subClassOf) children[parent.index()].push_back(child);
    while (!todo.empty()) {
      const ClassId here = todo.back();
      todo.pop_back();
      OntologyClass& it = ontology.classes[here.index()];
      if (it.kind == ClassKind::other) it.kind = kind;
      for (const ClassId child : children[here.index()]) {
        if (!seen[child.index()]) {
          seen[child.index()] = true;
          todo.push_back(child);
        }
      }
    }
  }

  // Each circle that a walk from the first name upward closes, from its first name on.
  void findCycles(const Ontology& ontology) {
    const std::size_t count = ontology.classes.size();
    std::vector<std::vector<ClassId>> parents(count);
    for (const auto& [child, parent] : ontology.subClassOf) parents[child.index()].push_back(parent);
    constexpr std::size_t fresh = SIZE_MAX, done = SIZE_MAX - 1;
    std::vector<std::size_t> depth(count, fresh);  // on the path, from 0
    struct Step {
      ClassId at;
      std::size_t next;
    };
    for (std::size_t start = 0; start < count; ++start) {
      if (depth[start] != fresh) continue;
      std::vector<Step> path{{ClassId(start), 0}};
      depth[start] = 0;
      while (!path.empty()) {
        Step& step = path.back();
        if (step.next == parents[step.at.index()].size()) {
          depth[step.at.index()] = done;
          path.pop_back();
          continue;
        }
        const ClassId parent = parents[step.at.index()][step.next++];
        if (depth[parent.index()] == fresh) {
          depth[parent.index()] = path.size();
          path.push_back({parent, 0});
        } else if (depth[parent.index()] != done && !isFull()) {
          std::vector<ClassId> circle;
          for (std::size_t at = depth[parent.index()]; at < path.size(); ++at) circle.push_back(path[at].at);
          reportCircle(ontology, std::move(circle));
        }
      }
    }
  }

  void reportCircle(const Ontology& ontology, std::vector<ClassId> circle) {
    std::ranges::rotate(circle, std::ranges::min_element(circle));
    std::string names;
    for (std::size_t i = 0; i < std::min(circle.size(), kNamesOfACircle); ++i)
      names += ontology[circle[i]].name + " -> ";
    if (circle.size() > kNamesOfACircle) names += fmt::format("{} more -> ", circle.size() - kNamesOfACircle);
    const std::string& first = ontology[circle.front()].name;
    error(first, fmt::format("subclasses in a circle: {}{}", names, first), "subClassOf without a circle");
  }

  void findTwins(const Ontology& ontology) {
    std::map<std::pair<ClassKind, std::string_view>, std::string_view> first;
    for (const OntologyClass& it : ontology.classes) {
      // Ids of analytics (D3A-) are not unique; nothing is looked up by them.
      if (it.id.empty() || (it.kind != ClassKind::defensive && it.kind != ClassKind::offensive)) continue;
      const auto [at, fresh] = first.try_emplace({it.kind, it.id}, it.name);
      if (!fresh)
        error(it.name, fmt::format("{} and {} both have the id {}", at->second, it.name, it.id),
              "an id of its own");
    }
  }
};

D3fendReader::D3fendReader(const D3fendLimits& limits) : state_(std::make_unique<State>()) {
  state_->limits = limits;
}
D3fendReader::~D3fendReader() = default;
D3fendReader::D3fendReader(D3fendReader&&) noexcept = default;
D3fendReader& D3fendReader::operator=(D3fendReader&&) noexcept = default;

void D3fendReader::startFile(std::string file, std::string_view text) {
  state_->files.push_back({std::move(file), text});
}

void D3fendReader::add(const Triple& triple) { state_->add(triple); }

Result<Ontology> D3fendReader::finish() {
  if (state_->triples > state_->limits.triples) {
    state_->error("", fmt::format("{} triples", state_->triples),
                  fmt::format("an ontology of at most {}", state_->limits.triples));
    return std::unexpected(std::move(state_->diagnostics));
  }
  Ontology ontology;
  ontology.version = state_->versionInfo.empty() ? state_->versionOfIri : state_->versionInfo;
  ontology.releaseDate = state_->releaseDate;
  state_->fill(ontology);
  if (!ontology.find("DefensiveTechnique")) {
    state_->error("", "no class d3f:DefensiveTechnique", "the D3FEND ontology, as its project publishes it");
  }
  state_->findCycles(ontology);
  State::mark(ontology, "Weakness", ClassKind::weakness);
  State::mark(ontology, "DefensiveTechnique", ClassKind::defensive);
  State::mark(ontology, "OffensiveTechnique", ClassKind::offensive);
  State::mark(ontology, "DigitalArtifact", ClassKind::artifact);
  for (const char* root : {"Event", "DigitalEvent"}) State::mark(ontology, root, ClassKind::event);
  state_->findTwins(ontology);
  if (!state_->diagnostics.empty()) {
    sortDiagnostics(state_->diagnostics);
    return std::unexpected(std::move(state_->diagnostics));
  }
  return ontology;
}

}  // namespace vauban::catalog
