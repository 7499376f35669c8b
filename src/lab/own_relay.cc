#include "lab/own_relay.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>

namespace vauban::lab {

namespace {

constexpr std::size_t kMostCallers = 256;
constexpr std::size_t kBlock = 65536;
constexpr int kBurst = 256;  // datagrams of one socket before the others have their turn

struct Peer {
  sockaddr_storage address{};
  socklen_t length = sizeof(sockaddr_storage);
  bool operator==(const Peer& other) const {
    return length == other.length && std::memcmp(&address, &other.address, length) == 0;
  }
};

bool among(const std::optional<std::vector<os::InternetAddress>>& addresses, const Peer& peer) {
  if (!addresses) return true;
  return std::ranges::any_of(*addresses, [&](const os::InternetAddress& address) {
    const os::SocketAddress wanted(address, 0);
    if (peer.address.ss_family != wanted.storage.ss_family) return false;
    if (!address.ipv6) {
      return reinterpret_cast<const sockaddr_in&>(peer.address).sin_addr.s_addr ==
             reinterpret_cast<const sockaddr_in&>(wanted.storage).sin_addr.s_addr;
    }
    return std::memcmp(&reinterpret_cast<const sockaddr_in6&>(peer.address).sin6_addr,
                       &reinterpret_cast<const sockaddr_in6&>(wanted.storage).sin6_addr, 16) == 0;
  });
}

class UdpRelay : public OwnServer {
 public:
  UdpRelay(os::Testbed& testbed, os::NodeId node, RelayPlan plan)
      : OwnServer(plan.answers ? "vauban udp-relay" : "vauban one-way relay"),
        testbed_(testbed),
        node_(node),
        plan_(std::move(plan)) {}
  ~UdpRelay() override { end(); }

  Result<void> open() {
    for (const os::InternetAddress& address : plan_.addresses) {
      Result<os::FileDescriptor> socket = boundUdp(testbed_, node_, address, plan_.port);
      if (!socket) return std::unexpected(std::move(socket.error()));
      listening_.push_back(std::move(*socket));
    }
    begin();
    return {};
  }

 private:
  struct Caller {
    Peer peer;
    std::size_t listener = 0;
    std::vector<os::FileDescriptor> onward;
  };

  void serve() override {
    std::vector<char> block(kBlock);
    for (;;) {
      std::vector<pollfd> polled;
      std::vector<std::pair<Caller*, int>> owners;
      for (const os::FileDescriptor& socket : listening_) polled.push_back({socket.get(), POLLIN, 0});
      for (Caller& caller : callers_) {
        for (const os::FileDescriptor& socket : caller.onward) {
          polled.push_back({socket.get(), POLLIN, 0});
          owners.emplace_back(&caller, socket.get());
        }
      }
      if (!await(polled)) return;
      // Answers first: a new caller may be the end of an old one.
      for (std::size_t i = listening_.size(); i < polled.size(); ++i) {
        if (polled[i].revents != 0) bringBack(*owners[i - listening_.size()].first, polled[i].fd, block);
      }
      for (std::size_t i = 0; i < listening_.size(); ++i) {
        if (polled[i].revents != 0) take(i, block);
      }
    }
  }

  void bringBack(const Caller& caller, int socket, std::vector<char>& block) {
    for (int turn = 0; turn < kBurst; ++turn) {
      const ssize_t size = recv(socket, block.data(), block.size(), 0);
      if (size < 0) return;
      if (!plan_.answers) continue;
      sendto(listening_[caller.listener].get(), block.data(), static_cast<std::size_t>(size), 0,
             reinterpret_cast<const sockaddr*>(&caller.peer.address), caller.peer.length);
    }
  }

  void take(std::size_t listener, std::vector<char>& block) {
    for (int turn = 0; turn < kBurst; ++turn) {
      Peer peer;
      const ssize_t size = recvfrom(listening_[listener].get(), block.data(), block.size(), 0,
                                    reinterpret_cast<sockaddr*>(&peer.address), &peer.length);
      if (size < 0) return;
      if (!among(plan_.onlyFrom, peer)) continue;
      const Caller& caller = callerOf(peer, listener);
      std::size_t sent = 0;
      for (const os::FileDescriptor& socket : caller.onward) {
        sent += send(socket.get(), block.data(), static_cast<std::size_t>(size), 0) == size ? 1 : 0;
      }
      if (noted_++ < 20)
        note(fmt::format("a datagram of {} bytes went on to {} of {}", size, sent, plan_.upstream.size()));
    }
  }

