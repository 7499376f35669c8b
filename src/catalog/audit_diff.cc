#include "catalog/audit_diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

namespace vauban::catalog {
namespace {

using Texts = std::vector<std::string>;

struct Natural {
  bool operator()(const std::string& a, const std::string& b) const { return naturalLess(a, b); }
};

struct Item {
  std::string className, name;
  Texts places;  // tactics, parents
  bool deprecated = false;
};
using Items = std::map<std::string, Item, Natural>;
using Renames = std::map<std::string, std::string>;  // old id -> new id

// Pairs what is gone with what is new by a text that each has alone.
void pairBy(const Items& gone, const Items& fresh, std::string Item::* text, Renames& renames) {
  std::map<std::string, Texts> was, is;
  std::set<std::string> taken;
  for (const auto& [id, newId] : renames) taken.insert(newId);
  for (const auto& [id, item] : gone) {
    if (!renames.contains(id)) was[item.*text].push_back(id);
  }
  for (const auto& [id, item] : fresh) {
    if (!taken.contains(id)) is[item.*text].push_back(id);
  }
  for (const auto& [words, ids] : was) {
    const auto found = is.find(words);
    if (words.empty() || ids.size() != 1 || found == is.end() || found->second.size() != 1) continue;
    renames[ids.front()] = found->second.front();
  }
}

struct Matched {
  Changes changes;
  Renames renames;  // only where the id changed
};

Matched match(const Items& before, const Items& after, std::span<const IdHistory> histories) {
  Matched made;
  Changes& changes = made.changes;
  changes.before = static_cast<Count>(before.size());
  changes.after = static_cast<Count>(after.size());
  Items gone, fresh;
  for (const auto& row : before) {
    if (!after.contains(row.first)) gone.insert(row);
  }
  for (const auto& row : after) {
    if (!before.contains(row.first)) fresh.insert(row);
  }
  for (const IdHistory& history : histories) {
    for (const auto& [id, item] : gone) {
      const IdJoin join = history.join(id, [&](const std::string& other) { return fresh.contains(other); });
      if (join.by != JoinedBy::none) made.renames.try_emplace(id, join.ids.front());
    }
  }
  pairBy(gone, fresh, &Item::className, made.renames);
  pairBy(gone, fresh, &Item::name, made.renames);
  std::set<std::string> taken;
  for (const auto& [id, newId] : made.renames) taken.insert(newId);
  for (const auto& [id, item] : gone) {
    if (!made.renames.contains(id)) changes.removed.push_back({id, item.name});
  }
  for (const auto& [id, item] : fresh) {
    if (!taken.contains(id)) changes.added.push_back({id, item.name});
  }
  for (const auto& [id, was] : before) {
    const auto renamed = made.renames.find(id);
    const auto is = after.find(renamed == made.renames.end() ? id : renamed->second);
    if (is == after.end()) continue;
    if (is->first != id || is->second.name != was.name)
      changes.renamed.push_back({id, is->first, was.name, is->second.name});
    Texts places;  // a parent that was only renamed is no move
    for (const std::string& place : was.places) {
      const auto known = made.renames.find(place);
      places.push_back(known == made.renames.end() ? place : known->second);
    }
    std::ranges::sort(places);
    if (is->second.places != places)
      changes.moved.push_back({is->first, is->second.name, was.places, is->second.places});
    if (is->second.deprecated && !was.deprecated) changes.deprecated.push_back({is->first, is->second.name});
  }
  return made;
}

// --- the ontology's side ---------------------------------------------------------------------------------

// One version: its rows are asked for once a view.
struct Version {
  explicit Version(const Ontology& of) : ontology(of), hierarchy(of) {}

  Items items(ClassKind kind) const {
    Items found;
    for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
      const OntologyClass& it = ontology.classes[i];
      const bool isArtifact = kind == ClassKind::artifact;
      if (it.kind != kind || (!isArtifact && it.id.empty())) continue;
      Item item{it.name, it.label.empty() ? it.name : it.label, {}, it.deprecated};
      const ClassId id(i);
      if (isArtifact) {
        for (const ClassId parent : hierarchy.parents(id)) item.places.push_back(ontology[parent].name);
      } else {
        for (const ClassId tactic : hierarchy.tactics(id)) item.places.push_back(ontology[tactic].name);
      }
      std::ranges::sort(item.places);
      found.emplace(isArtifact ? it.name : it.id, std::move(item));
    }
    return found;
  }

