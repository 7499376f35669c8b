// What `vauban compile` is made of, for the tests that run its rulesets: the ruleset of a model on standard
// output; with --prove it is loaded, listed and compared instead. With --decide the file is a listing of
// nft's, and each line "IN OUT SOURCE DESTINATION PROTOCOL SOURCE-PORT DESTINATION-PORT" of standard input is
// answered by '+', '-', or '?' where the reader cannot tell.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "compile/nft_kernel.h"
#include "compile/nftables.h"
#include "import/load_rules.h"
#include "import/nft_json.h"
#include "model/model_reader.h"
#include "tests/nftables/nft_round_trip.h"
#include "tests/support/program_decider.h"

namespace vauban {
namespace {

int refuse(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics)
    std::cerr << diagnostic.place.toString() << ": " << diagnostic.message << "\n";
  return 2;
}

template <class T>
std::optional<std::size_t> indexOf(const std::vector<T>& list, const std::string& name) {
  const auto found = std::ranges::find(list, name, &T::name);
  if (found == list.end()) return std::nullopt;
  return static_cast<std::size_t>(found - list.begin());
}

int decide(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  const auto program = import::importNftJson(file, text.str());
  if (!program) return refuse(program.error());
  std::string in, out, source, destination;
  unsigned protocol = 0, sourcePort = 0, destinationPort = 0;
  while (std::cin >> in >> out >> source >> destination >> protocol >> sourcePort >> destinationPort) {
    const auto from = space::Address::parse(source), to = space::Address::parse(destination);
    if (!from || !to) return refuse({{Severity::error, {}, 0, "no address", {}, {}}});
    if (std::ranges::find(program->families, from->family) == program->families.end()) {
      std::cout << "+\n";  // no chain sees it
      continue;
    }
    const auto decision =
        tests::decideByProgram(*program,
                               {*from,
                                *to,
                                {static_cast<std::uint8_t>(protocol), static_cast<std::uint16_t>(sourcePort),
                                 static_cast<std::uint16_t>(destinationPort)}},
                               in, out);
    std::cout << (decision.mustAccept ? '+' : decision.mayAccept ? '?' : '-') << "\n";
  }
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"the ruleset of a model"};
  std::string file, device;
  std::vector<std::string> interfaces, ports, open;
  bool prove = false, strict = false, decides = false, counters = false;
  app.add_option("model", file)->required();
  app.add_option("--device", device);
  app.add_option("--interface", interfaces, "ZONE=NAME");
  app.add_option("--port", ports, "HOST=ZONE=NAME: a port of the zone's bridge");
  app.add_option("--open", open, "a condition that is open");
  app.add_flag("--prove", prove);
  app.add_flag("--decide", decides);
  app.add_flag("--strict", strict);
  app.add_flag("--counters", counters);
  CLI11_PARSE(app, argc, argv);
  if (decides) return decide(file);
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return refuse(behaviours.error());
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  auto model = model::readModel(file, vocabulary);
  if (!model) return refuse(model.error());
  if (const Diagnostics problems = import::loadRules(*model); hasErrors(problems)) return refuse(problems);
  compile::CompileOptions options;
  options.counters = counters;
  if (strict) options.unstated = compile::Unstated::refuse;
  if (!device.empty()) {
    const auto index = indexOf(model->devices, device);
    if (!index) return refuse({{Severity::error, {}, 0, "no such device", {}, {}}});
    options.device = model::DeviceId(*index);
  }
  options.openConditions = std::vector<bool>(model->conditions.size(), false);
  for (const std::string& name : open) {
    if (const auto index = indexOf(model->conditions, name)) (*options.openConditions)[*index] = true;
  }
  auto parts = [](const std::string& text) {
    std::vector<std::string> list;
    std::size_t begin = 0;
    while (begin <= text.size()) {
      const std::size_t end = std::min(text.find('=', begin), text.size());
      list.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return list;
  };
  for (const std::string& text : interfaces) {
    const auto words = parts(text);
    const auto zone = indexOf(model->zones, words.front());
    if (words.size() != 2 || !zone) return refuse({{Severity::error, {}, 0, "no such zone", {}, {}}});
    options.zoneInterfaces.push_back({model::ZoneId(*zone), words[1]});
  }
  for (const std::string& text : ports) {
    const auto words = parts(text);
    const auto host = indexOf(model->hosts, words.front());
    const auto zone = words.size() == 3 ? indexOf(model->zones, words[1]) : std::nullopt;
    if (!host || !zone) return refuse({{Severity::error, {}, 0, "no such host or zone", {}, {}}});
    options.hostInterfaces.push_back({model::HostId(*host), model::ZoneId(*zone), words[2], true});
  }
  const auto ruleset = compile::nftables(*model, options);
  if (!ruleset) return refuse(ruleset.error());
  if (!prove) {
    std::cout << ruleset->text;
    return 0;
  }
  const auto result = tests::roundTrip(*model, options, *ruleset);
  if (!result.tried) {
    std::cerr << result.message << "\n";
    return 77;
  }
  std::cout << (result.equal ? "equal\n" : result.message);
  return result.equal ? 0 : 1;
}

}  // namespace
}  // namespace vauban

int main(int argc, char** argv) { return vauban::run(argc, argv); }
