// What to build under a budget: the best set of candidates, proven or with a bound.
//
// The engine knows nothing of models. A *design* is a set of candidates, as positions, sorted. Its worth has
// *tiers*, the first counts most; a tier is the sum of the weights of its *levels*, which are statements that
// only an expensive oracle can judge, on a whole design, plus what its *coverage* adds, which is linear and
// needs no oracle. Equal in all tiers: fewer days, then fewer candidates, then the smaller ids (as sorted
// lists). So there is one best design, and it is the same each time and for any number of threads, unless
// time runs out.
//
// Exactness rests on what candidates declare. A design leaves some ways open; the law of `opens` and
// `reopens` is: a candidate that has not `opens`, added to a design that has no member of its `reopens`,
// opens nothing that was not open. A closing level can only become true as less is open, any other only
// false. How the search uses it, and its proof: docs/decisions/0031-plan-selection.md. An answer of the
// oracle that contradicts the law is noticed, and what was concluded for that level is taken back.
//
// Values are compared in thousandths (of weight, and of weight times share), days in thousandths of a day:
// what is finer is rounded.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace vauban::plan {

using Design = std::vector<std::uint32_t>;  // positions of candidates, sorted, each once

struct SelectionCandidate {
  std::string id;                // unique; ties are broken by it
  double days = 0;               // effort
  std::vector<double> roleDays;  // by role; missing ones are 0
  std::vector<Design> needs;     // of each group one must be chosen as well; empty group: can never be chosen
  Design excludes = {};          // never together; said by one of the two is enough
  bool opens = false;            // alone it may open something that the design before has not open
  Design reopens = {};           // candidates whose closing it may undo
};

struct Level {
  std::uint32_t tier = 0;
  double weight = 1;    // >= 0
  bool closing = true;  // shutting things can only help (never-claims, depth >= k, success <= v); otherwise
                        // opening can only help and shutting only harm (always-claims)
};

struct CoverageElement {
  double weight = 1;     // >= 0
  double baseShare = 0;  // what is there already, 0 to 1
};

struct CoverageRelation {
  std::uint32_t candidate = 0;
  std::uint32_t element = 0;
  double share = 1;  // 0 to 1
};

// Worth: the sum over elements of weight * the greatest of baseShare and the shares of chosen candidates.
struct CoverageTier {
  std::uint32_t tier = 0;
  std::vector<CoverageElement> elements;
  std::vector<CoverageRelation> relations;
};

struct SelectionProblem {
  std::vector<SelectionCandidate> candidates;
  std::vector<Level> levels;
  std::vector<CoverageTier> coverage;
};

// All levels of one design. Asked only for designs that respect needs and excludes, but also for ones beyond
// every budget. Deterministic; where more than one thread is allowed, called from them at the same time. An
// error means that this design cannot be built (names clash, say): exactly it is forbidden, nothing is
// concluded about others. It must be able to judge the empty design.
class DesignOracle {
 public:
  virtual ~DesignOracle() = default;
  virtual Result<std::vector<bool>> evaluate(const Design& design) = 0;
};

struct SelectionLimits {
  static constexpr double kUnlimited = std::numeric_limits<double>::infinity();

  double budgetDays = kUnlimited;
  std::vector<double> roleDays = {};  // by role; missing ones, and infinite ones, have no limit
  std::size_t maxEvaluations = 1000;  // asked of the oracle in this call; what is known already is free
  double seconds = 60;
  // Of them for choosing among designs that are equal in all tiers: fewer days, fewer candidates, smaller
  // ids.
  double tieSeconds = kUnlimited;
  unsigned threads = 1;  // evaluations at the same time
};

// What an evaluated design is worth.
struct DesignValue {
  std::vector<double> tiers;
  std::vector<bool> levels;
};

struct UnbuildableDesign {
  Design design;
  Diagnostics why;
};

struct SelectionAnswer {
  Design chosen;  // evaluated by the oracle, if there are levels
  DesignValue value;
  double days = 0;
  std::vector<double> roleDays;

  bool proven = false;  // nothing is better in any tier (as long as the flags are true)
  bool least = false;   // and of those that are as good none is preferred
  // By tier. No allowed design has more in a tier than its bound, given that the tiers before have what
  // `value` says where those bounds are met, and at all otherwise. Proven: bound = value.
  std::vector<double> bounds;
  std::vector<double> gaps;  // bound - value, >= 0

  std::vector<std::uint32_t> contradicted;  // levels whose evaluations contradict the flags; sorted
  bool flagsContradicted() const { return !contradicted.empty(); }
  std::vector<UnbuildableDesign> unbuildable;  // those met so far, in the order met, the first hundred
  std::size_t evaluations = 0;                 // asked of the oracle in this call
  std::size_t rounds = 0;                      // integer programs asked in this call
  enum class Stop : std::uint8_t { proven, evaluations, time, solver };  // solver: it found no answer
  Stop stop = Stop::proven;
};

class SelectionKnowledge;  // selection_knowledge.h

// Chooses, and keeps what it learns from the oracle between calls. Refers to the oracle. Use it from one
// thread; it makes its own.
class Selector {
 public:
  // Limits on size, and errors: 4096 candidates, 4096 levels, 64 tiers and roles, 100,000 elements, 1,000,000
  // relations; ids that are not unique; positions out of range; numbers that are negative, not finite or
  // above a million; levels without an oracle.
  static Result<Selector> make(SelectionProblem problem, DesignOracle* oracle);
  Selector(Selector&&) noexcept;
  Selector& operator=(Selector&&) noexcept;
  ~Selector();

  // Errors: no design that can be built is allowed; the oracle cannot judge the empty design.
  Result<SelectionAnswer> best(const SelectionLimits& limits);

  // One design, asked of the oracle if it is not known yet. Errors: the design does not respect needs and
  // excludes, or cannot be built.
  Result<DesignValue> evaluate(const Design& design);

  const SelectionProblem& problem() const;
  std::size_t tierCount() const;
  // What is known of the oracle so far; the road map asks it, too.
  SelectionKnowledge& knowledge();

 private:
  explicit Selector(std::unique_ptr<SelectionKnowledge> knowledge);
  std::unique_ptr<SelectionKnowledge> knowledge_;
};

}  // namespace vauban::plan
