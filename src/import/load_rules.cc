#include "import/load_rules.h"

#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <map>
#include <tuple>

#include "import/csv.h"
#include "import/iptables.h"
#include "import/nft_json.h"
#include "import/rule_file.h"

namespace vauban::import {
namespace {

namespace fs = std::filesystem;

class Loader {
 public:
  explicit Loader(const model::Model& model) {
    std::error_code error;
    const fs::path file(model.file);
    const bool isFolder = fs::is_directory(file, error);
    const fs::path folder = isFolder ? file : file.parent_path();
    folder_ = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
  }

  std::optional<model::FilterProgram> program(const model::RuleSource& source) {
    if (source.kind != "iptables" && source.kind != "csv" && source.kind != "nft-json") {
      problems_.push_back({Severity::error,
                           source.place,
                           0,
                           fmt::format("rules of kind '{}' are not read by this version", source.kind),
                           "iptables, nft-json or csv",
                           {}});
      return std::nullopt;
    }
    auto [entry, fresh] = programs_.try_emplace({source.kind, source.file, source.chain, source.columns});
    if (fresh) {
      if (const std::string* text = textOf(source)) {
        auto read = imported(source, *text);
        if (read) {
          entry->second = std::move(*read);
        } else {
          std::ranges::move(read.error(), std::back_inserter(problems_));
        }
      }
    }
    return entry->second;
  }

  Diagnostics takeProblems() {
    sortDiagnostics(problems_);
    return std::move(problems_);
  }

 private:
  static Result<model::FilterProgram> imported(const model::RuleSource& source, const std::string& text) {
    if (source.kind == "csv") return importCsv(source.file, text, source.columns);
    if (source.kind == "nft-json") {
      NftJsonOptions options;
      options.hook = source.chain;
      return importNftJson(source.file, text, options);
    }
    IptablesOptions options;
    options.chain = source.chain;
    return importIptables(source.file, text, options);
  }

  const std::string* textOf(const model::RuleSource& source) {
    const auto [entry, fresh] = texts_.try_emplace(source.file);
    if (!fresh) return entry->second ? &*entry->second : nullptr;
    std::error_code error;
    const fs::path real = fs::weakly_canonical(source.file, error);
    const fs::path relative = real.lexically_relative(folder_);
    if (error || folder_.empty() || relative.empty() || *relative.begin() == "..") {
      problems_.push_back({Severity::error,
                           source.place,
                           0,
                           fmt::format("the rule file {} lies outside of the model's folder", source.file),
                           "a file beside the model or below its folder",
                           {}});
      return nullptr;
    }
    constexpr std::size_t kMostBytes = 64U << 20U;
    auto text = readRuleFile(source.file, kMostBytes, source.place);
    if (!text) {
      std::ranges::move(text.error(), std::back_inserter(problems_));
      return nullptr;
    }
    entry->second = std::move(*text);
    return &*entry->second;
  }

  fs::path folder_;
  std::map<std::string, std::optional<std::string>> texts_;
  std::map<std::tuple<std::string, std::string, std::string, std::map<std::string, std::string>>,
           std::optional<model::FilterProgram>>
      programs_;
  Diagnostics problems_;
};

}  // namespace

Diagnostics loadRules(model::Model& model) {
  Loader loader(model);
  model.linkPrograms.assign(model.links.size(), std::nullopt);
  for (std::size_t link = 0; link < model.links.size(); ++link) {
    if (const auto& source = model.links[link].rules) model.linkPrograms[link] = loader.program(*source);
  }
  return loader.takeProblems();
}

}  // namespace vauban::import
