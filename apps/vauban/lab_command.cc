#include "lab_command.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/nearest_name.h"
#include "lab/experiment.h"
#include "lab/plan_lab.h"
#include "lab_evidence.h"
#include "load_model.h"
#include "os/confinement.h"
#include "os/linux_testbed.h"
#include "os/privilege.h"
#include "report/lab_record.h"
#include "verdict_format.h"

namespace vauban {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Scenario {
  std::string name;
  LoadedModel loaded;
  std::vector<channel::ClaimResult> results;
  std::vector<std::string> cones;
  lab::LabPlan plan;
};

// The model itself, and what lies in `variants` beside it.
std::vector<std::string> modelsOf(const std::string& path) {
  std::vector<std::string> models{path};
  std::error_code none;
  std::vector<std::string> variants;
  if (fs::is_directory(path, none))
    for (const auto& entry : fs::directory_iterator(fs::path(path) / "variants", none))
      if (entry.path().extension() == ".yaml") variants.push_back(entry.path().string());
  std::ranges::sort(variants);
  models.insert(models.end(), variants.begin(), variants.end());
  return models;
}

Result<std::unique_ptr<Scenario>> prepare(const std::string& path, const std::string& today) {
  auto scenario = std::make_unique<Scenario>();
  scenario->name = path;
  auto loaded = readModelAndRules(path);
  if (!loaded) return std::unexpected(loaded.error());
  scenario->loaded = std::move(*loaded);
  const channel::Judge judge(scenario->loaded.model, scenario->loaded.behaviours, today);
  scenario->results = judge.judgeAll(1);
  for (const channel::ClaimResult& result : scenario->results)
    scenario->cones.push_back(verdictCone(scenario->loaded, judge, result));
  auto plan = lab::planLab(scenario->loaded.model, scenario->loaded.behaviours);
  if (!plan) return std::unexpected(plan.error());
  scenario->plan = std::move(*plan);
  return scenario;
}

// Files in memory through which the confined process hands its result to the one that waits.
class Handover {
 public:
  Handover() : descriptor_(memfd_create("vauban-lab", MFD_CLOEXEC)) {}
  ~Handover() { close(descriptor_); }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  void write(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = ::write(descriptor_, text.data() + at, text.size() - at);
      if (written <= 0) return;
      at += static_cast<std::size_t>(written);
    }
  }
  std::string read() const {
    std::string text(static_cast<std::size_t>(std::max<off_t>(0, lseek(descriptor_, 0, SEEK_END))), '\0');
    return pread(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())
               ? text
               : std::string();
  }

 private:
  int descriptor_;
};

void waitForPerson(lab::RunningLab& lab) {
  std::cerr << "the lab stands; look around with\n";
  for (std::size_t m = 0; m < lab.plan().machines.size(); ++m)
    std::cerr << fmt::format("  {:<20} {}\n", lab.plan().machines[m].node,
                             lab.testbed().enterCommand(lab.nodes().machines[m]));
  for (std::size_t r = 0; r < lab.plan().routers.size(); ++r)
    std::cerr << fmt::format("  {:<20} {}\n", lab.plan().routers[r].node,
                             lab.testbed().enterCommand(lab.nodes().routers[r]));
  std::cerr << "Enter ends it\n";
  std::string line;
  std::getline(std::cin, line);
}

// Captures of one architecture, in a folder of its own: all have machines of the same names.
std::string evidenceFolder(const LabCall& call, const Scenario& scenario) {
  if (call.evidence.empty()) return {};
  const fs::path folder = fs::path(call.evidence) / fs::path(scenario.name).stem();
  std::error_code error;
  fs::create_directories(folder, error);
  return error ? call.evidence : fs::absolute(folder).string();
}

