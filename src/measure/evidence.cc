#include "measure/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "measure/distributions.h"

namespace vauban::measure {
namespace {

struct CurrencyWord {
  Currency currency;
  std::string_view word;
};
constexpr std::array<CurrencyWord, 5> kCurrencies = {{{Currency::stopped, "stopped"},
                                                      {Currency::fired, "fired"},
                                                      {Currency::evicted, "evicted"},
                                                      {Currency::recoveryTime, "recovery-time"},
                                                      {Currency::inventory, "inventory"}}};

constexpr std::string_view kNoScore = "no score: it says that something applies, not how well";

int digits(std::string_view text) {
  int value = -1;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  return done.ec == std::errc() && done.ptr == text.data() + text.size() && value >= 0 ? value : -1;
}

std::optional<std::chrono::sys_days> dayOf(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (digits(text.substr(0, 4)) < 0) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(digits(text.substr(0, 4))),
                                        std::chrono::month(static_cast<unsigned>(digits(text.substr(5, 2)))),
                                        std::chrono::day(static_cast<unsigned>(digits(text.substr(8, 2))))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day);
}

// Why a statement counts for nothing today; "" where it does.
std::string whyNot(const Evidence& one, Currency currency, const std::string& today) {
  const bool settlesAlerts = currency == Currency::fired && one.of == Currency::stopped;
  if (!isProbability(currency))
    return one.of == currency ? ""
                              : fmt::format("it is measured by {}, not by what it stops", word(currency));
  if (one.of != currency && !settlesAlerts) {
    return fmt::format("says how often it {}, and is asked how often it {}", word(one.of), word(currency));
  }
  if (today.empty()) return "";
  if (!one.date.empty() && one.date > today) return fmt::format("is dated {}, after today", one.date);
  if (!one.expires.empty() && one.expires < today) return fmt::format("has expired on {}", one.expires);
  return "";
}

bool mayRankAbove(Grade a, Grade b) {
  if (a == Grade::e2) return b <= Grade::e2;
  if (a == Grade::e3) return b <= Grade::e3;
  return a >= Grade::e4;
}

}  // namespace

std::string_view word(Currency currency) {
  return std::ranges::find(kCurrencies, currency, &CurrencyWord::currency)->word;
}

bool isProbability(Currency currency) {
  return currency != Currency::recoveryTime && currency != Currency::inventory;
}

Currency currencyOf(std::string_view tactic) {
  if (tactic == "Detect" || tactic == "Deceive") return Currency::fired;
  if (tactic == "Evict") return Currency::evicted;
  if (tactic == "Restore") return Currency::recoveryTime;
  if (tactic == "Model") return Currency::inventory;
  return Currency::stopped;
}

Evidence applicable(std::string source, std::string scope) {
  Evidence one;
  one.source = std::move(source);
  one.scope = std::move(scope);
  one.note = "inferred through a shared artifact: applicable, never how well";
  return one;
}

Evidence expertMapping(std::string source, std::string scope) {
  Evidence one;
  one.grade = Grade::e1;
  one.source = std::move(source);
  one.scope = std::move(scope);
  one.note = kNoScore;
  return one;
}

std::optional<Score> scoreOfWord(std::string_view word) {
  if (word == "minimal") return Score::minimal;
  if (word == "partial") return Score::partial;
  if (word == "significant") return Score::significant;
  return std::nullopt;
}

Interval bandOf(Score score) {
  switch (score) {
    case Score::minimal:
      return {0, 0.5};
    case Score::partial:
      return {0.1, 0.9};
    case Score::significant:
      return {0.25, 1};
  }
  return {};
}

Evidence expertScores(std::string source, std::string scope, const std::vector<Score>& scores) {
  Evidence one;
  one.grade = Grade::e2;
  one.source = std::move(source);
  one.scope = std::move(scope);
  if (!scores.empty()) one.interval = bandOf(scores.front());
  for (const Score score : scores) one.interval = hull(one.interval, bandOf(score));
  one.note = "declared bands of an ordinal score";
  return one;
}

