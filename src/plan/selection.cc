#include "plan/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "plan/selection_knowledge.h"
#include "plan/selection_search.h"

namespace vauban::plan {
namespace {

constexpr std::size_t kCandidates = 4096, kLevels = 4096, kTiers = 64, kElements = 100'000,
                      kRelations = 1'000'000;
constexpr double kMostNumber = 1e6;  // also of the days together, and of a tier: sums stay exact

std::unexpected<Diagnostics> mistake(std::string message, std::string expected = {}) {
  return failure({Severity::error, {}, 0, std::move(message), std::move(expected), {}});
}

bool isEffort(double value) { return value >= 0 && value <= kMostNumber; }
bool isShare(double value) { return value >= 0 && value <= 1; }

Result<void> checkCandidates(const SelectionProblem& problem) {
  const std::size_t count = problem.candidates.size();
  if (count > kCandidates) return mistake(fmt::format("more than {} candidates", kCandidates));
  const auto inRange = [&](const Design& positions) {
    return std::ranges::all_of(positions, [&](std::uint32_t i) { return i < count; });
  };
  std::set<std::string> ids;
  double days = 0;
  std::vector<double> roles;
  for (const SelectionCandidate& candidate : problem.candidates) {
    if (!ids.insert(candidate.id).second) {
      return mistake(fmt::format("two candidates have the id '{}'", candidate.id), "unique ids");
    }
    if (!isEffort(candidate.days) || !std::ranges::all_of(candidate.roleDays, isEffort)) {
      return mistake(fmt::format("the effort of '{}' is no number of days", candidate.id), "0 to 1,000,000");
    }
    days += candidate.days;
    roles.resize(std::max(roles.size(), candidate.roleDays.size()), 0);
    for (std::size_t r = 0; r < candidate.roleDays.size(); ++r) roles[r] += candidate.roleDays[r];
    if (!std::ranges::all_of(candidate.needs, inRange) || !inRange(candidate.excludes) ||
        !inRange(candidate.reopens)) {
      return mistake(fmt::format("'{}' names a candidate that there is not", candidate.id));
    }
  }
  if (roles.size() > kTiers) return mistake(fmt::format("more than {} roles", kTiers));
  if (!isEffort(days) || !std::ranges::all_of(roles, isEffort)) {
    return mistake("the effort of all candidates together is more than 1,000,000 days");
  }
  return {};
}

Result<void> checkWorth(const SelectionProblem& problem) {
  if (problem.levels.size() > kLevels) return mistake(fmt::format("more than {} levels", kLevels));
  std::vector<double> tiers(kTiers);
  std::size_t elements = 0, relations = 0;
  for (const Level& level : problem.levels) {
    if (level.tier >= kTiers) return mistake(fmt::format("more than {} tiers", kTiers));
    if (!isEffort(level.weight)) return mistake("a level's weight is out of range", "0 to 1,000,000");
    tiers[level.tier] += level.weight;
  }
  for (const CoverageTier& coverage : problem.coverage) {
    if (coverage.tier >= kTiers) return mistake(fmt::format("more than {} tiers", kTiers));
    elements += coverage.elements.size();
    relations += coverage.relations.size();
    for (const CoverageElement& element : coverage.elements) {
      if (!isEffort(element.weight)) return mistake("an element's weight is out of range", "0 to 1,000,000");
      if (!isShare(element.baseShare)) return mistake("an element's share is out of range", "0 to 1");
      tiers[coverage.tier] += element.weight;
    }
    for (const CoverageRelation& relation : coverage.relations) {
      if (!isShare(relation.share)) return mistake("a relation's share is out of range", "0 to 1");
      if (relation.candidate >= problem.candidates.size() || relation.element >= coverage.elements.size()) {
        return mistake("a relation of coverage names a candidate or an element that there is not");
      }
    }
  }
  if (elements > kElements) return mistake(fmt::format("coverage has more than {} elements", kElements));
  if (relations > kRelations) return mistake(fmt::format("coverage has more than {} relations", kRelations));
  if (!std::ranges::all_of(tiers, isEffort)) return mistake("a tier's weights sum up to more than 1,000,000");
  return {};
}

Result<void> checkLimits(const SelectionLimits& limits) {
  const auto isLimit = [](double value) { return value >= 0; };
  if (!isLimit(limits.budgetDays) || !isLimit(limits.seconds) ||
      !std::ranges::all_of(limits.roleDays, isLimit)) {
    return mistake("a limit is negative or no number", "0 or more");
  }
  return {};
}

// Positions as a design has them: sorted, each once.
void sortOnce(Design& positions) {
  std::ranges::sort(positions);
  const auto rest = std::ranges::unique(positions);
  positions.erase(rest.begin(), rest.end());
}

}  // namespace

Selector::Selector(std::unique_ptr<SelectionKnowledge> knowledge) : knowledge_(std::move(knowledge)) {}
Selector::Selector(Selector&&) noexcept = default;
Selector& Selector::operator=(Selector&&) noexcept = default;
Selector::~Selector() = default;

Result<Selector> Selector::make(SelectionProblem problem, DesignOracle* oracle) {
  if (const Result<void> checked = checkCandidates(problem); !checked)
    return std::unexpected(checked.error());
  if (const Result<void> checked = checkWorth(problem); !checked) return std::unexpected(checked.error());
  if (oracle == nullptr && !problem.levels.empty())
    return mistake("there are levels and nobody to judge them");
  for (SelectionCandidate& candidate : problem.candidates) {
    for (Design& group : candidate.needs) sortOnce(group);
    sortOnce(candidate.excludes);
    sortOnce(candidate.reopens);
  }
  return Selector(std::make_unique<SelectionKnowledge>(std::move(problem), oracle));
}

Result<SelectionAnswer> Selector::best(const SelectionLimits& limits) {
  if (const Result<void> checked = checkLimits(limits); !checked) return std::unexpected(checked.error());
  return SelectionSearch(*knowledge_, limits).run();
}

Result<DesignValue> Selector::evaluate(const Design& design) {
  if (!std::ranges::all_of(design, [&](std::uint32_t i) { return i < knowledge_->candidateCount(); })) {
    return mistake("the design names a candidate that there is not");
  }
  const CandidateSet set = knowledge_->setOf(design);
  if (!knowledge_->respects(set))
    return mistake("the design does not respect what its candidates need or exclude");
  EvaluationBudget one{SelectionLimits{.maxEvaluations = 1}};
  knowledge_->judge({set}, one);
  const Evaluation* evaluation = knowledge_->find(set);
  if (!evaluation->buildable) return std::unexpected(knowledge_->whyNot(set));
  DesignValue value;
  for (const Units units : evaluation->worth) value.tiers.push_back(inNumbers(units));
  value.levels = evaluation->levels;
  return value;
}

const SelectionProblem& Selector::problem() const { return knowledge_->problem(); }
std::size_t Selector::tierCount() const { return knowledge_->tierCount(); }
SelectionKnowledge& Selector::knowledge() { return *knowledge_; }

}  // namespace vauban::plan
