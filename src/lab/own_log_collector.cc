#include "lab/own_log_collector.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <list>

#include "space/name_set.h"

namespace vauban::lab {

namespace {

constexpr std::size_t kMostNames = 32;
constexpr std::size_t kMostStreams = 128;

// A question for the name (RFC 1035 section 4.1): A, or PTR of reverse names.
std::string question(const std::string& name, std::uint16_t id) {
  std::string packet = {
      static_cast<char>(id >> 8U), static_cast<char>(id & 0xFFU), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  std::size_t begin = 0;
  while (begin < name.size()) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    packet += static_cast<char>(end - begin);
    packet += name.substr(begin, end - begin);
    begin = end + 1;
  }
  packet += '\0';
  return packet + std::string{0, static_cast<char>(name.ends_with(".in-addr.arpa") ? 12 : 1), 0, 1};
}

class LogCollector : public OwnServer {
 public:
  LogCollector(os::Testbed& testbed, os::NodeId node, LogPlan plan)
      : OwnServer("vauban log-collector"), testbed_(testbed), node_(node), plan_(std::move(plan)) {}
  ~LogCollector() override { end(); }

  Result<void> open() {
    for (const os::InternetAddress& address : plan_.addresses) {
      if (plan_.udp) {
        Result<os::FileDescriptor> socket = boundUdp(testbed_, node_, address, *plan_.udp);
        if (!socket) return std::unexpected(std::move(socket.error()));
        datagrams_.push_back(std::move(*socket));
      }
      if (plan_.tcp) {
        Result<os::FileDescriptor> socket = listeningTcp(testbed_, node_, address, *plan_.tcp);
        if (!socket) return std::unexpected(std::move(socket.error()));
        listening_.push_back(std::move(*socket));
      }
    }
    for (const os::InternetAddress& resolver : plan_.resolvers) {
      Result<os::FileDescriptor> socket =
          testbed_.socket(node_, resolver.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (!socket) return std::unexpected(std::move(socket.error()));
      const os::SocketAddress there(resolver, 53);
      if (connect(socket->get(), there.get(), there.length) == 0) resolvers_.push_back(std::move(*socket));
    }
    begin();
    return {};
  }

  std::string contents() override {
    const std::lock_guard lock(guard_);
    return kept_;
  }

 private:
  void serve() override {
    std::vector<char> block(65536);
    for (;;) {
      std::vector<pollfd> polled;
      for (const auto* sockets : {&datagrams_, &listening_, &resolvers_}) {
        for (const os::FileDescriptor& socket : *sockets) polled.push_back({socket.get(), POLLIN, 0});
      }
      for (const os::FileDescriptor& stream : streams_) polled.push_back({stream.get(), POLLIN, 0});
      if (!await(polled)) return;
      std::size_t next = 0;
      for (const os::FileDescriptor& socket : datagrams_) {
        if (polled[next++].revents != 0) drain(socket.get(), block, true);
      }
      const std::size_t listening = next;
      next += listening_.size();
      for (const os::FileDescriptor& socket : resolvers_) {
        if (polled[next++].revents != 0) drain(socket.get(), block, false);
      }
      for (auto stream = streams_.begin(); stream != streams_.end();) {
        const bool over = polled[next++].revents != 0 && !drain(stream->get(), block, true);
        stream = over ? streams_.erase(stream) : std::next(stream);
      }
      for (std::size_t i = 0; i < listening_.size(); ++i) {
        if (polled[listening + i].revents == 0) continue;
        os::FileDescriptor stream(
            accept4(listening_[i].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!stream.valid()) continue;
        if (streams_.size() >= kMostStreams) streams_.pop_front();
        streams_.push_back(std::move(stream));
      }
    }
  }

  // False: the stream is over.
  bool drain(int socket, std::vector<char>& block, bool kept) {
    for (int turn = 0; turn < 256; ++turn) {
      const ssize_t size = recv(socket, block.data(), block.size(), 0);
      if (size < 0) return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED;
      if (size == 0) return false;
      if (kept) keep(std::string_view(block.data(), static_cast<std::size_t>(size)));
    }
    return true;
  }

  void keep(std::string_view line) {
    {
      const std::lock_guard lock(guard_);
      kept_ += line.substr(0, kMostStoredBytes - kept_.size());
    }
    note(fmt::format("kept {} bytes", line.size()));
    if (resolvers_.empty()) return;
    for (const std::string& name : namesIn(line)) {
      const std::string packet = question(name, ++id_);
      for (const os::FileDescriptor& resolver : resolvers_)
        send(resolver.get(), packet.data(), packet.size(), 0);
    }
  }

  os::Testbed& testbed_;
  os::NodeId node_;
  LogPlan plan_;
  std::vector<os::FileDescriptor> datagrams_, listening_, resolvers_;
  std::list<os::FileDescriptor> streams_;
  std::uint16_t id_ = 0;
  std::mutex guard_;
  std::string kept_;
};

}  // namespace

std::vector<std::string> namesIn(std::string_view line) {
  std::vector<std::string> names;
  const auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  for (std::size_t begin = 0; begin < line.size() && names.size() < kMostNames;) {
    std::size_t end = begin;
    while (end < line.size() && part(line[end])) ++end;
    std::string word(line.substr(begin, end - begin));
    begin = end + 1;
    while (word.ends_with('.')) word.pop_back();
    if (word.find('.') == std::string::npos || word.starts_with('.')) continue;
    if (const auto address = os::InternetAddress::parse(word)) {
      names.push_back(fmt::format("{}.{}.{}.{}.in-addr.arpa", address->bytes[3], address->bytes[2],
                                  address->bytes[1], address->bytes[0]));
    } else if (const auto name = space::normaliseName(word)) {
      names.push_back(*name);
    }
  }
  return names;
}

Result<std::unique_ptr<Daemon>> startLogCollector(os::Testbed& testbed, os::NodeId node,
                                                  const LogPlan& plan) {
  auto collector = std::make_unique<LogCollector>(testbed, node, plan);
  if (Result<void> opened = collector->open(); !opened) return std::unexpected(std::move(opened.error()));
  return collector;
}

}  // namespace vauban::lab