  Caller& callerOf(const Peer& peer, std::size_t listener) {
    const auto found = std::ranges::find_if(
        callers_, [&](const Caller& caller) { return caller.listener == listener && caller.peer == peer; });
    if (found != callers_.end()) {
      callers_.splice(callers_.begin(), callers_, found);
      return callers_.front();
    }
    if (callers_.size() >= kMostCallers) callers_.pop_back();
    callers_.push_front({peer, listener, {}});
    for (const Onward& onward : plan_.upstream) {
      Result<os::FileDescriptor> socket =
          testbed_.socket(node_, onward.address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      const os::SocketAddress there(onward.address, onward.port);
      if (!socket || connect(socket->get(), there.get(), there.length) != 0) {
        note(fmt::format("no way to {} port {}", onward.address.toString(), onward.port));
        continue;
      }
      callers_.front().onward.push_back(std::move(*socket));
    }
    return callers_.front();
  }

  os::Testbed& testbed_;
  os::NodeId node_;
  RelayPlan plan_;
  std::vector<os::FileDescriptor> listening_;
  std::list<Caller> callers_;  // the latest first
  int noted_ = 0;
};

// One direction of a stream: what was read and is not written yet.
struct Flow {
  std::string waiting;
  bool ended = false;  // nothing more will be read
  bool shut = false;   // and the writing side knows
};

class TcpRelay : public OwnServer {
 public:
  TcpRelay(os::Testbed& testbed, os::NodeId node, RelayPlan plan)
      : OwnServer(plan.answers ? "vauban tcp-relay" : "vauban one-way relay"),
        testbed_(testbed),
        node_(node),
        plan_(std::move(plan)) {}
  ~TcpRelay() override { end(); }

  Result<void> open() {
    for (const os::InternetAddress& address : plan_.addresses) {
      Result<os::FileDescriptor> socket = listeningTcp(testbed_, node_, address, plan_.port);
      if (!socket) return std::unexpected(std::move(socket.error()));
      listening_.push_back(std::move(*socket));
    }
    begin();
    return {};
  }

 private:
  struct Upstream {
    os::FileDescriptor socket;
    bool connected = false;
    bool failed = false;
    Flow out;            // to it
    bool ended = false;  // nothing more comes from it
  };
  struct Caller {
    os::FileDescriptor socket;
    std::vector<Upstream> upstream;
    bool ended = false;  // nothing more comes from him
    Flow back;           // to him
    bool gone = false;
  };

  void serve() override {
    std::vector<char> block(kBlock);
    for (;;) {
      std::vector<pollfd> polled;
      for (const os::FileDescriptor& socket : listening_) {
        polled.push_back({socket.get(), static_cast<short>(callers_.size() < kMostCallers ? POLLIN : 0), 0});
      }
      for (const Caller& caller : callers_) {
        polled.push_back({caller.socket.get(), wanted(caller), 0});
        for (const Upstream& upstream : caller.upstream) {
          // One that both sides have left says so for ever.
          const bool over = upstream.failed || (upstream.ended && upstream.out.shut);
          polled.push_back({over ? -1 : upstream.socket.get(), wanted(caller, upstream), 0});
        }
      }
      if (!await(polled)) return;
      std::size_t next = listening_.size();
      for (Caller& caller : callers_) {
        const short own = polled[next++].revents;
        for (Upstream& upstream : caller.upstream) {
          if (const short events = polled[next++].revents; events != 0) work(caller, upstream, events, block);
        }
        if (own != 0) work(caller, own, block);
        flush(caller);
      }
      std::erase_if(callers_, [](const Caller& caller) { return caller.gone; });
      for (std::size_t i = 0; i < listening_.size(); ++i) {
        if (polled[i].revents != 0) take(listening_[i].get());
      }
    }
  }

  static short wanted(const Caller& caller) {
    const bool room = std::ranges::all_of(
        caller.upstream, [](const Upstream& it) { return it.failed || it.out.waiting.size() < kBlock; });
    short events = 0;
    if (!caller.ended && room) events = POLLIN;
    if (!caller.back.waiting.empty()) events = static_cast<short>(events | POLLOUT);
    return events;
  }
  static short wanted(const Caller& caller, const Upstream& upstream) {
    if (upstream.failed) return 0;
    short events = 0;
    if (!upstream.connected || !upstream.out.waiting.empty()) events = POLLOUT;
    if (upstream.connected && !upstream.ended && caller.back.waiting.size() < kBlock)
      events = static_cast<short>(events | POLLIN);
    return events;
  }

