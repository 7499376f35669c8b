// From the rules of a listed ruleset to the program of one hook; for the files of this room only.
#pragma once

#include <vector>

#include "import/nft_json_rule.h"

namespace vauban::import {

struct ParsedNft {
  const NftRuleset* ruleset = nullptr;
  std::string name;
  std::vector<std::vector<NftRule>> rules;  // by chain of the ruleset
};

// The jumps are free of loops and lead to chains that are there; `hook` is forward, input or output. Says
// what is wrong with too many rules.
model::FilterProgram buildNftProgram(const ParsedNft& parsed, const std::string& hook,
                                     const NftJsonOptions& options, NftProblems& problems);

}  // namespace vauban::import
