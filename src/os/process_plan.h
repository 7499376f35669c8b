// A program about to be started in the lab: its spec checked, its files opened, its strings in the form in
// which the child takes them. Moves; owns all that `birth` points into, so it has to outlive the fork.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "os/file_descriptor.h"
#include "os/process_birth.h"
#include "os/process_tree.h"

namespace vauban::os {

class ProcessPlan {
 public:
  // Says everything that is wrong with the spec as far as it can be told before the fork.
  static Result<ProcessPlan> make(const ProcessPlace& place, const ProcessSpec& spec);

  // Valid until this moves or ends.
  Birth birth(int link, int report);
  const std::string& program() const { return program_; }
  std::unexpected<Diagnostics> failure(const BirthFailure& failed) const;

  FileDescriptor takeLog() { return std::move(log_); }
  off_t logBegin() const { return logBegin_; }
  FileDescriptor takePipe() { return std::move(pipe_); }

 private:
  Result<void> findProgram(const ProcessSpec& spec);
  Result<void> findUser(const std::string& user);
  Result<void> placeFolders(const ProcessPlace& place, const ProcessSpec& spec);
  Result<void> placeOverrides(const ProcessPlace& place, const ProcessSpec& spec);
  Result<void> openFiles(const ProcessPlace& place, const ProcessSpec& spec);

  std::string program_, folder_, hostname_;
  std::vector<std::string> arguments_, environment_;
  std::vector<std::string> writable_, scratch_, sources_, targets_;
  int network_ = -1;  // borrowed
  FileDescriptor input_, output_, log_, pipe_;
  off_t logBegin_ = 0;
  bool changeUser_ = false, mapUser_ = false;
  uid_t user_ = 0;
  gid_t group_ = 0;
  std::vector<gid_t> groups_;
  std::string userMap_, groupMap_;
  // The lists as the child takes them, made by `birth`.
  std::vector<char*> argumentList_, environmentList_;
  std::vector<const char*> writableList_, scratchList_, sourceList_, targetList_;
};

}  // namespace vauban::os
