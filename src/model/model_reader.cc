#include "model/model_reader.h"

#include <fmt/format.h>

#include "model/model_files.h"
#include "model/model_reading.h"

namespace vauban::model {
namespace {

void readHead(ModelReading& reading, Fields& root) {
  if (const auto* version = root.need("vauban")) reading.integer(*version, 1, 1);
  if (const auto* name = root.find("name")) reading.model.name = reading.text(*name).value_or("");
  if (const auto* unlisted = root.find("unlisted")) {
    reading.model.unlistedIdeal = reading.word(*unlisted, {"ideal", "none"}) != "none";
  }
  if (const auto* accountable = root.find("accountable")) {
    reading.model.accountable = reading.outside(*accountable, "role", reading.vocabulary.roles).value_or("");
  }
}

void prepareFlows(FilterProgram& flows) {
  flows.name = "flows";
  flows.entry = ChainId(std::size_t{0});
  flows.families = {space::Family::ipv4, space::Family::ipv6};
  Chain& chain = flows.chains.emplace_back();
  chain.name = "flows";
  chain.policy = Action::drop;
}

// The stages, in an order in which each finds what it needs: addresses before hosts, hosts before rules,
// assets before claims.
Result<Model> readSections(ModelReading& reading, const ModelFiles& files) {
  prepareFlows(reading.model.flows);
  if (files.root != nullptr) {
    reading.folder = files.folder;
    Fields root(reading, *files.root, "a model", modelKeys());
    const auto section = [&](std::string_view key, auto&& read) {
      if (const auto* node = root.find(key)) read(reading, *node);
    };
    readHead(reading, root);
    declareNames(reading, root);
    readZones(reading);
    readHosts(reading);
    readConditions(reading);
    readDevices(reading);
    section("flows", readFlows);
    if (const auto* enforcement = root.find("enforcement")) {
      Fields fields(reading, *enforcement, "`enforcement`", enforcementKeys());
      readEnforcement(reading, fields, reading.model.enforcement);
    }
    section("links", readLinks);
    section("fails-with", readFailsWith);
    readAssets(reading);
    readAccounts(reading);
    section("credentials", readCredentials);
    section("countermeasures", readCountermeasures);
    section("operations", readOperations);
    section("evidence", readEvidence);
    section("threats", readThreats);
    section("budget", readBudget);
    section("claims", readClaims);
    if (const auto* flows = root.keyOf("flows")) {
      reading.model.flows.chains.front().policyPlace = flows->place();
    } else {
      reading.model.flows.chains.front().policyPlace = {reading.model.file, 0, 0};
    }
  }
  reading.model.linkPrograms.resize(reading.model.links.size());
  reading.model.declaredServices = reading.services;
  auto diagnostics = reading.finish();
  if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
  reading.model.warnings = std::move(diagnostics);
  return std::move(reading.model);
}

}  // namespace

const Words& modelKeys() {
  static const Words keys{
      "vauban",     "name",        "include",     "zones",       "hosts",           "services",
      "flows",      "enforcement", "links",       "unlisted",    "devices",         "fails-with",
      "conditions", "assets",      "credentials", "accounts",    "countermeasures", "operations",
      "evidence",   "threats",     "budget",      "accountable", "claims"};
  return keys;
}

Result<Model> readModel(const std::string& path, const Vocabulary& vocabulary, const ReadLimits& limits) {
  VAUBAN_CHECK(vocabulary.behaviours != nullptr);
  ModelReading reading(vocabulary, limits);
  reading.model.file = path;
  const auto files = readModelFiles(path, limits, reading);
  return readSections(reading, files);
}

Result<Model> readModelText(const std::string& name, const std::string& text, const Vocabulary& vocabulary,
                            const ReadLimits& limits) {
  VAUBAN_CHECK(vocabulary.behaviours != nullptr);
  ModelReading reading(vocabulary, limits);
  reading.model.file = name;
  const auto files = readModelMemory(name, text, limits, reading);
  return readSections(reading, files);
}

}  // namespace vauban::model
