#include "os/nft_ruleset.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "os/system_failure.h"

namespace vauban::os {
namespace {

using nlohmann::json;

constexpr std::size_t kMostText = std::size_t{16} << 20U;
constexpr std::size_t kMostErrors = 20;
// Of libnftables(3).
constexpr unsigned kJson = 1U << 4U, kHandles = 1U << 3U, kNumericAll = 7U << 7U;

// The part of libnftables(3) that is used. It comes by dlopen(3), and under its own licence.
struct Library {
  struct Context;
  Context* (*create)(std::uint32_t) = nullptr;
  void (*destroy)(Context*) = nullptr;
  void (*setOutputFlags)(Context*, unsigned) = nullptr;
  int (*bufferOutput)(Context*) = nullptr;
  int (*bufferError)(Context*) = nullptr;
  const char* (*output)(Context*) = nullptr;
  const char* (*error)(Context*) = nullptr;
  int (*run)(Context*, const char*) = nullptr;
  int (*runFile)(Context*, const char*) = nullptr;
  std::string problem;

  template <class Function>
  void find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (function == nullptr) problem = fmt::format("libnftables.so.1 has no function {}", name);
  }

  Library() {
    void* library = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      problem = "libnftables.so.1 is not there (Debian: the package nftables)";
      return;
    }
    find(library, "nft_ctx_new", create);
    find(library, "nft_ctx_free", destroy);
    find(library, "nft_ctx_output_set_flags", setOutputFlags);
    find(library, "nft_ctx_buffer_output", bufferOutput);
    find(library, "nft_ctx_buffer_error", bufferError);
    find(library, "nft_ctx_get_output_buffer", output);
    find(library, "nft_ctx_get_error_buffer", error);
    find(library, "nft_run_cmd_from_buffer", run);
    find(library, "nft_run_cmd_from_filename", runFile);
  }
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

std::mutex& oneAtATime() {
  static std::mutex mutex;
  return mutex;
}

// "/proc/self/fd/7:3:5-8: Error: syntax error, ...", followed by the line and its underlining.
Diagnostics readErrors(const std::string& text, const std::string& file) {
  static const std::regex form(R"(^(\S+):(\d+):(\d+)-(\d+): Error: (.*)$)");
  Diagnostics diagnostics;
  std::istringstream lines(text);
  for (std::string line; diagnostics.size() < kMostErrors && std::getline(lines, line);) {
    std::smatch match;
    if (line.size() > 4096 || !std::regex_match(line, match, form)) continue;
    const auto number = [&](std::size_t group) {
      return static_cast<std::uint32_t>(std::strtoul(match[group].str().c_str(), nullptr, 10));
    };
    const std::uint32_t first = number(3), last = number(4);
    Diagnostic diagnostic;
    // What the kernel refused as a whole has no line.
    diagnostic.place = match[1] == "internal" ? Place{file, 0, 0} : Place{file, number(2), first};
    diagnostic.length = last >= first && first > 0 ? last - first + 1 : 0;
    diagnostic.message = "nftables: " + match[5].str();
    diagnostics.push_back(std::move(diagnostic));
  }
  if (diagnostics.empty()) {
    std::string words = text.substr(0, 1000);
    while (words.ends_with('\n')) words.pop_back();
    diagnostics.push_back({Severity::error,
                           {file, 0, 0},
                           0,
                           "nftables: " + (words.empty() ? std::string("an error without a word") : words),
                           {},
                           {}});
  }
  return diagnostics;
}

// A file in memory, as only of files the library says which line is wrong.
Result<FileDescriptor> fileOf(const std::string& text) {
  FileDescriptor file(memfd_create("rules", MFD_CLOEXEC));
  if (!file.valid()) return systemFailure("making a file in memory", errno);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t size = write(file.get(), text.data() + done, text.size() - done);
    if (size < 0 && errno != EINTR) return systemFailure("writing a file in memory", errno);
    done += static_cast<std::size_t>(std::max<ssize_t>(size, 0));
  }
  return file;
}

