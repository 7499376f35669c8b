// A small shop for tests of this room: the outside, a web server, a database behind it, a machine beside
// that.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "attack/attack_graph.h"
#include "attack/technique_use.h"
#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "channel/trust.h"
#include "model/diagnostic_text.h"
#include "model/model_reader.h"

namespace vauban::attack {

inline const catalog::Catalogue& shippedCatalogue() {
  static const catalog::Catalogue shipped = [] {
    auto read = catalog::readPack(catalog::embeddedPack());
    return read ? *std::move(read) : catalog::Catalogue();
  }();
  return shipped;
}

// Places of the shop's text that a test may fill.
struct ShopText {
  std::string lanKeys;  // ", isolated: true"
  std::string webKeys = ", calls-out: false";
  std::string more;  // top-level keys: claims, countermeasures, ...

  std::string text() const {
    return "vauban: 1\nname: Shop\nzones:\n"
           "  net: {networks: [0.0.0.0/0, \"::/0\"], untrusted: true}\n"
           "  dmz: {networks: [10.1.0.0/24]}\n"
           "  lan: {networks: [10.2.0.0/24]" +
           lanKeys +
           "}\nhosts:\n"
           "  web: {zone: dmz, address: 10.1.0.2, platform: linux, software: nginx, services: "
           "{web: {behaviour: web-server, port: tcp/443" +
           webKeys +
           "}}}\n"
           "  db: {zone: lan, address: 10.2.0.2, platform: linux, software: postgres, services: "
           "{db: {behaviour: database, port: tcp/5432, calls-out: false}}}\n"
           "  spare: {zone: lan, address: 10.2.0.3, services: {}}\n"
           "flows:\n"
           "  - allow: {from: net, to: web, service: https}\n"
           "  - allow: {from: web, to: db, service: tcp/5432}\n"
           "enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop,\n"
           "  stateful: {established: true, related: none, helpers: []}}\n"
           "devices: {fw: {operator: it}}\n"
           "links: [{between: [net, dmz], device: fw}, {between: [dmz, lan], device: fw}]\n"
           "unlisted: none\n"
           "assets: {records: {at: [db], kinds: [confidentiality, integrity]}}\n" +
           more;
  }
};

// The model, and the graph that refers to it.
class Shop {
 public:
  explicit Shop(const ShopText& text, const Start& start = {}, const StepTemplates* templates = nullptr)
      : behaviours_(*model::BehaviourCatalogue::builtIn()), templates_(*StepTemplates::builtIn()) {
    if (templates != nullptr) templates_ = *templates;
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours_;
    for (const auto& it : shippedCatalogue().ontology.classes) vocabulary.techniques.insert(it.id);
    for (const catalog::Attack& attack : shippedCatalogue().attack) {
      for (const auto& it : attack.techniques) vocabulary.techniques.insert(it.id);
      for (const auto& it : attack.groups) vocabulary.groups.insert(it.id);
    }
    auto read = model::readModelText("shop.yaml", text.text(), vocabulary);
    if (read) {
      model = *std::move(read);
    } else {
      ADD_FAILURE() << model::diagnosticText(read.error());
    }
    graph = graphOf(model, start);
  }
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  AttackGraph graphOf(const model::Model& of, const Start& start = {}) const {
    return buildAttackGraph(of, behaviours_, channel::Trust::of(of, channel::SuffixLists::builtIn()),
                            templates_, start);
  }

 private:
  model::BehaviourCatalogue behaviours_;
  StepTemplates templates_;

 public:
  model::Model model;
  AttackGraph graph;
  const TechniqueUse use{shippedCatalogue()};
};

inline std::string refusal(const Diagnostics& problems) {
  return problems.empty() ? "" : problems.front().message + " | " + problems.front().nearest;
}

}  // namespace vauban::attack
