// A time line. Coordinates are pixels at the size that the drawing gives itself; nothing depends on what
// fonts the machine has, so lengths of texts are guessed and long ones cut. Colours follow the ground that
// the viewer asks for (prefers-color-scheme); a viewer that does not ask sees the light ones, on their own
// ground.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/markup.h"
#include "report/plan_report.h"
#include "report/plan_words.h"

namespace vauban::report {

using plan::Plan;
using plan::PlanStep;

namespace {

constexpr double kLabels = 330, kChart = 760, kRight = 40, kWidth = kLabels + kChart + kRight;
constexpr double kTop = 84, kCurve = 110, kGap = 34, kLane = 30, kBar = 18, kBottom = 52;
constexpr double kGlyph = 6.7;  // of 12 px in most fonts without serifs

constexpr const char* kLooks =
    "text{font:12px system-ui,sans-serif;fill:#1d2329}"
    ".title{font-size:16px;font-weight:600}.small{font-size:11px;fill:#55606b}"
    ".ground{fill:#ffffff}.line{stroke:#d5dbe1;stroke-width:1}"
    ".pattern{fill:#2b6cb0}.single{fill:#2f855a}.withdrawal{fill:#975a16}"
    ".in{fill:#ffffff}.curve{fill:none;stroke:#b83280;stroke-width:2}"
    "@media (prefers-color-scheme:dark){"
    "text{fill:#e6eaee}.small{fill:#a3adb7}.ground{fill:#14181d}.line{stroke:#39424c}"
    ".pattern{fill:#7fb3e6}.single{fill:#7bcfa0}.withdrawal{fill:#e0b070}"
    ".in{fill:#10151a}.curve{stroke:#f08cc4}}";

std::string at(double value) {
  const std::string text = fmt::format("{:.1f}", value);
  return text == "-0.0" ? "0.0" : text;
}

// At most so many code points.
std::string cut(std::string_view words, std::size_t most) {
  const std::string text = oneLineOf(words);
  std::size_t points = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80) continue;
    if (++points > most) return text.substr(0, i) + "\u2026";
  }
  return text;
}

double guessedWidth(std::string_view words) { return static_cast<double>(words.size()) * kGlyph; }

// 1, 2 or 5 times a power of ten, so that there are ten at most.
double tickOf(double days) {
  double tick = std::pow(10, std::floor(std::log10(days / 10)));
  for (const double times : {1.0, 2.0, 5.0, 10.0})
    if (days / (tick * times) <= 10) return tick * times;
  return tick * 10;
}

class TimeLine {
 public:
  explicit TimeLine(const PlanReport& report) : report_(report), plan_(report.plan) {
    for (const PlanStep& step : plan_.steps)
      if (std::isfinite(step.end)) days_ = std::max(days_, step.end);
    lanes_ = kTop + kCurve + kGap;
    height_ = lanes_ + kLane * static_cast<double>(std::max<std::size_t>(plan_.steps.size(), 1)) + kBottom;
  }

