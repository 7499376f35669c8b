#include "measure/path_measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numbers>
#include <optional>
#include <random>
#include <thread>

#include "measure/distributions.h"
#include "measure/path_diagram.h"

namespace vauban::measure {
namespace {

constexpr std::size_t kMostSteps = 100'000, kMostPaths = 100'000, kMostMembers = 10'000'000;
constexpr double kReach = 8;         // of the quadrature: standard deviations either way
constexpr std::size_t kChunks = 64;  // of Monte Carlo: each with a seed of its own, however many threads
constexpr int kCorrelations = 9;

Result<void> check(const AttackPaths& attack, const PathOptions& options) {
  const auto wrong = [](std::string message) {
    return failure({Severity::error, {}, 0, std::move(message), "", ""});
  };
  const auto isInterval = [](const Interval& it) { return it.lo >= 0 && it.lo <= it.hi && it.hi <= 1; };
  if (attack.stops.size() > kMostSteps) return wrong(fmt::format("more than {} steps", kMostSteps));
  if (attack.paths.size() > kMostPaths) return wrong(fmt::format("more than {} paths", kMostPaths));
  if (options.samples == 0) return wrong("no samples");
  if (!isInterval(options.correlation)) return wrong("a correlation is an interval within 0 and 1");
  for (const Interval& stop : attack.stops)
    if (!isInterval(stop)) return wrong("a probability is an interval within 0 and 1");
  std::size_t members = 0;
  for (const auto& path : attack.paths) {
    members += path.size();
    if (members > kMostMembers) return wrong(fmt::format("more than {} steps of all paths", kMostMembers));
    for (const std::uint32_t step : path)
      if (step >= attack.stops.size())
        return wrong(fmt::format("a path with step {}, which is not there", step));
  }
  return {};
}

// No attack by path p is likelier than its least likely step, and no attack at all than the likeliest of a
// set of steps that every path meets, summed.
Interval frechetOf(const AttackPaths& attack) {
  std::vector<Interval> ways;
  for (const auto& path : attack.paths) {
    std::vector<std::uint32_t> once = path;
    std::ranges::sort(once);
    once.erase(std::ranges::unique(once).begin(), once.end());
    std::vector<Interval> passes;
    for (const std::uint32_t step : once) passes.push_back(complement(attack.stops[step]));
    ways.push_back(allOf(passes));
  }
  Interval bounds = anyOf(ways);
  // A cut, greedily: of the paths not yet met, the step that costs least for each that it meets. Any cut
  // bounds; a better one would only bound more.
  std::vector<std::uint8_t> met(attack.paths.size());
  std::vector<std::vector<std::uint32_t>> pathsOf(attack.stops.size());
  for (std::uint32_t p = 0; p < attack.paths.size(); ++p)
    for (const std::uint32_t step : attack.paths[p])
      if (pathsOf[step].empty() || pathsOf[step].back() != p) pathsOf[step].push_back(p);
  double cut = 0;
  std::size_t left = attack.paths.size();
  while (left > 0 && cut < bounds.hi) {
    std::uint32_t best = UINT32_MAX;
    double bestPrice = 0;
    for (std::uint32_t step = 0; step < pathsOf.size(); ++step) {
      const auto meets = std::ranges::count_if(pathsOf[step], [&](std::uint32_t p) { return met[p] == 0; });
      if (meets == 0) continue;
      const double price = (1 - attack.stops[step].lo) / static_cast<double>(meets);
      if (best == UINT32_MAX || price < bestPrice) {
        best = step;
        bestPrice = price;
      }
    }
    if (best == UINT32_MAX) return bounds;  // a path without steps
    cut += 1 - attack.stops[best].lo;
    for (const std::uint32_t p : pathsOf[best]) {
      left -= met[p] == 0 ? 1 : 0;
      met[p] = 1;
    }
  }
  bounds.hi = std::max(bounds.lo, std::min(bounds.hi, cut));
  return bounds;
}

// The normal distribution from a table, to 2e-7: for sampling, whose own error is thousands of times that.
double normalBelowRoughly(double value) {
  constexpr std::size_t kCells = 8192;
  static const std::vector<double> table = [] {
    std::vector<double> filled;
    for (std::size_t i = 0; i <= kCells; ++i)
      filled.push_back(normalBelow(kReach * (2.0 * static_cast<double>(i) / kCells - 1)));
    return filled;
  }();
  if (value <= -kReach) return 0;
  if (value >= kReach) return 1;
  const double at = (value / kReach + 1) / 2 * kCells;
  const auto cell = std::min(static_cast<std::size_t>(at), kCells - 1);
  const double share = at - static_cast<double>(cell);
  return (1 - share) * table[cell] + share * table[cell + 1];
}

// P(not stopped | state), where P(not stopped) is `passes`.
double passesUnder(double state, double quantile, double correlation) {
  if (std::isinf(quantile)) return quantile > 0 ? 1 : 0;
  if (correlation >= 1) return state < quantile ? 1 : 0;
  return normalBelow((quantile - std::sqrt(correlation) * state) / std::sqrt(1 - correlation));
}

class Measured {
 public:
  Measured(const AttackPaths& attack, const PathOptions& options, const std::optional<PathDiagram>& diagram)
      : attack_(attack), options_(options), diagram_(diagram) {}

  // `most`: every step is as likely to pass as it may be.
  double at(double correlation, bool most) const {
    std::vector<double> quantiles;
    for (const Interval& stop : attack_.stops)
      quantiles.push_back(normalQuantile(1 - (most ? stop.lo : stop.hi)));
    return diagram_ ? integrated(quantiles, correlation) : sampled(quantiles, correlation, most);
  }

