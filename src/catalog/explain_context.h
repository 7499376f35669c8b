// What the parts of an explanation share: the catalogue, its hierarchies made once and when needed, and names
// of ids. For explain*.cc alone.
//
// Borrows the catalogue and the options. Not for several threads at once: what is made when needed is kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalog/explain.h"
#include "catalog/hierarchy.h"

namespace vauban::catalog {

class ExplainContext {
 public:
  ExplainContext(const Catalogue& catalogue, const ExplainOptions& options);
  ~ExplainContext();

  const Catalogue& catalogue() const { return catalogue_; }
  const ExplainOptions& options() const { return options_; }
  const Ontology& ontology() const { return catalogue_.ontology; }
  const Hierarchy& hierarchy();          // of the ontology as its source has it
  const Hierarchy& extendedHierarchy();  // with this project's extension
  // Whether the extension says it; ids are of the extended ontology.
  bool isOurs(ClassId extendedClass);
  bool isOurs(const Relation& extendedRelation);

  // How a class is written where people read it: its id if it has one, else its name.
  static const std::string& shown(const OntologyClass& it) {
    const bool technique = it.kind == ClassKind::defensive || it.kind == ClassKind::offensive;
    return technique && !it.id.empty() ? it.id : it.name;
  }
  std::optional<ClassId> countermeasure(std::string_view id);  // of the ontology, by its D3- id
  std::string nameOf(Framework framework, std::string_view id);
  // "deprecated", "revoked", "withdrawn", or "not in ATT&CK Enterprise 18.1"; "" where there is nothing to
  // say.
  std::string standingOf(Framework framework, std::string_view id);

  const std::string& ontologySource() const { return ontologySource_; }
  std::string attackSource(Framework domain) const;

  // The domain that has the technique; enterprise where none does.
  Framework domainOf(std::string_view attackId) const;
  // An id of ATT&CK, and those under which other sources may know the same: what it took the place of, and
  // what took its place in a newer ATT&CK. Not what took its place here: that is explained for itself.
  std::vector<std::string> idsOf(std::string_view attackId) const;

 private:
  struct Extension;
  Extension& extension();

  const Catalogue& catalogue_;
  const ExplainOptions& options_;
  std::optional<Hierarchy> hierarchy_;
  std::unique_ptr<Extension> extension_;
  std::string ontologySource_;
  bool named_ = false;
  std::unordered_map<std::string_view, ClassId> countermeasures_;
  std::unordered_map<std::string, const Control*> controls_;  // "framework id"
  void makeNames();
};

std::string_view versionOf(const Catalogue& catalogue, const Subject& subject, std::string* released);

}  // namespace vauban::catalog
