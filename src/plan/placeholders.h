// "$member" and "${member}" in the values of a pattern, and what they stand for in a model.
//
// Values and pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/yaml.h"

namespace vauban::plan {

// What each member of a pattern is in a model: names, at least one but for `names`. Sorted by the order in
// which they were chosen.
using Members = std::map<std::string, std::vector<std::string>>;

// The members that a value names, in the order of the text; mapping keys are not looked at.
std::vector<std::string> placeholdersIn(const model::yaml::Node& node);

// The value with members in their places. A text that is one placeholder becomes the name, or a list where
// there are not exactly one, and always a list where `lists` has the member; an item of a list becomes as
// many items. In a longer text the names are joined by '-'. What is not in `members` stays.
model::yaml::NodePtr filledIn(const model::yaml::NodePtr& node, const Members& members,
                              const std::vector<std::string>& lists = {});
std::string filledIn(const std::string& text, const Members& members);

}  // namespace vauban::plan
