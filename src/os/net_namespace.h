// A network namespace (network_namespaces(7)), held by a file descriptor and by nothing else: no name under
// /run/netns, no file. When the last descriptor, socket and process in it are gone, the kernel destroys it
// with its interfaces, addresses, routes and rules, however its owner ended.
//
// Moves, is never copied. What runs inside runs on the calling thread, which is back where it was afterwards;
// several threads may be inside at the same time. Sockets stay in the namespace in which they were made,
// whichever thread uses them later.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/file_descriptor.h"

namespace vauban::os {

// A kernel setting of a namespace, such as {"net/ipv4/ip_forward", "1"}: a path below /proc/sys, with
// slashes, as an interface's name may hold dots. An optional one that this kernel does not have is passed
// over.
struct Sysctl {
  std::string key;
  std::string value;
  bool optional = false;

  bool operator==(const Sysctl&) const = default;
};

class NetNamespace {
 public:
  // A new one with nothing but `lo`, which is down. Needs CAP_SYS_ADMIN in the user namespace of the thread.
  static Result<NetNamespace> create();
  // The one that the calling thread is in.
  static Result<NetNamespace> current();

  int descriptor() const { return descriptor_.get(); }
  std::uint64_t inode() const;  // the number in "net:[4026531840]"

  // Runs `work` on this thread inside the namespace; what it returns is a Result or void (then Result<void>).
  template <class Work>
  auto inside(Work&& work) const {
    using Outcome = std::conditional_t<std::is_void_v<std::invoke_result_t<Work>>, Result<void>,
                                       std::invoke_result_t<Work>>;
    Result<Visit> visit = enter();
    if (!visit) return Outcome(std::unexpected(std::move(visit.error())));
    if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
      work();
      return Outcome();
    } else {
      return Outcome(work());
    }
  }

  // A socket (socket(2)) of the namespace, close-on-exec.
  Result<FileDescriptor> socket(int family, int type, int protocol) const;

  // In the order given; the first that is refused ends it.
  Result<void> setSysctls(const std::vector<Sysctl>& settings) const;
  Result<std::string> sysctl(const std::string& key) const;  // without the line end

 private:
  // The thread is in the namespace for as long as this lives. A thread that could not get back would go on in
  // the wrong namespace: that ends the process.
  class Visit {
   public:
    explicit Visit(FileDescriptor home) : home_(std::move(home)) {}
    Visit(Visit&&) = default;
    Visit& operator=(Visit&&) = delete;
    ~Visit();

   private:
    FileDescriptor home_;
  };

  explicit NetNamespace(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Result<Visit> enter() const;

  FileDescriptor descriptor_;
};

}  // namespace vauban::os
