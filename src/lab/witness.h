// The observer at the adversary's edge: it sees the frames of his interfaces, is told the streams that his
// servers put together, and says which chunks of which payloads have arrived, in whatever field they rode.
//
// A chunk counts when its bytes are found whole, compared byte by byte: raw at any place of a packet from the
// network header's end on (datagrams, echo payloads, quotes, NTP fields), in base32 in names and texts (DNS
// questions, host names, mail), across the segments of a TCP stream; chunks of less than eight bytes only as
// a TCP acknowledgement number less one, or sequence number. Only frames that came in and whose destination
// is an address of the adversary count; any that came in where he is on the path.
//
// Recorders put their frames into a queue and never wait for the looking (frame_queue.h); every answer given
// here is about all that was recorded before the question.
//
// What it has not seen counts as not arrived, so it says when it is no witness: `alive`, and the report of
// `stop`. All calls from any thread. Limits: 65,536 payloads, 65,536 conversations remembered (then the
// oldest half is not).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/payload.h"
#include "os/internet_address.h"
#include "os/packet_recorder.h"
#include "os/testbed.h"
#include "space/service_set.h"

namespace vauban::lab {

class Witness {
 public:
  // `addresses`: the adversary's; empty: he is on the path, and any address counts. `pcapFile` may be empty;
  // of several interfaces each but the first has its name behind the file's.
  static Result<std::unique_ptr<Witness>> start(os::Testbed& testbed, os::NodeId node,
                                                const std::vector<std::string>& interfaces,
                                                std::vector<os::InternetAddress> addresses,
                                                const std::string& pcapFile);
  static Result<std::unique_ptr<Witness>> start(os::Testbed& testbed, os::NodeId node,
                                                const std::string& interface,
                                                std::vector<os::InternetAddress> addresses,
                                                const std::string& pcapFile) {
    return start(testbed, node, std::vector<std::string>{interface}, std::move(addresses), pcapFile);
  }
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  using Id = std::uint64_t;
  // From now on its chunks are looked for. A frame costs the same however much is looked for. Two payloads
  // with a chunk's beginning in common: the first has it.
  Id expect(const Payload& payload);
  // No longer, but in what was recorded before; what was seen stays known.
  void forget(Id id);

  struct Seen {
    std::size_t bytes = 0;  // of the chunks that have been seen, each once
    std::size_t chunks = 0;
    bool complete = false;     // all of them
    std::uint64_t frames = 0;  // and pieces of streams that had any
    // The opener's packets of the conversations that brought them, without source ports: protocol,
    // destination port or ICMP type. For an answer to a conversation that he opened, the port he opened it
    // to; for what is an answer by its form though nobody here asked (reflections), the port it comes from;
    // ICMP errors as such.
    std::set<space::Service> packets;
    std::set<std::string>
        carriedIn;  // "query name", "DNS answer", "NTP origin timestamp", "UDP payload", "ICMP quote"
    std::set<os::InternetAddress> from;  // source addresses of the frames; of the peer of streams
    std::chrono::microseconds span{0};   // from the first to the last frame that had any
  };
  Seen seen(Id id) const;
  // Waits until it is complete, or nothing more of it has come for `quiet`.
  Seen await(Id id, std::chrono::milliseconds quiet) const;

  // What a server has put together. `stream` is any number that tells this stream from others; pieces in
  // order.
  struct StreamSource {
    os::InternetAddress peer;
    space::Service packet;  // the opener's
    std::string carriedIn;  // "HTTP", "SMTP", "TCP stream"
  };
  void tell(std::uint64_t stream, const StreamSource& source, std::span<const std::uint8_t> piece);
  void endOfStream(std::uint64_t stream);

  std::uint64_t framesTotal() const;  // recorded, both directions
  // Frames that came in for him (see above), by source address; for "0 packets at his name server".
  std::uint64_t framesFrom(const os::InternetAddress& source) const;
  std::uint64_t framesTo(std::uint8_t protocol, std::uint16_t port) const;  // of his; opener's packets or not
  bool alive() const;
  os::RecorderReport soFar() const;  // of all interfaces together
  os::RecorderReport stop();         // to the last frame; later calls return the same

 private:
  class Eye;
  explicit Witness(std::unique_ptr<Eye> eye);
  std::unique_ptr<Eye> eye_;
  std::vector<std::unique_ptr<os::PacketRecorder>> recorders_;  // end before the eye
};

}  // namespace vauban::lab
