#include "model/model_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace vauban::model {
namespace {

namespace fs = std::filesystem;

class FilesReader {
 public:
  FilesReader(const ReadLimits& limits, NodeReader& reader) : limits_(limits), reader_(reader) {}

  void readPath(const std::string& path);
  void parse(const std::string& name, const std::string& text, bool includes);
  ModelFiles merged();

 private:
  void problem(const std::string& file, std::string message) {
    reader_.add({Severity::error, {file, 0, 0}, 0, std::move(message), {}, {}});
  }
  void readFile(const fs::path& path, const yaml::Node* includedBy);
  std::optional<std::string> contentOf(const fs::path& path, const yaml::Node* includedBy);
  void refuse(const fs::path& path, const yaml::Node* includedBy, std::string message) {
    if (includedBy != nullptr) {
      reader_.error(*includedBy, fmt::format("'{}' {}", includedBy->text(), message));
    } else {
      problem(path.string(), std::move(message));
    }
  }
  bool isInFolder(const fs::path& real) const {
    const auto [end, rest] = std::ranges::mismatch(realFolder_, real);
    return end == realFolder_.end();
  }

  const ReadLimits& limits_;
  NodeReader& reader_;
  fs::path folder_, realFolder_;
  std::vector<yaml::NodePtr> roots_;
  std::set<fs::path> seen_;
  std::vector<std::string> tried_;
  std::size_t files_ = 0, bytes_ = 0, nodes_ = 0, aliases_ = 0;
};

std::optional<std::string> FilesReader::contentOf(const fs::path& path, const yaml::Node* includedBy) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    refuse(path, includedBy, "does not exist");
    return std::nullopt;
  }
  if (!fs::is_regular_file(status)) {  // a pipe or a device could keep us for ever
    refuse(path, includedBy, "is not a file");
    return std::nullopt;
  }
  std::ifstream stream(path, std::ios::binary);
  std::string content;
  // One byte more than allowed shows that there is more, whatever the size was said to be.
  const std::size_t most =
      std::min(limits_.fileBytes, limits_.totalBytes - std::min(bytes_, limits_.totalBytes));
  std::vector<char> block(1U << 16U);
  while (stream && content.size() <= most) {
    stream.read(block.data(),
                static_cast<std::streamsize>(std::min(block.size(), most + 1 - content.size())));
    content.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (content.size() > most) {
    refuse(path, includedBy,
           most == limits_.fileBytes
               ? fmt::format("is larger than {} bytes", limits_.fileBytes)
               : fmt::format("makes the model larger than {} bytes", limits_.totalBytes));
    return std::nullopt;
  }
  if (!stream.eof()) {
    refuse(path, includedBy, "cannot be read");
    return std::nullopt;
  }
  bytes_ += content.size();
  return content;
}

void FilesReader::readFile(const fs::path& path, const yaml::Node* includedBy) {
  tried_.push_back(path.string());
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error || !isInFolder(real)) {
    return refuse(path, includedBy, "lies outside of the model's folder");
  }
  if (!seen_.insert(real).second) return;
  if (++files_ > limits_.files) {
    if (files_ == limits_.files + 1)
      refuse(path, includedBy, fmt::format("is one file more than {}", limits_.files));
    return;
  }
  const auto content = contentOf(real, includedBy);
  if (content) parse(path.string(), *content, true);
}

void FilesReader::parse(const std::string& name, const std::string& text, bool includes) {
  yaml::Limits limits;
  limits.bytes = limits_.fileBytes;
  limits.depth = limits_.depth;
  limits.aliases = limits_.aliases - std::min(limits_.aliases, aliases_);
  limits.nodes = limits_.nodes - std::min(limits_.nodes, nodes_);
  limits.diagnostics = limits_.diagnostics;
  auto document = yaml::parse(name, text, limits);
  const bool silent = document.diagnostics.empty();
  for (auto& diagnostic : document.diagnostics) reader_.add(std::move(diagnostic));
  if (document.root == nullptr || document.root->kind() == yaml::Kind::null) {
    if (silent) reader_.add({Severity::error, {name, 1, 1}, 0, "the file is empty", "vauban: 1", {}});
    return;
  }
  aliases_ += document.aliases;
  nodes_ += document.root->weight();
  if (!document.root->isMapping()) {
    reader_.error(*document.root, "a model is a mapping", "vauban: 1");
    return;
  }
  roots_.push_back(document.root);
  const auto* include = document.root->find("include");
  if (include == nullptr) return;
  if (!includes) {
    reader_.error(*include, "a model in memory cannot include files");
    return;
  }
  for (const auto* item : reader_.oneOrMany(*include)) {
    const auto file = reader_.text(*item);
    if (!file) continue;
    // Relative to the file that says so.
    readFile((fs::path(name).parent_path() / *file).lexically_normal(), item);
  }
}

