#include "os/fake_testbed.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/system_failure.h"

namespace vauban::os {

using std::chrono::milliseconds;

class FakeTestbed::Program final : public Process {
 public:
  Program(FakeTestbed& testbed, NodeId node, FakeProgram what)
      : testbed_(testbed), what_(std::move(what)), status_(what_.ends) {
    testbed_.running_.emplace_back(node, this);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() override {
    std::erase_if(testbed_.running_, [this](const auto& entry) { return entry.second == this; });
  }

  pid_t pid() const override { return 1000; }
  bool running() override { return !status_; }
  std::optional<ExitStatus> wait(milliseconds) override { return status_; }
  Result<void> signal(int number) override {
    if (status_) return labFailure("the program that is sent a signal has ended");
    status_ = ExitStatus{0, number};
    return {};
  }
  ExitStatus stop(milliseconds) override {
    if (!status_) status_ = ExitStatus{0, 15};
    return *status_;
  }
  std::string output(std::size_t most) const override { return what_.output.substr(0, most); }
  Result<void> awaitOutput(std::string_view text, milliseconds atMost) override {
    if (what_.output.find(text) != std::string::npos) return {};
    return labFailure(fmt::format("the program {} without putting out \"{}\"",
                                  status_ ? "ended" : fmt::format("ran for {} ms", atMost.count()), text));
  }
  FileDescriptor takePipe() override { return FileDescriptor(); }

  bool listens(const Listener& wanted) const {
    const auto takes = [&](const Listener& own) {
      return own.tcp == wanted.tcp && own.port == wanted.port &&
             (!own.address || !wanted.address || own.address == wanted.address);
    };
    return !status_ && std::any_of(what_.listens.begin(), what_.listens.end(), takes);
  }

 private:
  FakeTestbed& testbed_;
  FakeProgram what_;
  std::optional<ExitStatus> status_;
};

class FakeTestbed::Recorder final : public PacketRecorder {
 public:
  Recorder(FakeTestbed& testbed, NodeId node, RecorderSpec spec) : testbed_(testbed), spec_(std::move(spec)) {
    testbed_.recorders_.emplace_back(node, this);
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() override {
    std::erase_if(testbed_.recorders_, [this](const auto& entry) { return entry.second == this; });
  }

  bool alive() const override { return !stopped_ && report_.complete(); }
  RecorderReport soFar() const override { return report_; }
  RecorderReport stop(milliseconds, milliseconds) override {
    stopped_ = true;
    return report_;
  }

  const std::string& interface() const { return spec_.interface; }
  void fail(const std::string& reason) { report_.failure = reason; }
  void take(std::uint64_t time, const Bytes& frame) {
    if (!alive()) return;
    ++report_.frames;
    report_.bytes += frame.size();
    if (spec_.each) spec_.each({time, false, false, frame});
  }

 private:
  FakeTestbed& testbed_;
  RecorderSpec spec_;
  RecorderReport report_;
  bool stopped_ = false;
};

Result<void> FakeTestbed::note(std::string line) {
  journal_.push_back(line);
  const auto found = std::find_if(refusals_.begin(), refusals_.end(), [&](const auto& refusal) {
    return line.find(refusal.first) != std::string::npos;
  });
  if (found == refusals_.end()) return {};
  const std::string message = found->second;
  refusals_.erase(found);
  return labFailure(message);
}

Result<void> FakeTestbed::noteOn(NodeId node, const std::string& what) {
  if (Result<void> there = table_.known(node); !there) return there;
  return note(fmt::format("{}: {}", nodeName(node), what));
}

void FakeTestbed::deliver(NodeId node, const std::string& interface, const Bytes& frame) {
  now_ += 1000;
  for (const auto& [where, recorder] : recorders_) {
    if (where == node && recorder->interface() == interface) recorder->take(now_, frame);
  }
}

void FakeTestbed::killRecorders(NodeId node, const std::string& interface, const std::string& reason) {
  for (const auto& [where, recorder] : recorders_) {
    if (where == node && recorder->interface() == interface) recorder->fail(reason);
  }
}

std::string FakeTestbed::rulesOf(NodeId node) const {
  const auto found = rules_.find(node);
  return found == rules_.end() ? std::string() : found->second;
}

Result<NodeId> FakeTestbed::addNode(const std::string& name, NodeRole role) {
  if (Result<void> noted =
          note(fmt::format("node {} ({})", name, role == NodeRole::router ? "router" : "host"));
      !noted) {
    return std::unexpected(noted.error());
  }
  Result<NodeId> node = table_.addNode(name);
  if (node) {
    InterfaceState lo;
    lo.name = "lo";
    lo.number = 1;
    lo.up = lo.running = true;
    interfaces_[*node].push_back(lo);
  }
  return node;
}

Result<void> FakeTestbed::apply(const std::vector<NetworkRequest>& requests) {
  for (const NetworkRequest& request : requests) {
    if (Result<void> entered = table_.enter(request); !entered) return entered;
    const auto add = [&](NodeId node, const std::string& name, const char* kind,
                         const std::optional<MacAddress>& mac, bool up) {
      InterfaceState state;
      state.name = name;
      state.number = table_.number(node, name);
      state.kind = kind;
      state.mac = mac.value_or(table_.defaultMac(node, state.number));
      state.up = state.running = up;
      interfaces_[node].push_back(std::move(state));
    };
    NodeId node;
    if (const auto* pair = std::get_if<VethPair>(&request)) {
      node = pair->left.node;
      add(pair->left.node, pair->left.name, "veth", pair->left.mac, pair->up);
      add(pair->right.node, pair->right.name, "veth", pair->right.mac, pair->up);
    } else if (const auto* bridge = std::get_if<Bridge>(&request)) {
      node = bridge->node;
      add(node, bridge->name, "bridge", bridge->mac, bridge->up);
    } else {
      std::visit(
          [&](const auto& one) {
            if constexpr (requires { one.node; }) node = one.node;
          },
          request);
    }
    if (const auto* state = std::get_if<LinkState>(&request)) {
      for (InterfaceState& interface : interfaces_[node]) {
        if (interface.name == state->interface) interface.up = interface.running = state->up;
      }
    }
    if (Result<void> noted = noteOn(node, describe(request)); !noted) return noted;
  }
  return {};
}

Result<void> FakeTestbed::awaitLinks(milliseconds) { return note("await links"); }

Result<std::vector<InterfaceState>> FakeTestbed::interfaces(NodeId node) {
  if (Result<void> there = table_.known(node); !there) return std::unexpected(there.error());
  return interfaces_[node];
}

Result<void> FakeTestbed::setSysctls(NodeId node, const std::vector<Sysctl>& settings) {
  for (const Sysctl& setting : settings) {
    if (Result<void> noted = noteOn(node, fmt::format("set {} to {}", setting.key, setting.value)); !noted) {
      return noted;
    }
    sysctls_[{node, setting.key}] = setting.value;
  }
  return {};
}

Result<std::string> FakeTestbed::sysctl(NodeId node, const std::string& key) {
  const auto found = sysctls_.find({node, key});
  if (found == sysctls_.end()) return labFailure(fmt::format("nobody has set {}", key));
  return found->second;
}

Result<void> FakeTestbed::loadRules(NodeId node, const std::string& text, const std::string& file) {
  if (Result<void> noted = noteOn(node, "rules of " + file); !noted) return noted;
  rules_[node] = text;
  return {};
}

Result<std::string> FakeTestbed::rulesJson(NodeId node) {
  if (Result<void> noted = noteOn(node, "list rules"); !noted) return std::unexpected(noted.error());
  return std::string(R"({"nftables": []})");
}

Result<std::string> FakeTestbed::rulesText(NodeId node) {
  if (Result<void> noted = noteOn(node, "list rules"); !noted) return std::unexpected(noted.error());
  return rulesOf(node);
}

Result<std::vector<RuleCounter>> FakeTestbed::ruleCounters(NodeId node) {
  if (Result<void> noted = noteOn(node, "counters"); !noted) return std::unexpected(noted.error());
  return counters_[node];
}

Result<std::string> FakeTestbed::makeFolder(const std::string& name, const std::string& user) {
  if (Result<void> noted = note(fmt::format("folder {}{}", name, user.empty() ? "" : " for " + user));
      !noted) {
    return std::unexpected(noted.error());
  }
  return folder_ + "/" + name;
}

Result<FakeProgram> FakeTestbed::find(NodeId node, const ProcessSpec& spec, std::string_view verb) {
  if (Result<void> noted = noteOn(node, fmt::format("{} {}", verb, fmt::join(spec.arguments, " "))); !noted) {
    return std::unexpected(noted.error());
  }
  if (onStart) {
    if (std::optional<FakeProgram> given = onStart(node, spec)) return std::move(*given);
  }
  const auto found = spec.arguments.empty() ? programs.end() : programs.find(spec.arguments.front());
  if (found == programs.end()) {
    return labFailure(fmt::format("there is no program \"{}\"", fmt::join(spec.arguments, " ")));
  }
  return found->second;
}

Result<std::unique_ptr<Process>> FakeTestbed::start(NodeId node, const ProcessSpec& spec) {
  Result<FakeProgram> program = find(node, spec, "start");
  if (!program) return std::unexpected(program.error());
  return std::make_unique<Program>(*this, node, std::move(*program));
}

Result<ProcessResult> FakeTestbed::run(NodeId node, const ProcessSpec& spec, milliseconds) {
  Result<FakeProgram> program = find(node, spec, "run");
  if (!program) return std::unexpected(program.error());
  return ProcessResult{program->ends.value_or(ExitStatus{0, 9}), !program->ends, program->output};
}

Result<bool> FakeTestbed::listens(NodeId node, const Listener& listener) {
  if (Result<void> there = table_.known(node); !there) return std::unexpected(there.error());
  return std::any_of(running_.begin(), running_.end(), [&](const auto& entry) {
    return entry.first == node && entry.second->listens(listener);
  });
}

Result<void> FakeTestbed::awaitListener(NodeId node, const Listener& listener, milliseconds atMost,
                                        Process*) {
  if (Result<void> noted = noteOn(node, "await " + listener.toString()); !noted) return noted;
  const Result<bool> there = listens(node, listener);
  if (there && *there) return {};
  return labFailure(fmt::format("node {}: nobody listens at {} after {} ms", nodeName(node),
                                listener.toString(), atMost.count()));
}

Result<std::unique_ptr<PacketRecorder>> FakeTestbed::record(NodeId node, const RecorderSpec& spec) {
  if (Result<void> noted = noteOn(node, "record " + spec.interface); !noted)
    return std::unexpected(noted.error());
  if (Result<int> found = table_.find(node, spec.interface); !found) return std::unexpected(found.error());
  return std::make_unique<Recorder>(*this, node, spec);
}

Result<SendReport> FakeTestbed::send(NodeId node, const RawTraffic& traffic) {
  if (Result<void> noted = noteOn(node, fmt::format("send {} packets", traffic.packets.size())); !noted) {
    return std::unexpected(noted.error());
  }
  if (onSend) onSend(node, traffic);
  SendReport report;
  report.sent = traffic.packets.size();
  return report;
}

Result<FileDescriptor> FakeTestbed::socket(NodeId node, int, int, int) {
  if (Result<void> noted = noteOn(node, "socket"); !noted) return std::unexpected(noted.error());
  return labFailure("a fake testbed has no sockets");
}

Result<void> FakeTestbed::inside(NodeId node, const std::function<Result<void>()>& work) {
  if (Result<void> noted = noteOn(node, "inside"); !noted) return noted;
  return work();
}

}  // namespace vauban::os
