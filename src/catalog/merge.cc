#include "catalog/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "catalog/pack.h"

namespace vauban::catalog {
namespace {

void name(Catalogue& catalogue, Source source) {
  std::erase_if(catalogue.sources, [&](const Source& it) { return it.id == source.id; });
  catalogue.sources.push_back(std::move(source));
}

// "attack-enterprise" of "18.1" is "attack-18.1-enterprise".
std::string attackSource(Framework domain, std::string_view version) {
  std::string_view rest = word(domain);
  rest.remove_prefix(std::string_view("attack-").size());
  return version.empty() ? fmt::format("attack-{}", rest) : fmt::format("attack-{}-{}", version, rest);
}

template <class Row>
void replaceRows(std::vector<Row>& rows, std::string_view source, std::vector<Row> made) {
  std::erase_if(rows, [&](const Row& row) { return row.source == source; });
  rows.insert(rows.end(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
}

}  // namespace

void replaceOntology(Catalogue& catalogue, Ontology ontology, Source source) {
  source.id = word(Framework::d3fend);
  source.framework = Framework::d3fend;
  source.version = ontology.version;
  if (source.date.empty()) source.date = ontology.releaseDate;
  catalogue.ontology = std::move(ontology);
  name(catalogue, std::move(source));
}

void replaceAttack(Catalogue& catalogue, Attack attack, Source source) {
  const auto old = std::ranges::find(catalogue.attack, attack.domain, &Attack::domain);
  if (old != catalogue.attack.end()) {
    std::erase_if(catalogue.sources,
                  [&](const Source& it) { return it.id == attackSource(attack.domain, old->version); });
    catalogue.attack.erase(old);
  }
  source.id = attackSource(attack.domain, attack.version);
  source.framework = attack.domain;
  source.version = attack.version;
  if (source.date.empty()) source.date = attack.released;
  const auto after =
      std::ranges::find_if(catalogue.attack, [&](const Attack& it) { return it.domain > attack.domain; });
  catalogue.attack.insert(after, std::move(attack));
  name(catalogue, std::move(source));
}

void replaceControls(Catalogue& catalogue, OscalReading reading) {
  std::map<std::string, std::size_t, std::less<>> known;
  for (std::size_t i = 0; i < catalogue.controls.size(); ++i) {
    if (catalogue.controls[i].framework == reading.source.framework)
      known.emplace(catalogue.controls[i].id, i);
  }
  for (Control& control : reading.controls) {
    control.source = reading.source.id;
    const auto old = known.find(control.id);
    if (old == known.end()) {
      known.emplace(control.id, catalogue.controls.size());
      catalogue.controls.push_back(std::move(control));
      continue;
    }
    Control& kept = catalogue.controls[old->second];
    kept.title = control.title;
    kept.group = control.group;
    kept.withdrawn = control.withdrawn;
  }
  if (!reading.profile.empty()) {
    for (Control& control : catalogue.controls) {
      if (control.framework == reading.source.framework) std::erase(control.profiles, reading.profile);
    }
    for (const std::string& member : reading.members) {
      if (const auto found = known.find(member); found != known.end())
        catalogue.controls[found->second].profiles.push_back(reading.profile);
    }
  }
  name(catalogue, std::move(reading.source));
}

void replaceMappings(Catalogue& catalogue, CtidReading reading) {
  replaceRows(catalogue.crosswalks, reading.source.id, std::move(reading.crosswalks));
  replaceRows(catalogue.scores, reading.source.id, std::move(reading.scores));
  name(catalogue, std::move(reading.source));
}

void replaceCrosswalk(Catalogue& catalogue, CrosswalkReading reading) {
  replaceRows(catalogue.crosswalks, reading.source.id, std::move(reading.crosswalks));
  name(catalogue, std::move(reading.source));
}

Result<Catalogue> arranged(const Catalogue& catalogue) {
  const auto texts = writePack(catalogue);
  const std::vector<PackFile> files(texts.begin(), texts.end());
  return readPack(files, {.foreignIds = ForeignIds::keep});
}

}  // namespace vauban::catalog
