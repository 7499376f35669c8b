// The integer program of a selection: what may be chosen under limits, with every level taken for true that
// no cut forbids. So its best design is at least as good as any, and whoever gets it asks the oracle whether
// it is as good as it looks.
//
// Worth is in whole units, and what the program says of a design is computed anew from the design, so that
// nothing rests on the solver's tolerances but that a bound is one. Refers to the knowledge and the limits,
// whose cuts it takes at each call.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attack/integer_program.h"
#include "plan/selection_knowledge.h"
#include "plan/selection_narrowing.h"

namespace vauban::plan {

struct Relaxation {
  enum class Status : std::uint8_t {
    best,        // `design` is, and `bound` is what it is worth
    bounded,     // time ran out: `bound` still holds
    impossible,  // there is no such design
  };
  Status status = Status::bounded;
  CandidateSet design;
  std::vector<bool> levels;  // those that no cut forbids
  std::vector<Units> worth;  // with these levels
  Units bound = 0;           // of the tier that was asked for
};

class SelectionProgram {
 public:
  SelectionProgram(const SelectionKnowledge& knowledge, const SelectionLimits& limits);

  // The most of a tier where the tiers before have what was reached (as many as `reached` has; with none, of
  // any design).
  Relaxation best(std::uint32_t tier, const std::vector<Units>& reached, double seconds);

  // Another design than this one with what was reached in all tiers and no more days. By order: any; fewest
  // days; as many days and fewest candidates, no more of them; as many of both and ids that come before, the
  // first that differs as far in front as can be. `worth`, for where there is coverage, says soonest that
  // there is none.
  enum class Order : std::uint8_t { worth, days, count, ids };
  Relaxation other(const CandidateSet& than, const std::vector<Units>& reached, Order order, double seconds);

  // Never again this design: there is one that is preferred to it.
  void pass(const CandidateSet& design) { forbidden_.push_back(design); }

  std::size_t solved() const { return solved_; }

 private:
  struct Rows;
  Rows rows(std::size_t tiers) const;
  static Units maximise(Rows& rows, std::size_t tier);  // what is a unit of the objective
  // What `maximise` makes of a design that is worth so much, or more than that.
  double leastObjective(const Rows& rows, std::size_t tier, Units worth) const;
  // Rows for at least what was reached, in all tiers but one.
  void keep(Rows& rows, const std::vector<Units>& reached,
            std::optional<std::size_t> but = std::nullopt) const;
  Relaxation solve(Rows& rows, const std::vector<Units>& reached, double seconds,
                   std::optional<std::size_t> but = std::nullopt, const Narrowing* narrowing = nullptr);
  const SelectionKnowledge& knowledge_;
  const SelectionLimits& limits_;
  std::vector<CandidateSet> forbidden_;  // passed, or let through by the solver's tolerance
  std::optional<Narrowing> narrowing_;   // of the program for the best of a tier
  std::size_t narrowedTier_ = 0;
  std::size_t solved_ = 0;
};

}  // namespace vauban::plan
