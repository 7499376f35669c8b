#include "attack/success_bounds.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>

#include "base/quiet_math.h"

namespace vauban::attack {
namespace {

bool covers(const model::EvidenceRecord& record, const model::Model& model, const std::string& host) {
  if (record.at.empty()) return true;
  const auto found = std::ranges::find(model.hosts, host, &model::Host::name);
  if (found == model.hosts.end()) return false;
  const model::HostId id(static_cast<std::size_t>(found - model.hosts.begin()));
  return std::ranges::any_of(record.at, [&](const model::PlaceTerm& term) {
    return term.kind == model::PlaceTerm::Kind::any ||
           (term.kind == model::PlaceTerm::Kind::host && term.host == id) ||
           (term.kind == model::PlaceTerm::Kind::zone && term.zone == found->zone);
  });
}

}  // namespace

std::pair<double, double> jeffreysInterval(std::uint64_t successes, std::uint64_t trials, double confidence) {
  if (trials == 0 || successes > trials) return {0, 1};
  const double tail = (1 - std::clamp(confidence, 1e-9, 1 - 1e-9)) / 2;
  const boost::math::beta_distribution<double, QuietMath> beta(static_cast<double>(successes) + 0.5,
                                                               static_cast<double>(trials - successes) + 0.5);
  std::pair<double, double> interval{0, 1};
  if (successes > 0) interval.first = std::clamp(quantile(beta, tail), 0.0, 1.0);
  if (successes < trials) interval.second = std::clamp(quantile(complement(beta, tail)), interval.first, 1.0);
  return interval;
}

std::optional<SuccessBounds> successOf(const AttackGraph& graph, const AttackPath& path) {
  SuccessBounds bounds;
  double low = 1;
  for (const PathStep& step : path.steps) {
    std::vector<std::pair<double, double>> stopped;
    for (const model::EvidenceRecord& record : graph.model->evidence) {
      const bool against =
          step.rule.valid() && sameOrParent(graph.templates->at(step.rule).technique, record.against);
      if (!against || record.trials == 0 || !covers(record, *graph.model, step.host)) continue;
      stopped.push_back(jeffreysInterval(record.stopped, record.trials));
      bounds.evidence.push_back(record.place);
    }
    // Several countermeasures at one step: each alone bounds its success from above; from below none does.
    low += stopped.size() == 1 ? -stopped.front().second : -1;
    for (const auto& share : stopped) bounds.high = std::min(bounds.high, 1 - share.first);
  }
  if (bounds.evidence.empty()) return std::nullopt;
  bounds.low = std::max(0.0, low);
  std::ranges::sort(bounds.evidence);
  bounds.evidence.erase(std::ranges::unique(bounds.evidence).begin(), bounds.evidence.end());
  return bounds;
}

}  // namespace vauban::attack
