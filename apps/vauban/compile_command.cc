#include "compile_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "compile/nft_kernel.h"
#include "compile/nftables.h"
#include "compile/proof.h"
#include "import/nft_json.h"
#include "load_model.h"
#include "verdict_format.h"

namespace vauban {
namespace {

using Json = nlohmann::ordered_json;

Diagnostic unknown(const char* option, std::string_view what, const std::string& name,
                   const std::vector<std::string_view>& names) {
  return {Severity::error,         {option, 0, 0}, 0, fmt::format("no {} '{}'", what, name), "",
          nearestName(name, names)};
}

template <class Row>
std::vector<std::string_view> namesOf(const std::vector<Row>& rows) {
  std::vector<std::string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  return names;
}

Result<compile::CompileOptions> optionsOf(const CompileCall& call, const model::Model& model) {
  compile::CompileOptions options;
  Diagnostics wrong;
  const auto index = [](const auto& rows, std::string_view name) {
    const auto found = std::ranges::find_if(rows, [&](const auto& row) { return row.name == name; });
    return found == rows.end() ? std::optional<std::size_t>()
                               : std::optional(static_cast<std::size_t>(found - rows.begin()));
  };
  if (!call.device.empty()) {
    if (const auto device = index(model.devices, call.device)) {
      options.device = model::DeviceId(*device);
    } else if (const auto link = index(model.links, call.device)) {
      options.link = model::LinkId(*link);
    } else {
      wrong.push_back(unknown("--device", "device", call.device, namesOf(model.devices)));
    }
  }
  for (const std::string& word : call.interfaces) {
    const auto equals = word.find('=');
    const std::string zone = word.substr(0, equals);
    if (equals == std::string::npos || equals + 1 == word.size()) {
      wrong.push_back({Severity::error,
                       {"--interface", 0, 0},
                       0,
                       fmt::format("'{}' names no interface", word),
                       "ZONE=NAME",
                       ""});
    } else if (const auto found = index(model.zones, zone)) {
      options.zoneInterfaces.push_back({model::ZoneId(*found), word.substr(equals + 1)});
    } else {
      wrong.push_back(unknown("--interface", "zone", zone, namesOf(model.zones)));
    }
  }
  if (!call.open.empty()) {
    std::vector<bool> open = model.conditionDefaults();
    for (const std::string& name : call.open) {
      if (const auto found = index(model.conditions, name)) {
        open[*found] = true;
      } else {
        wrong.push_back(unknown("--open", "condition", name, namesOf(model.conditions)));
      }
    }
    options.openConditions = std::move(open);
  }
  if (!wrong.empty()) return std::unexpected(wrong);
  options.unstated = call.strict ? compile::Unstated::refuse : compile::Unstated::worst;
  options.counters = call.counters;
  return options;
}

// "proven", or why it could not be tried; what differs is a failure.
Result<std::string> proof(const model::Model& model, const compile::CompileOptions& options,
                          const std::string& text) {
  const auto loaded = compile::loadAndList(text);
  if (const auto* no = std::get_if<compile::Unavailable>(&loaded)) return "not tried: " + no->reason;
  if (const auto* refused = std::get_if<compile::Rejected>(&loaded))
    return failure(
        {Severity::error, {"nft", 0, 0}, 0, "nft does not load the ruleset: " + refused->message, "", ""});
  const std::string& listing = std::get<compile::Listed>(loaded).json;
  compile::ReadBack back;
  for (const auto& [state, into] : {std::pair{import::FlowState::opening, &back.opening},
                                    std::pair{import::FlowState::established, &back.established},
                                    std::pair{import::FlowState::related, &back.related}}) {
    import::NftJsonOptions how;
    how.state = state;
    auto program = import::importNftJson("listing", listing, how);
    if (!program) return std::unexpected(program.error());
    *into = std::move(*program);
  }
  auto proven = compile::provenEqual(model, options, back);
  if (!proven) return std::unexpected(proven.error());
  return fmt::format(
      "proven: loaded, listed and read again it accepts what the matrix does, for {} pairs of interfaces",
      proven->pairs);
}

Json placeJson(const Place& place) {
  if (place.file.empty()) return nullptr;
  return {{"file", place.file}, {"line", place.line}};
}

std::string jsonOf(const model::Model& model, const compile::Ruleset& ruleset, const std::string& proven) {
  Json interfaces = Json::array(), notes = Json::array(), rules = Json::array();
  for (const auto& it : ruleset.interfaces)
    interfaces.push_back({{"zone", model.at(it.zone).name}, {"name", it.name}});
  for (const auto& it : ruleset.notes) {
    const bool unstated = it.kind == compile::Note::Kind::unstated;
    notes.push_back(
        {{"kind", unstated ? "unstated" : "differs"}, {"text", it.text}, {"place", placeJson(it.place)}});
  }
  for (const auto& it : ruleset.rules) rules.push_back({{"line", it.line}, {"place", placeJson(it.place)}});
  const Json json = {
      {"format", "vauban-compile"}, {"version", 1},   {"for", "nftables"}, {"proof", proven},
      {"interfaces", interfaces},   {"notes", notes}, {"rules", rules},    {"text", ruleset.text}};
  return json.dump(1) + "\n";
}

}  // namespace

ExitCode compileCommand(const CompileCall& call) {
  auto loaded = readModelAndRules(call.model);
  if (!loaded) return refuse(call.format, loaded.error());
  auto options = optionsOf(call, loaded->model);
  if (!options) return refuse(call.format, options.error());
  auto ruleset = compile::nftables(loaded->model, *options);
  if (!ruleset) return refuse(call.format, ruleset.error());
  std::string proven = "not tried: --unproven";
  if (!call.unproven) {
    auto tried = proof(loaded->model, *options, ruleset->text);
    if (!tried) return refuse(call.format, tried.error());
    proven = std::move(*tried);
  }
  std::cout << (call.format == "json" ? jsonOf(loaded->model, *ruleset, proven) : ruleset->text);
  if (call.format != "json") std::cerr << proven << "\n";
  return ExitCode::ok;
}

}  // namespace vauban
