// A measured model for people (a table) and for programs (JSON; docs/formats/measure.schema.json).
#pragma once

#include <string>
#include <vector>

#include "measure/goal_paths.h"
#include "measure/measure.h"

namespace vauban::report {

struct MeasureView {
  bool queueOnly = false;  // the queue, what is acted on, what changes would do
  bool verbose = false;    // all rows and factors; otherwise what only applies is counted
  const std::vector<measure::GoalPaths>* paths = nullptr;  // shown where given
};

std::string measureText(const measure::Measurement& measurement, const MeasureView& view = {});
// Ends in a line break. With `queueOnly` without "countermeasures".
std::string measureJson(const measure::Measurement& measurement, const MeasureView& view = {});

}  // namespace vauban::report
