// What the catalogue knows of the techniques that steps stand for: their names, how often they are seen, and
// who is seen to use them.
//
// How often is a *weight class*, no probability: the share of a domain's groups and campaigns that are seen
// to use the technique or one of its sub-techniques. Reports are no sample of attacks, so the classes order
// ways and do no more (semantics 11). Borrows the catalogue; immutable, any number of threads may ask.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "attack/step_template.h"
#include "base/result.h"
#include "catalog/catalogue.h"

namespace vauban::attack {

enum class UseClass : std::uint8_t { veryCommon, common, known, rare, unseen };
std::string_view word(UseClass use);  // "very common"
// -log2 of the weight of a class: 1 for the first, one more for each further.
double costOf(UseClass use);

class TechniqueUse {
 public:
  explicit TechniqueUse(const catalog::Catalogue& catalogue);

  const catalog::Catalogue& catalogue() const { return *catalogue_; }
  // "" where the catalogue does not have it.
  std::string name(catalog::Framework domain, const std::string& technique) const;
  UseClass use(catalog::Framework domain, const std::string& technique) const;
  UseClass use(const StepTemplate& rule) const { return use(rule.domain, rule.technique); }
  // "TA0008" of "lateral-movement"; "".
  std::string tacticId(catalog::Framework domain, const std::string& shortName) const;

 private:
  const catalog::Catalogue* catalogue_;
  std::map<std::pair<catalog::Framework, std::string>, UseClass> uses_;
};

// "T1021" of "T1021.001"; "" where it is no sub-technique.
std::string parentOf(const std::string& technique);
// One of them is the other, or the other's parent.
bool sameOrParent(const std::string& a, const std::string& b);

// Whoever a call names: groups and campaigns, by id or by name.
struct Party {
  std::string id, name;
  std::set<std::string> techniques;  // seen in use
};
// Errors: a word that is neither, with the nearest name. `option` is what the message calls the place.
Result<std::vector<Party>> partiesOf(const catalog::Catalogue& catalogue,
                                     const std::vector<std::string>& words, const std::string& option);

// The steps whose technique, its parent, one of its sub-techniques, or something that the step covers is seen
// in use by one of them.
StepTemplates usedBy(const StepTemplates& templates, const std::vector<Party>& parties);

}  // namespace vauban::attack
