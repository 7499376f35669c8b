// vauban-attack-facts WORDS SETS random FIRST COUNT | vauban-attack-facts WORDS SETS models MODEL...
// Writes models as attack_facts.h says. WORDS: a file with a name and service words a line. `text FIRST`:
// prints the random model of that seed instead.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "import/load_rules.h"
#include "model/model_reader.h"
#include "model/service_words.h"
#include "tests/attack/attack_facts.h"
#include "tests/attack/random_attack_model.h"

namespace {

using namespace vauban;

int failed(const Diagnostics& problems) {
  for (const auto& problem : problems)
    std::cerr << problem.place.toString() << ": " << problem.message << "\n";
  return 2;
}

int run(const std::vector<std::string>& arguments) {
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return failed(behaviours.error());
  if (arguments.size() == 2 && arguments[0] == "text") {
    std::cout << tests::randomAttackModel(std::stoull(arguments[1]), *behaviours);
    return 0;
  }
  if (arguments.size() < 4) {
    std::cerr << "usage: vauban-attack-facts WORDS SETS random FIRST COUNT | WORDS SETS models MODEL...\n";
    return 2;
  }
  const auto templates = attack::StepTemplates::builtIn();
  if (!templates) return failed(templates.error());
  tests::PacketWords words;
  std::ifstream file(arguments[0]);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name, word;
    fields >> name;
    while (fields >> word) {
      model::WordProblem problem;
      const auto packets = model::serviceOfWord(word, {}, problem);
      if (!packets) {
        std::cerr << word << ": " << problem.message << "\n";
        return 2;
      }
      words[name] |= *packets;
    }
  }
  const auto sets = static_cast<unsigned>(std::stoul(arguments[1]));
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  if (arguments[2] == "random" && arguments.size() == 5) {
    const std::uint64_t first = std::stoull(arguments[3]);
    for (std::uint64_t seed = first; seed < first + std::stoull(arguments[4]); ++seed) {
      const auto name = fmt::format("random {}", seed);
      const auto model = model::readModelText(name, tests::randomAttackModel(seed, *behaviours), vocabulary);
      if (!model) return failed(model.error());
      std::cout << tests::attackFacts(*model, *behaviours, *templates, words, {name, sets, seed});
    }
    return 0;
  }
  for (std::size_t a = 3; a < arguments.size(); ++a) {
    auto model = model::readModel(arguments[a], vocabulary);
    if (!model) return failed(model.error());
    if (const Diagnostics problems = import::loadRules(*model); !problems.empty()) return failed(problems);
    std::cout << tests::attackFacts(*model, *behaviours, *templates, words, {arguments[a], sets, a});
  }
  return 0;
}

}  // namespace

int main(int count, char** values) { return run({values + 1, values + count}); }
