// The properties of enforcement that hold at a point, gaps resolved; for the files of this room only.
#pragma once

#include <vector>

#include "compile/point_plan.h"

namespace vauban::compile {

// Of the ideal point (`link` unset) or of a link, which may have rules of its own. Adds a note for each key
// that is not stated.
Policy policyOf(const model::Model& model, const CompileOptions& options, std::optional<model::LinkId> link,
                std::vector<Note>& notes);

// A helper of the model as nft objects: the kernel's name, protocol and the port on which it listens.
struct HelperObject {
  const char* name;    // as the model names it
  const char* kernel;  // as nft does
  std::uint8_t protocol;
  std::uint16_t port;
};
// Those of Linux (net/netfilter/nf_conntrack_*.c).
const std::vector<HelperObject>& linuxHelpers();

}  // namespace vauban::compile
