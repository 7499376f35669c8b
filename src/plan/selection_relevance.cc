#include "plan/selection_relevance.h"

#include <algorithm>

namespace vauban::plan {
namespace {

// The last ones say most, since they were asked with the others known.
constexpr std::size_t kDesigns = 64;
constexpr double kUnknown = 0.02;

}  // namespace

Relevance relevanceOf(const SelectionKnowledge& knowledge, std::size_t level) {
  const bool closing = knowledge.problem().levels[level].closing;
  std::vector<const CandidateSet*> more, fewer;
  const std::vector<Evaluation>& all = knowledge.evaluations();
  for (auto evaluation = all.rbegin(); evaluation != all.rend(); ++evaluation) {
    if (!evaluation->buildable) continue;
    // A closing level holds with more built, another one with fewer.
    std::vector<const CandidateSet*>& side = evaluation->levels[level] == closing ? more : fewer;
    if (side.size() < kDesigns) side.push_back(&evaluation->design);
  }
  Relevance relevance{knowledge.turning(level), std::vector<double>(knowledge.candidateCount(), kUnknown)};
  std::vector<CandidateSet> differences;
  for (const CandidateSet* design : more) {
    for (const CandidateSet* other : fewer) {
      CandidateSet difference = design->without(*other);
      if (!difference.intersects(relevance.guessed)) differences.push_back(std::move(difference));
    }
  }
  bool first = true;
  while (!differences.empty()) {
    std::vector<double> weight(knowledge.candidateCount(), 0);
    for (const CandidateSet& difference : differences) {
      const double size = static_cast<double>(difference.count());
      difference.forEach([&](std::uint32_t i) { weight[i] += 1 / (size * size); });
    }
    if (first) {
      const double most = std::ranges::max(weight);
      for (std::size_t i = 0; i < weight.size() && most > 0; ++i) relevance.weight[i] += weight[i] / most;
      first = false;
    }
    const auto best = std::ranges::max_element(weight);
    if (best == weight.end() || *best == 0) break;
    const auto chosen = static_cast<std::size_t>(best - weight.begin());
    relevance.guessed.add(chosen);
    std::erase_if(differences, [&](const CandidateSet& difference) { return difference.contains(chosen); });
  }
  return relevance;
}

}  // namespace vauban::plan