  void take(int listening) {
    Peer peer;
    os::FileDescriptor socket(accept4(listening, reinterpret_cast<sockaddr*>(&peer.address), &peer.length,
                                      SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.valid() || !among(plan_.onlyFrom, peer)) return;
    Caller caller;
    caller.socket = std::move(socket);
    for (const Onward& onward : plan_.upstream) {
      Result<os::FileDescriptor> made =
          testbed_.socket(node_, onward.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (!made) continue;
      const os::SocketAddress there(onward.address, onward.port);
      if (connect(made->get(), there.get(), there.length) != 0 && errno != EINPROGRESS) {
        note(fmt::format("no way to {} port {}", onward.address.toString(), onward.port));
        continue;
      }
      Upstream upstream;
      upstream.socket = std::move(*made);
      caller.upstream.push_back(std::move(upstream));
    }
    if (caller.upstream.empty()) return;
    callers_.push_back(std::move(caller));
  }

  void fail(Upstream& upstream, const char* what) {
    upstream.failed = true;
    upstream.socket.reset();
    note(fmt::format("an upstream {}", what));
  }

  void work(Caller& caller, Upstream& upstream, short events, std::vector<char>& block) {
    if (!upstream.connected) {
      int error = 0;
      socklen_t length = sizeof error;
      getsockopt(upstream.socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
      if (error != 0) {
        fail(upstream, std::strerror(error));
        return;
      }
      if ((events & POLLOUT) == 0) return;
      upstream.connected = true;
      note("a stream went on to an upstream");
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !upstream.ended &&
        caller.back.waiting.size() < kBlock) {
      const ssize_t size = recv(upstream.socket.get(), block.data(), block.size(), 0);
      if (size > 0 && plan_.answers)
        caller.back.waiting.append(block.data(), static_cast<std::size_t>(size));
      else if (size == 0)
        upstream.ended = true;
      else if (size < 0 && errno != EAGAIN && errno != EINTR)
        fail(upstream, "cut the connection");
    }
  }

  static void work(Caller& caller, short events, std::vector<char>& block) {
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0 || caller.ended) {
      if ((events & (POLLHUP | POLLERR)) != 0) caller.gone = true;
      return;
    }
    const ssize_t size = recv(caller.socket.get(), block.data(), block.size(), 0);
    if (size > 0) {
      for (Upstream& upstream : caller.upstream) {
        if (!upstream.failed) upstream.out.waiting.append(block.data(), static_cast<std::size_t>(size));
      }
    } else if (size == 0) {
      caller.ended = true;
    } else if (errno != EAGAIN && errno != EINTR) {
      caller.gone = true;
    }
  }

  static bool drain(const os::FileDescriptor& socket, Flow& flow) {
    while (!flow.waiting.empty()) {
      const ssize_t size = send(socket.get(), flow.waiting.data(), flow.waiting.size(), MSG_NOSIGNAL);
      if (size < 0) return errno == EAGAIN || errno == EINTR;
      flow.waiting.erase(0, static_cast<std::size_t>(size));
    }
    if (flow.ended && !flow.shut) {
      shutdown(socket.get(), SHUT_WR);
      flow.shut = true;
    }
    return true;
  }

  void flush(Caller& caller) {
    for (Upstream& upstream : caller.upstream) {
      if (upstream.failed || !upstream.connected) continue;
      upstream.out.ended = caller.ended;
      if (!drain(upstream.socket, upstream.out)) fail(upstream, "takes no more");
    }
    caller.back.ended =
        std::ranges::all_of(caller.upstream, [](const Upstream& it) { return it.failed || it.ended; });
    if (!drain(caller.socket, caller.back)) caller.gone = true;
    // Done when both ways are, or no upstream is left to take anything.
    const bool outDone =
        std::ranges::all_of(caller.upstream, [](const Upstream& it) { return it.failed || it.out.shut; });
    const bool noneLeft = std::ranges::all_of(caller.upstream, [](const Upstream& it) { return it.failed; });
    if (caller.back.shut && (outDone || noneLeft)) caller.gone = true;
  }

  os::Testbed& testbed_;
  os::NodeId node_;
  RelayPlan plan_;
  std::vector<os::FileDescriptor> listening_;
  std::list<Caller> callers_;
};

template <class Relay>
Result<std::unique_ptr<Daemon>> start(os::Testbed& testbed, os::NodeId node, const RelayPlan& plan) {
  auto relay = std::make_unique<Relay>(testbed, node, plan);
  if (Result<void> opened = relay->open(); !opened) return std::unexpected(std::move(opened.error()));
  return relay;
}

}  // namespace

Result<std::unique_ptr<Daemon>> startUdpRelay(os::Testbed& testbed, os::NodeId node, const RelayPlan& plan) {
  return start<UdpRelay>(testbed, node, plan);
}
Result<std::unique_ptr<Daemon>> startTcpRelay(os::Testbed& testbed, os::NodeId node, const RelayPlan& plan) {
  return start<TcpRelay>(testbed, node, plan);
}

}  // namespace vauban::lab
