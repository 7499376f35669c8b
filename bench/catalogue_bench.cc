// What the catalogue costs: official files to tables, the inference, the pack that ships.
// Arguments: D3FEND's Turtle, ATT&CK's STIX bundle (both may be packed with xz); either may be left out.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "catalog/attack_reader.h"
#include "catalog/d3fend_reader.h"
#include "catalog/embedded_pack.h"
#include "catalog/extension.h"
#include "catalog/hierarchy.h"
#include "catalog/inference.h"
#include "catalog/pack.h"
#include "os/whole_file.h"
#include "rdf/parse.h"

namespace {

using namespace vauban;
using namespace vauban::catalog;

double milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

// Of this process, MB: now, and the most so far.
double residentMegabytes() {
  std::ifstream status("/proc/self/statm");
  std::size_t pages = 0, resident = 0;
  status >> pages >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}
double peakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1e3;
}
void printMemory() {
  std::printf("  memory: %.0f MB, at most %.0f MB so far\n", residentMegabytes(), peakMegabytes());
}

struct Spread {
  double least = 0, median = 0, most = 0;  // ms
};
template <class Work>
Spread measured(Work work, int rounds = 21) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    times.push_back(milliseconds(start));
  }
  std::ranges::sort(times);
  return {times.front(), times[times.size() / 2], times.back()};
}

void complain(const Diagnostics& diagnostics) {
  for (const Diagnostic& it : diagnostics)
    std::printf("  %s: %s\n", it.place.toString().c_str(), it.message.c_str());
}

std::optional<std::string> textOf(const char* file) {
  auto text = os::wholeFile(file, 1U << 30U);
  if (text) return std::move(*text);
  complain(text.error());
  return std::nullopt;
}

std::optional<Ontology> loadOntology(const char* file, const std::string& text) {
  D3fendReader reader;
  reader.startFile(file, text);
  const auto triples =
      rdf::parse(text, rdf::Syntax::turtle, file, "", [&](const Triple& triple) { reader.add(triple); });
  if (!triples) complain(triples.error());
  auto ontology = reader.finish();
  if (triples && ontology) return std::move(*ontology);
  if (!ontology) complain(ontology.error());
  return std::nullopt;
}

void timeInference(const Ontology& ontology, const char* what) {
  const Spread hierarchy = measured([&] { const Hierarchy made(ontology); });
  std::printf("%s: hierarchy %.2f ms (least %.2f, most %.2f)\n", what, hierarchy.median, hierarchy.least,
              hierarchy.most);
  const Hierarchy made(ontology);
  const std::vector<Rule> beyond = {Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart,
                                    Rule::protocol};
  for (const View view : {View::direct, View::parent, View::page}) {
    for (const bool all : {false, true}) {
      std::size_t rows = 0;
      const InferenceOptions options{view, all ? beyond : std::vector<Rule>{}, ""};
      const Spread spread = measured([&] { rows = infer(made, options).size(); });
      std::printf("%s: %s%s, %zu rows: %.2f ms (least %.2f, most %.2f)\n", what, word(view).data(),
                  all ? " with all rules" : "", rows, spread.median, spread.least, spread.most);
    }
  }
  std::size_t rows = 0;
  const Spread one = measured([&] { rows = infer(made, {View::page, {}, "T1048"}).size(); });
  std::printf("%s: page of T1048 alone, %zu rows: %.2f ms (least %.2f, most %.2f)\n", what, rows, one.median,
              one.least, one.most);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    std::printf("usage: catalogue_bench D3FEND.ttl [ATTACK.json.xz]; only the shipped pack is timed\n");
  double together = 0;
  std::optional<Ontology> ontology;
  std::optional<Attack> attack;
  if (argc > 1) {
    const auto start = std::chrono::steady_clock::now();
    if (const auto text = textOf(argv[1])) ontology = loadOntology(argv[1], *text);
    together += milliseconds(start);
    if (!ontology) return 1;
    std::printf("D3FEND: %zu classes, %zu relations, from the file in %.0f ms\n", ontology->classes.size(),
                ontology->relations.size(), milliseconds(start));
    printMemory();
  }
  if (argc > 2) {
    const auto start = std::chrono::steady_clock::now();
    if (const auto text = textOf(argv[2])) {
      const double unpacked = milliseconds(start);
      auto read = readAttack(*text, argv[2]);
      if (!read) complain(read.error());
      if (read) attack = std::move(*read);
      std::printf("ATT&CK: unpacked in %.0f ms, read in %.0f ms\n", unpacked, milliseconds(start) - unpacked);
    }
    together += milliseconds(start);
    if (!attack) return 1;
    std::printf("ATT&CK: %zu techniques, from the file in %.0f ms\n", attack->techniques.size(),
                milliseconds(start));
    printMemory();
    std::printf("both from their files: %.0f ms\n", together);
  }
  if (ontology) timeInference(*ontology, "file");

  const auto files = embeddedPack();
  std::size_t bytes = 0;
  for (const auto& [name, text] : files) bytes += text.size();
  auto pack = readPack(files);
  if (!pack) {
    complain(pack.error());
    return 1;
  }
  const Spread spread = measured([&] { pack = readPack(files); });
  std::printf("shipped pack, %zu tables, %.2f MB: %.2f ms (least %.2f, most %.2f)\n", files.size(),
              static_cast<double>(bytes) / 1e6, spread.median, spread.least, spread.most);
  timeInference(pack->ontology, "shipped");
  const Spread extension = measured([&] { const Ontology made = extended(*pack); });
  std::printf("shipped: extension %.2f ms (least %.2f, most %.2f)\n", extension.median, extension.least,
              extension.most);
  printMemory();
  return 0;
}
