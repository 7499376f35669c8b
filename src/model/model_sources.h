// The files that a model is read from: for whoever watches them.
#pragma once

#include <string>
#include <vector>

namespace vauban::model {

// The model file (or the folder and its *.yaml and *.yml files), all it includes, and the rule files that its
// links name; sorted, each once. Files that are missing or wrong are listed too: they are what will be
// mended. What is so wrong that no more can be read ends the list early, never with an error.
std::vector<std::string> modelSources(const std::string& path);

}  // namespace vauban::model
