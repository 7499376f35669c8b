// Any bytes as a rule file of iptables: a program, or a refusal with places; and the same answer the second
// time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "fuzz/check_program.h"
#include "import/iptables.h"

namespace {

using namespace vauban;

using fuzz::checkProgram;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const char* chain : {"FORWARD", "INPUT"}) {
    import::IptablesOptions options;
    options.chain = chain;
    const auto first = import::importIptables("rules.v4", text, options);
    const auto second = import::importIptables("rules.v4", text, options);
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
