#include "os/process_plan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "os/system_failure.h"
#include "os/user_account.h"

namespace vauban::os {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool isProgram(const std::string& path) {
  struct stat state = {};
  return stat(path.c_str(), &state) == 0 && S_ISREG(state.st_mode) && access(path.c_str(), X_OK) == 0;
}

bool liesIn(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

Result<void> writeAll(const FileDescriptor& file, std::string_view text, const std::string& what) {
  while (!text.empty()) {
    const ssize_t size = write(file.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return systemFailure(what, errno);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

// Where the links of `path` end, also when nothing is there: /etc/resolv.conf often leads into /run, which
// the lab has its own of.
std::string target(const std::string& path) {
  constexpr int kMostLinks = 40;  // as path_resolution(7)
  fs::path at = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(at, error)); ++i) {
    const fs::path to = fs::read_symlink(at, error);
    if (error) break;
    at = at.parent_path() / to;  // an absolute one takes its place
  }
  const fs::path real = fs::weakly_canonical(at, error);
  return error ? at.string() : real.string();
}

template <class Pointer>
std::vector<Pointer> listOf(std::vector<std::string>& strings) {
  std::vector<Pointer> list;
  for (std::string& text : strings) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Result<ProcessPlan> ProcessPlan::make(const ProcessPlace& place, const ProcessSpec& spec) {
  ProcessPlan plan;
  plan.network_ = place.network.descriptor();
  plan.folder_ = spec.folder;
  plan.hostname_ = spec.hostname;
  plan.mapUser_ = place.userNamespace;
  if (Result<void> done = plan.findProgram(spec); !done) return std::unexpected(done.error());
  if (Result<void> done = plan.findUser(spec.user); !done) return std::unexpected(done.error());
  if (Result<void> done = plan.placeFolders(place, spec); !done) return std::unexpected(done.error());
  if (Result<void> done = plan.placeOverrides(place, spec); !done) return std::unexpected(done.error());
  if (Result<void> done = plan.openFiles(place, spec); !done) return std::unexpected(done.error());
  return plan;
}

Result<void> ProcessPlan::findProgram(const ProcessSpec& spec) {
  if (spec.arguments.empty() || spec.arguments.front().empty()) {
    return labFailure("there is no program to start");
  }
  arguments_ = spec.arguments;
  environment_ = spec.environment;
  for (const char* usual : {"HOME=/", "LANG=C.UTF-8"}) {
    const std::string_view name = std::string_view(usual).substr(0, std::string_view(usual).find('=') + 1);
    const auto named = [&](const std::string& entry) { return entry.starts_with(name); };
    if (std::none_of(environment_.begin(), environment_.end(), named)) environment_.emplace_back(usual);
  }
  const auto path = [](const std::string& entry) { return entry.starts_with("PATH="); };
  if (std::none_of(environment_.begin(), environment_.end(), path)) {
    environment_.push_back(std::string("PATH=") + kPath);
  }
  const std::string& name = arguments_.front();
  if (name.find('/') != std::string::npos) {
    program_ = name;
    if (!program_.starts_with('/')) return labFailure(fmt::format("\"{}\" is not an absolute path", name));
    if (!isProgram(program_)) return labFailure(fmt::format("{} is not a program that can be run", name));
    return {};
  }
  for (std::string_view rest = kPath; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    program_ = fmt::format("{}/{}", rest.substr(0, colon), name);
    if (isProgram(program_)) return {};
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return labFailure(fmt::format("there is no program \"{}\" in {}", name, kPath));
}

Result<void> ProcessPlan::findUser(const std::string& user) {
  if (user.empty()) return {};
  Result<UserAccount> account = findUserAccount(user);
  if (!account) return std::unexpected(account.error());
  user_ = account->user;
  group_ = account->group;
  groups_ = std::move(account->groups);
  changeUser_ = user_ != 0;
  userMap_ = fmt::format("{} 0 1", user_);
  groupMap_ = fmt::format("{} 0 1", group_);
  return {};
}

Result<void> ProcessPlan::placeFolders(const ProcessPlace& place, const ProcessSpec& spec) {
  scratch_ = spec.scratch;
  writable_ = spec.writable;
  for (const std::vector<std::string>* list : {&scratch_, &writable_}) {
    for (const std::string& folder : *list) {
      std::error_code error;
      if (folder.starts_with('/') && fs::is_directory(folder, error)) continue;
      return labFailure(fmt::format("\"{}\" is not a folder of this machine", folder),
                        "the absolute path of one that exists");
    }
  }
  // What lies below an empty folder is not to be seen.
  for (const std::string& scratch : scratch_) {
    std::vector<std::string> needed = spec.writable;
    needed.push_back(program_);
    if (spec.folder != scratch) needed.push_back(spec.folder);
    if (!place.labFolder.empty()) needed.push_back(place.labFolder);
    for (const std::string& path : needed) {
      if (liesIn(path, scratch)) {
        return labFailure(fmt::format("{} lies in {}, which {} gets empty", path, scratch, program_),
                          "another list of scratch folders");
      }
    }
  }
  for (const std::string& root : place.labRoots) writable_.push_back(root);
  return {};
}

Result<void> ProcessPlan::placeOverrides(const ProcessPlace& place, const ProcessSpec& spec) {
  static std::atomic<unsigned> number = 0;
  for (const auto& [path, content] : spec.overrides) {
    const std::string where = target(path);
    std::error_code error;
    if (!path.starts_with('/')) return labFailure(fmt::format("\"{}\" is not an absolute path", path));
    for (const std::string& root : place.labRoots) {
      if (!liesIn(where, root) || fs::exists(where, error)) continue;
      fs::create_directories(fs::path(where).parent_path(), error);
      const FileDescriptor made(open(where.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    }
    if (!fs::is_regular_file(where, error)) {
      return labFailure(fmt::format("{} is not a file of this machine, so nothing can take its place", path));
    }
    const std::string source = fmt::format("{}/override-{}", place.labFolder, number++);
    const FileDescriptor file(open(source.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file.valid()) return systemFailure(fmt::format("making {}", source), errno);
    if (Result<void> done = writeAll(file, content, fmt::format("writing {}", source)); !done) return done;
    sources_.push_back(source);
    targets_.push_back(where);
  }
  return {};
}

Result<void> ProcessPlan::openFiles(const ProcessPlace& place, const ProcessSpec& spec) {
  if (spec.input.empty()) {
    input_.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!input_.valid()) return systemFailure("opening /dev/null", errno);
  } else {
    input_.reset(memfd_create("input", MFD_CLOEXEC));
    if (!input_.valid()) return systemFailure("making a file in memory", errno);
    if (Result<void> done = writeAll(input_, spec.input, "writing the input"); !done) return done;
    lseek(input_.get(), 0, SEEK_SET);
  }
  if (spec.pipeOutput) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return systemFailure("making a pipe", errno);
    pipe_.reset(ends[0]);
    output_.reset(ends[1]);
    return {};
  }
  if (spec.log.empty()) {
    log_.reset(open(place.labFolder.c_str(), O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600));
    if (!log_.valid()) return systemFailure(fmt::format("making a file in {}", place.labFolder), errno);
  } else {
    log_.reset(open(spec.log.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!log_.valid()) return systemFailure(fmt::format("opening the log {}", spec.log), errno);
  }
  logBegin_ = lseek(log_.get(), 0, SEEK_END);
  output_.reset(fcntl(log_.get(), F_DUPFD_CLOEXEC, 3));
  if (!output_.valid()) return systemFailure("copying a descriptor", errno);
  return {};
}

Birth ProcessPlan::birth(int link, int report) {
  argumentList_ = listOf<char*>(arguments_);
  environmentList_ = listOf<char*>(environment_);
  writableList_ = listOf<const char*>(writable_);
  scratchList_ = listOf<const char*>(scratch_);
  sourceList_ = listOf<const char*>(sources_);
  targetList_ = listOf<const char*>(targets_);
  Birth birth;
  birth.program = program_.c_str();
  birth.arguments = argumentList_.data();
  birth.environment = environmentList_.data();
  birth.folder = folder_.c_str();
  birth.hostname = hostname_.empty() ? nullptr : hostname_.c_str();
  birth.network = network_;
  birth.input = input_.get();
  birth.output = output_.get();
  birth.link = link;
  birth.report = report;
  birth.writable = writableList_.data();
  birth.scratch = scratchList_.data();
  birth.overrideSources = sourceList_.data();
  birth.overrideTargets = targetList_.data();
  birth.changeUser = changeUser_;
  birth.mapUser = mapUser_;
  birth.user = user_;
  birth.group = group_;
  birth.groups = groups_.data();
  birth.groupCount = groups_.size();
  birth.userMap = userMap_.c_str();
  birth.groupMap = groupMap_.c_str();
  return birth;
}

std::unexpected<Diagnostics> ProcessPlan::failure(const BirthFailure& failed) const {
  using Step = BirthFailure::Step;
  std::string what(describe(failed.step));
  const auto item = static_cast<std::size_t>(failed.item);
  if (failed.step == Step::writable && item < writable_.size()) what += " " + writable_[item];
  if (failed.step == Step::scratch && item < scratch_.size()) what += " " + scratch_[item];
  if (failed.step == Step::override_ && item < targets_.size()) what += " " + targets_[item];
  if (failed.step == Step::folder) what += " " + folder_;
  return systemFailure(fmt::format("starting {}: {}", program_, what), failed.error);
}

}  // namespace vauban::os
