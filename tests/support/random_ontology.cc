#include "tests/support/random_ontology.h"

#include <algorithm>
#include <string>
#include <vector>

namespace vauban::testing {
namespace {

class Dice {
 public:
  explicit Dice(std::mt19937& random) : random_(random) {}
  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  bool percent(unsigned chance) { return below(100) < chance; }
  const std::string& of(const std::vector<std::string>& names) { return names[below(names.size())]; }

 private:
  std::mt19937& random_;
};

// Names of a kind below their root, each under one or two that stand before it.
std::vector<std::string> family(NaiveOntology& made, Dice& dice, const std::string& root,
                                const std::string& prefix, std::size_t count) {
  std::vector<std::string> names{root};
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = prefix + std::to_string(i);
    made.subClassOf.insert({name, dice.of(names)});
    if (dice.percent(30)) made.subClassOf.insert({name, dice.of(names)});
    names.push_back(name);
  }
  made.classes.insert(names.begin(), names.end());
  return names;
}

}  // namespace

NaiveOntology randomOntology(std::mt19937& random) {
  Dice dice(random);
  NaiveOntology made;
  const auto defensive = family(made, dice, "DefensiveTechnique", "Defend", 2 + dice.below(4));
  const auto offensive = family(made, dice, "OffensiveTechnique", "T", 2 + dice.below(5));
  const auto artifacts = family(made, dice, "DigitalArtifact", "Artifact", 2 + dice.below(6));
  // What stands outside the three: above the artifacts, below them, and beside.
  const auto others = family(made, dice, "Thing", "Other", 3);
  if (dice.percent(50)) made.subClassOf.insert({"DigitalArtifact", dice.of(others)});
  const auto tactics = family(made, dice, "DefensiveTactic", "Tactic", 2);

  // Ids in an order that is not the names'.
  for (const std::string& name : defensive)
    if (dice.percent(75))
      made.d3fendIds[name] = "D3-" + std::string(1, static_cast<char>('Z' - name.back() % 16)) + name;
  for (const std::string& name : offensive)
    if (dice.percent(75)) made.attackIds[name] = "T" + std::to_string(1100 - name.back() % 16) + "." + name;

  const std::vector<std::string> associated = {"associated-with", "may-modify", "may-produce",  "modifies",
                                               "analyzes",        "contains",   "may-send-over"};
  made.properties = {"related", "enables"};
  if (dice.percent(97)) made.properties.insert("may-be-associated-with");
  std::vector<std::string> properties(made.properties.begin(), made.properties.end());
  for (const std::string& name : associated) {
    if (dice.percent(10)) continue;
    made.subPropertyOf.insert({name, dice.percent(85) && made.properties.contains("may-be-associated-with")
                                         ? "may-be-associated-with"
                                         : dice.of(properties)});
    made.properties.insert(name);
    properties.push_back(name);
  }
  // Properties may stand above each other in a circle: they are then the same.
  if (dice.percent(20)) made.subPropertyOf.insert({dice.of(properties), dice.of(properties)});

  const auto relate = [&](const std::vector<std::string>& subjects, const std::vector<std::string>& objects,
                          std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      made.relations.insert({dice.of(subjects), dice.of(properties), dice.of(objects)});
  };
  relate(defensive, artifacts, 3 + dice.below(8));
  relate(offensive, artifacts, 3 + dice.below(8));
  if (made.properties.contains("contains")) {
    for (std::size_t i = dice.below(4); i > 0; --i)
      made.relations.insert({dice.of(artifacts), "contains", dice.of(artifacts)});
  }
  for (const std::string& name : defensive)
    if (dice.percent(40)) made.relations.insert({name, "enables", dice.of(tactics)});
  const std::vector<std::string> all(made.classes.begin(), made.classes.end());
  relate(all, all, dice.below(5));
  return made;
}

OntologyBuilder statementsOf(const NaiveOntology& ontology, std::mt19937& random) {
  Dice dice(random);
  OntologyBuilder made;
  for (const std::string& name : ontology.classes) made.isClass(name);
  for (const std::string& name : ontology.properties) made.property(name);
  for (const auto& [child, parent] : ontology.subClassOf) made.below(child, parent);
  for (const auto& [child, parent] : ontology.subPropertyOf)
    made.say(d3f(child), rdfs("subPropertyOf"), d3f(parent));
  for (const auto& [subject, property, object] : ontology.relations) {
    const std::size_t way = dice.below(3);
    if (way != 0) made.restricted(subject, property, object);
    if (way != 1) made.direct(subject, property, object);
  }
  for (const auto& [name, id] : ontology.d3fendIds) made.say(d3f(name), d3f("d3fend-id"), literal(id));
  for (const auto& [name, id] : ontology.attackIds) made.say(d3f(name), d3f("attack-id"), literal(id));
  std::ranges::shuffle(made.statements, random);
  return made;
}

}  // namespace vauban::testing
