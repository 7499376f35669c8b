// What could be built next in a model: patterns and single countermeasures at the places where they would
// change something, and flows that an architect's own claim says should not be there.
//
// A candidate is a change of the model's tree and what it costs; whether it is worth anything is found by
// judging the changed design (design.h). Values; pure functions. Unit: person-days.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/catalogue_evidence.h"
#include "plan/apply.h"
#include "plan/effect.h"
#include "plan/selection.h"

namespace vauban::plan {

struct Candidate {
  enum class Kind : std::uint8_t { pattern, single, withdrawal };
  Kind kind = Kind::pattern;
  std::string id;                    // "dns-multi-zone@hq-lan"; the plan's name of it, unique
  std::optional<PatternId> pattern;  // none: a withdrawal
  Members members;
  std::size_t flow = 0;  // of a withdrawal: its position in the model's list of flows
  std::string title;     // for people
  std::vector<Effort> effort;
  std::string accountable;
  std::vector<std::string> d3fend;
  std::vector<std::pair<catalog::Framework, std::string>> standards;
  unsigned maturity = 1;
  std::vector<std::vector<std::uint32_t>> needs;  // of each group one, as positions in the list
  std::vector<std::uint32_t> excludes;
  bool mixed = false;   // what it states may open something, besides what it permits and brings
  bool brings = false;  // hosts or conditions
  bool opens = false;   // and `reopens`: see selection.h
  std::vector<std::uint32_t> reopens;

  double days() const;
};
std::string_view word(Candidate::Kind kind);

struct CandidateScope {
  bool patterns = true, singles = true, withdrawals = true;
  // D3FEND tactics of which one must be of what a candidate deploys; empty: any. More analysts count as
  // Detect. And those of which none may be.
  std::vector<std::string> tactics, withoutTactics;
  const measure::CatalogueEvidence* evidence = nullptr;  // for the two lists
  unsigned maturity = 3;                                 // not above
  std::size_t placesOfEach = 200;  // of one pattern; more are left out, which `complete` says
};

struct Candidates {
  std::vector<Candidate> all;  // patterns, singles, withdrawals; each sorted by id
  bool complete = true;
};

// The model's claims that are broken by one hop over a rule of the flow matrix, and what follows once that is
// gone: positions of those rules. `judging` as for effectOf.
Result<std::vector<std::size_t>> unwantedFlows(const ModelTree& tree, const Judging& judging);

// What fits the model as it is. A pattern's dependency is met by what is deployed or already stated there;
// else one of its candidates must come along, of the same place where the two speak of the same member.
Candidates candidatesOf(const ModelTree& tree, const PatternPlaces& places, const PatternCatalogue& patterns,
                        const CandidateScope& scope, const std::vector<std::size_t>& unwanted);

}  // namespace vauban::plan
