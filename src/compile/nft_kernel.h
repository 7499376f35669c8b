// A ruleset loaded by the nft program in a network namespace that lives only as long as that takes, and
// listed again.
//
// The machine's own rules and interfaces are never touched: the child process leaves their namespace before
// it starts nft, and does nothing if it cannot. As root, or where the kernel lets users make user namespaces.
// Safe to call from many threads; each call takes two processes and at most `seconds`.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace vauban::compile {

// Why the ruleset could not be tried: no nft, no namespaces, no time.
struct Unavailable {
  std::string reason;
};
// What nft said about a ruleset that it did not load.
struct Rejected {
  std::string message;
};
// The output of nft -j list ruleset.
struct Listed {
  std::string json;
};
using LoadResult = std::variant<Listed, Rejected, Unavailable>;

LoadResult loadAndList(const std::string& ruleset, std::chrono::seconds seconds = std::chrono::seconds(60));

// The helpers (CompileOptions::kernelHelpers) that this kernel loads; all where none can be tried.
std::vector<std::string> kernelHelpers();

}  // namespace vauban::compile
