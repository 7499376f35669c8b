// A TCP conversation of a node, with an end in time: every call returns at its deadline at the latest. What
// goes wrong on the way is no failure but a note: to a probe, a refusal is an observation.
//
// Owns its socket. For one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/testbed.h"

namespace vauban::lab {

class Conversation {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  Conversation() = default;
  explicit Conversation(os::FileDescriptor socket);  // connected; becomes non-blocking

  // Fails where there can be no socket, or `source` is no address of the node; where nobody takes the
  // connection it is not `open`.
  static Result<Conversation> connect(os::Testbed& testbed, os::NodeId node,
                                      const os::InternetAddress& source, std::uint16_t sourcePort,
                                      const os::InternetAddress& to, std::uint16_t port, Deadline deadline);

  bool open() const { return open_; }
  const std::string& note() const { return note_; }  // "Connection refused (ECONNREFUSED)", "no answer"
  int descriptor() const { return socket_.get(); }

  // How many bytes the kernel took before the other end, or time, ended it.
  std::size_t send(std::span<const std::uint8_t> bytes, Deadline deadline);
  bool send(std::string_view text, Deadline deadline);
  // Reads until all that was read and not yet taken satisfies `enough`; takes and returns it. What there is
  // at the end of the stream or of time.
  std::string receive(const std::function<bool(std::string_view)>& enough, Deadline deadline);
  std::string receiveLine(Deadline deadline);  // to the line feed; the rest is kept; without the line end
  // Hands on all that comes, until the end of the stream or of time.
  void hear(const std::function<void(std::string_view)>& each, Deadline deadline);
  void end();  // no more from this end
  // No more from this end; waits for the end of the other, and throws away what still comes.
  void finish(Deadline deadline);

 private:
  bool await(short events, Deadline deadline);
  bool read(Deadline deadline);

  os::FileDescriptor socket_;
  bool open_ = false;
  std::string note_;
  std::string held_;
};

}  // namespace vauban::lab
