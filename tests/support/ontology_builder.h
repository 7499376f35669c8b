// A small D3FEND of one's own: statements in the vocabulary of the real one, for tests of its reader and of
// what stands on it. Nothing is checked: what the reader must refuse can be said as well.
//
// A value; what `triples` hands out borrows from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/triple.h"

namespace vauban::testing {

struct OwnedTerm {
  Term::Kind kind = Term::Kind::iri;
  std::string value, datatype, language;

  Term borrowed() const { return {kind, value, datatype, language}; }
};

struct Statement {
  OwnedTerm subject, predicate, object;

  Triple borrowed() const { return {subject.borrowed(), predicate.borrowed(), object.borrowed()}; }
};

inline OwnedTerm iri(std::string value) { return {Term::Kind::iri, std::move(value), "", ""}; }
inline OwnedTerm d3f(const std::string& name) {
  return iri("http://d3fend.mitre.org/ontologies/d3fend.owl#" + name);
}
inline OwnedTerm owl(const std::string& name) { return iri("http://www.w3.org/2002/07/owl#" + name); }
inline OwnedTerm rdf(const std::string& name) {
  return iri("http://www.w3.org/1999/02/22-rdf-syntax-ns#" + name);
}
inline OwnedTerm rdfs(const std::string& name) { return iri("http://www.w3.org/2000/01/rdf-schema#" + name); }
inline OwnedTerm blank(std::string label) { return {Term::Kind::blank, std::move(label), "", ""}; }
inline OwnedTerm literal(std::string text, const std::string& type = "", std::string language = "") {
  return {Term::Kind::literal, std::move(text),
          type.empty() ? "" : "http://www.w3.org/2001/XMLSchema#" + type, std::move(language)};
}

struct OntologyBuilder {
  std::vector<Statement> statements;

  OntologyBuilder& say(OwnedTerm subject, OwnedTerm predicate, OwnedTerm object) {
    statements.push_back({std::move(subject), std::move(predicate), std::move(object)});
    return *this;
  }

  OntologyBuilder& isClass(const std::string& name) { return say(d3f(name), rdf("type"), owl("Class")); }
  OntologyBuilder& below(const std::string& child, const std::string& parent) {
    return say(d3f(child), rdfs("subClassOf"), d3f(parent));
  }
  // subClassOf [onProperty; someValuesFrom], with a blank node of its own.
  OntologyBuilder& restricted(const std::string& subject, const std::string& property,
                              const std::string& object) {
    const OwnedTerm node = blank("r" + std::to_string(statements.size()));
    say(d3f(subject), rdfs("subClassOf"), node);
    say(node, rdf("type"), owl("Restriction"));
    say(node, owl("onProperty"), d3f(property));
    return say(node, owl("someValuesFrom"), d3f(object));
  }
  OntologyBuilder& direct(const std::string& subject, const std::string& property,
                          const std::string& object) {
    return say(d3f(subject), d3f(property), d3f(object));
  }
  OntologyBuilder& property(const std::string& name, const std::string& parent = "") {
    say(d3f(name), rdf("type"), owl("ObjectProperty"));
    return parent.empty() ? *this : say(d3f(name), rdfs("subPropertyOf"), d3f(parent));
  }

  OntologyBuilder& artifact(const std::string& name, const std::string& parent = "DigitalArtifact") {
    return isClass(name).below(name, parent);
  }
  OntologyBuilder& offensive(const std::string& id, const std::string& parent = "OffensiveTechnique") {
    return isClass(id).below(id, parent).say(d3f(id), d3f("attack-id"), literal(id));
  }
  OntologyBuilder& defensive(const std::string& name, const std::string& id,
                             const std::string& parent = "DefensiveTechnique") {
    return isClass(name).below(name, parent).say(d3f(name), d3f("d3fend-id"), literal(id));
  }
};

// The roots, two tactics, and properties as D3FEND has them: all but `related` are below
// may-be-associated-with.
inline OntologyBuilder smallD3fend() {
  OntologyBuilder made;
  for (const char* root : {"DefensiveTechnique", "OffensiveTechnique", "DigitalArtifact", "DigitalEvent",
                           "DefensiveTactic", "OffensiveTactic"})
    made.isClass(root);
  made.isClass("Detect").below("Detect", "DefensiveTactic");
  made.isClass("Harden").below("Harden", "DefensiveTactic");
  made.property("may-be-associated-with");
  made.property("associated-with", "may-be-associated-with");
  made.property("may-modify", "may-be-associated-with");
  made.property("may-produce", "may-be-associated-with");
  made.property("modifies", "associated-with").say(d3f("modifies"), rdfs("subPropertyOf"), d3f("may-modify"));
  made.property("analyzes", "associated-with");
  made.property("contains", "associated-with");
  made.property("enables", "associated-with");
  made.property("related");
  return made;
}

}  // namespace vauban::testing
