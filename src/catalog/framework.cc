#include "catalog/framework.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vauban::catalog {
namespace {

constexpr std::array<std::pair<Framework, std::string_view>, 14> kFrameworks = {{
    {Framework::d3fend, "d3fend"},
    {Framework::attackEnterprise, "attack-enterprise"},
    {Framework::attackIcs, "attack-ics"},
    {Framework::attackMobile, "attack-mobile"},
    {Framework::nist80053, "800-53"},
    {Framework::nistCsf, "csf"},
    {Framework::cis, "cis"},
    {Framework::iso27001, "iso-27001"},
    {Framework::cci, "cci"},
    {Framework::nice, "nice"},
    {Framework::car, "car"},
    {Framework::capability, "capability"},
    {Framework::iec62443, "iec-62443"},
    {Framework::nist80082, "800-82"},
}};
constexpr std::array<std::string_view, 6> kGrades = {"E0", "E1", "E2", "E3", "E4", "E5"};

}  // namespace

std::string_view word(Framework framework) { return kFrameworks[static_cast<std::size_t>(framework)].second; }

std::optional<Framework> frameworkOfWord(std::string_view word) {
  const auto found = std::ranges::find(kFrameworks, word, &std::pair<Framework, std::string_view>::second);
  if (found == kFrameworks.end()) return std::nullopt;
  return found->first;
}

bool isAttack(Framework framework) {
  return framework == Framework::attackEnterprise || framework == Framework::attackIcs ||
         framework == Framework::attackMobile;
}

std::string_view word(Grade grade) { return kGrades[static_cast<std::size_t>(grade)]; }

std::optional<Grade> gradeOfWord(std::string_view word) {
  const auto found = std::ranges::find(kGrades, word);
  if (found == kGrades.end()) return std::nullopt;
  return static_cast<Grade>(found - kGrades.begin());
}

}  // namespace vauban::catalog
