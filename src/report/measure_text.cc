#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "report/measure_report.h"

namespace vauban::report {
namespace {

using measure::Measured;

std::string grade(const measure::Effectiveness& known) {
  if (!known.proven.empty()) return fmt::format("proven + {}", known.grade ? word(*known.grade) : "-");
  return known.grade ? std::string(word(*known.grade)) : "-";
}

std::string value(const std::optional<measure::Interval>& interval, const measure::Effectiveness& known) {
  if (!interval) return fmt::format("by {}", word(known.currency));
  return (known.upperBound ? "lab " : "") + toString(*interval);
}

std::string sources(const measure::Effectiveness& known) {
  std::vector<std::string> all;
  for (const measure::Evidence& one : known.from)
    if (std::ranges::find(all, one.source) == all.end()) all.push_back(one.source);
  return all.empty() ? "nobody says anything about the pair" : fmt::format("{}", fmt::join(all, "; "));
}

void line(std::string& out, const Measured& row, bool verbose) {
  const measure::Effectiveness& known = row.effectiveness;
  out += fmt::format("  {:<10} {:<10} {:<18} {:<11} {:<16} {:<8} {}{}\n", row.countermeasure, row.technique,
                     row.deployed ? (row.at.empty() ? "everywhere" : row.at) : "possible", grade(known),
                     value(row.atPlace, known), word(known.currency), sources(known),
                     row.rankedAbove > 0 ? fmt::format(" [{} known to do more]", row.rankedAbove) : "");
  for (const std::string& claim : known.proven)
    out += fmt::format("    proven: claim {} is kept, under the assumptions of its verdict\n", claim);
  if (known.conflict)
    out += "    CONFLICT: statements of this grade do not meet; the interval holds them all\n";
  const auto tell = [&](const char* what, const std::vector<measure::Evidence>& all) {
    for (const measure::Evidence& one : all)
      out += fmt::format("    {}{} {} {}: {}{}{}\n", what, word(one.grade), toString(one.interval),
                         one.source, one.scope, one.note.empty() ? "" : "; " + one.note,
                         one.expires.empty() ? "" : "; until " + one.expires);
  };
  if (verbose || known.conflict || known.grade >= measure::Grade::e3) tell("", known.from);
  if (verbose) tell("replaced: ", known.replaced);
  tell("set aside: ", known.setAside);
}

void countermeasures(std::string& out, const measure::Measurement& measurement, bool verbose) {
  std::map<std::string, std::size_t> counts;
  std::size_t left = 0;
  bool ranked = false;
  const auto table = [&](bool deployed) {
    for (const Measured& row : measurement.rows) {
      if (row.deployed != deployed) continue;
      ++counts[row.effectiveness.grade ? std::string(word(*row.effectiveness.grade)) : "none"];
      ranked = ranked || row.rankedAbove > 0;
      // An interval of 0..1 says nothing: of what is only possible it is counted and not shown.
      const bool tells = row.effectiveness.ranks() && (deployed || !row.effectiveness.interval->unknown());
      const bool says = tells || !row.effectiveness.proven.empty() || !row.effectiveness.setAside.empty();
      if (verbose || says)
        line(out, row, verbose);
      else
        ++left;
    }
  };
  out += "Countermeasures: what is known that they do, at their place\n";
  out += fmt::format("  {:<10} {:<10} {:<18} {:<11} {:<16} {:<8} {}\n", "technique", "against", "at", "grade",
                     "interval", "of", "from");
  table(true);
  table(false);
  if (measurement.rows.empty()) out += "  none\n";
  if (left > 0)
    out += fmt::format(
        "  {} more of which nothing is known but that they may apply (0..1); --verbose lists them\n", left);
  for (const auto& [word, count] : counts) out += fmt::format("  {} {}", word, count);
  if (!counts.empty()) out += "  pairs\n";
  if (!measurement.rows.empty() && !ranked)
    out +=
        "  Which does more is not distinguishable from this evidence: let cost, dependency and maturity "
        "decide.\n";
  for (const Diagnostic& one : measurement.unused)
    out += fmt::format("  {}: {}\n", one.place.toString(), one.message);
}

std::string count(double value) { return std::isfinite(value) ? fmt::format("{:.3g}", value) : "unbounded"; }

std::string rangeText(const measure::Range& range) {
  return range.lo == range.hi ? count(range.lo) : fmt::format("{}..{}", count(range.lo), count(range.hi));
}

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.0f} %", share * 100) : "unbounded";
}

