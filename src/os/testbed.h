// The operating system that a lab stands on, behind an interface: nodes that are network namespaces, what
// connects them, programs on them, recorders, forged packets. `openTestbed` of `os/linux_testbed.h` gives the
// real one, inside `runConfined`; `os/fake_testbed.h` has one for tests.
//
//   NodeId router = testbed.addNode("fw", NodeRole::router).value();
//   NodeId client = testbed.addNode("client", NodeRole::host).value();
//   testbed.apply({VethPair{{client, "eth0"}, {router, "clients"}},
//                  AddressChange{Change::add, client, "eth0", *AddressPrefix::parse("198.51.100.2/27")},
//                  ...});
//   testbed.awaitLinks(2s);
//   testbed.loadRules(router, ruleset, "model.yaml");
//   auto dns = testbed.start(server, ProcessSpec({"unbound", "-d", "-c", file}));
//   testbed.awaitListener(server, {.tcp = false, .port = 53}, 8s, dns->get());
//   auto witness = testbed.record(outside, RecorderSpec("eth0", "outside.pcap"));
//
// Everything that a testbed makes is gone when it and the processes and recorders it gave out are; those must
// not outlive it. Calls that change nodes and their network are for one thread at a time; `run`, `start`,
// `socket`, `inside`, `send`, `record`, `listens` and `awaitListener` may be called from several threads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/file_descriptor.h"
#include "os/listener.h"
#include "os/net_namespace.h"
#include "os/network_messages.h"
#include "os/network_request.h"
#include "os/nft_ruleset.h"
#include "os/packet_recorder.h"
#include "os/process.h"
#include "os/raw_sender.h"

namespace vauban::os {

class Testbed {
 public:
  virtual ~Testbed() = default;

  // A namespace with `lo` up and the settings of `nodeSysctls`. Names are unique: letters, digits, '-', '_',
  // '.'.
  virtual Result<NodeId> addNode(const std::string& name, NodeRole role) = 0;
  virtual const std::string& nodeName(NodeId node) const = 0;
  // What a person types to get a shell on the node, for as long as the lab is there.
  virtual std::string enterCommand(NodeId node) const = 0;

  // In order. A request that cannot be is refused by name ("node fw has no interface "eth9""), what the
  // kernel refuses with its error; those before it have been carried out.
  virtual Result<void> apply(const std::vector<NetworkRequest>& requests) = 0;
  // Until every link whose both ends are up carries frames; what is sent before may be lost.
  virtual Result<void> awaitLinks(std::chrono::milliseconds atMost) = 0;
  virtual Result<std::vector<InterfaceState>> interfaces(NodeId node) = 0;
  virtual Result<void> setSysctls(NodeId node, const std::vector<Sysctl>& settings) = 0;
  virtual Result<std::string> sysctl(NodeId node, const std::string& key) = 0;

  // `os/nft_ruleset.h`. The text replaces nothing unless it says "flush ruleset".
  virtual Result<void> loadRules(NodeId node, const std::string& text, const std::string& file) = 0;
  virtual Result<std::string> rulesJson(NodeId node) = 0;
  virtual Result<std::string> rulesText(NodeId node) = 0;
  virtual Result<std::vector<RuleCounter>> ruleCounters(NodeId node) = 0;

  // The lab's own folder, empty at first and gone at the end; and one below it for a program's files, owned
  // by `user` (empty: root).
  virtual const std::string& folder() const = 0;
  virtual Result<std::string> makeFolder(const std::string& name, const std::string& user) = 0;

  // Starts a program on a node. In a user namespace there is but one user: `user` is then mapped to it, has
  // no powers, and owns what root owns.
  virtual Result<std::unique_ptr<Process>> start(NodeId node, const ProcessSpec& spec) = 0;
  // Runs one to its end, and kills it with all it started at `atMost`.
  virtual Result<ProcessResult> run(NodeId node, const ProcessSpec& spec,
                                    std::chrono::milliseconds atMost) = 0;

  virtual Result<bool> listens(NodeId node, const Listener& listener) = 0;
  virtual Result<void> awaitListener(NodeId node, const Listener& listener, std::chrono::milliseconds atMost,
                                     Process* process) = 0;

  virtual Result<std::unique_ptr<PacketRecorder>> record(NodeId node, const RecorderSpec& spec) = 0;
  virtual Result<SendReport> send(NodeId node, const RawTraffic& traffic) = 0;

  // For probes of one's own: a socket of the node, for any thread from then on; and work done on the calling
  // thread inside the node.
  virtual Result<FileDescriptor> socket(NodeId node, int family, int type, int protocol) = 0;
  virtual Result<void> inside(NodeId node, const std::function<Result<void>()>& work) = 0;
};

}  // namespace vauban::os
