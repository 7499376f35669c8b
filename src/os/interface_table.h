// The nodes of a lab and their interfaces, by name and by the number that the kernel knows them by. Says what
// a request asks for that cannot be: a node or an interface that is not there, a name given twice, a family
// that does not fit. A value. The real testbed and the fake one hold requests against the same table.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/network_request.h"

namespace vauban::os {

class InterfaceTable {
 public:
  static constexpr std::size_t kMostNodes = 1000;
  static constexpr std::size_t kMostInterfaces = 20'000;

  // The name is for messages and files: letters, digits, '-', '_' and '.', unique.
  Result<NodeId> addNode(const std::string& name);
  const std::string& nodeName(NodeId node) const { return nodes_[node.index()].name; }
  std::size_t size() const { return nodes_.size(); }
  Result<void> known(NodeId node) const;

  // Whether the request can be asked for, as things stand; the interfaces that it makes are entered. Nothing
  // is entered if it cannot.
  Result<void> enter(const NetworkRequest& request);

  // Precondition: `enter` let it pass.
  int number(NodeId node, const std::string& interface) const;
  MacAddress defaultMac(NodeId node, int number) const;
  // Of the interface, or a failure that names the nearest.
  Result<int> find(NodeId node, const std::string& interface) const;

 private:
  struct Node {
    std::string name;
    std::map<std::string, int> interfaces;
  };
  Result<void> free(NodeId node, const std::string& interface) const;
  Result<void> check(const VethPair& pair) const;
  Result<void> check(const Bridge& bridge) const;
  Result<void> check(const BridgePort& port) const;
  Result<void> check(const LinkState& state) const;
  Result<void> check(const AddressChange& change) const;
  Result<void> check(const RouteChange& route) const;
  Result<void> check(const NeighbourChange& change) const;
  void add(NodeId node, const std::string& interface);

  std::vector<Node> nodes_;
  // Unique in the whole lab: to the kernel, an interface whose number is that of its peer is one without a
  // peer, and it takes its time to notice that the link is up.
  int next_ = 2;
};

}  // namespace vauban::os
