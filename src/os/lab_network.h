// The nodes of a lab for real: a network namespace each, with the sockets through which it is set up. For one
// thread, but for `space`, which any thread may use.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/interface_table.h"
#include "os/net_namespace.h"
#include "os/netlink.h"
#include "os/network_messages.h"
#include "os/network_request.h"

namespace vauban::os {

// What each node of the lab has set, whatever the machine has: addresses are usable at once (no duplicate
// address detection) and only the given ones and the link-local are there; nothing is sent unasked but
// multicast reports; ICMP answers are not limited; no reverse path filter and no redirects; bridged frames
// pass no IP filter; any user may use any port. A router forwards, a host does not.
std::vector<Sysctl> nodeSysctls(NodeRole role);

class LabNetwork {
 public:
  Result<NodeId> addNode(const std::string& name, NodeRole role);
  const InterfaceTable& table() const { return table_; }
  Result<void> known(NodeId node) const { return table_.known(node); }
  const NetNamespace& space(NodeId node) const { return nodes_[node.index()].space; }

  // In order, as few messages to the kernel as there can be. After a failure some have been carried out.
  Result<void> apply(const std::vector<NetworkRequest>& requests);

  Result<std::vector<InterfaceState>> interfaces(NodeId node);
  // Until every interface that is up, and whose peer is, carries frames: a link takes its moment, and what is
  // sent in it is lost. The failure names those that do not.
  Result<void> awaitLinks(std::chrono::milliseconds atMost);

 private:
  struct Node {
    NetNamespace space;
    NetlinkSocket route;
    FileDescriptor control;  // for ioctl
    NetlinkBatch batch;
    std::set<NodeId> awaited;  // nodes whose batch makes an interface of this one
  };
  NetlinkBatch& batchOf(NodeId node, Result<void>& state);
  Result<void> flush(NodeId node);
  Result<void> flushAll();
  Result<void> withoutOffload(NodeId node, const std::string& interface);
  Result<void> encode(const NetworkRequest& request);
  Result<std::set<int>> unready(NodeId node);
  Result<std::vector<std::string>> waiting();
  static Result<void> settle(Node& node);

  InterfaceTable table_;
  std::deque<Node> nodes_;  // does not move what others hold on to
  std::map<std::pair<NodeId, std::string>, std::pair<NodeId, std::string>> peers_;
};

}  // namespace vauban::os
