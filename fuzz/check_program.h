// What fuzz targets of rule readers hold every program against.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "model/filter_program.h"

namespace vauban::fuzz {

// What filter_program.h promises: jumps lead to chains and never back, sets are in their normal form, places
// lie in the file.
inline void checkProgram(const model::FilterProgram& program, std::size_t lines) {
  const std::size_t chains = program.chains.size();
  VAUBAN_CHECK(program.entry.index() < chains);
  VAUBAN_CHECK(program.chains[program.entry.index()].policy.has_value());
  VAUBAN_CHECK(!program.prerouting || program.prerouting->index() < chains);
  VAUBAN_CHECK(!program.postrouting || program.postrouting->index() < chains);
  VAUBAN_CHECK(!program.families.empty());
  for (const model::Chain& chain : program.chains) {
    for (const model::FilterRule& rule : chain.rules) {
      VAUBAN_CHECK(rule.source.Validate());
      VAUBAN_CHECK(rule.destination.Validate());
      VAUBAN_CHECK(rule.services.Validate());
      VAUBAN_CHECK(rule.place.line >= 1 && rule.place.line <= lines);
      const bool jumps = rule.action == model::Action::jump || rule.action == model::Action::goTo;
      VAUBAN_CHECK(!jumps || rule.chain.index() < chains);
    }
  }
  for (const model::Widening& widening : program.widenings) {
    VAUBAN_CHECK(!widening.reason.empty());
    VAUBAN_CHECK(widening.place.line <= lines);
  }
}

}  // namespace vauban::fuzz
