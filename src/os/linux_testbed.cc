#include "os/linux_testbed.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/lab_network.h"
#include "os/process_tree.h"
#include "os/ring_recorder.h"
#include "os/system_failure.h"
#include "os/user_account.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;

class LinuxTestbed final : public Testbed {
 public:
  explicit LinuxTestbed(Confinement world) : world_(std::move(world)) {}

  Result<NodeId> addNode(const std::string& name, NodeRole role) override {
    return network_.addNode(name, role);
  }
  const std::string& nodeName(NodeId node) const override { return network_.table().nodeName(node); }
  std::string enterCommand(NodeId node) const override {
    return fmt::format("nsenter --target {0} {1}--mount --pid --net=/proc/{0}/fd/{2}", world_.outerPid,
                       world_.userNamespace ? "--user --preserve-credentials " : "",
                       network_.space(node).descriptor());
  }

  Result<void> apply(const std::vector<NetworkRequest>& requests) override {
    return network_.apply(requests);
  }
  Result<void> awaitLinks(milliseconds atMost) override { return network_.awaitLinks(atMost); }
  Result<std::vector<InterfaceState>> interfaces(NodeId node) override { return network_.interfaces(node); }

  Result<void> setSysctls(NodeId node, const std::vector<Sysctl>& settings) override {
    return on(node, [&](const NetNamespace& space) { return space.setSysctls(settings); });
  }
  Result<std::string> sysctl(NodeId node, const std::string& key) override {
    return on(node, [&](const NetNamespace& space) { return space.sysctl(key); });
  }
  Result<void> loadRules(NodeId node, const std::string& text, const std::string& file) override {
    return on(node, [&](const NetNamespace& space) { return os::loadRules(space, text, file); });
  }
  Result<std::string> rulesJson(NodeId node) override { return on(node, listRulesJson); }
  Result<std::string> rulesText(NodeId node) override { return on(node, listRulesText); }
  Result<std::vector<RuleCounter>> ruleCounters(NodeId node) override { return on(node, os::ruleCounters); }

  const std::string& folder() const override { return world_.folder; }
  Result<std::string> makeFolder(const std::string& name, const std::string& user) override;

  Result<std::unique_ptr<Process>> start(NodeId node, const ProcessSpec& spec) override {
    return on(node, [&](const NetNamespace& space) {
      return startProcess({space, world_.folder, {"/run", "/dev/shm"}, world_.userNamespace}, spec);
    });
  }
  Result<ProcessResult> run(NodeId node, const ProcessSpec& spec, milliseconds atMost) override;

  Result<bool> listens(NodeId node, const Listener& listener) override {
    return on(node, [&](const NetNamespace& space) { return os::listens(space, listener); });
  }
  Result<void> awaitListener(NodeId node, const Listener& listener, milliseconds atMost,
                             Process* process) override {
    return on(node,
              [&](const NetNamespace& space) { return os::awaitListener(space, listener, atMost, process); });
  }
  Result<std::unique_ptr<PacketRecorder>> record(NodeId node, const RecorderSpec& spec) override {
    return on(node, [&](const NetNamespace& space) { return startRecorder(space, spec); });
  }
  Result<SendReport> send(NodeId node, const RawTraffic& traffic) override {
    return on(node, [&](const NetNamespace& space) { return sendRaw(space, traffic); });
  }
  Result<FileDescriptor> socket(NodeId node, int family, int type, int protocol) override {
    return on(node, [&](const NetNamespace& space) { return space.socket(family, type, protocol); });
  }
  Result<void> inside(NodeId node, const std::function<Result<void>()>& work) override {
    return on(node, [&](const NetNamespace& space) { return space.inside(work); });
  }

 private:
  // Does it in the node's namespace; what fails says on which node.
  template <class Work>
  auto on(NodeId node, Work&& work) -> std::invoke_result_t<Work, const NetNamespace&> {
    if (Result<void> there = network_.known(node); !there) return std::unexpected(there.error());
    auto done = work(network_.space(node));
    if (!done) {
      for (Diagnostic& diagnostic : done.error()) {
        diagnostic.message = fmt::format("node {}: {}", nodeName(node), diagnostic.message);
      }
    }
    return done;
  }

  Confinement world_;
  LabNetwork network_;
};

Result<std::string> LinuxTestbed::makeFolder(const std::string& name, const std::string& user) {
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos) {
    return labFailure(fmt::format("\"{}\" cannot be the name of a folder of the lab", name));
  }
  const std::string path = world_.folder + "/" + name;
  if (mkdir(path.c_str(), 0755) != 0) return systemFailure(fmt::format("making the folder {}", path), errno);
  if (user.empty()) return path;
  const Result<UserAccount> account = findUserAccount(user);
  if (!account) return std::unexpected(account.error());
  if (!world_.userNamespace && chown(path.c_str(), account->user, account->group) != 0) {
    return systemFailure(fmt::format("giving {} to {}", path, user), errno);
  }
  return path;
}

Result<ProcessResult> LinuxTestbed::run(NodeId node, const ProcessSpec& spec, milliseconds atMost) {
  if (spec.pipeOutput) return labFailure("what is run to its end gives back its output, not a pipe");
  Result<std::unique_ptr<Process>> started = start(node, spec);
  if (!started) return std::unexpected(started.error());
  Process& process = **started;
  ProcessResult result;
  result.timedOut = !process.wait(atMost).has_value();
  result.status = process.stop(milliseconds(0));
  result.output = process.output(kMostResultBytes);
  return result;
}

}  // namespace

std::unique_ptr<Testbed> openTestbed(const Confinement& world) {
  return std::make_unique<LinuxTestbed>(world);
}

}  // namespace vauban::os
