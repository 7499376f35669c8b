// vauban-explore: random small architectures, judged by the solver and by exploring concrete messages.
//
//   vauban-explore --seed S --count N [--jobs J] [--coverage]    exit 1 where a verdict differs
//   vauban-explore --dump SEED                                   the model of a seed
//   vauban-explore FILE...                                       the same for given models
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/explore_comparison.h"
#include "tests/support/random_architecture.h"

namespace vauban::tests {
namespace {

struct Totals {
  std::map<std::string, std::uint64_t> verdicts;  // of the explorer
  std::uint64_t differ = 0, better = 0, skipped = 0, refused = 0;
  double explorerMs = 0, solverMs = 0;
};

void show(const std::string& title, const ComparedClaim& claim) {
  std::cout << title << " claim " << claim.id << ": solver " << channel::toString(claim.solver)
            << ", explorer " << toString(*claim.explored.verdict) << "\n"
            << claim.explored.text << claim.solverText << "\n";
}

void compare(const std::string& title, const model::Model& model, const model::BehaviourCatalogue& behaviours,
             Totals& totals, bool verbose) {
  for (const ComparedClaim& claim : compareClaims(model, behaviours)) {
    if (!claim.explored.verdict) {
      ++totals.skipped;
      if (verbose)
        std::cout << title << " claim " << claim.id << ": skipped: " << claim.explored.text << "\n";
      continue;
    }
    ++totals.verdicts[toString(*claim.explored.verdict)];
    totals.explorerMs += claim.explorerMs;
    totals.solverMs += claim.solverMs;
    if (verbose && claim.agree())
      std::cout << title << " claim " << claim.id << ": " << toString(*claim.explored.verdict) << "\n"
                << claim.explored.text;
    if (claim.agree()) continue;
    ++totals.differ;
    if (claim.solverIsBetter()) ++totals.better;
    show(title, claim);
  }
}

std::string inWords(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics)
    text += diagnostic.place.toString() + ": " + diagnostic.message + "\n";
  return text;
}

int run(std::uint64_t seed, std::uint64_t count, bool coverage, const model::BehaviourCatalogue& behaviours) {
  Totals totals;
  ArchitectureCoverage drawn;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t s = seed; s < seed + count; ++s) {
    const std::string text = randomArchitecture(s, behaviours, &drawn);
    const auto model = readTextForComparison("seed-" + std::to_string(s), text, behaviours);
    if (!model) {
      ++totals.refused;
      std::cout << "seed " << s << " is no valid model:\n" << inWords(model.error());
      continue;
    }
    compare("seed " + std::to_string(s), *model, behaviours, totals, false);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << "seeds " << seed << ".." << seed + count - 1 << ": ";
  for (const auto& [verdict, times] : totals.verdicts) std::cout << times << " " << verdict << ", ";
  std::cout << totals.skipped << " skipped, " << totals.refused << " refused, " << totals.differ
            << " differ (" << totals.better << " where the solver says better); "
            << took.count() * 1000 / static_cast<double>(count) << " ms a model: explorer "
            << totals.explorerMs / static_cast<double>(count) << ", solver "
            << totals.solverMs / static_cast<double>(count) << "\n";
  if (coverage) std::cout << drawn.toString(behaviours);
  return totals.differ == 0 && totals.refused == 0 ? 0 : 1;
}

int main(std::vector<std::string> words) {
  std::uint64_t seed = 1, count = 100, jobs = 1;
  bool coverage = false;
  std::vector<std::string> files;
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return 2;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool more = i + 1 < words.size();
    if (words[i] == "--seed" && more) {
      seed = std::stoull(words[++i]);
    } else if (words[i] == "--count" && more) {
      count = std::stoull(words[++i]);
    } else if (words[i] == "--jobs" && more) {
      jobs = std::max<std::uint64_t>(1, std::stoull(words[++i]));
    } else if (words[i] == "--coverage") {
      coverage = true;
    } else if (words[i] == "--dump" && more) {
      std::cout << randomArchitecture(std::stoull(words[++i]), *behaviours, nullptr);
      return 0;
    } else if (words[i].starts_with("--")) {
      std::cerr << "vauban-explore --seed S --count N [--jobs J] [--coverage] | --dump SEED | FILE...\n";
      return 2;
    } else {
      files.push_back(words[i]);
    }
  }
  if (!files.empty()) {
    Totals totals;
    for (const auto& file : files) {
      const auto model = readForComparison(file, *behaviours);
      if (!model) {
        std::cout << file << ": " << inWords(model.error());
        continue;
      }
      compare(file, *model, *behaviours, totals, true);
    }
    std::cout << totals.differ << " differ\n";
    return totals.differ == 0 ? 0 : 1;
  }
  // Processes, not threads: sets are interned for good, and each process forgets its own.
  std::vector<pid_t> children;
  const std::uint64_t share = (count + jobs - 1) / jobs;
  for (std::uint64_t j = 1; j < jobs && j * share < count; ++j) {
    std::cout.flush();
    const pid_t child = fork();
    if (child == 0) {
      const int status = run(seed + j * share, std::min(share, count - j * share), coverage, *behaviours);
      std::cout.flush();
      _exit(status);
    }
    children.push_back(child);
  }
  int status = run(seed, std::min(share, count), coverage, *behaviours);
  for (const pid_t child : children) {
    int ended = 0;
    waitpid(child, &ended, 0);
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) status = 1;
  }
  return status;
}

}  // namespace
}  // namespace vauban::tests

int main(int argc, char** argv) {
  return vauban::tests::main(std::vector<std::string>(argv + 1, argv + argc));
}
