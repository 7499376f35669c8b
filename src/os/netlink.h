// Netlink (netlink(7), rtnetlink(7), RFC 3549) by libmnl: messages gathered and sent in one go, answers read
// to the last, errors told by the operation they belong to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct mnl_socket;
struct nlmsghdr;

namespace vauban::os {

// Messages to be sent together. A value; for one thread.
class NetlinkBatch {
 public:
  // A copy of `message` (its length is in the header), with what it does in words for the error.
  void add(const nlmsghdr& message, std::string operation);
  bool empty() const { return operations_.empty(); }
  void clear();

 private:
  friend class NetlinkSocket;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::size_t> ends_;  // of each message
  std::vector<std::string> operations_;
};

// A socket of the namespace in which the thread was that opened it; any one thread at a time may use it.
class NetlinkSocket {
 public:
  static Result<NetlinkSocket> open(int bus);  // NETLINK_ROUTE, ...

  // Sends all and waits until the kernel has dealt with the last. The first that it refused is the failure;
  // those after it may have been carried out.
  Result<void> send(const NetlinkBatch& batch);

  // Asks for a table (RTM_GETLINK, ...) of a family and hands over each of its messages.
  Result<void> dump(std::uint16_t type, std::uint8_t family,
                    const std::function<void(const nlmsghdr&)>& each);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit NetlinkSocket(mnl_socket* socket) : socket_(socket) {}
  Result<void> sendPart(const NetlinkBatch& batch, std::size_t first, std::size_t last);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 1;
};

}  // namespace vauban::os