void queue(std::string& out, const measure::Measurement& measurement, bool verbose) {
  const measure::QueueOutlook& it = measurement.detection.queue;
  out += "\nThe alert queue\n";
  out += fmt::format("  {:<28} {}\n", "alerts a day", rangeText(it.alertsPerDay));
  out += fmt::format("  {:<28} {}\n", "true ones among them", rangeText(it.trueAlertsPerDay));
  if (it.known) {
    out += fmt::format("  {:<28} {}\n", "seats taken", rangeText(it.seats));
    out += fmt::format("  {:<28} {} at best, {} at worst{}\n", "load", percent(it.best.utilisation),
                       percent(it.worst.utilisation),
                       it.best.overloaded() ? ": OVERLOAD, only a share is ever looked at" : "");
  }
  out += fmt::format("  {:<28} {}; {}\n", "alerts looked at in time", toString(it.ordinary), it.from);
  out += fmt::format("  {:<28} {}\n", "of decoys", toString(it.decoys));
  out += "\nActed on: P(somebody acts in time | the technique is used)\n";
  if (measurement.detection.acted.empty()) out += "  nothing watches\n";
  for (const measure::ActedOn& one : measurement.detection.acted) {
    out += fmt::format("  {:<10} {:<18} {}\n",
                       one.watched.technique.empty() ? "any other" : one.watched.technique,
                       one.watched.at.empty() ? "anywhere" : one.watched.at, toString(one.total));
    for (const measure::DetectorChain& chain : one.chains) {
      std::vector<std::string> factors;
      for (const measure::Factor& factor : chain.factors)
        if (verbose || factor.origin != measure::Origin::unknown)
          factors.push_back(
              fmt::format("{} {} ({})", factor.name, toString(factor.value), word(factor.origin)));
      out += fmt::format("    {}: {}\n", chain.detector, fmt::join(factors, " x "));
    }
  }
}

// In thousandths; what is less is nothing, and has no sign of its own.
std::string change(double value) {
  const double rounded = std::round(value * 1000) / 1000;
  return fmt::format("{:+.3f}", rounded == 0 ? 0.0 : rounded);
}

void changes(std::string& out, const measure::Measurement& measurement) {
  if (measurement.marginals.empty()) return;
  out +=
      "\nWhat each adds to P(acted on), the queue in the loop (at worst, at best; mean over the above, then "
      "the extremes)\n";
  for (const measure::Marginal& one : measurement.marginals) {
    double least = 0, most = 0;
    for (const auto& it : one.differences) {
      least = std::min({least, it.atWorst, it.atBest});
      most = std::max({most, it.atWorst, it.atBest});
    }
    out += fmt::format("  {:<36} {} {}   {} to {}; then in time {}{}\n", one.change, change(one.meanAtWorst),
                       change(one.meanAtBest), change(least), change(most), toString(one.after.ordinary),
                       least <= -0.0005 ? "; NEGATIVE for some" : "");
  }
}

void paths(std::string& out, const std::vector<measure::GoalPaths>& all) {
  out +=
      "\nPaths: P(the attacker gets there, by some way of which no step is stopped); steps are not "
      "independent\n";
  if (all.empty()) out += "  the model has no goal\n";
  for (const measure::GoalPaths& goal : all) {
    out += fmt::format("  {}: ", goal.words);
    if (goal.standing == attack::GoalStanding::impossible) {
      out += "impossible, even when everything fails that may\n";
    } else if (!goal.measured) {
      out += fmt::format("guarded: {} {} must fail first, and how likely that is nobody knows\n", goal.depth,
                         goal.depth == 1 ? "layer" : "layers");
    } else {
      const measure::PathMeasure& it = *goal.measured;
      out += fmt::format("{} with a shared hidden state, {} whatever depends on what (Frechet); {} {}{}\n",
                         toString(it.sharedState), toString(it.frechet), goal.ways.size(),
                         goal.ways.size() == 1 ? "way" : "ways",
                         goal.allWays ? "" : ", and others that were not looked at: upper ends are 1");
      if (it.exact)
        out += "    exact, by decision diagram\n";
      else
        out += fmt::format("    Monte Carlo: seed {}, {} samples, widened by {:.4f}\n", it.seed, it.samples,
                           it.error);
      for (const auto& way : goal.ways) out += fmt::format("    {}\n", fmt::join(way, " > "));
    }
  }
}

}  // namespace

std::string measureText(const measure::Measurement& measurement, const MeasureView& view) {
  std::string out = fmt::format("{}{}\n", measurement.model.empty() ? "model" : measurement.model,
                                measurement.today.empty() ? "" : ", " + measurement.today);
  if (!view.queueOnly) {
    out += "\n";
    countermeasures(out, measurement, view.verbose);
  }
  if (!measurement.proven.empty() && !view.queueOnly) {
    out += "\nProven: verdicts under printed assumptions (vauban verify), no grade\n";
    for (const measure::Proven& it : measurement.proven)
      out += fmt::format(
          "  {}{}\n", it.claim,
          it.techniques.empty() ? "" : fmt::format(": takes away {}", fmt::join(it.techniques, ", ")));
  }
  queue(out, measurement, view.verbose);
  changes(out, measurement);
  if (view.paths != nullptr) paths(out, *view.paths);
  const auto list = [&](const char* title, const std::vector<std::string>& lines) {
    if (!lines.empty()) out += fmt::format("\n{}\n", title);
    for (const std::string& one : lines) out += fmt::format("  {}\n", one);
  };
  list("Assumptions", measurement.detection.assumptions);
  list("Not stated; published figures are offered one by one, and cannot all hold in one operation",
       measurement.detection.offers);
  return out;
}

}  // namespace vauban::report
