// Figures that the industry publishes about detection, offered for what a model does not say: one by one,
// each only where the caller takes it, each printed as an assumption, as a range about the figure.
//
// They come from different years, populations and questions, and cannot all hold in one operation: 960 alerts
// a day of which nine in ten are false and 62 in 100 are ignored leave some 96 true ones a day and 60 of them
// unseen, in an operation that sees a fifth of what is done. So no call takes all of them, and none takes
// `ignored` beside a queue that is stated, since the queue says what is ignored. docs/evidence.md has each
// with what it must not be used for.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vauban::measure {

enum class Figure : std::uint8_t { coverage, rulesBroken, alertsPerDay, ignored, falsePositives };

struct PublishedFigure {
  Figure figure{};
  std::string_view word;     // "coverage": of the call
  std::string_view meaning;  // "share of ATT&CK techniques with a rule"
  double published = 0;
  // The range that is offered: half to twice the figure, or its complement where that is smaller.
  double lo = 0, hi = 0;
};
std::span<const PublishedFigure> publishedFigures();
const PublishedFigure& published(Figure figure);
std::optional<Figure> figureOfWord(std::string_view word);

// Error: all of them at once; alerts per day together with the share of alerts ignored, which answer the same
// question.
Result<void> mayHoldTogether(const std::set<Figure>& taken);

}  // namespace vauban::measure
