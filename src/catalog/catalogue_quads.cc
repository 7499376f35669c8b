#include "catalog/catalogue_quads.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "catalog/extension.h"
#include "catalog/hierarchy.h"
#include "catalog/inference.h"

namespace vauban::catalog {
namespace {

constexpr std::string_view kD3f = "http://d3fend.mitre.org/ontologies/d3fend.owl#";
constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
constexpr std::string_view kRdfs = "http://www.w3.org/2000/01/rdf-schema#";
constexpr std::string_view kOwl = "http://www.w3.org/2002/07/owl#";
constexpr std::string_view kXsd = "http://www.w3.org/2001/XMLSchema#";
constexpr std::string_view kOurs = "urn:vauban:v:";

// What an IRI may not have is written as URIs write it, and so is what is not ASCII where the name is our
// own: URNs have nothing else (RFC 8141).
std::string iri(std::string_view space, std::string_view name) {
  const bool isOurs = space.starts_with("urn:");
  std::string made = "<";
  made += space;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F || (isOurs && byte >= 0x80) ||
        std::string_view("<>\"{}|^`\\%").find(c) != std::string_view::npos) {
      made += fmt::format("%{:02X}", byte);
    } else {
      made += c;
    }
  }
  made += '>';
  return made;
}

std::string text(std::string_view value) {
  std::string made = "\"";
  for (const char c : value) {
    switch (c) {
      case '"':
        made += "\\\"";
        break;
      case '\\':
        made += "\\\\";
        break;
      case '\n':
        made += "\\n";
        break;
      case '\r':
        made += "\\r";
        break;
      default:
        made += c;
    }
  }
  made += '"';
  return made;
}

std::string typed(std::string_view value, std::string_view type) {
  return fmt::format("{}^^<{}{}>", text(value), kXsd, type);
}
std::string number(std::uint64_t value) { return typed(std::to_string(value), "integer"); }
std::string truth() { return typed("true", "boolean"); }

std::string d3f(std::string_view name) { return iri(kD3f, name); }
std::string rdf(std::string_view name) { return iri(kRdf, name); }
std::string rdfs(std::string_view name) { return iri(kRdfs, name); }
std::string owl(std::string_view name) { return iri(kOwl, name); }
std::string ours(std::string_view name) { return iri(kOurs, name); }

std::string thing(Framework framework, std::string_view id) {
  // Groups, campaigns and software are one list over all domains; techniques, tactics and mitigations have
  // their name in D3FEND.
  if (isAttack(framework)) {
    if (!id.empty() && (id[0] == 'T' || id[0] == 'M')) return d3f(id);
    return iri("urn:vauban:attack:", id);
  }
  if (framework == Framework::d3fend) return d3f(id);
  return iri(fmt::format("urn:vauban:{}:", word(framework)), id);
}

class Writer {
 public:
  explicit Writer(const Catalogue& catalogue) : catalogue_(catalogue), hierarchy_(catalogue.ontology) {}

  std::string quads() {
    graph_ = fmt::format(" <{}> .\n", kAssertedGraph);
    writeSources();
    writeOntology(catalogue_.ontology, nullptr);
    for (const Attack& attack : catalogue_.attack) writeAttack(attack);
    for (const Revocation& it : catalogue_.revocations) say(d3f(it.oldId), ours("became"), d3f(it.newId));
    writeControls();
    writeEvidence();
    writeRoles();
    graph_ = fmt::format(" <{}> .\n", kInferredGraph);
    writeInferred();
    graph_ = fmt::format(" <{}> .\n", kExtensionGraph);
    writeExtension();
    return std::move(out_);
  }

 private:
  void say(std::string_view subject, std::string_view predicate, std::string_view object) {
    out_ += subject;
    out_ += ' ';
    out_ += predicate;
    out_ += ' ';
    out_ += object;
    out_ += graph_;
  }
  void named(std::string_view subject, std::string_view kind, std::string_view id, std::string_view name) {
    say(subject, rdf("type"), ours(kind));
    if (!id.empty()) say(subject, ours("id"), text(id));
    if (!name.empty()) say(subject, rdfs("label"), text(name));
  }

  void writeSources() {
    for (const Source& it : catalogue_.sources) {
      const std::string source = iri("urn:vauban:source:", it.id);
      named(source, "Source", it.id, "");
      say(source, ours("framework"), text(word(it.framework)));
      if (!it.version.empty()) say(source, ours("version"), text(it.version));
      if (!it.date.empty()) say(source, ours("date"), text(it.date));
      if (!it.licence.empty()) say(source, ours("licence"), text(it.licence));
    }
  }