  const Ontology& ontology;
  Hierarchy hierarchy;
};

// Names of classes and ids of techniques of the old version in the words of the new.
struct Translation {
  Renames names, ids;
  const std::string& name(const std::string& old) const { return in(names, old); }
  const std::string& id(const std::string& old) const { return in(ids, old); }
  static const std::string& in(const Renames& renames, const std::string& old) {
    const auto found = renames.find(old);
    return found == renames.end() ? old : found->second;
  }
};

void translateTechniques(const Items& before, const Items& after, const Renames& renames,
                         Translation& translation) {
  translation.ids.insert(renames.begin(), renames.end());
  for (const auto& [id, item] : before) {
    const auto is = after.find(Translation::in(renames, id));
    if (is != after.end() && is->second.className != item.className)
      translation.names[item.className] = is->second.className;
  }
}

std::set<RelationText> relations(const Ontology& ontology, const Translation& translation) {
  std::set<RelationText> texts;
  for (const Relation& relation : ontology.relations) {
    texts.insert({translation.name(ontology[relation.subject].name),
                  ontology.properties[relation.property.index()].name,
                  translation.name(ontology[relation.object].name)});
  }
  return texts;
}

std::set<RowText> rows(const Version& version, View view, const Translation& translation) {
  const Ontology& ontology = version.ontology;
  InferenceOptions options;
  options.view = view;
  std::set<RowText> texts;
  for (const Row& row : infer(version.hierarchy, options)) {
    texts.insert({ontology[row.tactic].name, translation.id(ontology[row.defensive].id),
                  ontology.properties[row.defensiveProperty.index()].name,
                  translation.name(ontology[row.defensiveArtifact].name),
                  translation.name(ontology[row.offensiveArtifact].name),
                  ontology.properties[row.offensiveProperty.index()].name,
                  translation.id(ontology[row.offensive].id)});
  }
  return texts;
}

template <class Text>
void differences(const std::set<Text>& before, const std::set<Text>& after, std::vector<Text>& added,
                 std::vector<Text>& removed) {
  std::ranges::set_difference(after, before, std::back_inserter(added));
  std::ranges::set_difference(before, after, std::back_inserter(removed));
}

RowChanges rowChanges(View view, const Version& old, const Version& now, const Translation& translation) {
  const auto before = rows(old, view, translation), after = rows(now, view, {});
  RowChanges changes;
  changes.view = view;
  changes.rowsBefore = static_cast<Count>(before.size());
  changes.rowsAfter = static_cast<Count>(after.size());
  differences(before, after, changes.added, changes.removed);

  std::set<std::pair<std::string, std::string>> pairsBefore, pairsAfter, pairsAdded;
  std::set<std::string, Natural> answeredBefore, answeredAfter;
  for (const RowText& row : before) {
    pairsBefore.emplace(row.defensive, row.offensive);
    answeredBefore.insert(row.offensive);
  }
  for (const RowText& row : after) {
    pairsAfter.emplace(row.defensive, row.offensive);
    answeredAfter.insert(row.offensive);
  }
  for (const auto& pair : pairsAfter) changes.pairsAdded += pairsBefore.contains(pair) ? 0 : 1;
  for (const auto& pair : pairsBefore) changes.pairsRemoved += pairsAfter.contains(pair) ? 0 : 1;
  changes.pairsBefore = static_cast<Count>(pairsBefore.size());
  changes.pairsAfter = static_cast<Count>(pairsAfter.size());

  std::set<std::string> inBoth;
  const Items techniques = now.items(ClassKind::offensive);
  for (const auto& [id, item] : old.items(ClassKind::offensive)) {
    if (techniques.contains(translation.id(id))) inBoth.insert(translation.id(id));
  }
  for (const std::string& id : answeredAfter) {
    if (!answeredBefore.contains(id) && inBoth.contains(id)) changes.answered.push_back(id);
  }
  for (const std::string& id : answeredBefore) {
    if (!answeredAfter.contains(id) && inBoth.contains(id)) changes.unanswered.push_back(id);
  }
  return changes;
}

ReferenceChanges referenceChanges(const Ontology& old, const Ontology& now, const Translation& translation) {
  ReferenceChanges changes;
  changes.before = static_cast<Count>(old.references.size());
  changes.after = static_cast<Count>(now.references.size());
  std::map<std::string, std::string> before, after;
  for (const Reference& reference : old.references) before[reference.name] = reference.type;
  for (const Reference& reference : now.references) after[reference.name] = reference.type;
  for (const auto& [name, type] : after) {
    const auto was = before.find(name);
    if (was == before.end())
      changes.added.push_back(name);
    else if (was->second != type)
      changes.retyped.push_back({name, name, was->second, type});
  }
  for (const auto& [name, type] : before) {
    if (!after.contains(name)) changes.removed.push_back(name);
  }
  std::set<std::pair<std::string, std::string>> cited, cites;
  for (const auto& [technique, reference] : old.cites)
    cited.emplace(translation.name(old[technique].name), old.references[reference.index()].name);
  for (const auto& [technique, reference] : now.cites)
    cites.emplace(now[technique].name, now.references[reference.index()].name);
  for (const auto& pair : cites) changes.citationsAdded += cited.contains(pair) ? 0 : 1;
  for (const auto& pair : cited) changes.citationsRemoved += cites.contains(pair) ? 0 : 1;
  return changes;
}

// --- ATT&CK ----------------------------------------------------------------------------------------------

Items items(const Attack* attack) {
  Items found;
  if (attack == nullptr) return found;
  for (const AttackTechnique& technique : attack->techniques) {
    if (technique.standing == Standing::live)
      found.emplace(technique.id, Item{"", technique.name, technique.tactics, false});  // sorted already
  }
  return found;
}

std::vector<TacticChange> tacticChanges(const Audit& before, const Audit& after) {
  std::vector<TacticChange> changes;
  for (const TacticFigures& tactic : after.tactics) changes.push_back({tactic.tactic, 0, tactic.techniques});
  for (const TacticFigures& tactic : before.tactics) {
    auto found = std::ranges::find(changes, tactic.tactic, &TacticChange::tactic);
    if (found == changes.end()) found = changes.insert(changes.end(), {tactic.tactic, 0, 0});
    found->before = tactic.techniques;
  }
  return changes;
}

}  // namespace