Evidence labTrial(std::string source, std::string scope, double p10, double p90) {
  Evidence one;
  one.grade = Grade::e3;
  one.of = Currency::fired;
  one.interval = {std::clamp(std::min(p10, p90), 0.0, 1.0), std::clamp(std::max(p10, p90), 0.0, 1.0)};
  one.upperBound = true;
  one.source = std::move(source);
  one.scope = std::move(scope);
  one.note = "P10 to P90 over products, in a lab";
  return one;
}

Evidence fieldOutcome(std::string source, std::string scope, Interval published, bool vendorsOwn) {
  Evidence one;
  one.grade = Grade::e4;
  one.interval = {vendorsOwn ? 0 : published.lo / 2, published.hi + (1 - published.hi) / 2};
  one.source = std::move(source);
  one.scope = std::move(scope);
  one.note = fmt::format("published as {}, widened for another organisation{}", toString(published),
                         vendorsOwn ? "; the vendor's own figure" : "");
  return one;
}

Evidence ownTrials(std::string source, std::string scope, std::uint64_t stopped, std::uint64_t trials,
                   std::string date) {
  Evidence one;
  one.grade = Grade::e5;
  one.interval = jeffreys(stopped, trials);
  one.source = std::move(source);
  one.scope = std::move(scope);
  one.expires = dayAfter(date, kOwnTrialsHold);
  one.date = std::move(date);
  one.note = fmt::format("{} of {} stopped; Jeffreys, {:.0f} %", stopped, trials, kConfidence * 100);
  return one;
}

std::string dayAfter(std::string_view date, int days) {
  const auto day = dayOf(date);
  if (!day) return "";
  const std::chrono::year_month_day after(*day + std::chrono::days(days));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(after.year()),
                     static_cast<unsigned>(after.month()), static_cast<unsigned>(after.day()));
}

Effectiveness settle(std::vector<Evidence> all, Currency currency, const std::string& today) {
  Effectiveness settled;
  settled.currency = currency;
  std::vector<Evidence> counting;
  for (Evidence& one : all) {
    // What only applies has no currency: it follows the technique's.
    if (one.grade <= Grade::e1) one.of = currency;
    std::string why = whyNot(one, currency, today);
    if (why.empty()) {
      counting.push_back(std::move(one));
    } else {
      one.note += (one.note.empty() ? "" : "; ") + why;
      settled.setAside.push_back(std::move(one));
    }
  }
  for (const Evidence& one : counting)
    if (!settled.grade || one.grade > *settled.grade) settled.grade = one.grade;
  // Whole chains and alerts of one grade are two kinds of number: those that say more are kept.
  const bool chains = std::ranges::any_of(counting, [&](const Evidence& one) {
    return one.grade == *settled.grade && one.of == Currency::stopped;
  });
  for (Evidence& one : counting) {
    const bool counts = one.grade == *settled.grade && (!chains || one.of == Currency::stopped);
    (counts ? settled.from : settled.replaced).push_back(std::move(one));
  }
  if (!isProbability(currency)) return settled;
  if (chains) settled.currency = Currency::stopped;
  settled.interval = settled.from.empty() ? Interval() : settled.from.front().interval;
  for (std::size_t i = 0; i < settled.from.size(); ++i) {
    const Evidence& one = settled.from[i];
    settled.interval = hull(*settled.interval, one.interval);
    settled.upperBound = settled.upperBound || one.upperBound;
    for (std::size_t j = 0; j < i; ++j)
      settled.conflict = settled.conflict || one.interval.disjoint(settled.from[j].interval);
  }
  return settled;
}

Order compare(const Effectiveness& a, const Effectiveness& b) {
  if (!a.ranks() || !b.ranks() || a.currency != b.currency) return Order::notDistinguishable;
  if (a.interval->lo > b.interval->hi && mayRankAbove(*a.grade, *b.grade)) return Order::above;
  if (b.interval->lo > a.interval->hi && mayRankAbove(*b.grade, *a.grade)) return Order::below;
  return Order::notDistinguishable;
}

std::vector<std::size_t> rankedAbove(const std::vector<Effectiveness>& all) {
  std::vector<std::size_t> above(all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const Effectiveness& other : all)
      if (compare(other, all[i]) == Order::above) ++above[i];
  return above;
}

Deception deception() { return {}; }

}  // namespace vauban::measure
