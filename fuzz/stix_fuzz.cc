// Any bytes as a STIX bundle: ATT&CK as its header promises it, or a refusal with places; and the same the
// second time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "catalog/attack_reader.h"

namespace {

using namespace vauban;
using catalog::Attack;
using catalog::AttackObject;
using catalog::AttackTechnique;
using catalog::IdPair;
using catalog::naturalLess;
using catalog::Standing;

template <class Row>
bool isTable(const std::vector<Row>& rows) {
  return std::ranges::adjacent_find(
             rows, [](const Row& a, const Row& b) { return !naturalLess(a.id, b.id); }) == rows.end();
}

bool isLive(const std::vector<AttackObject>& rows, const std::string& id) {
  return std::ranges::any_of(
      rows, [&](const AttackObject& row) { return row.id == id && row.standing == Standing::live; });
}

void holdToItsPromises(const Attack& attack) {
  VAUBAN_CHECK(catalog::isAttack(attack.domain));
  VAUBAN_CHECK(isTable(attack.techniques) && isTable(attack.tactics) && isTable(attack.mitigations));
  VAUBAN_CHECK(isTable(attack.groups) && isTable(attack.campaigns) && isTable(attack.software));
  for (const auto* pairs : {&attack.mitigates, &attack.groupUses, &attack.campaignUses}) {
    for (std::size_t i = 1; i < pairs->size(); ++i) VAUBAN_CHECK((*pairs)[i - 1] != (*pairs)[i]);
  }
  const auto isLiveTechnique = [&](const std::string& id) {
    const AttackTechnique* found = attack.find(id);
    return found != nullptr && found->standing == Standing::live;
  };
  for (const IdPair& pair : attack.mitigates)
    VAUBAN_CHECK(isLiveTechnique(pair.first) && isLive(attack.mitigations, pair.second));
  for (const IdPair& pair : attack.groupUses)
    VAUBAN_CHECK(isLive(attack.groups, pair.first) && isLiveTechnique(pair.second));
  for (const IdPair& pair : attack.campaignUses)
    VAUBAN_CHECK(isLive(attack.campaigns, pair.first) && isLiveTechnique(pair.second));
  for (const AttackTechnique& technique : attack.techniques) {
    VAUBAN_CHECK(!technique.id.empty() && !technique.name.empty());
    VAUBAN_CHECK(technique.standing != Standing::live || technique.revokedBy.empty());
    VAUBAN_CHECK(technique.groups == static_cast<std::uint32_t>(std::ranges::count(
                                         attack.groupUses, technique.id, &IdPair::second)));
    VAUBAN_CHECK(technique.campaigns == static_cast<std::uint32_t>(std::ranges::count(
                                            attack.campaignUses, technique.id, &IdPair::second)));
    VAUBAN_CHECK(technique.software <= attack.software.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
  const auto first = catalog::readAttack(text, "b.json");
  VAUBAN_CHECK(first == catalog::readAttack(text, "b.json"));
  if (first) {
    holdToItsPromises(*first);
    return 0;
  }
  VAUBAN_CHECK(hasErrors(first.error()));
  for (const Diagnostic& diagnostic : first.error())
    VAUBAN_CHECK(diagnostic.place.line >= 1 && diagnostic.place.line <= lines &&
                 diagnostic.place.column >= 1);
  return 0;
}
