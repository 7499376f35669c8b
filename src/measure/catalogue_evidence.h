// What the catalogue has as evidence of a D3FEND technique against an ATT&CK technique.
//
// E0: the inference, with what a technique's parents touch. E1: mitigations, controls and analytics that join
// the two. E2: scores of product capabilities of the same kind (protect: Harden, Isolate; detect: Detect;
// respond: Evict). E3: detection trials of endpoint products, for what looks at machines (files, processes,
// platforms, users) and not at the network. E2 and E3 speak of products and not of the countermeasure: they
// count only where something of E0 or E1 joins the pair, and their scope says so.
//
// Borrows the catalogue, which must outlive it. Immutable after construction (a few hundredths of a second:
// one inference); any number of threads may ask.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalogue.h"
#include "catalog/hierarchy.h"
#include "measure/evidence.h"

namespace vauban::measure {

class CatalogueEvidence {
 public:
  explicit CatalogueEvidence(const catalog::Catalogue& catalogue);

  // Ids: "D3-NTF", "T1048.003". Nothing joins them, or an id is unknown: empty. Grades ascending.
  std::vector<Evidence> of(const std::string& countermeasure, const std::string& technique) const;
  // The ATT&CK techniques that E0 or E1 joins with it, sorted.
  std::vector<std::string> against(const std::string& countermeasure) const;
  // A trial of detection, of any product: what is known of a sensor that covers the technique.
  std::vector<Evidence> trials(const std::string& technique) const;

  // "Detect"; "" where the catalogue does not have it. The first of several in D3FEND's own order.
  std::string tactic(const std::string& countermeasure) const;
  std::string name(const std::string& countermeasure) const;
  std::string techniqueName(const std::string& technique) const;
  const catalog::Catalogue& catalogue() const { return *catalogue_; }

 private:
  using Pair = std::pair<std::string, std::string>;
  struct Defence {
    std::string name, tactic;
    bool onMachines = false;
  };
  void readDefences();
  void readInference();
  void readMappings();

  const catalog::Catalogue* catalogue_;
  catalog::Hierarchy hierarchy_;
  std::map<std::string, Defence> defences_;
  std::map<Pair, std::vector<Evidence>> joined_;  // E0 and E1
  std::string ontologySource_;
};

}  // namespace vauban::measure
