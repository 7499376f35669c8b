// What experts have joined to the subject: crosswalks, ATT&CK's mitigations and D3FEND's relations to them,
// in one step and in two. All of it is of grade E1: it says that two things belong together, not what they
// do.
//
// In two steps the middle is something that defends or prescribes; never an attack technique or an analytic,
// through which everything would be joined to everything.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "catalog/explain_context.h"

namespace vauban::catalog {

struct CrosswalkEnd {
  Framework framework{};
  std::string id;
  auto operator<=>(const CrosswalkEnd&) const = default;
};

struct ExpertLinks {
  std::vector<LinkGroup> direct;    // one group a framework, mitigations apart
  std::vector<LinkGroup> twoSteps;  // one group a framework
};

// `ends`: the ids under which the subject is known, its own first; links found under another say so.
ExpertLinks expertLinks(ExplainContext& context, const std::vector<CrosswalkEnd>& ends);

}  // namespace vauban::catalog
