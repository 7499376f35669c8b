#include "measure_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iostream>

#include "attack/attack_graph.h"
#include "attack/step_template.h"
#include "base/nearest_name.h"
#include "call_mistake.h"
#include "channel/trust.h"
#include "channel/verdict.h"
#include "knowledge_in_force.h"
#include "load_model.h"
#include "measure/goal_paths.h"
#include "measure/measure.h"
#include "report/measure_report.h"
#include "verdict_format.h"

namespace vauban {
namespace {

std::optional<double> numberOf(std::string_view text) {
  double value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  if (done.ec != std::errc() || done.ptr != text.data() + text.size() || !std::isfinite(value) || value < 0)
    return std::nullopt;
  return value;
}

// "0.9..1", or "0.9" for both ends.
std::optional<measure::Range> rangeOf(std::string_view text) {
  const auto dots = text.find("..");
  const auto lo = numberOf(text.substr(0, dots));
  const auto hi = dots == std::string_view::npos ? lo : numberOf(text.substr(dots + 2));
  if (!lo || !hi || *lo > *hi) return std::nullopt;
  return measure::Range{*lo, *hi};
}

void take(const std::string& word, measure::Statements& statements, Diagnostics& mistakes) {
  if (const auto figure = measure::figureOfWord(word)) {
    statements.taken.insert(*figure);
    return;
  }
  std::vector<std::string_view> names;
  for (const measure::PublishedFigure& figure : measure::publishedFigures()) names.push_back(figure.word);
  mistakes.push_back(callMistake("--assume", fmt::format("no published figure '{}'", word),
                                 "coverage, rules-broken, alerts-per-day, ignored or false-positives",
                                 nearestName(word, names)));
}

void say(const std::string& text, measure::Statements& statements, Diagnostics& mistakes) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto range =
      equals == std::string::npos ? std::nullopt : rangeOf(std::string_view(text).substr(equals + 1));
  if (!range) {
    mistakes.push_back(
        callMistake("--say", fmt::format("'{}' is no statement", text), "NAME=LO..HI, telemetry=0.9..1"));
    return;
  }
  const auto twice = [&] {
    mistakes.push_back(callMistake("--say", fmt::format("'{}' is said twice", name), "one range of it"));
  };
  if ((name == "seats" && statements.seats) || (name == "deadline" && statements.deadlineHours)) {
    twice();
  } else if (name == "seats") {
    statements.seats = range;
  } else if (name == "deadline") {
    statements.deadlineHours = range;
  } else {
    const std::vector<std::pair<std::string_view, std::optional<measure::Interval>*>> shares = {
        {"telemetry", &statements.telemetry},
        {"healthy", &statements.healthy},
        {"judged", &statements.judged},
        {"response", &statements.response}};
    const auto* found = std::ranges::find(shares.data(), shares.data() + shares.size(), name,
                                          [](const auto& it) { return it.first; });
    if (found == shares.data() + shares.size()) {
      std::vector<std::string_view> names = {"seats", "deadline"};
      for (const auto& it : shares) names.push_back(it.first);
      mistakes.push_back(callMistake("--say", fmt::format("nothing is called '{}'", name),
                                     "telemetry, healthy, judged, response, seats or deadline",
                                     nearestName(name, names)));
    } else if (range->hi > 1) {
      mistakes.push_back(
          callMistake("--say", fmt::format("'{}' is a share", name), "a number within 0 and 1"));
    } else if (*found->second) {
      twice();
    } else {
      *found->second = measure::Interval{range->lo, range->hi};
    }
  }
}

std::string dayOfTheClock() {
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

}  // namespace

ExitCode measureCommand(const MeasureCall& call) {
  measure::MeasureOptions options;
  Diagnostics mistakes;
  options.today = call.today.empty() ? dayOfTheClock() : call.today;
  if (auto mistake = dayMistake(call.today)) mistakes.push_back(std::move(*mistake));
  options.technique = call.technique;
  for (const std::string& word : call.assume) take(word, options.statements, mistakes);
  for (const std::string& text : call.say) say(text, options.statements, mistakes);
  const auto loaded = readModelAndRules(call.model);
  if (!loaded) mistakes.insert(mistakes.end(), loaded.error().begin(), loaded.error().end());
  const auto knowledge = knowledgeInForce(call.knowledge);
  if (!knowledge) mistakes.insert(mistakes.end(), knowledge.error().begin(), knowledge.error().end());
  if (!mistakes.empty()) return refuse(call.format, mistakes);
  const auto templates = attack::StepTemplates::builtIn();
  if (!templates) return refuse(call.format, templates.error());

  if (!call.queue) {
    const channel::Judge judge(loaded->model, loaded->behaviours, options.today);
    for (const channel::ClaimResult& result : judge.judgeAll(1))
      if (result.judgement.verdict == channel::Verdict::kept) options.kept.push_back(result.claim->id);
  }
  options.possible = !call.queue;
  const measure::CatalogueEvidence catalogue(*knowledge);
  const auto measurement = measure::measureModel(loaded->model, catalogue, *templates, options);
  if (!measurement) return refuse(call.format, measurement.error());
  report::MeasureView view{call.queue, call.verbose};
  Result<std::vector<measure::GoalPaths>> paths;
  if (call.paths) {
    const channel::Trust trust = channel::Trust::of(loaded->model, channel::SuffixLists::builtIn());
    const attack::AttackGraph graph =
        attack::buildAttackGraph(loaded->model, loaded->behaviours, trust, *templates);
    measure::GoalPathOptions how;
    how.paths.seed = call.seed;
    how.paths.threads = 0;
    paths = measure::goalPaths(graph, catalogue, *templates, options.today, how);
    if (!paths) return refuse(call.format, paths.error());
    view.paths = &*paths;
  }
  std::cout << (call.format == "json" ? report::measureJson(*measurement, view)
                                      : report::measureText(*measurement, view));
  return ExitCode::ok;
}

}  // namespace vauban