  std::string svg() {
    const std::string title = "Plan: " + (report_.model.empty() ? "model" : report_.model);
    const ClaimCount before = claimCount(plan_, plan_.before), after = claimCount(plan_, plan_.after);
    const std::string about =
        fmt::format("{} steps, {} days; claims kept: {} of {} today, {} then{}", plan_.steps.size(),
                    dayWords(totalDays(plan_)), before.kept, before.of, after.kept,
                    plan_.answer.proven ? "; proven to be the best set" : "; not proven to be the best set");
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "role=\"img\" aria-labelledby=\"title about\">\n<title id=\"title\">{2}</title>\n<desc "
        "id=\"about\">{3}</desc>\n<style>{4}</style>\n",
        at(kWidth), at(height_), markupText(title), markupText(about), kLooks);
    out_ += fmt::format("<rect class=\"ground\" x=\"0\" y=\"0\" width=\"{}\" height=\"{}\"/>\n", at(kWidth),
                        at(height_));
    text(16, 28, "title", cut(title, 100));
    text(16, 48, "small", cut(about + (report_.today.empty() ? "" : "; " + report_.today), 160));
    grid();
    curve();
    for (std::size_t s = 0; s < plan_.steps.size(); ++s) lane(s);
    if (plan_.steps.empty()) text(16, lanes_ + 18, "", cut(emptyWords(plan_), 150));
    text(kLabels, height_ - 12, "small", "person-days, one step after the other; effort is a judgement");
    return out_ + "</svg>\n";
  }

 private:
  double x(double day) const {
    return kLabels + kChart * std::clamp((std::isfinite(day) ? day : days_) / days_, 0.0, 1.0);
  }
  void text(double left, double base, std::string_view look, std::string_view words,
            std::string_view anchor = "start") {
    out_ +=
        fmt::format("<text{} x=\"{}\" y=\"{}\"{}>{}</text>\n",
                    look.empty() ? "" : fmt::format(" class=\"{}\"", look), at(left), at(base),
                    anchor == "start" ? "" : fmt::format(" text-anchor=\"{}\"", anchor), markupText(words));
  }
  void rule(double x1, double y1, double x2, double y2) {
    out_ += fmt::format("<line class=\"line\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", at(x1), at(y1),
                        at(x2), at(y2));
  }

  void grid() {
    const double tick = tickOf(days_), foot = height_ - kBottom;
    for (int n = 0; n * tick <= days_ * (1 + 1e-9); ++n) {
      rule(x(n * tick), kTop, x(n * tick), foot);
      text(x(n * tick), foot + 16, "small", dayWords(n * tick), "middle");
    }
  }

  // Claims of the model that are kept, from each end of a step on.
  void curve() {
    const ClaimCount today = claimCount(plan_, plan_.before);
    const double of = static_cast<double>(std::max<std::size_t>(today.of, 1));
    const auto y = [&](double kept) { return kTop + kCurve * (1 - std::clamp(kept / of, 0.0, 1.0)); };
    rule(kLabels, y(0), kLabels + kChart, y(0));
    rule(kLabels, y(of), kLabels + kChart, y(of));
    text(16, kTop + kCurve / 2, "", "claims kept");
    text(kLabels - 8, y(of) + 4, "small", fmt::format("{}", today.of), "end");
    text(kLabels - 8, y(0) + 4, "small", "0", "end");
    double kept = static_cast<double>(today.kept);
    std::string path = fmt::format("M{} {}", at(x(0)), at(y(kept)));
    for (const PlanStep& step : plan_.steps) {
      path += fmt::format("H{}", at(x(step.end)));
      kept += static_cast<double>(step.kept.size()) - static_cast<double>(step.lost.size());
      path += fmt::format("V{}", at(y(kept)));
    }
    path += fmt::format("H{}", at(kLabels + kChart + kRight / 2));
    out_ += fmt::format("<path class=\"curve\" d=\"{}\"/>\n", path);
  }

  void lane(std::size_t s) {
    const PlanStep& step = plan_.steps[s];
    const plan::Candidate& candidate = plan_.candidates[step.candidate];
    const double top = lanes_ + kLane * static_cast<double>(s), base = top + 14;
    text(16, base, "", cut(fmt::format("{}. {}", s + 1, candidate.id), 45));
    const double left = x(step.start), width = std::max(x(step.end) - left, 2.0);
    out_ += fmt::format(
        "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"><title>{}</title></rect>\n",
        word(candidate.kind), at(left), at(top), at(width), at(kBar),
        markupText(oneLineOf(fmt::format("{} (days {} to {}): {}", candidate.title, dayWords(step.start),
                                         dayWords(step.end), lossWords(plan_, step)))));
    std::string says = dayWords(candidate.days()) + " d";
    if (!step.kept.empty()) says += fmt::format(", +{} kept", step.kept.size());
    if (!step.lost.empty()) says += fmt::format(", -{} kept", step.lost.size());
    if (!step.provable.empty()) says += fmt::format(", {} provable", step.provable.size());
    const double needs = guessedWidth(says) + 10;
    if (width >= needs)
      text(left + 6, base, "in", says);
    else if (left + width + needs <= kWidth)
      text(left + width + 6, base, "", says);
    else
      text(left - 6, base, "", says, "end");
  }

  const PlanReport& report_;
  const Plan& plan_;
  double days_ = 1e-9, lanes_ = 0, height_ = 0;
  std::string out_;
};

}  // namespace

std::string planSvg(const PlanReport& report) { return TimeLine(report).svg(); }

}  // namespace vauban::report
