// What an ATT&CK id was called before and is called since, so that facts about one version can be joined to
// another version.
//
// It knows the revocation table of the catalogue and the successors that ATT&CK itself names
// (AttackTechnique::revokedBy). One old id may have become several, and several may have become one; a join
// gives all of them. Borrows nothing. Immutable after construction; reading it from several threads is fine.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalogue.h"

namespace vauban::catalog {

enum class JoinedBy : std::uint8_t {
  none,       // no id of its history is known there
  sameId,     // known under this very id
  laterId,    // known under what took its place
  earlierId,  // known under what it took the place of
};
std::string_view word(JoinedBy by);  // "same-id"

struct IdJoin {
  JoinedBy by = JoinedBy::none;
  std::vector<std::string> ids;  // the known ones, in natural order; empty iff `by` is none
  bool operator==(const IdJoin&) const = default;
};

class IdHistory {
 public:
  explicit IdHistory(const Catalogue& catalogue);

  // `id` itself where `isKnown` says so; else the nearest known ids that came after it, else before it.
  // "Nearest": of the fewest changes away.
  IdJoin join(const std::string& id, const std::function<bool(const std::string&)>& isKnown) const;

 private:
  using Steps = std::map<std::string, std::vector<std::string>, std::less<>>;
  Steps later_, earlier_;
};

}  // namespace vauban::catalog
