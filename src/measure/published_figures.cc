#include "measure/published_figures.h"

#include <algorithm>
#include <array>

namespace vauban::measure {
namespace {

constexpr std::array<PublishedFigure, 5> kFigures = {{
    {Figure::coverage, "coverage", "share of techniques for which there is a rule", 0.21, 0.105, 0.42},
    {Figure::rulesBroken, "rules-broken", "share of rules that cannot fire", 0.13, 0.065, 0.26},
    {Figure::alertsPerDay, "alerts-per-day", "alerts a day of a whole operation", 960, 480, 1920},
    {Figure::ignored, "ignored", "share of alerts that nobody looks at", 0.62, 0.24, 0.81},
    {Figure::falsePositives, "false-positives", "share of alerts that are false", 0.9, 0.8, 0.95},
}};

}  // namespace

std::span<const PublishedFigure> publishedFigures() { return kFigures; }

const PublishedFigure& published(Figure figure) {
  return *std::ranges::find(kFigures, figure, &PublishedFigure::figure);
}

std::optional<Figure> figureOfWord(std::string_view word) {
  const auto* found = std::ranges::find(kFigures, word, &PublishedFigure::word);
  if (found == kFigures.end()) return std::nullopt;
  return found->figure;
}

Result<void> mayHoldTogether(const std::set<Figure>& taken) {
  const auto refuse = [](std::string message, std::string expected) {
    return failure({Severity::error, {"--assume", 0, 0}, 0, std::move(message), std::move(expected), ""});
  };
  if (taken.size() == kFigures.size())
    return refuse("the published figures cannot all hold in one operation",
                  "those that stand in for what you cannot say, and no others");
  if (taken.contains(Figure::ignored) && taken.contains(Figure::alertsPerDay))
    return refuse(
        "`ignored` and `alerts-per-day` are two answers to one question: what a queue leaves undone",
        "one of the two");
  return {};
}

}  // namespace vauban::measure
