#include "lab/wire_conversation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostHeld = std::size_t{1} << 20U;

void withoutBlocking(const os::FileDescriptor& socket) {
  fcntl(socket.get(), F_SETFL, fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

Conversation::Conversation(os::FileDescriptor socket) : socket_(std::move(socket)), open_(true) {
  withoutBlocking(socket_);
}

Result<Conversation> Conversation::connect(os::Testbed& testbed, os::NodeId node,
                                           const os::InternetAddress& source, std::uint16_t sourcePort,
                                           const os::InternetAddress& to, std::uint16_t port,
                                           Deadline deadline) {
  Result<os::FileDescriptor> socket = testbed.socket(node, to.family(), SOCK_STREAM, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  Conversation conversation(std::move(*socket));
  conversation.open_ = false;
  const int on = 1;
  setsockopt(conversation.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const os::SocketAddress own(source, sourcePort), there(to, port);
  if (bind(conversation.descriptor(), own.get(), own.length) != 0)
    return os::systemFailure(fmt::format("binding to {} port {}", source.toString(), sourcePort), errno);
  int error = 0;
  if (::connect(conversation.descriptor(), there.get(), there.length) != 0) error = errno;
  if (error == EINPROGRESS) {
    if (!conversation.await(POLLOUT, deadline)) {
      conversation.note_ = "no answer";
      return conversation;
    }
    socklen_t length = sizeof error;
    getsockopt(conversation.descriptor(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error == 0) {
    conversation.open_ = true;
  } else {
    conversation.note_ = os::systemError(error);
  }
  return conversation;
}

bool Conversation::await(short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{socket_.get(), events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
    if (ready > 0) return true;
    if (ready == 0 && left <= 60'000) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::size_t Conversation::send(std::span<const std::uint8_t> bytes, Deadline deadline) {
  std::size_t done = 0;
  while (open_ && done < bytes.size()) {
    const ssize_t size = ::send(socket_.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (size >= 0) {
      done += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN) {
      if (await(POLLOUT, deadline)) continue;
      note_ = "out of time";
      break;
    } else if (errno != EINTR) {
      note_ = os::systemError(errno);
      open_ = false;
    }
  }
  return done;
}

bool Conversation::send(std::string_view text, Deadline deadline) {
  return send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, deadline) == text.size();
}

bool Conversation::read(Deadline deadline) {
  char block[16384];
  for (;;) {
    const ssize_t size = recv(socket_.get(), block, sizeof block, 0);
    if (size > 0) {
      held_.append(block, static_cast<std::size_t>(size));
      return true;
    }
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) {
      if (await(POLLIN, deadline)) continue;
      return false;
    }
    if (size < 0 && note_.empty()) note_ = os::systemError(errno);
    open_ = false;
    return false;
  }
}

std::string Conversation::receive(const std::function<bool(std::string_view)>& enough, Deadline deadline) {
  while (!enough(held_) && held_.size() < kMostHeld) {
    if (!read(deadline)) break;
  }
  return std::exchange(held_, {});
}

std::string Conversation::receiveLine(Deadline deadline) {
  std::string all =
      receive([](std::string_view text) { return text.find('\n') != std::string_view::npos; }, deadline);
  const std::size_t end = all.find('\n');
  if (end != std::string::npos) {
    held_ = all.substr(end + 1);
    all.resize(end);
  }
  if (!all.empty() && all.back() == '\r') all.pop_back();
  return all;
}

void Conversation::hear(const std::function<void(std::string_view)>& each, Deadline deadline) {
  if (!socket_.valid()) return;
  do {
    if (!held_.empty()) each(std::exchange(held_, {}));
  } while (read(deadline));
}

void Conversation::end() {
  if (socket_.valid()) shutdown(socket_.get(), SHUT_WR);
}

void Conversation::finish(Deadline deadline) {
  if (!socket_.valid()) return;
  end();
  while (read(deadline)) held_.clear();
}

}  // namespace vauban::lab
