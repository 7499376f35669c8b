// For tests: a model's text played in a lab, and what was predicted held against what was seen.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "channel/verdict.h"
#include "lab/experiment.h"
#include "lab/packet_matrix.h"
#include "lab/plan_lab.h"
#include "model/model_reader.h"
#include "os/linux_testbed.h"
#include "os/privilege.h"
#include "os/test_confinement.h"

namespace vauban::lab {

using Status = ClaimOutcome::Status;

struct Played {
  LabPlan plan;
  Experiment experiment;

  const ClaimOutcome& claim(const std::string& id) const {
    for (const ClaimOutcome& outcome : experiment.claims)
      if (outcome.id == id) return outcome;
    ADD_FAILURE() << "no claim " << id;
    static const ClaimOutcome none;
    return none;
  }
  Status status(const std::string& id) const { return claim(id).status; }
  std::string differing() const {
    std::string cells;
    for (const MatrixCell& cell : experiment.matrix.cells)
      if (cell.expected != cell.arrived)
        cells += plan.at(cell.from).node + " -> " + plan.at(cell.to).node + " " + cell.service.toString() +
                 (cell.arrived ? " arrived\n" : " did not arrive\n");
    return cells;
  }
  std::string notes() const {
    std::string text = experiment.inconclusive + "\n" + experiment.matrix.inconclusive + "\n";
    for (const ClaimOutcome& outcome : experiment.claims)
      text += outcome.id + " " + toString(outcome.status) + ": " + outcome.note + "\n";
    return text + differing();
  }
};

inline Played play(const os::Confinement& world, const std::string& text, const ExperimentOptions& options) {
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  model::Vocabulary words;
  words.behaviours = &*behaviours;
  const auto model = model::readModelText("model.yaml", text, words);
  Played played;
  EXPECT_TRUE(model) << os::why(model);
  if (!model) return played;
  const auto results = channel::Judge(*model, *behaviours, "2026-01-01").judgeAll(1);
  auto plan = planLab(*model, *behaviours);
  EXPECT_TRUE(plan) << os::why(plan);
  if (!plan) return played;
  played.plan = std::move(*plan);
  const auto testbed = os::openTestbed(world);
  auto experiment = runExperiment(*testbed, played.plan, results,
                                  std::vector<std::string>(results.size(), "cone"), options);
  EXPECT_TRUE(experiment) << os::why(experiment);
  if (experiment) played.experiment = std::move(*experiment);
  return played;
}

inline ExperimentOptions quick() {
  ExperimentOptions options;
  options.mostBytes = 2048;
  return options;
}

class LabExperimentTest : public testing::Test {
 protected:
  void SetUp() override {
    const os::Privilege privilege = os::probePrivilege();
    if (!privilege.possible) GTEST_SKIP() << privilege.summary();
  }
  static void needs(const std::vector<std::string>& programs) {
    for (const std::string& program : programs) {
      bool there = false;
      for (const char* folder :
           {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/"})
        there = there || std::filesystem::exists(folder + program);
      if (!there) GTEST_SKIP() << program << " is not installed";
    }
  }
};

}  // namespace vauban::lab
