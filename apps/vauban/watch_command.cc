#include "watch_command.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <set>
#include <utility>

#include "model/model_sources.h"
#include "os/file_watch.h"

namespace vauban {
namespace {

constexpr int kInterrupted = 130;  // 128 + SIGINT, as a shell says it
volatile std::sig_atomic_t lastCode = kInterrupted;

// A long verification is interrupted as well: nothing that it holds outlives the process.
void leave(int) { _exit(lastCode); }

void leaveOn(int signal) {
  struct sigaction action = {};
  action.sa_handler = leave;
  sigaction(signal, &action, nullptr);
}

}  // namespace

const std::map<std::string, channel::Verdict>* WatchRound::remember(
    const std::vector<channel::ClaimResult>& results) {
  before_ = std::move(now_);
  now_.clear();
  for (const channel::ClaimResult& result : results) now_[result.claim->id] = result.judgement.verdict;
  return std::exchange(judged_, true) ? &before_ : nullptr;
}

ExitCode watchModel(const std::string& path, const std::function<ExitCode(WatchRound&)>& verify) {
  leaveOn(SIGINT);
  leaveOn(SIGTERM);
  const auto isFolder = [&path] {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
  };
  os::FileWatch watch;
  WatchRound round;
  // Watched before they are read: what changes while they are read is told by the next wait.
  std::vector<std::string> sources = model::modelSources(path);
  watch.watch(sources);
  for (;;) {
    const ExitCode code = verify(round);
    lastCode = static_cast<int>(code);
    std::cout << "(watching " << sources.size() << (sources.size() == 1 ? " file" : " files")
              << "; Ctrl-C ends)\n"
              << std::flush;
    std::vector<std::string> changed, now;
    do {
      changed = watch.wait();
      now = model::modelSources(path);
      watch.watch(now);
      // A folder changes with every file that an editor puts beside the model for a moment.
    } while (isFolder() && changed == std::vector<std::string>{path} && now == sources);
    std::set<std::string> told(changed.begin(), changed.end());
    // What the model is no longer or only now read from.
    std::ranges::set_symmetric_difference(sources, now, std::inserter(told, told.end()));
    if (told.size() > 1 && isFolder()) told.erase(path);
    sources = std::move(now);
    std::cout << "\n";
    for (const std::string& file : told) std::cout << "== " << file << " changed\n";
    std::cout << std::flush;
  }
}

}  // namespace vauban
