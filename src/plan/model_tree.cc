#include "plan/model_tree.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "model/model_files.h"
#include "model/model_reader.h"
#include "model/model_reading.h"
#include "plan/yaml_editing.h"

namespace vauban::plan {
namespace {

namespace yaml = model::yaml;

// In the order in which people look for them; what is missing here comes last. Files that are merged come in
// the order of their names, which says nothing.
constexpr std::array<std::string_view, 22> kSections{
    "vauban",  "name",        "zones",       "conditions",      "services",   "hosts",
    "flows",   "enforcement", "links",       "unlisted",        "devices",    "fails-with",
    "assets",  "credentials", "accounts",    "countermeasures", "operations", "evidence",
    "threats", "budget",      "accountable", "claims"};

yaml::NodePtr inOrder(const yaml::NodePtr& root) {
  std::vector<std::size_t> entries;
  for (std::size_t i = 0; i < root->size(); ++i)
    if (root->key(i).text() != "include") entries.push_back(i);
  std::ranges::stable_sort(entries, {}, [&](std::size_t i) {
    return std::ranges::find(kSections, std::string_view(root->key(i).text())) - kSections.begin();
  });
  yaml::Parts parts = root->parts();
  parts.children.clear();
  for (const std::size_t i : entries) {
    parts.children.push_back(root->children()[2 * i]);
    parts.children.push_back(root->children()[2 * i + 1]);
  }
  return std::make_shared<const yaml::Node>(std::move(parts));
}

Result<yaml::NodePtr> rootOf(const model::ModelFiles& files, model::NodeReader& reader,
                             const std::string& path) {
  auto diagnostics = reader.finish();
  if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
  if (files.root == nullptr || !files.root->isMapping())
    return failure({Severity::error, {path, 1, 1}, 0, "this is no model", "vauban: 1", {}});
  return inOrder(files.root);
}

}  // namespace

Result<ModelTree> ModelTree::read(const std::string& path) {
  const model::ReadLimits limits;
  model::NodeReader reader(limits.diagnostics);
  const auto files = model::readModelFiles(path, limits, reader);
  auto root = rootOf(files, reader, path);
  if (!root) return std::unexpected(root.error());
  ModelTree tree;
  tree.path_ = path;
  tree.folder_ = files.folder;
  tree.root_ = std::move(*root);
  return tree;
}

Result<ModelTree> ModelTree::ofText(const std::string& name, const std::string& text) {
  const model::ReadLimits limits;
  model::NodeReader reader(limits.diagnostics);
  const auto files = model::readModelMemory(name, text, limits, reader);
  auto root = rootOf(files, reader, name);
  if (!root) return std::unexpected(root.error());
  ModelTree tree;
  tree.path_ = name;
  tree.root_ = std::move(*root);
  return tree;
}

ModelTree ModelTree::with(const yaml::NodePtr& root) const {
  ModelTree changed = *this;
  changed.root_ = inOrder(root);
  return changed;
}

std::vector<std::string> ModelTree::ruleFiles() const {
  std::vector<std::string> files;
  const yaml::NodePtr links = yaml_editing::at(root_, "links");
  for (std::size_t i = 0; links != nullptr && links->isSequence() && i < links->size(); ++i) {
    const yaml::NodePtr rules = yaml_editing::at(links->children()[i], "rules");
    for (const std::string_view kind : model::ruleKinds())
      if (const yaml::NodePtr file = yaml_editing::at(rules, kind); file != nullptr && file->isText())
        files.push_back(file->text());
  }
  return files;
}

std::string ModelTree::toYaml() const { return yaml_editing::toYaml(*root_); }

Result<model::Model> ModelTree::model(const model::BehaviourCatalogue& behaviours, const std::string& label,
                                      const RuleLoader& loadRules) const {
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours;
  auto read = model::readModelText(label, toYaml(), vocabulary);
  if (!read) return read;
  read->file = path_;
  for (model::Link& link : read->links) {
    if (!link.rules) continue;
    link.rules->file = (std::filesystem::path(folder_) / link.rules->file).lexically_normal().string();
  }
  if (loadRules) {
    Diagnostics problems = loadRules(*read);
    if (hasErrors(problems)) return std::unexpected(std::move(problems));
    read->warnings.insert(read->warnings.end(), problems.begin(), problems.end());
  }
  return read;
}

}  // namespace vauban::plan
