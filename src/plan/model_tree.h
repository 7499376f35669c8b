// A model as the tree of its file: what patterns change, and what is written out again.
//
// Files of a folder and includes are merged into one (model/model_files.h), so the text of a tree stands
// alone, save for the rule files that its links name: those stay where they are, seen from the folder of the
// original. Comments and layout are not kept (docs/decisions/0030-pattern-output.md). A value; copies share
// their nodes. Any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/behaviour.h"
#include "model/model.h"
#include "model/yaml.h"

namespace vauban::plan {

// Fills Model::linkPrograms from the rule files: import::loadRules. This room does not know importers.
using RuleLoader = std::function<Diagnostics(model::Model&)>;

class ModelTree {
 public:
  // `path`: a model file, or a folder of them. Only what keeps the files from being read is reported; what
  // the model means is judged by model().
  static Result<ModelTree> read(const std::string& path);
  static Result<ModelTree> ofText(const std::string& name, const std::string& text);

  const model::yaml::NodePtr& root() const { return root_; }
  const std::string& path() const { return path_; }
  ModelTree with(const model::yaml::NodePtr& root) const;
  // The rule files of its links, as the model names them: seen from the folder of the original.
  std::vector<std::string> ruleFiles() const;
  const std::string& folder() const { return folder_; }

  std::string toYaml() const;
  // The checked model of toYaml(): places are lines of that text, in a file called `label`.
  Result<model::Model> model(const model::BehaviourCatalogue& behaviours, const std::string& label,
                             const RuleLoader& loadRules = {}) const;

 private:
  std::string path_, folder_;  // as given; where rule files are looked for
  model::yaml::NodePtr root_;
};

}  // namespace vauban::plan