Json play(const LabCall& call, const Scenario& scenario) {
  const std::string evidence = evidenceFolder(call, scenario);
  const Handover handover;
  os::ConfinementOptions options;
  options.userNamespace = call.userNamespace;
  const auto ended = os::runConfined(options, [&](const os::Confinement& world) {
    lab::ExperimentOptions how;
    how.claim = call.claim;
    how.tools = call.tools;
    how.mostBytes = call.bytes;
    how.running.evidence = evidence;
    if (isatty(STDERR_FILENO) != 0)
      how.running.progress = [&](const std::string& text) {
        std::cerr << fmt::format("\r\x1b[K{}: {}", scenario.name, text) << std::flush;
      };
    if (call.keep) how.whenDone = waitForPerson;
    const auto testbed = os::openTestbed(world);
    const auto experiment =
        lab::runExperiment(*testbed, scenario.plan, scenario.results, scenario.cones, how);
    const Json json = experiment ? report::labScenario(scenario.name, scenario.plan, *experiment,
                                                       scenario.results, call.verbose)
                                 : report::labFailure(scenario.name, experiment.error().front().message);
    handover.write(json.dump());
    return 0;
  });
  if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\x1b[K" << std::flush;
  if (!ended) return report::labFailure(scenario.name, ended.error().front().message);
  Json json = Json::parse(handover.read(), nullptr, false);
  if (json.is_discarded())
    return report::labFailure(scenario.name,
                              fmt::format("the lab ended with code {} before it had a result", *ended));
  return json;
}

std::vector<Json> playAll(const LabCall& call, const std::vector<std::unique_ptr<Scenario>>& scenarios) {
  std::vector<Json> played(scenarios.size());
  std::atomic<std::size_t> next = 0;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned jobs = call.keep ? 1 : call.jobs > 0 ? call.jobs : std::min(cores, 4U);
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < std::min<std::size_t>(jobs, scenarios.size()); ++t)
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < scenarios.size(); i = next++) played[i] = play(call, *scenarios[i]);
    });
  threads.clear();
  return played;
}

ExitCode verdictOf(const std::vector<Json>& played) {
  ExitCode code = ExitCode::ok;
  for (const Json& scenario : played) {
    if (!scenario["agrees"].get<bool>()) return ExitCode::broken;
    if (scenario["inconclusive"].get<bool>()) code = ExitCode::undecided;
  }
  return code;
}

// The claim must be one of some scenario.
std::optional<Diagnostic> unknownClaim(const LabCall& call,
                                       const std::vector<std::unique_ptr<Scenario>>& scenarios) {
  std::vector<std::string_view> names;
  for (const auto& scenario : scenarios)
    for (const model::Claim& claim : scenario->loaded.model.claims) names.push_back(claim.id);
  if (call.claim.empty() || std::ranges::find(names, call.claim) != names.end()) return std::nullopt;
  return Diagnostic{Severity::error,
                    {"--claim", 0, 0},
                    0,
                    fmt::format("no claim '{}'", call.claim),
                    "",
                    nearestName(call.claim, names)};
}

}  // namespace

ExitCode labCommand(const LabCall& call) {
  std::vector<std::unique_ptr<Scenario>> scenarios;
  Diagnostics wrong;
  for (const std::string& path : modelsOf(call.model)) {
    auto scenario = prepare(path, call.today);
    if (scenario)
      scenarios.push_back(std::move(*scenario));
    else
      wrong.insert(wrong.end(), scenario.error().begin(), scenario.error().end());
  }
  if (wrong.empty())
    if (auto unknown = unknownClaim(call, scenarios)) wrong.push_back(std::move(*unknown));
  if (!wrong.empty()) {
    return refuse(call.format, wrong);
  }
  if (call.list) {
    Json outlooks = Json::array();
    for (const auto& scenario : scenarios)
      outlooks.push_back(report::labOutlook(scenario->name, scenario->plan));
    if (call.format == "json")
      std::cout << outlooks.dump(1) << "\n";
    else
      for (const Json& outlook : outlooks) std::cout << report::labOutlookText(outlook) << "\n";
    return ExitCode::ok;
  }
  const os::Privilege privilege = os::probePrivilege(call.userNamespace);
  if (!privilege.possible) {
    std::cerr << "skipped: " << privilege.summary() << "\n0 scenarios ran\n";
    return ExitCode::undecided;
  }
  std::vector<Json> played = playAll(call, scenarios);
  const ExitCode code = verdictOf(played);
  const Json record = report::labRecord(std::move(played));
  if (!call.record.empty()) {
    std::ofstream file(call.record);
    file << record.dump(1) << "\n";
    file.close();
    if (!file) {
      return refuse(call.format,
                    {{Severity::error, {call.record, 0, 0}, 0, "the record cannot be written", "", ""}});
    }
  }
  std::cout << (call.format == "json" ? record.dump(1) + "\n"
                                      : report::labText(record, terminalStyle(call.verbose, call.noColour)));
  return code;
}

}  // namespace vauban
