// The shipped suffix lists: sequences under `suffixes`, of names or of mappings with a `suffix`.
#include "base/result.h"
#include "channel/embedded_suffixes.h"
#include "channel/trust.h"
#include "model/yaml.h"

namespace vauban::channel {

const SuffixLists& SuffixLists::builtIn() {
  static const SuffixLists lists = [] {
    SuffixLists read;
    for (const auto& [file, text] : embeddedSuffixes()) {
      const auto document = model::yaml::parse(std::string(file), text);
      VAUBAN_CHECK(document.root != nullptr);
      const model::yaml::Node* suffixes = document.root->find("suffixes");
      VAUBAN_CHECK(suffixes != nullptr && suffixes->isSequence());
      auto& list = file.starts_with("public") ? read.publicly : read.shared;
      for (const auto& item : suffixes->children()) {
        const model::yaml::Node* named = item->isMapping() ? item->find("suffix") : item.get();
        VAUBAN_CHECK(named != nullptr);
        auto name = space::normaliseName(named->text());
        VAUBAN_CHECK(name.has_value());
        list.push_back(*name);
      }
    }
    return read;
  }();
  return lists;
}

}  // namespace vauban::channel
