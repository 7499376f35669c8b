// Any bytes as a knowledge pack: a catalogue that can be written and read again, or a refusal with places;
// and the same answer the second time. Files are told apart by lines `=== NAME`.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/pack.h"

namespace {

using namespace vauban;
using namespace vauban::catalog;

std::vector<PackFile> filesOf(std::string_view input) {
  std::vector<PackFile> files;
  constexpr std::string_view mark = "=== ";
  while (!input.empty()) {
    std::string_view name = "first.tsv";
    if (input.starts_with(mark)) {
      const std::size_t end = std::min(input.find('\n'), input.size() - 1);
      name = input.substr(mark.size(), end - std::min(end, mark.size()));
      input.remove_prefix(end + 1);
    }
    std::size_t next = input.find("\n=== ");
    next = next == std::string_view::npos ? input.size() : next + 1;
    files.emplace_back(name, input.substr(0, next));
    input.remove_prefix(next);
  }
  return files;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = filesOf({reinterpret_cast<const char*>(data), size});
  for (const ForeignIds foreign : {ForeignIds::refuse, ForeignIds::keep}) {
    const PackOptions options = {.foreignIds = foreign};
    const auto first = readPack(files, options);
    const auto second = readPack(files, options);
    VAUBAN_CHECK(first.has_value() == second.has_value());
    if (!first) {
      VAUBAN_CHECK(first.error() == second.error());
      VAUBAN_CHECK(hasErrors(first.error()));
      VAUBAN_CHECK(first.error().size() <= options.table.errors + 1);
      continue;
    }
    VAUBAN_CHECK(*first == *second);
    const auto written = writePack(*first);
    const auto again = readPack(std::vector<PackFile>(written.begin(), written.end()), options);
    VAUBAN_CHECK(again.has_value());
    VAUBAN_CHECK(*again == *first);
    VAUBAN_CHECK(writePack(*again) == written);
  }
  return 0;
}
