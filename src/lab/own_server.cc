#include "lab/own_server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/system_failure.h"

namespace vauban::lab {

namespace {

constexpr std::size_t kMostLogBytes = 4096;

Result<os::FileDescriptor> bound(os::Testbed& testbed, os::NodeId node, int type,
                                 const os::InternetAddress& address, std::uint16_t port) {
  Result<os::FileDescriptor> socket =
      testbed.socket(node, address.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (!socket) return socket;
  const int on = 1;
  setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ipv6) setsockopt(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const int size = 4 << 20;  // bursts of probes must not be lost here
  setsockopt(socket->get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  const os::SocketAddress at(address, port);
  if (bind(socket->get(), at.get(), at.length) != 0) {
    return os::systemFailure(fmt::format("binding {} port {}", address.toString(), port), errno);
  }
  return socket;
}

}  // namespace

OwnServer::OwnServer(std::string software)
    : software_(std::move(software)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

OwnServer::~OwnServer() { VAUBAN_CHECK(!thread_.joinable()); }

void OwnServer::begin() {
  running_ = true;
  thread_ = std::thread([this] {
    serve();
    running_ = false;
  });
}

void OwnServer::end() {
  stopping_ = true;
  const std::uint64_t one = 1;
  if (wake_.valid() && write(wake_.get(), &one, sizeof one) < 0) note("the server could not be woken");
  if (thread_.joinable()) thread_.join();
}

bool OwnServer::await(std::vector<pollfd>& polled, int milliseconds) const {
  polled.push_back({wake_.get(), POLLIN, 0});
  // Without a wake-up there is the clock.
  const int wait = wake_.valid() ? milliseconds : 50;
  poll(polled.data(), polled.size(), wait);
  polled.pop_back();
  return !stopping_;
}

void OwnServer::note(const std::string& line) {
  const std::lock_guard lock(guard_);
  log_ += line + "\n";
  if (log_.size() > 2 * kMostLogBytes) log_.erase(0, log_.size() - kMostLogBytes);
}

std::string OwnServer::output() {
  const std::lock_guard lock(guard_);
  return log_.size() <= kMostLogBytes ? log_ : log_.substr(log_.size() - kMostLogBytes);
}

Result<os::FileDescriptor> boundUdp(os::Testbed& testbed, os::NodeId node, const os::InternetAddress& address,
                                    std::uint16_t port) {
  return bound(testbed, node, SOCK_DGRAM, address, port);
}

Result<os::FileDescriptor> listeningTcp(os::Testbed& testbed, os::NodeId node,
                                        const os::InternetAddress& address, std::uint16_t port) {
  Result<os::FileDescriptor> socket = bound(testbed, node, SOCK_STREAM, address, port);
  if (!socket) return socket;
  if (listen(socket->get(), 256) != 0) {
    return os::systemFailure(fmt::format("listening at {} port {}", address.toString(), port), errno);
  }
  return socket;
}

}  // namespace vauban::lab
