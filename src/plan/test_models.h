// What the tests of this room share: the shipped catalogues, models of the repository, and a ground to apply
// on.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "model/diagnostic_text.h"
#include "plan/effect.h"

namespace vauban::plan::testing {

inline const model::BehaviourCatalogue& behaviours() {
  static const auto shipped = model::BehaviourCatalogue::builtIn();
  return *shipped;
}

inline const catalog::Catalogue& catalogue() {
  static const auto shipped = catalog::readPack(catalog::embeddedPack());
  return *shipped;
}

inline const PatternCatalogue& patterns() {
  static const PatternCatalogue shipped = [] {
    auto read = PatternCatalogue::builtIn();
    if (read) return *std::move(read);
    ADD_FAILURE() << model::diagnosticText(read.error(), [](const std::string& file) {
      return model::sourceFromDisk(VAUBAN_SOURCE_DIR "/knowledge/" + file);
    });
    return PatternCatalogue();
  }();
  return shipped;
}

inline std::string said(const Diagnostics& diagnostics) { return model::diagnosticText(diagnostics); }

// A model, its tree and its places; none where it cannot be read, which is a failure of the test.
struct Ground {
  ModelTree tree;
  model::Model model;
  std::optional<PatternPlaces> places;

  static std::unique_ptr<Ground> of(const ModelTree& tree) {
    auto ground = std::make_unique<Ground>();
    ground->tree = tree;
    auto read = tree.model(behaviours(), tree.path());
    if (!read) {
      ADD_FAILURE() << said(read.error()) << tree.toYaml();
      return nullptr;
    }
    ground->model = *std::move(read);
    ground->places.emplace(ground->model, behaviours());
    return ground;
  }
  static std::unique_ptr<Ground> ofFile(const std::string& path) {
    const auto tree = ModelTree::read(VAUBAN_SOURCE_DIR "/" + path);
    if (!tree) {
      ADD_FAILURE() << said(tree.error());
      return nullptr;
    }
    return of(*tree);
  }
  static std::unique_ptr<Ground> ofText(const std::string& text) {
    const auto tree = ModelTree::ofText("model.yaml", text);
    if (!tree) {
      ADD_FAILURE() << said(tree.error());
      return nullptr;
    }
    return of(*tree);
  }
};

inline Judging judging(bool goals) {
  static const auto steps = attack::StepTemplates::builtIn();
  static const attack::TechniqueUse use(catalogue());
  Judging with;
  with.behaviours = &behaviours();
  with.today = "2026-11-01";
  if (goals) {
    with.templates = &*steps;
    with.use = &use;
  }
  return with;
}

}  // namespace vauban::plan::testing
