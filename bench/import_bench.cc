// A real rule file imported, and all its packets to the full class matrix. Arguments: iptables-save files.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "import/iptables.h"
#include "reach/class_matrix.h"

namespace {

double seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) std::printf("usage: import_bench FILE...\n");
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    std::stringstream text;
    text << file.rdbuf();
    auto start = std::chrono::steady_clock::now();
    const auto program = vauban::import::importIptables(argv[i], text.str());
    const double imported = seconds(start);
    if (!program) {
      std::printf("%s: not imported: %s\n", argv[i], program.error().front().message.c_str());
      continue;
    }
    std::size_t rules = 0;
    for (const auto& chain : program->chains) rules += chain.rules.size();
    start = std::chrono::steady_clock::now();
    const auto matrix = vauban::reach::classMatrix(
        *program, program->families.empty() ? vauban::space::Family::ipv4 : program->families.front());
    const double folded = seconds(start);
    std::printf("%zu rules, %zu x %zu classes: import %.3f s, full matrix %.3f s, together %.3f s\n", rules,
                matrix.sources.size(), matrix.destinations.size(), imported, folded, imported + folded);
  }
  return 0;
}