 private:
  double integrated(const std::vector<double>& quantiles, double correlation) const {
    std::vector<double> passes(quantiles.size());
    const auto under = [&](double state) {
      for (std::size_t i = 0; i < passes.size(); ++i)
        passes[i] = passesUnder(state, quantiles[i], correlation);
      return diagram_->probability(passes);
    };
    if (correlation <= 0) return under(0);
    if (correlation >= 1) return comonotone(quantiles);
    // The trapezoidal rule over the whole line: its error falls exponentially where the integrand is smooth.
    // The narrower a step's threshold, the finer: at 0.8 they are 200.
    const double finest = 0.4 * std::sqrt((1 - correlation) / correlation);
    const auto states = static_cast<int>(std::clamp(2 * kReach / finest, 200.0, 20'000.0));
    double sum = 0, weight = 0;
    for (int i = 0; i <= states; ++i) {
      const double state = kReach * (2.0 * i / states - 1);
      const double density = std::exp(-state * state / 2);
      sum += density * under(state);
      weight += density;
    }
    return std::clamp(sum / weight, 0.0, 1.0);
  }

  // All steps hang on the state alone: the path whose least likely step is likeliest.
  double comonotone(const std::vector<double>& quantiles) const {
    double best = 0;
    for (const auto& path : attack_.paths) {
      double least = 1;
      for (const std::uint32_t step : path) least = std::min(least, normalBelow(quantiles[step]));
      best = std::max(best, least);
    }
    return best;
  }

  double sampled(const std::vector<double>& quantiles, double correlation, bool most) const {
    std::vector<std::uint64_t> through(kChunks);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t chunk = next++; chunk < kChunks; chunk = next++)
        through[chunk] = chunkOf(chunk, quantiles, correlation, most);
    };
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const unsigned threads = options_.threads == 0 ? cores : std::min(options_.threads, 256U);
    {
      std::vector<std::jthread> others;
      for (unsigned t = 1; t < threads; ++t) others.emplace_back(work);
      work();
    }
    std::uint64_t all = 0;
    for (const std::uint64_t some : through) all += some;
    return static_cast<double>(all) / static_cast<double>(options_.samples);
  }

  std::uint64_t chunkOf(std::size_t chunk, const std::vector<double>& quantiles, double correlation,
                        bool most) const {
    // The same chances at every correlation: differences between them are not noise.
    std::seed_seq seed{options_.seed & UINT32_MAX, options_.seed >> 32U, static_cast<std::uint64_t>(chunk),
                       static_cast<std::uint64_t>(most)};
    std::mt19937_64 random(seed);
    const auto chance = [&] { return (static_cast<double>(random() >> 11U) + 0.5) * 0x1p-53; };
    const std::uint64_t first = options_.samples * chunk / kChunks;
    const std::uint64_t end = options_.samples * (chunk + 1) / kChunks;
    std::uint64_t through = 0;
    std::vector<std::uint8_t> passes(quantiles.size());
    const double ofState = std::sqrt(correlation);
    const double ofChance = correlation < 1 ? 1 / std::sqrt(1 - correlation) : 0;
    for (std::uint64_t i = first; i < end; ++i) {
      const double state = normalQuantile(chance());
      for (std::size_t s = 0; s < passes.size(); ++s) {
        const double passing = ofChance > 0 && std::isfinite(quantiles[s])
                                   ? normalBelowRoughly((quantiles[s] - ofState * state) * ofChance)
                                   : passesUnder(state, quantiles[s], correlation);
        passes[s] = chance() < passing ? 1 : 0;
      }
      through += std::ranges::any_of(attack_.paths, [&](const auto& path) {
        return std::ranges::all_of(path, [&](std::uint32_t step) { return passes[step] != 0; });
      });
    }
    return through;
  }

  const AttackPaths& attack_;
  const PathOptions& options_;
  const std::optional<PathDiagram>& diagram_;
};

}  // namespace

Result<PathMeasure> measurePaths(const AttackPaths& attack, const PathOptions& options) {
  if (auto good = check(attack, options); !good) return std::unexpected(good.error());
  PathMeasure measure;
  measure.frechet = frechetOf(attack);
  const auto diagram = PathDiagram::build(attack.stops.size(), attack.paths, options.mostNodes);
  measure.exact = diagram.has_value();
  const Measured measured(attack, options, diagram);
  measure.sharedState = {1, 0};
  const Interval& r = options.correlation;
  const int tried = r.lo == r.hi ? 1 : kCorrelations;
  for (int i = 0; i < tried; ++i) {
    const double correlation = tried == 1 ? r.lo : r.lo + (r.hi - r.lo) * i / (tried - 1);
    measure.sharedState.lo = std::min(measure.sharedState.lo, measured.at(correlation, false));
    measure.sharedState.hi = std::max(measure.sharedState.hi, measured.at(correlation, true));
  }
  if (!measure.exact) {
    // Each of the two ends is the extreme of `tried` estimates.
    measure.seed = options.seed;
    measure.samples = options.samples;
    measure.error =
        std::sqrt(std::log(2.0 * 2 * tried / 1e-3) / (2.0 * static_cast<double>(options.samples)));
    measure.sharedState.lo = std::max(0.0, measure.sharedState.lo - measure.error);
    measure.sharedState.hi = std::min(1.0, measure.sharedState.hi + measure.error);
  }
  return measure;
}

}  // namespace vauban::measure
