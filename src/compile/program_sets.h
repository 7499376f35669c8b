// What a program accepts and what it answers by an error, between many interfaces; for the files of this room
// only.
//
// The same as reach::acceptedPackets for each two interfaces. A ruleset of n interfaces has n * n pairs of
// them, and few rules that look at any: chains without such rules are folded once, and pairs between which
// the same rules stand are one. For one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/filter_program.h"
#include "reach/filter_evaluator.h"

namespace vauban::compile {

class ProgramSets {
 public:
  struct Sets {
    space::PacketSet accepted, rejected;
  };

  ProgramSets(model::FilterProgram program, std::vector<bool> openConditions, bool unmatchedRejects);
  const Sets& between(const std::string& in, const std::string& out);

 private:
  // What a run of rules does with packets: accepts them, answers them, hands them on, or returns them to the
  // caller. Inexact rules do more than one of these.
  struct Fate {
    space::PacketSet accepts, rejects, on, returns;
  };
  using Standing = std::vector<std::vector<std::size_t>>;  // rules by chain, in their order

  static Fate then(const Fate& first, const Fate& second);
  Standing standing(const reach::FilterContext& context) const;
  bool looks(std::size_t chain);
  Fate chain(std::size_t chain, const Standing& rules, const reach::FilterContext& context,
             std::vector<std::optional<Fate>>& known);
  Fate fold(std::size_t chain, const std::vector<std::size_t>& rules, std::size_t first, std::size_t last,
            const Standing& all, const reach::FilterContext& context,
            std::vector<std::optional<Fate>>& known);
  Fate leaf(const model::FilterRule& rule, const Standing& all, const reach::FilterContext& context,
            std::vector<std::optional<Fate>>& known);

  model::FilterProgram program_;
  std::vector<bool> openConditions_;
  bool unmatchedRejects_;
  // By chain: the rules for packets that enter by an interface, "" for those of any.
  std::vector<std::map<std::string, std::vector<std::size_t>, std::less<>>> byName_;
  std::vector<std::vector<std::size_t>> meanings_;  // by chain: equal numbers say the same but for interfaces
  std::vector<std::optional<bool>> looks_;       // whether a chain, or one it leads to, looks at interfaces
  std::vector<std::optional<Fate>> everywhere_;  // of the chains that do not
  std::map<std::vector<std::size_t>, Sets> sets_;
};

}  // namespace vauban::compile
