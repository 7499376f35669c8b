// A neighbour's address, taken over: an address of the node while this lives, and announced again and again
// (RFC 826 requests and replies that name it; RFC 4861 section 7.2.6 unsolicited advertisements), so that
// those on the link send to the node what is for the neighbour. Changes the node by `Testbed::apply`: one
// thread at a time.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "os/testbed.h"

namespace vauban::lab {

class TakenAddress {
 public:
  // Returns when it has been announced twice.
  static Result<std::unique_ptr<TakenAddress>> take(os::Testbed& testbed, os::NodeId node,
                                                    const std::string& interface,
                                                    const os::InternetAddress& address);
  ~TakenAddress();
  TakenAddress(const TakenAddress&) = delete;
  TakenAddress& operator=(const TakenAddress&) = delete;

  // Takes the address from the node again, and tells all where the neighbour is, as far as that was to be
  // learnt.
  Result<void> giveBack();

 private:
  TakenAddress(os::Testbed& testbed, os::AddressChange change)
      : testbed_(testbed), change_(std::move(change)) {}
  // Of who holds the address now: where a datagram to it goes on the link.
  Result<std::optional<os::MacAddress>> learnHolder() const;
  os::RawTraffic announcement(const os::MacAddress& holder) const;

  os::Testbed& testbed_;
  os::AddressChange change_;
  os::MacAddress own_;
  std::optional<os::MacAddress> neighbour_;
  bool given_ = false;
  std::atomic<bool> stop_ = false;
  std::thread announcer_;
};

}  // namespace vauban::lab
