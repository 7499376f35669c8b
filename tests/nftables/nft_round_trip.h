// A compiled ruleset through the kernel and back: loaded, listed, read, and held against the matrix.
#pragma once

#include <string>

#include "compile/nftables.h"
#include "compile/proof.h"

namespace vauban::tests {

struct RoundTrip {
  bool tried = false;  // false: no nft or no namespaces here
  bool equal = false;
  std::string message;       // why not
  compile::ReadBack listed;  // once it was listed and read
  std::string json;
};

RoundTrip roundTrip(const model::Model& model, const compile::CompileOptions& options,
                    const compile::Ruleset& ruleset);

}  // namespace vauban::tests
