// A pattern put into a model: the changed tree, and every statement that is new in it.
//
// Nothing is judged here (effect.h does). What the model states already is left as it is, so that applying a
// pattern twice changes nothing the second time. What is raised is never lowered: a stricter statement stays.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plan/fits.h"
#include "plan/model_tree.h"
#include "plan/pattern.h"

namespace vauban::plan {

struct Statement {
  std::string where;  // "hosts.dns-int.services.dns"
  std::string text;   // "decides: before-recursing"
  std::string was;    // what stood there; "" where nothing did
};

struct Applied {
  ModelTree tree;  // with the pattern, its guarantees and its entry under `countermeasures`
  std::vector<Statement>
      statements;  // changes of the architecture, in the pattern's order; empty: it is there
  std::vector<std::string> guarantees;  // ids of claims, as they stand in the tree
  std::vector<std::string> newHosts;    // which a claim about the model before cannot name
};

// Permissions, and the hosts and conditions they speak of, may open ways; all else of most patterns only
// shuts some. A pattern without the ones, or they alone, is no design, but a bound for designs
// (docs/decisions/0031-plan-selection.md).
enum class Parts : std::uint8_t { all, closing, opening };

// `places` is of the model of `tree`. `members` as complete() or fits() gives them. Errors: a name that the
// pattern adds is taken; a zone has no free address.
Result<Applied> applyPattern(const ModelTree& tree, const PatternPlaces& places, const Pattern& pattern,
                             const Members& members, Parts parts = Parts::all);

// The places that a pattern fits and would change something: candidates of a plan. `most` bounds those looked
// at.
Fits changingFits(const ModelTree& tree, const PatternPlaces& places, const Pattern& pattern,
                  std::size_t most = 1000);

}  // namespace vauban::plan
