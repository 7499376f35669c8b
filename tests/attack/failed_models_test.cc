// Depth never overclaims: a model in which things have really failed, against the guarded graph in which
// their layers have. Failed: a device (its links let everything pass and check nothing), a stated property, a
// list of names or addresses or readers, `client: isolated`. What can be done in the changed model must be
// derivable in the guarded graph; the other way round is counted, not asked for. `switches` are not failed:
// no model says that.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "attack/attack_graph.h"
#include "attack/closure.h"
#include "attack/paths.h"
#include "model/model_reader.h"
#include "tests/attack/random_attack_model.h"

namespace vauban::tests {
namespace {

using attack::AttackGraph;
using attack::FactKind;
using attack::LayerId;
using attack::LayerKind;
using model::Model;

model::FilterProgram passAll() {
  model::FilterProgram program;
  program.chains.push_back({"all", {}, model::Action::accept, {}});
  program.entry = model::ChainId(0);
  program.families = {space::Family::ipv4, space::Family::ipv6};
  program.name = "failed";
  return program;
}

// It covers no family and lets them all pass, from any source. Its anti-spoofing stays: what it says of
// machines inside one zone is another layer, `switches`.
void openUp(model::Enforcement& enforcement) {
  enforcement.families = {std::vector<space::Family>{}, {}};
  enforcement.uncoveredPasses = {true, {}};
  enforcement.established = {true, {}};
  enforcement.related = {model::Related::all, {}};
}

// Every device may fail alone: what links have from the model as a whole becomes their own.
Model apart(Model model) {
  model.linkPrograms.resize(model.links.size());
  for (std::size_t l = 0; l < model.links.size(); ++l) {
    if (!model.linkPrograms[l]) model.linkPrograms[l] = model.flows;
    model::Enforcement& own = model.links[l].enforcement;
    auto take = [](auto& mine, const auto& general) {
      if (!mine) mine = general;
    };
    take(own.antiSpoofing, model.enforcement.antiSpoofing);
    take(own.families, model.enforcement.families);
    // Rules of its own say what they cover; what is said of the ideal point when it fails is not said of
    // them.
    if (!own.families) own.families = {model.linkPrograms[l]->families, {}};
    take(own.uncoveredPasses, model.enforcement.uncoveredPasses);
    take(own.established, model.enforcement.established);
    take(own.related, model.enforcement.related);
    take(own.helpers, model.enforcement.helpers);
    take(own.unmatchedRejects, model.enforcement.unmatchedRejects);
  }
  return model;
}

void fail(Model& model, const std::string& layer) {
  const auto blank = layer.find(' ');
  const std::string kind = layer.substr(0, blank), rest = layer.substr(blank + 1);
  if (kind == "device") {
    bool found = false;
    for (std::size_t l = 0; l < model.links.size(); ++l) {
      model::Link& link = model.links[l];
      if ((link.device ? model.devices[link.device->index()].name : link.name) != rest) continue;
      model.linkPrograms[l] = passAll();
      openUp(link.enforcement);
      found = true;
    }
    if (found) return;
    model.flows = passAll();
    openUp(model.enforcement);
    return;
  }
  for (model::Host& host : model.hosts) {
    if (kind == "client" && host.name == rest) host.clientIsolated = {};
  }
  const std::string owner = rest.substr(0, rest.find(' '));
  for (model::ServiceInstance& service : model.services) {
    if (model.at(service.host).name + "." + service.name != owner) continue;
    if (kind == "property") service.properties.erase(rest.substr(owner.size() + 1));
    if (kind == "readers") service.readers.reset();
    if (kind == "addresses") service.addresses.reset();
    if (kind == "names") {
      service.names.reset();
      service.answers.clear();
    }
  }
}

bool inModel(const attack::Layer& layer) {
  return layer.kind == LayerKind::device || layer.kind == LayerKind::restriction;
}

// What he can do, in words that both graphs share; of every host of a class.
std::vector<LayerId> layersOf(const AttackGraph& graph, const std::set<std::string>& failed) {
  std::vector<LayerId> layers;
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    if (failed.contains(graph.layers[l].name)) layers.emplace_back(l);
  }
  return layers;
}

std::map<std::string, attack::FactId> goals(const AttackGraph& graph, const std::set<std::string>& failed) {
  const attack::Closure closure(graph.graph, {layersOf(graph, failed), {}, {}});
  std::map<std::string, attack::FactId> made;
  for (std::size_t f = 0; f < graph.facts.size(); ++f) {
    const attack::Fact& fact = graph.facts[f];
    if (!closure.holds(attack::FactId(f))) continue;
    const Model& model = *graph.model;
    if (fact.kind == FactKind::code || fact.kind == FactKind::admin || fact.kind == FactKind::commanded) {
      const char* what = fact.kind == FactKind::code    ? "code"
                         : fact.kind == FactKind::admin ? "admin"
                                                        : "commanded";
      if (fact.party.index() >= model.hosts.size()) continue;
      for (std::size_t h = 0; h < model.hosts.size(); ++h) {
        if (graph.standIn[h].index() == fact.party.index())
          made.emplace(fmt::format("{} {}", what, model.hosts[h].name), f);
      }
    }
    if (fact.kind == FactKind::collected) made.emplace("collected " + model.assets[fact.index].name, f);
    if (fact.kind == FactKind::data) made.emplace("data " + model.assets[fact.index].name, f);
    if (fact.kind == FactKind::impact)
      made.emplace(fmt::format("impact {} {}", model.assets[fact.index].name, fact.impact), f);
  }
  return made;
}

std::uint64_t wanted(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

// More by hand: VAUBAN_FAILED_MODELS=2000, VAUBAN_FIRST_SEED=0.
TEST(FailedModels, GuardedGraphSaysNoLess) {
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  const auto templates = attack::StepTemplates::builtIn();
  ASSERT_TRUE(behaviours && templates);
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  constexpr std::size_t kMostLayers = 10, kMostSets = 64;
  std::uint64_t models = 0, sets = 0, same = 0, more = 0, less = 0, together = 0;
  const std::uint64_t first = wanted("VAUBAN_FIRST_SEED", 0), count = wanted("VAUBAN_FAILED_MODELS", 60);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const auto read = model::readModelText("random", randomAttackModel(seed, *behaviours), vocabulary);
    ASSERT_TRUE(read) << seed;
    const Model model = apart(*read);
    const auto trust = channel::Trust::of(model, channel::SuffixLists::builtIn());
    const AttackGraph guarded = attack::buildAttackGraph(model, *behaviours, trust, *templates);
    std::vector<std::string> ofModel, others;
    for (const attack::Layer& layer : guarded.layers) {
      if (inModel(layer)) ofModel.push_back(layer.name);
      if (!inModel(layer) && layer.kind != LayerKind::switches) others.push_back(layer.name);
    }
    if (ofModel.size() > kMostLayers) continue;
    ++models;
    std::mt19937_64 random(seed);
    const std::size_t all = std::size_t{1} << ofModel.size();
    for (std::size_t n = 0; n < std::min(all, kMostSets); ++n) {
      const std::size_t bits = all <= kMostSets ? n : random() % all;
      Model changed = model;
      std::set<std::string> failed;
      for (std::size_t l = 0; l < ofModel.size(); ++l) {
        if ((bits >> l & 1U) == 0) continue;
        failed.insert(ofModel[l]);
        // Of a class all: the layer is named after the one that stands for it.
        for (std::size_t h = 0; h < model.hosts.size(); ++h) {
          const std::string& standsFor = model.at(guarded.standIn[h]).name;
          const auto blank = ofModel[l].find(' ');
          const auto after = ofModel[l].find_first_of(". ", blank + 1);
          if (ofModel[l].starts_with("device ") ||
              ofModel[l].substr(blank + 1, after - blank - 1) != standsFor)
            continue;
          fail(changed, ofModel[l].substr(0, blank + 1) + model.hosts[h].name +
                            (after == std::string::npos ? "" : ofModel[l].substr(after)));
        }
        if (ofModel[l].starts_with("device ")) fail(changed, ofModel[l]);
      }
      // The same trust: that a list fails makes no name hostile that others' lists have.
      const AttackGraph real = attack::buildAttackGraph(changed, *behaviours, trust, *templates);
      for (unsigned draw = 0; draw < 4; ++draw) {
        std::set<std::string> besides;
        for (const std::string& layer : others) {
          if (draw == 3 || (draw > 0 && random() % 3 == 0)) besides.insert(layer);
        }
        std::set<std::string> both = besides;
        both.insert(failed.begin(), failed.end());
        const auto done = goals(real, besides), said = goals(guarded, both);
        ++sets;
        together += done.size();
        std::vector<std::string> missing;
        std::uint64_t beyond = 0;
        for (const auto& [goal, fact] : done) {
          if (!said.contains(goal)) missing.push_back(goal);
        }
        for (const auto& [goal, fact] : said) beyond += done.contains(goal) ? 0 : 1;
        same += missing.empty() && beyond == 0 ? 1 : 0;
        more += beyond;
        less += missing.size();
        if (missing.empty()) continue;
        std::string text;
        for (const std::string& layer : both) text += (text.empty() ? "" : "; ") + layer;
        std::string way;
        if (const auto path =
                attack::PathFinder(real.graph, layersOf(real, besides)).shortest(done.at(missing.front()))) {
          for (const attack::StepId step : path->steps)
            way += "\n  " + real.inWords(step) + " => " + real.inWords(real.graph.conclusion(step));
        }
        ADD_FAILURE() << "seed " << seed << ": " << missing.front() << " and " << missing.size() - 1
                      << " more can be done once these have failed, and the graph does not say so: " << text
                      << way;
        if (less > 200) GTEST_FAIL() << "and so on";
      }
    }
  }
  std::printf(
      "%llu models, %llu sets of failed layers: the same in %llu; of %llu that can be done, %llu missed; "
      "%llu said "
      "beyond\n",
      static_cast<unsigned long long>(models), static_cast<unsigned long long>(sets),
      static_cast<unsigned long long>(same), static_cast<unsigned long long>(together),
      static_cast<unsigned long long>(less), static_cast<unsigned long long>(more));
}

}  // namespace
}  // namespace vauban::tests
