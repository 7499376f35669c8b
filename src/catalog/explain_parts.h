// The parts from which explanations are put together, one function a kind of subject and one a kind of
// evidence. For explain*.cc alone; each adds to what it is handed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/explain_context.h"

namespace vauban::catalog {

void explainAttackTechnique(ExplainContext& context, Explanation& made);
void explainCountermeasure(ExplainContext& context, Explanation& made);
void explainDefensiveTactic(ExplainContext& context, Explanation& made);
void explainClass(ExplainContext& context,
                  Explanation& made);  // artifacts, weaknesses, events, protocols, ...
void explainControl(ExplainContext& context, Explanation& made);  // and groups of controls
void explainMitigation(ExplainContext& context, Explanation& made);
void explainActor(ExplainContext& context, Explanation& made);  // groups, campaigns, software
void explainAttackTactic(ExplainContext& context, Explanation& made);
void explainRole(ExplainContext& context, Explanation& made);
void explainCapability(ExplainContext& context, Explanation& made);  // and analytics

// A line of the head; none where there is no value.
void addLine(Explanation& made, std::string_view key, std::vector<std::string> values);
// A group with links, or with the reason for which there are none; neither: no group.
void addGroup(Explanation& made, LinkGroup group);

// `relation` joins it to a technique of ATT&CK.
Link attackLink(ExplainContext& context, Framework domain, std::string_view id, std::string_view relation,
                bool inverse);
// Likewise to a class of `hierarchy`, whose ontology is the plain or the extended one.
Link classLink(ExplainContext& context, const Hierarchy& hierarchy, ClassId id, std::string_view relation,
               bool inverse);
bool isExtended(ExplainContext& context, const Hierarchy& hierarchy);

// Parents and children; children in groups of what they are, not more than that.
void addOrder(ExplainContext& context, const Hierarchy& hierarchy, ClassId id, Explanation& made);
// What it relates to and what relates to it, as the ontology says; techniques and artifacts of artifacts are
// left to whoever explains artifacts.
void addRelations(ExplainContext& context, const Hierarchy& hierarchy, ClassId id, Explanation& made);

// Scores, trials, rules and use of an attack technique, under any of its ids; gaps name what its parent or
// its sub-techniques have.
void addEvidence(ExplainContext& context, Framework domain, const std::vector<std::string>& ids,
                 Explanation& made);

// "; its parent T1048 does", "; of its sub-techniques T1048.001 and 2 more do"; "" where none `has` it.
std::string relativesWith(const ExplainContext& context, Framework domain, std::string_view id,
                          const std::function<bool(std::string_view)>& has);

// Who answers for the D3FEND tactics of a countermeasure, or for a tactic itself.
void addOwners(ExplainContext& context, const std::vector<std::string>& tactics, Explanation& made);

}  // namespace vauban::catalog