void FilesReader::readPath(const std::string& path) {
  std::error_code error;
  const bool isFolder = fs::is_directory(path, error);
  folder_ = isFolder ? fs::path(path) : fs::path(path).parent_path();
  realFolder_ = fs::canonical(folder_.empty() ? fs::path(".") : folder_, error);
  if (error) return problem(path, "does not exist");
  if (!isFolder) {
    // The file that was asked for may be a link to anywhere: its own folder is where it leads.
    const auto real = fs::canonical(path, error);
    if (error) return problem(path, "does not exist");
    if (!isInFolder(real)) {
      realFolder_ = real.parent_path();
    }
    return readFile(path, nullptr);
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    const auto extension = entry->path().extension();
    if (extension == ".yaml" || extension == ".yml") files.push_back(entry->path());
  }
  if (error) return problem(path, "cannot be read");
  if (files.empty()) return problem(path, "holds no *.yaml file");
  std::ranges::sort(files, {}, [](const fs::path& file) { return file.filename().string(); });
  for (const auto& file : files) readFile(file, nullptr);
}

ModelFiles FilesReader::merged() {
  ModelFiles files;
  files.folder = folder_.string();
  files.tried = std::move(tried_);
  if (roots_.size() <= 1) {
    if (!roots_.empty()) files.root = roots_.front();
    return files;
  }
  yaml::Parts all = roots_.front()->parts();
  all.children.clear();
  std::map<std::string, std::size_t> sections;               // key -> index of its value in `all.children`
  std::map<std::string, std::map<std::string, Place>> keys;  // of mappings: key -> where
  for (const auto& root : roots_) {
    for (std::size_t i = 0; i < root->size(); ++i) {
      const auto& key = root->children()[2 * i];
      const auto& value = root->children()[2 * i + 1];
      const auto [section, isNew] = sections.emplace(key->text(), all.children.size() + 1);
      if (isNew) {
        all.children.push_back(key);
        all.children.push_back(value);
        for (std::size_t k = 0; value->isMapping() && k < value->size(); ++k) {
          keys[key->text()].emplace(value->key(k).text(), value->key(k).place());
        }
        continue;
      }
      auto& before = all.children[section->second];
      const bool joined = before->kind() == value->kind() && (value->isMapping() || value->isSequence());
      if (!joined) {
        const bool repeats = key->text() == "vauban" && before->text() == value->text();
        if (!repeats && key->text() != "include") {
          reader_.error(*key, fmt::format("'{}' is also at {}", key->text(), before->place().toString()));
        }
        continue;
      }
      yaml::Parts parts = before->parts();
      for (std::size_t k = 0; k < value->size(); ++k) {
        if (value->isSequence()) {
          parts.children.push_back(value->children()[k]);
          continue;
        }
        const auto& name = value->key(k);
        const auto [first, isFirst] = keys[key->text()].emplace(name.text(), name.place());
        if (!isFirst) {
          reader_.error(name, fmt::format("'{}' is also at {}", name.text(), first->second.toString()));
          continue;
        }
        parts.children.push_back(value->children()[2 * k]);
        parts.children.push_back(value->children()[2 * k + 1]);
      }
      before = std::make_shared<const yaml::Node>(std::move(parts));
    }
  }
  files.root = std::make_shared<const yaml::Node>(std::move(all));
  return files;
}

}  // namespace

ModelFiles readModelFiles(const std::string& path, const ReadLimits& limits, NodeReader& reader) {
  FilesReader files(limits, reader);
  files.readPath(path);
  return files.merged();
}

ModelFiles readModelMemory(const std::string& name, const std::string& text, const ReadLimits& limits,
                           NodeReader& reader) {
  FilesReader files(limits, reader);
  files.parse(name, text, false);
  return files.merged();
}

}  // namespace vauban::model
