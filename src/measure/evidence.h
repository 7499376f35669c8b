// How much a countermeasure is known to do against a technique, and on what evidence (semantics 9).
//
// A statement of evidence is an interval with a grade. settle() makes one answer of all there are: what has
// expired counts for nothing, a higher grade takes the place of a lower one and is never averaged with it, of
// several statements of the highest grade the hull holds, and two of them that do not meet are a conflict. No
// evidence is [0, 1]. compare() ranks only where intervals and grades allow it. Restore and Model techniques
// stop nothing: they have a currency of their own and no interval.
//
// Values; pure functions; dates are ISO 8601 days, compared as texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/place.h"
#include "catalog/framework.h"
#include "measure/interval.h"

namespace vauban::measure {

using catalog::Grade;

// What the number is a number of.
enum class Currency : std::uint8_t {
  stopped,       // P(the step is stopped | it is tried, the countermeasure deployed as stated)
  fired,         // P(it raises an alert | ...): what comes of the alert is the queue's business (detection.h)
  evicted,       // P(it ends the intrusion | somebody acts): a response, worth nothing before a detection
  recoveryTime,  // of Restore: how long until things run again
  inventory,     // of Model: how complete the knowledge is
};
std::string_view word(Currency currency);  // "stopped", "recovery-time"
// The last two are no probabilities.
bool isProbability(Currency currency);
// Of D3FEND's seven: Harden, Isolate -> stopped; Detect, Deceive -> fired; Evict; Restore; Model. Of any
// other word: stopped.
Currency currencyOf(std::string_view tactic);

struct Evidence {
  Grade grade = Grade::e0;
  Currency of = Currency::stopped;
  Interval interval;
  bool upperBound = false;    // from a lab: in the field it may be less
  std::string source;         // id of a row of Catalogue::sources, or what the model names
  std::string scope;          // what it was said of: "30 products, rounds R4"; never more than this
  std::string date, expires;  // "" where it has none
  std::string note;           // how the interval was come by, or why it counts for nothing
  Place place;                // of the model file, of its own evidence

  bool operator==(const Evidence&) const = default;
};

// The interval of a grade's raw material, each by its rule.
Evidence applicable(std::string source, std::string scope);     // E0
Evidence expertMapping(std::string source, std::string scope);  // E1
enum class Score : std::uint8_t { minimal, partial, significant };
std::optional<Score> scoreOfWord(std::string_view word);
// E2: bands that this project declares, so wide that no two are disjoint. On public data the scores did not
// order measured rates (rank correlation -0.19 over 90 techniques), so bands that ranked would claim more
// than is known.
Interval bandOf(Score score);
Evidence expertScores(std::string source, std::string scope, const std::vector<Score>& scores);
// E3: `p10`, `p90` over products; an upper bound from a lab.
Evidence labTrial(std::string source, std::string scope, double p10, double p90);
// E4: half of the lower end and half of the way to 1 from the upper: another organisation than the one that
// was measured. A vendor's own figure keeps no lower end.
Evidence fieldOutcome(std::string source, std::string scope, Interval published, bool vendorsOwn);
// E5: Jeffreys' interval; counts until kOwnTrialsHold days after `date`.
//
// 365 days: ATT&CK and rule sets are renewed twice a year, and a year is the longest that a penetration test
// may be old where one is prescribed (PCI DSS 4.0, 11.4). A trial of last year was made against other
// techniques, other rules and another network.
inline constexpr int kOwnTrialsHold = 365;
Evidence ownTrials(std::string source, std::string scope, std::uint64_t stopped, std::uint64_t trials,
                   std::string date);

// `days` after `date`; "" where that is no day.
std::string dayAfter(std::string_view date, int days);

struct Effectiveness {
  Currency currency = Currency::stopped;
  std::optional<Grade> grade;  // none: nobody says anything about the pair
  // A verdict, not a grade: the claims (ids) that hold here under printed assumptions, and take the step
  // away.
  std::vector<std::string> proven;
  std::optional<Interval> interval;  // where it is deployed; none where the currency is no probability
  bool upperBound = false;
  bool conflict = false;           // statements of the grade that do not meet; `from` has them
  std::vector<Evidence> from;      // what the interval rests on: all of one grade
  std::vector<Evidence> replaced;  // of lower grades
  std::vector<Evidence> setAside;  // expired, of the future, or in another currency; the note says which

  // Grades E0 and E1 say that something applies and never how well.
  bool ranks() const { return grade && *grade >= Grade::e2 && interval.has_value(); }
  bool operator==(const Effectiveness&) const = default;
};

// `today`: ISO 8601; "" means that nothing expires. Own trials count whole chains (the step was stopped), so
// they may settle a technique that is otherwise measured by its alerts; the result's currency is then
// `stopped`.
Effectiveness settle(std::vector<Evidence> all, Currency currency, const std::string& today);

enum class Order : std::uint8_t { above, below, notDistinguishable };
// above: every value that a may have is greater than every value that b may have, and a's grade may say so:
// E0 and E1 never rank, E2 never ranks above E3 or higher, and E3, an upper bound, only above E3 and lower.
Order compare(const Effectiveness& a, const Effectiveness& b);
// By index: how many rank above it. All 0: not distinguishable from this evidence.
std::vector<std::size_t> rankedAbove(const std::vector<Effectiveness>& all);

// What makes a Deceive technique worth having: whoever touches a decoy has no business there, so its alerts
// are looked at first and hardly any is false. Declared by this project: no trial of it is known.
struct Deception {
  Interval falsePositiveShare{0, 0.05};
  Interval alertsPerDay{0, 1};  // a decoy; scanners and backups that were not told of it touch it, too
};
Deception deception();

}  // namespace vauban::measure
