// Any bytes as a ruleset that nft listed: a program, or a refusal with places; and the same answer the second
// time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "import/nft_json.h"

namespace {

using namespace vauban;

// What filter_program.h promises: jumps lead to chains and never back, sets are in their normal form, places
// lie in the file.
void checkProgram(const model::FilterProgram& program, std::size_t lines) {
  const std::size_t chains = program.chains.size();
  VAUBAN_CHECK(program.entry.index() < chains);
  VAUBAN_CHECK(program.chains[program.entry.index()].policy.has_value());
  VAUBAN_CHECK(!program.prerouting || program.prerouting->index() < chains);
  VAUBAN_CHECK(!program.postrouting || program.postrouting->index() < chains);
  VAUBAN_CHECK(!program.families.empty());
  for (const model::Chain& chain : program.chains) {
    for (const model::FilterRule& rule : chain.rules) {
      VAUBAN_CHECK(rule.source.Validate());
      VAUBAN_CHECK(rule.destination.Validate());
      VAUBAN_CHECK(rule.services.Validate());
      VAUBAN_CHECK(rule.place.line >= 1 && rule.place.line <= lines);
      const bool jumps = rule.action == model::Action::jump || rule.action == model::Action::goTo;
      VAUBAN_CHECK(!jumps || rule.chain.index() < chains);
    }
  }
  for (const model::Widening& widening : program.widenings) {
    VAUBAN_CHECK(!widening.reason.empty());
    VAUBAN_CHECK(widening.place.line <= lines);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const auto state : {import::FlowState::opening, import::FlowState::related}) {
    import::NftJsonOptions options;
    options.state = state;
    options.bridge = size % 7 == 0;
    options.hook = size % 3 == 0 ? "input" : "forward";
    const auto first = import::importNftJson("nft.json", text, options);
    const auto second = import::importNftJson("nft.json", text, options);
    VAUBAN_CHECK(first.has_value() == second.has_value());
    if (first) {
      checkProgram(*first, lines);
      VAUBAN_CHECK(first->widenings.size() == second->widenings.size());
    } else {
      VAUBAN_CHECK(first.error() == second.error());
      VAUBAN_CHECK(hasErrors(first.error()));
      for (const Diagnostic& diagnostic : first.error()) VAUBAN_CHECK(diagnostic.place.line <= lines);
    }
  }
  return 0;
}