bool Changes::empty() const {
  return added.empty() && removed.empty() && renamed.empty() && moved.empty() && deprecated.empty();
}

bool AuditDiff::empty() const {
  const auto unchanged = [](const RowChanges& change) {
    return change.added.empty() && change.removed.empty();
  };
  const auto same = [](const auto& domain) { return domain.second.empty(); };
  return countermeasures.empty() && ontologyTechniques.empty() && artifacts.empty() &&
         relationsAdded.empty() && relationsRemoved.empty() && references.added.empty() &&
         references.removed.empty() && references.retyped.empty() && references.citationsAdded == 0 &&
         references.citationsRemoved == 0 && std::ranges::all_of(rows, unchanged) &&
         std::ranges::all_of(attack, same);
}

AuditDiff compare(const Audit& before, const Catalogue& old, const Audit& after, const Catalogue& now) {
  AuditDiff diff;
  diff.before = before.versions;
  diff.after = after.versions;
  diff.tactics = tacticChanges(before, after);
  // Either catalogue may be the newer one, and only the newer one knows what became of an id.
  const std::array<IdHistory, 2> histories = {IdHistory(now), IdHistory(old)};
  const Version was(old.ontology), is(now.ontology);
  Translation translation;
  const auto techniques = [&](ClassKind kind, std::span<const IdHistory> by) {
    const Items first = was.items(kind), second = is.items(kind);
    Matched matched = match(first, second, by);
    translateTechniques(first, second, matched.renames, translation);
    return std::move(matched.changes);
  };
  diff.countermeasures = techniques(ClassKind::defensive, {});
  diff.ontologyTechniques = techniques(ClassKind::offensive, histories);
  Matched artifacts = match(was.items(ClassKind::artifact), is.items(ClassKind::artifact), {});
  translation.names.insert(artifacts.renames.begin(), artifacts.renames.end());
  diff.artifacts = std::move(artifacts.changes);

  const auto relationsBefore = relations(old.ontology, translation),
             relationsAfter = relations(now.ontology, {});
  diff.relationsBefore = static_cast<Count>(relationsBefore.size());
  diff.relationsAfter = static_cast<Count>(relationsAfter.size());
  differences(relationsBefore, relationsAfter, diff.relationsAdded, diff.relationsRemoved);
  diff.references = referenceChanges(old.ontology, now.ontology, translation);
  for (const ViewFigures& view : after.views) {
    if (std::ranges::find(before.views, view.view, &ViewFigures::view) != before.views.end())
      diff.rows.push_back(rowChanges(view.view, was, is, translation));
  }
  for (const Framework domain :
       {Framework::attackEnterprise, Framework::attackIcs, Framework::attackMobile}) {
    const Attack *first = old.domain(domain), *second = now.domain(domain);
    if (first == nullptr && second == nullptr) continue;
    diff.attack.emplace_back(domain, match(items(first), items(second), histories).changes);
  }
  return diff;
}

}  // namespace vauban::catalog
