// Tells when files change: by inotify(7), and by looking at them once in a while where that says nothing
// (network file systems, no watches left).
//
// A path is compared with what stood there when it was last looked at, whoever wrote it and however: in
// place, by renaming another file over it, by deleting and writing it anew, through a symbolic link. A path
// need not exist. For one thread. Owns its file descriptor.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vauban::os {

class FileWatch {
 public:
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // From now on these paths and no others. One that was watched already keeps the state it was last seen in:
  // a change that came in between is told by the next `wait`.
  void watch(const std::vector<std::string>& paths);

  // Waits until a path has changed and then until nothing more has for `quiet` (a save is often several
  // writes), at most two seconds. The changed paths, sorted; none if nothing changed within `atMost`.
  std::vector<std::string> wait(std::optional<std::chrono::milliseconds> atMost = std::nullopt,
                                std::chrono::milliseconds quiet = std::chrono::milliseconds(100));

 private:
  struct State {
    bool exists = false;
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;  // of the last change of what it says
    auto operator<=>(const State&) const = default;
  };
  static State stateOf(const std::string& path);
  void watchFolder(const std::string& folder, const std::string& file, const std::string& path);
  // Whether an event came within the time; those that name a path are noted.
  bool drain(std::chrono::milliseconds atMost);
  std::set<std::string> changed();

  int descriptor_;  // -1 where there is no inotify
  std::map<std::string, State> states_;
  std::map<std::pair<int, std::string>, std::set<std::string>> byEvent_;  // watch and name in it -> paths
  std::set<std::string> noted_;                                           // written to, by the events
};

}  // namespace vauban::os