// Calls `work` with a context in the namespace; it returns what the library does: 0 if all went well. Then
// the output.
template <class Work>
Result<std::string> run(const NetNamespace& network, const std::string& file, unsigned flags, Work work) {
  if (!library().problem.empty()) return labFailure(library().problem);
  const std::lock_guard lock(oneAtATime());
  return network.inside([&]() -> Result<std::string> {
    const Library& nft = library();
    const std::unique_ptr<Library::Context, void (*)(Library::Context*)> context(nft.create(0), nft.destroy);
    if (context == nullptr) return systemFailure("opening nftables", errno);
    nft.bufferOutput(context.get());
    nft.bufferError(context.get());
    nft.setOutputFlags(context.get(), flags);
    if (work(context.get()) != 0) {
      const char* words = nft.error(context.get());
      return std::unexpected(readErrors(words == nullptr ? "" : words, file));
    }
    const char* output = nft.output(context.get());
    return std::string(output == nullptr ? "" : output);
  });
}

Result<std::string> list(const NetNamespace& network, unsigned flags) {
  return run(network, {}, flags,
             [](Library::Context* context) { return library().run(context, "list ruleset"); });
}

std::string textOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t numberOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

RuleCounter counterOf(const json& object) {
  RuleCounter counter;
  counter.family = textOf(object, "family");
  counter.table = textOf(object, "table");
  counter.chain = textOf(object, "chain");
  counter.name = textOf(object, "name");
  counter.comment = textOf(object, "comment");
  counter.handle = numberOf(object, "handle");
  counter.packets = numberOf(object, "packets");
  counter.bytes = numberOf(object, "bytes");
  return counter;
}

void collect(const json& entry, std::vector<RuleCounter>& counters) {
  if (const auto named = entry.find("counter"); named != entry.end() && named->is_object()) {
    counters.push_back(counterOf(*named));
  }
  const auto rule = entry.find("rule");
  if (rule == entry.end() || !rule->is_object() || !rule->contains("expr")) return;
  for (const json& expression : (*rule)["expr"]) {
    if (!expression.is_object()) continue;
    const auto inside = expression.find("counter");
    if (inside == expression.end() || !inside->is_object()) continue;  // a string is the name of one
    RuleCounter counter = counterOf(*rule);
    counter.packets = numberOf(*inside, "packets");
    counter.bytes = numberOf(*inside, "bytes");
    counters.push_back(std::move(counter));
  }
}

}  // namespace

Result<void> loadRules(const NetNamespace& network, const std::string& text, const std::string& file) {
  const auto refused = [&](std::string message, std::string expected) {
    return failure({Severity::error, {file, 0, 0}, 0, std::move(message), std::move(expected), {}});
  };
  if (text.size() > kMostText)
    return refused("the ruleset is too long", fmt::format("at most {} bytes", kMostText));
  if (text.find('\0') != std::string::npos) return refused("the ruleset has a zero byte", {});
  const Result<FileDescriptor> held = fileOf(text);
  if (!held) return std::unexpected(held.error());
  const std::string path = fmt::format("/proc/self/fd/{}", held->get());
  const auto load = [&](Library::Context* context) { return library().runFile(context, path.c_str()); };
  const Result<std::string> done = run(network, file, 0, load);
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::string> listRulesJson(const NetNamespace& network) {
  return list(network, kJson | kHandles | kNumericAll);
}

Result<std::string> listRulesText(const NetNamespace& network) { return list(network, kNumericAll); }

Result<std::vector<RuleCounter>> ruleCounters(const NetNamespace& network) {
  const Result<std::string> listed = listRulesJson(network);
  if (!listed) return std::unexpected(listed.error());
  const json document = json::parse(*listed, nullptr, false);
  std::vector<RuleCounter> counters;
  if (listed->empty()) return counters;
  if (!document.is_object() || !document.contains("nftables") || !document["nftables"].is_array()) {
    return labFailure("nftables lists its rules in a form that is not known");
  }
  for (const json& entry : document["nftables"]) {
    if (entry.is_object()) collect(entry, counters);
  }
  return counters;
}

std::string nftablesProblem() { return library().problem; }

}  // namespace vauban::os
