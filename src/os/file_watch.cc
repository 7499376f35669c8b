#include "os/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

namespace vauban::os {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

FileWatch::FileWatch() : descriptor_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FileWatch::~FileWatch() {
  if (descriptor_ >= 0) close(descriptor_);
}

FileWatch::State FileWatch::stateOf(const std::string& path) {
  struct stat seen = {};
  if (::stat(path.c_str(), &seen) != 0) return {};
  return {true,
          static_cast<std::uint64_t>(seen.st_dev),
          static_cast<std::uint64_t>(seen.st_ino),
          static_cast<std::uint64_t>(seen.st_size),
          seen.st_mtim.tv_sec,
          seen.st_mtim.tv_nsec};
}

// Editors replace files: the folder is watched, where the new one appears under the same name.
void FileWatch::watchFolder(const std::string& folder, const std::string& file, const std::string& path) {
  if (descriptor_ < 0) return;
  fs::path there = folder.empty() ? fs::path(".") : fs::path(folder);
  std::error_code error;
  while (!fs::is_directory(there, error) && there.has_parent_path() && there != there.parent_path()) {
    there = there.parent_path();
  }
  const int watch = inotify_add_watch(descriptor_, there.c_str(),
                                      IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                          IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
  if (watch >= 0) byEvent_[{watch, file}].insert(path);
}

void FileWatch::watch(const std::vector<std::string>& paths) {
  byEvent_.clear();
  std::map<std::string, State> states;
  for (const std::string& path : paths) {
    const fs::path name(path);
    watchFolder(name.parent_path().string(), name.filename().string(), path);
    std::error_code error;
    const fs::path real = fs::canonical(name, error);
    if (!error) watchFolder(real.parent_path().string(), real.filename().string(), path);
    if (!error && fs::is_directory(real, error)) watchFolder(real.string(), "", path);
    const auto known = states_.find(path);
    states[path] = known != states_.end() ? known->second : stateOf(path);
  }
  states_ = std::move(states);
  std::erase_if(noted_, [this](const std::string& path) { return !states_.contains(path); });
}

bool FileWatch::drain(milliseconds atMost) {
  if (descriptor_ < 0) {
    std::this_thread::sleep_for(atMost);
    return false;
  }
  pollfd waiting{descriptor_, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(atMost.count())) <= 0) return false;
  alignas(inotify_event) char block[16 * 1024];
  for (;;) {
    const ssize_t size = read(descriptor_, block, sizeof block);
    if (size <= 0) return true;
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, block + at, sizeof event);
      // The name is padded with zeros up to `len`.
      const std::string name = event.len == 0 ? std::string() : std::string(block + at + sizeof event);
      const auto found = byEvent_.find({event.wd, name});
      if (found != byEvent_.end() && (event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
        noted_.insert(found->second.begin(), found->second.end());
      }
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

std::set<std::string> FileWatch::changed() {
  std::set<std::string> paths = noted_;
  for (const auto& [path, state] : states_) {
    if (stateOf(path) != state) paths.insert(path);
  }
  return paths;
}

std::vector<std::string> FileWatch::wait(std::optional<milliseconds> atMost, milliseconds quiet) {
  const auto end = atMost ? std::optional(Clock::now() + *atMost) : std::nullopt;
  const milliseconds patience = descriptor_ < 0 ? milliseconds(250) : milliseconds(1000);
  std::set<std::string> paths;
  drain(milliseconds(0));
  while ((paths = changed()).empty()) {
    milliseconds turn = patience;
    if (end) {
      turn = std::min(turn, std::chrono::duration_cast<milliseconds>(*end - Clock::now()) + milliseconds(1));
      if (turn <= milliseconds(1)) return {};
    }
    drain(turn);
  }
  constexpr milliseconds kLongest(2000);
  const auto settled = Clock::now() + kLongest;
  while (Clock::now() < settled) {
    for (auto& [path, state] : states_) state = stateOf(path);
    noted_.clear();
    const auto calm = Clock::now() + quiet;
    // Events about other files end a turn early, not the quiet.
    for (auto now = Clock::now(); now < calm; now = Clock::now()) {
      drain(std::chrono::duration_cast<milliseconds>(calm - now) + milliseconds(1));
    }
    const std::set<std::string> more = changed();
    if (more.empty()) break;
    paths.insert(more.begin(), more.end());
  }
  return {paths.begin(), paths.end()};
}

}  // namespace vauban::os
