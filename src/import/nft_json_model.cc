#include "import/nft_json_model.h"

#include "import/iptables_model.h"
#include "import/nft_json.h"
#include "import/rule_file.h"

namespace vauban::import {

Result<std::string> importedNftModelText(const std::string& path, const std::string& text,
                                         const std::string& hook) {
  NftJsonOptions options;
  options.hook = hook;
  const auto program = importNftJson(path, text, options);
  if (!program) return std::unexpected(program.error());
  return modelAround(*program, path, "nft-json", hook);
}

Result<std::string> importedNftModel(const std::string& path, const std::string& hook) {
  const auto text = readRuleFile(path, NftJsonLimits{}.bytes);
  if (!text) return std::unexpected(text.error());
  return importedNftModelText(path, *text, hook);
}

}  // namespace vauban::import
