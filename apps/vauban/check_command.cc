#include "check_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "check/check.h"
#include "load_model.h"
#include "model/diagnostic_text.h"

namespace vauban {
namespace {

constexpr std::uintmax_t kMostBytes = 64U << 20U;

Result<std::string> readFile(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return failure({Severity::error, {path, 0, 0}, 0, "the file cannot be read", "", ""});
  if (size > kMostBytes) {
    return failure({Severity::error, {path, 0, 0}, 0, fmt::format("more than {} bytes", kMostBytes), "", ""});
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<check::Result> checkFile(const std::string& certificate, const LoadedModel& loaded) {
  const auto text = readFile(certificate);
  if (!text) return std::unexpected(text.error());
  check::Result result = check::check(*text, certificate, loaded.model, loaded.behaviours);
  if (!result.diagnostics.empty()) return std::unexpected(result.diagnostics);
  return result;
}

std::string jsonOf(const check::Result& result) {
  nlohmann::ordered_json root;
  root["format"] = "vauban-check";
  root["version"] = 1;
  root["accepted"] = result.accepted();
  root["states"] = result.states;
  root["steps"] = result.steps;
  root["reasons"] = result.reasons;
  root["rejections"] = nlohmann::ordered_json::array();
  for (const check::Rejection& rejection : result.rejections) {
    nlohmann::ordered_json one;
    one["reason"] = rejection.reason;
    one["where"] = rejection.where;
    if (!rejection.place.file.empty()) {
      one["place"] = {
          {"file", rejection.place.file}, {"line", rejection.place.line}, {"column", rejection.place.column}};
    }
    root["rejections"].push_back(std::move(one));
  }
  return root.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string jsonOf(const Diagnostics& diagnostics) {
  nlohmann::ordered_json root;
  root["format"] = "vauban-check";
  root["version"] = 1;
  root["diagnostics"] = nlohmann::ordered_json::array();
  for (const Diagnostic& one : diagnostics) {
    root["diagnostics"].push_back({{"file", one.place.file},
                                   {"line", one.place.line},
                                   {"column", one.place.column},
                                   {"message", one.message}});
  }
  return root.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// What comes from a certificate is a stranger's: no control characters reach a terminal.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return out;
}

}  // namespace

ExitCode checkCommand(const std::string& certificate, const std::string& model, bool json) {
  const auto refuse = [&](const Diagnostics& diagnostics) {
    if (json) std::cout << jsonOf(diagnostics);
    std::cerr << model::diagnosticText(diagnostics);
    return ExitCode::wrong;
  };
  const auto loaded = readModelAndRules(model);
  if (!loaded) return refuse(loaded.error());
  const auto result = checkFile(certificate, *loaded);
  if (!result) return refuse(result.error());
  if (json) {
    std::cout << jsonOf(*result);
  } else if (result->accepted()) {
    std::cout << fmt::format("accepted\n{} states, {} steps looked at, {} reasons\n", result->states,
                             result->steps, result->reasons);
  } else {
    std::cout << "rejected\n";
    for (const check::Rejection& rejection : result->rejections) {
      std::cout << "  " << plain(rejection.reason);
      if (!rejection.place.file.empty()) std::cout << " [" << plain(rejection.place.toString()) << "]";
      if (!rejection.where.empty()) std::cout << " (" << plain(rejection.where) << ")";
      std::cout << "\n";
    }
  }
  return result->accepted() ? ExitCode::ok : ExitCode::broken;
}

ExitCode checkBatch(std::istream& lines) {
  std::string line, loadedPath;
  std::optional<Result<LoadedModel>> loaded;
  bool all = true;
  while (std::getline(lines, line)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      std::cout << "unreadable\ta certificate, a tab and a model are expected" << std::endl;
      all = false;
      continue;
    }
    const std::string path = line.substr(tab + 1);
    if (!loaded || path != loadedPath) {
      loaded = readModelAndRules(path);
      loadedPath = path;
    }
    if (!*loaded) {
      std::cout << "unreadable\t" << plain(loaded->error().front().message) << std::endl;
      all = false;
      continue;
    }
    const auto result = checkFile(line.substr(0, tab), **loaded);
    if (!result) {
      std::cout << "unreadable\t" << plain(result.error().front().message) << std::endl;
    } else if (result->accepted()) {
      std::cout << "accepted\t" << std::endl;
    } else {
      std::cout << "rejected\t" << plain(result->rejections.front().reason) << std::endl;
    }
    all = all && result && result->accepted();
  }
  return all ? ExitCode::ok : ExitCode::broken;
}

}  // namespace vauban
