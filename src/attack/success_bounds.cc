#include "attack/success_bounds.h"

#include <algorithm>
#include <cmath>

namespace vauban::attack {
namespace {

// Continued fraction of the incomplete beta function (Lentz's method; Abramowitz and Stegun 26.5.8).
double fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  auto kept = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / kept(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m <= 10'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    value *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    value *= d * c;
    if (std::abs(d * c - 1) < 1e-14) break;
  }
  return value;
}

double logGamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);  // std::lgamma writes a global
}

double betaShare(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * std::log(x) + b * std::log1p(-x));
  return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a : 1 - front * fraction(b, a, 1 - x) / b;
}

double betaQuantile(double a, double b, double share) {
  double low = 0, high = 1;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (betaShare(a, b, middle) < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

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

std::pair<double, double> jeffreysInterval(std::uint64_t successes, std::uint64_t trials) {
  if (trials == 0 || successes > trials) return {0, 1};
  const double a = static_cast<double>(successes) + 0.5, b = static_cast<double>(trials - successes) + 0.5;
  return {successes == 0 ? 0 : betaQuantile(a, b, 0.025),
          successes == trials ? 1 : betaQuantile(a, b, 0.975)};
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