  // All of `ontology`, or what it has and `without` has not.
  void writeOntology(const Ontology& ontology, const Ontology* without) {
    const auto isNew = [&](ClassId id) { return !without || !without->find(ontology[id].name); };
    for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
      const OntologyClass& it = ontology.classes[i];
      if (!isNew(ClassId(i))) continue;
      const std::string subject = d3f(it.name);
      say(subject, rdf("type"), owl("Class"));
      say(subject, ours("kind"), text(word(it.kind)));
      if (!it.label.empty()) say(subject, rdfs("label"), text(it.label));
      if (it.deprecated) say(subject, owl("deprecated"), truth());
      if (it.id.empty()) continue;
      say(subject, ours("id"), text(it.id));
      const bool attack = it.kind == ClassKind::offensive;
      say(subject,
          d3f(it.kind == ClassKind::weakness ? "cwe-id"
              : attack                       ? "attack-id"
                                             : "d3fend-id"),
          text(it.id));
    }
    for (const auto& [child, parent] : ontology.subClassOf) {
      if (isNew(child)) say(d3f(ontology[child].name), rdfs("subClassOf"), d3f(ontology[parent].name));
    }
    std::set<std::tuple<std::string_view, std::string_view, std::string_view>> known;
    if (without) {
      for (const Relation& it : without->relations)
        known.emplace((*without)[it.subject].name, without->properties[it.property.index()].name,
                      (*without)[it.object].name);
    }
    for (const Relation& it : ontology.relations) {
      const std::string& property = ontology.properties[it.property.index()].name;
      if (known.contains({ontology[it.subject].name, property, ontology[it.object].name})) continue;
      const std::string subject = d3f(ontology[it.subject].name), object = d3f(ontology[it.object].name);
      say(subject, d3f(property), object);
      if (without) continue;
      const std::string node = fmt::format("_:r{}", restrictions_++);
      say(subject, rdfs("subClassOf"), node);
      say(node, rdf("type"), owl("Restriction"));
      say(node, owl("onProperty"), d3f(property));
      say(node, owl("someValuesFrom"), object);
    }
    const auto isNewProperty = [&](const std::string& name) {
      return !without || !without->findProperty(name);
    };
    for (const OntologyProperty& it : ontology.properties) {
      if (isNewProperty(it.name)) say(d3f(it.name), rdf("type"), owl("ObjectProperty"));
    }
    for (const auto& [child, parent] : ontology.subPropertyOf) {
      const std::string& name = ontology.properties[child.index()].name;
      if (isNewProperty(name))
        say(d3f(name), rdfs("subPropertyOf"), d3f(ontology.properties[parent.index()].name));
    }
    if (without) return;
    for (const auto& [one, other] : ontology.inverseOf)
      say(d3f(ontology.properties[one.index()].name), owl("inverseOf"),
          d3f(ontology.properties[other.index()].name));
    for (const Reference& it : ontology.references) {
      if (!it.type.empty()) say(d3f(it.name), rdf("type"), d3f(it.type));
      if (it.year != 0) say(d3f(it.name), ours("year"), number(static_cast<std::uint64_t>(it.year)));
    }
    for (const auto& [technique, reference] : ontology.cites)
      say(d3f(ontology[technique].name), d3f("kb-reference"),
          d3f(ontology.references[reference.index()].name));
    for (const auto& [subject, synonym] : ontology.synonyms)
      say(d3f(ontology[subject].name), d3f("synonym"), text(synonym));
    for (const auto& [technique, mitigation] : ontology.mitigations)
      say(d3f(mitigation), d3f("related"), d3f(ontology[technique].name));
    for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
      const ClassKind kind = ontology.classes[i].kind;
      if ((kind != ClassKind::defensive && kind != ClassKind::offensive) || ontology.classes[i].id.empty())
        continue;
      for (const ClassId tactic : hierarchy_.tactics(ClassId(i)))
        say(d3f(ontology.classes[i].name), ours("tactic"), d3f(ontology[tactic].name));
    }
  }

  void writeAttack(const Attack& attack) {
    const auto standing = [&](const std::string& subject, Standing it) {
      say(subject, ours("standing"), text(word(it)));
      say(subject, ours("domain"), text(word(attack.domain)));
    };
    for (const AttackTechnique& it : attack.techniques) {
      const std::string subject = thing(attack.domain, it.id);
      named(subject, "AttackTechnique", it.id, it.name);
      standing(subject, it.standing);
      for (const std::string& tactic : it.tactics) say(subject, ours("attack-tactic"), text(tactic));
      for (const std::string& platform : it.platforms) say(subject, ours("platform"), text(platform));
      if (!it.revokedBy.empty()) say(subject, ours("revoked-by"), thing(attack.domain, it.revokedBy));
      if (const auto dot = it.id.find('.'); dot != std::string::npos)
        say(subject, ours("sub-technique-of"), thing(attack.domain, it.id.substr(0, dot)));
      say(subject, ours("groups"), number(it.groups));
      say(subject, ours("campaigns"), number(it.campaigns));
      say(subject, ours("software"), number(it.software));
    }
    const auto objects = [&](const std::vector<AttackObject>& list, std::string_view kind) {
      for (const AttackObject& it : list) {
        // Mitigations of old bore the id of the technique that they were about.
        const bool twin = kind == "Mitigation" && it.id.starts_with('T');
        const std::string subject =
            twin ? iri("urn:vauban:attack:", "mitigation-" + it.id) : thing(attack.domain, it.id);
        named(subject, kind, it.id, it.name);
        standing(subject, it.standing);
        if (!it.shortName.empty()) say(subject, ours("short-name"), text(it.shortName));
      }
    };
    objects(attack.tactics, "AttackTactic");
    objects(attack.mitigations, "Mitigation");
    objects(attack.groups, "Group");
    objects(attack.campaigns, "Campaign");
    objects(attack.software, "Software");
    const auto pairs = [&](const std::vector<IdPair>& list, std::string_view property, bool turned) {
      for (const auto& [from, to] : list) {
        const std::string a = thing(attack.domain, from), b = thing(attack.domain, to);
        say(turned ? b : a, ours(property), turned ? a : b);
      }
    };
    pairs(attack.mitigates, "mitigates", true);
    pairs(attack.groupUses, "uses", false);
    pairs(attack.campaignUses, "uses", false);
  }

  // What a crosswalk names by a D3FEND id (D3-NTF) is a class with a name (NetworkTrafficFiltering).
  std::string crossed(Framework framework, const std::string& id) {
    if (framework != Framework::d3fend) return thing(framework, id);
    for (const OntologyClass& it : catalogue_.ontology.classes) {
      if (it.kind == ClassKind::defensive && it.id == id) return d3f(it.name);
    }
    return d3f(id);
  }

  void writeControls() {
    for (const Control& it : catalogue_.controls) {
      const std::string subject = thing(it.framework, it.id);
      named(subject, "Control", it.id, it.title);
      say(subject, ours("framework"), text(word(it.framework)));
      if (!it.group.empty()) say(subject, ours("group"), text(it.group));
      for (const std::string& profile : it.profiles) say(subject, ours("profile"), text(profile));
      for (const std::string& attribute : it.attributes) say(subject, ours("attribute"), text(attribute));
      if (it.withdrawn) say(subject, ours("withdrawn"), truth());
    }
    for (const Crosswalk& it : catalogue_.crosswalks)
      say(crossed(it.fromFramework, it.from), ours(it.relation), crossed(it.toFramework, it.to));
  }

  void writeEvidence() {
    std::size_t count = 0;
    for (const Score& it : catalogue_.scores) {
      const std::string node = iri("urn:vauban:score:", std::to_string(count++));
      say(node, rdf("type"), ours("Score"));
      say(node, ours("technique"), d3f(it.technique));
      say(node, ours("capability"), iri("urn:vauban:capability:", it.capability));
      say(node, ours("category"), text(it.category));
      say(node, ours("value"), text(it.value));
      say(node, ours("grade"), text("E2"));
      say(node, ours("source"), iri("urn:vauban:source:", it.source));
    }
    for (const TrialRate& it : catalogue_.trialRates) {
      const std::string node = iri("urn:vauban:trial:", it.technique);
      say(node, rdf("type"), ours("TrialRate"));
      say(node, ours("technique"), d3f(it.technique));
      say(node, ours("substeps"), number(it.substeps));
      say(node, ours("detections"), number(it.detections));
      say(node, ours("p10"), typed(fmt::format("{:.4f}", it.p10), "decimal"));
      say(node, ours("p90"), typed(fmt::format("{:.4f}", it.p90), "decimal"));
      say(node, ours("grade"), text("E3"));
      say(node, ours("source"), iri("urn:vauban:source:", it.source));
    }
    for (const RuleCount& it : catalogue_.ruleCounts) {
      const std::string node = iri("urn:vauban:rules:", it.collection + ":" + it.technique);
      say(node, rdf("type"), ours("RuleCount"));
      say(node, ours("technique"), d3f(it.technique));
      say(node, ours("collection"), text(it.collection));
      say(node, ours("rules"), number(it.rules));
    }
  }

  void writeRoles() {
    for (const WorkRole& it : catalogue_.roles) {
      const std::string subject = thing(Framework::nice, it.id);
      named(subject, "WorkRole", it.id, it.name);
      say(subject, ours("group"), text(it.categoryName));
    }
    for (const TacticOwner& it : catalogue_.owners) {
      const std::string tactic = d3f(it.tactic);
      for (const std::string& role : it.responsible)
        say(tactic, ours("responsible"), thing(Framework::nice, role));
      for (const std::string& role : it.consulted)
        say(tactic, ours("consulted"), thing(Framework::nice, role));
      if (!it.accountable.empty()) say(tactic, ours("accountable"), thing(Framework::nice, it.accountable));
      say(tactic, ours("within-soc"), typed(it.withinSoc ? "true" : "false", "boolean"));
    }
  }

  void writeInferred() {
    const Ontology& ontology = catalogue_.ontology;
    const auto answers = [&](View view, std::string_view property) {
      InferenceOptions options;
      options.view = view;
      std::vector<Row> rows = infer(hierarchy_, options);
      std::set<std::pair<ClassId, ClassId>> said;
      for (const Row& row : rows) {
        const std::string d = d3f(ontology[row.defensive].name), o = d3f(ontology[row.offensive].name);
        if (view == View::direct) say(d, d3f(relationOfTactic(ontology[row.tactic].name)), o);
        if (said.emplace(row.defensive, row.offensive).second) say(d, ours(property), o);
      }
      return rows;
    };
    std::size_t count = 0;
    for (const Row& row : answers(View::direct, "answers")) {
      const std::string node = iri("urn:vauban:row:", std::to_string(count++));
      say(node, rdf("type"), ours("Row"));
      say(node, ours("countermeasure"), d3f(ontology[row.defensive].name));
      say(node, ours("technique"), d3f(ontology[row.offensive].name));
      say(node, ours("tactic"), d3f(ontology[row.tactic].name));
      say(node, ours("countermeasure-property"),
          d3f(ontology.properties[row.defensiveProperty.index()].name));
      say(node, ours("countermeasure-artifact"), d3f(ontology[row.defensiveArtifact].name));
      say(node, ours("technique-artifact"), d3f(ontology[row.offensiveArtifact].name));
      say(node, ours("technique-property"), d3f(ontology.properties[row.offensiveProperty.index()].name));
      say(node, ours("match"), text(word(matchOf(hierarchy_, row))));
      say(node, ours("rests-on-may"), typed(restsOnMay(hierarchy_, row) ? "true" : "false", "boolean"));
    }
    answers(View::page, "answers-on-page");
  }

  void writeExtension() {
    writeOntology(extended(catalogue_), &catalogue_.ontology);
    for (const ProtocolArtifact& it : catalogue_.protocols) {
      const std::string service = iri("urn:vauban:service:", it.service);
      named(service, "Service", it.service, "");
      say(service, ours("traffic"), d3f(it.artifact));
      say(d3f(it.artifact), ours("in-d3fend"), typed(it.ours ? "false" : "true", "boolean"));
    }
  }

  const Catalogue& catalogue_;
  Hierarchy hierarchy_;
  std::string out_, graph_;
  std::size_t restrictions_ = 0;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> catalogPrefixes() {
  return {{"attack", "urn:vauban:attack:"}, {"capability", "urn:vauban:capability:"},
          {"car", "urn:vauban:car:"},       {"cci", "urn:vauban:cci:"},
          {"cis", "urn:vauban:cis:"},       {"csf", "urn:vauban:csf:"},
          {"d3f", std::string(kD3f)},       {"iso", "urn:vauban:iso-27001:"},
          {"nice", "urn:vauban:nice:"},     {"nist", "urn:vauban:800-53:"},
          {"owl", std::string(kOwl)},       {"rdf", std::string(kRdf)},
          {"rdfs", std::string(kRdfs)},     {"service", "urn:vauban:service:"},
          {"source", "urn:vauban:source:"}, {"v", std::string(kOurs)},
          {"xsd", std::string(kXsd)}};
}

std::string catalogueQuads(const Catalogue& catalogue) { return Writer(catalogue).quads(); }

}  // namespace vauban::catalog
