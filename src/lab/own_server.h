// A daemon of our own: a thread of the runner that serves sockets of a node. The base of those that no
// program of the machine plays.
//
// A subclass serves in `serve` until `stopping`; its destructor calls `end` first, which wakes and joins the
// thread, so that nothing of it is gone while the thread still looks at it. Sockets are non-blocking. `note`
// and `output` may be called from both sides.
#pragma once

#include <poll.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lab/daemon.h"

namespace vauban::lab {

class OwnServer : public Daemon {
 public:
  ~OwnServer() override;
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  const std::string& software() const override { return software_; }
  bool running() override { return running_; }
  std::string output() override;

 protected:
  explicit OwnServer(std::string software);

  void begin();  // starts the thread, which calls `serve`
  void end();
  virtual void serve() = 0;

  bool stopping() const { return stopping_; }
  // Waits until something is ready, or the server is to end; false: to end. `polled` is given back as poll(2)
  // does.
  bool await(std::vector<pollfd>& polled, int milliseconds = -1) const;
  void note(const std::string& line);  // into its output

 private:
  std::string software_;
  os::FileDescriptor wake_;
  std::atomic<bool> stopping_{false}, running_{false};
  std::thread thread_;
  mutable std::mutex guard_;
  std::string log_;
};

// Sockets of the node, bound, non-blocking, listening (TCP).
Result<os::FileDescriptor> boundUdp(os::Testbed& testbed, os::NodeId node, const os::InternetAddress& address,
                                    std::uint16_t port);
Result<os::FileDescriptor> listeningTcp(os::Testbed& testbed, os::NodeId node,
                                        const os::InternetAddress& address, std::uint16_t port);

// Where a relay sends.
struct Onward {
  os::InternetAddress address;
  std::uint16_t port = 0;
};

}  // namespace vauban::lab
