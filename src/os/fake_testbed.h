// A testbed without an operating system, for the tests of what stands on one: it keeps a journal of what it
// is asked, holds requests against the same table as the real one, and lets the test say what programs do,
// what recorders see and what is refused. No namespaces, no privileges, no time passes. For one thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/interface_table.h"
#include "os/testbed.h"

namespace vauban::os {

// What a program does, by the name in argv[0].
struct FakeProgram {
  std::string output;
  std::optional<ExitStatus> ends = ExitStatus{};  // at once; nothing: it runs until it is stopped
  std::vector<Listener> listens;                  // while it runs
};

class FakeTestbed final : public Testbed {
 public:
  // One line each, in order: "node fw (router)", "fw: adding 198.51.100.1/27 to clients", "fw: rules of
  // m.yaml", "dns: start unbound -d", "dns: run dig @198.51.100.2", "fw: record eth0", "client: send 3
  // packets".
  const std::vector<std::string>& journal() const { return journal_; }

  // Programs that are not here cannot be started.
  std::map<std::string, FakeProgram> programs;
  // Called with what is started or run, instead of looking into `programs`, if it gives something back.
  std::function<std::optional<FakeProgram>(NodeId, const ProcessSpec&)> onStart;
  // Called for what is sent: the place to `deliver` it elsewhere.
  std::function<void(NodeId, const RawTraffic&)> onSend;
  // The next operation whose line in the journal contains `part` fails with the message.
  void refuse(std::string part, std::string message) {
    refusals_.emplace_back(std::move(part), std::move(message));
  }
  // A frame passes the interface: its recorders are told. The default time is one microsecond after the last.
  void deliver(NodeId node, const std::string& interface, const Bytes& frame);
  // From now on the recorders of the interface are no witnesses.
  void killRecorders(NodeId node, const std::string& interface, const std::string& reason);
  void setCounters(NodeId node, std::vector<RuleCounter> counters) { counters_[node] = std::move(counters); }
  std::string rulesOf(NodeId node) const;

  Result<NodeId> addNode(const std::string& name, NodeRole role) override;
  const std::string& nodeName(NodeId node) const override { return table_.nodeName(node); }
  std::string enterCommand(NodeId node) const override { return "enter " + nodeName(node); }
  Result<void> apply(const std::vector<NetworkRequest>& requests) override;
  Result<void> awaitLinks(std::chrono::milliseconds atMost) override;
  Result<std::vector<InterfaceState>> interfaces(NodeId node) override;
  Result<void> setSysctls(NodeId node, const std::vector<Sysctl>& settings) override;
  Result<std::string> sysctl(NodeId node, const std::string& key) override;
  Result<void> loadRules(NodeId node, const std::string& text, const std::string& file) override;
  Result<std::string> rulesJson(NodeId node) override;
  Result<std::string> rulesText(NodeId node) override;
  Result<std::vector<RuleCounter>> ruleCounters(NodeId node) override;
  const std::string& folder() const override { return folder_; }
  Result<std::string> makeFolder(const std::string& name, const std::string& user) override;
  Result<std::unique_ptr<Process>> start(NodeId node, const ProcessSpec& spec) override;
  Result<ProcessResult> run(NodeId node, const ProcessSpec& spec, std::chrono::milliseconds atMost) override;
  Result<bool> listens(NodeId node, const Listener& listener) override;
  Result<void> awaitListener(NodeId node, const Listener& listener, std::chrono::milliseconds atMost,
                             Process* process) override;
  Result<std::unique_ptr<PacketRecorder>> record(NodeId node, const RecorderSpec& spec) override;
  Result<SendReport> send(NodeId node, const RawTraffic& traffic) override;
  // There is none; an error.
  Result<FileDescriptor> socket(NodeId node, int family, int type, int protocol) override;
  // Where the test is.
  Result<void> inside(NodeId node, const std::function<Result<void>()>& work) override;

 private:
  class Program;
  class Recorder;

  Result<void> note(std::string line);
  Result<void> noteOn(NodeId node, const std::string& what);
  Result<FakeProgram> find(NodeId node, const ProcessSpec& spec, std::string_view verb);

  InterfaceTable table_;
  std::vector<std::string> journal_;
  std::vector<std::pair<std::string, std::string>> refusals_;
  std::map<NodeId, std::vector<InterfaceState>> interfaces_;
  std::map<std::pair<NodeId, std::string>, std::string> sysctls_;
  std::map<NodeId, std::string> rules_;
  std::map<NodeId, std::vector<RuleCounter>> counters_;
  std::vector<std::pair<NodeId, Program*>> running_;  // they take themselves out
  std::vector<std::pair<NodeId, Recorder*>> recorders_;
  std::string folder_ = "/lab";
  std::uint64_t now_ = 0;
};

}  // namespace vauban::os
