#include "model/model_sources.h"

#include <filesystem>
#include <set>

#include "model/model_files.h"
#include "model/model_reading.h"

namespace vauban::model {

std::vector<std::string> modelSources(const std::string& path) {
  namespace fs = std::filesystem;
  const ReadLimits limits;
  NodeReader reader(limits.diagnostics);
  const ModelFiles files = readModelFiles(path, limits, reader);
  std::set<std::string> names{path};
  names.insert(files.tried.begin(), files.tried.end());
  const yaml::Node* links = files.root != nullptr ? files.root->find("links") : nullptr;
  for (std::size_t i = 0; links != nullptr && links->isSequence() && i < links->size(); ++i) {
    const yaml::Node* rules = links->item(i).find("rules");
    for (const std::string_view kind : ruleKinds()) {
      const yaml::Node* file = rules != nullptr ? rules->find(kind) : nullptr;
      if (file != nullptr && file->isText()) {
        names.insert((fs::path(files.folder) / file->text()).lexically_normal().string());
      }
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace vauban::model
