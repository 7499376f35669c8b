// One attempt to get bytes across the lab: a payload, a carrier that takes it, who sends, to whom, under
// which address. `sendProbe` sends and reports what left; whether anything arrived is the witness's to say
// (witness.h).
//
//   const Payload payload(seed, probe.bytes, chunkBytesFor(probe.carrier));
//   const auto id = adversary.witness().expect(payload);
//   Result<Sent> sent = sendProbe(testbed, probe, payload, 20s);
//   Witness::Seen seen = adversary.witness().await(id, 1s);
//
// Of carriers that the receiver fetches (`isFetched`) the probe plays the receiver's side too: it asks on his
// node, and tells the witness what comes back in streams.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "lab/payload.h"
#include "os/internet_address.h"
#include "os/testbed.h"

namespace vauban::lab {

enum class Carrier {
  datagram,   // the payload of UDP or of another IP protocol; of TCP: data in a SYN
  stream,     // TCP, the opener writes
  answer,     // the receiver opens a TCP conversation to a listener of the sender, who answers with the bytes
  echo,       // an ICMP echo request's payload
  icmpError,  // an ICMP error that quotes a live flow, bytes behind the quoted header
  forgedReply,      // a packet forged into a live flow, as if its inner end had sent it
  queryName,        // a DNS question: bytes in base32 in labels under `domain`
  ntpTimestamp,     // the transmit timestamp of a client's request
  ntpExtension,     // an extension field of one
  httpBody,         // POST, through a proxy or to a web server
  httpConnect,      // CONNECT through a proxy, then the bytes
  hostName,         // GETs through a proxy, bytes in the host names
  smtpBody,         // the text of a mail
  smtpSender,       // bytes in the domain of a mail's sender
  fileDrop,         // HTTP PUT, or by FTP
  registers,        // Modbus: write multiple registers
  sshForward,       // through an SSH server that forwards: ssh -W
  synAck,           // forged source: bytes in a SYN's sequence number come back as an acknowledgement number
  originTimestamp,  // forged source: the transmit timestamp comes back as NTP's origin timestamp
  echoReply,        // forged source: an echo request's payload comes back in the reply
  dnsReflection,    // forged source: the question comes back with the answer
  httpAnswer,       // the receiver GETs, directly or by a proxy or gateway, from a server of the sender
  queryAnswer,      // he asks for names below the sender's domain, whose TXT records have the bytes
  storeRead,        // HTTP PUT and then his GET, or both by FTP
  registerRead,     // Modbus: registers are written, and he reads them
};
inline constexpr std::size_t kCarriers = 25;

const char* carrierName(Carrier carrier);  // "query name"
// Messages of the carrier take chunks of at most so many bytes.
std::size_t chunkBytesFor(Carrier carrier);
// Messages a second, paced so that nothing but a filter loses them.
double ratePerSecondFor(Carrier carrier);
// Bytes that show the carrier carries: 64 KiB; 800 for SYN-ACK numbers, whose connections a receiver has to
// hold.
std::size_t bytesFor(Carrier carrier);
// Whether `source` has to be the receiver's: the bytes come back to a forged source.
bool isReflection(Carrier carrier);
// Whether the receiver asks for the bytes, so that `receiver` has to be given.
bool isFetched(Carrier carrier);

// A conversation that the filters have let through and hold as established.
struct LiveFlow {
  os::InternetAddress inner, outer;  // outer: the end that the adversary holds
  std::uint8_t protocol = 17;
  std::uint16_t innerPort = 0, outerPort = 0;
  // TCP: the number of the next byte that each end sends; filters may hold packets against them.
  std::uint32_t innerNext = 0, outerNext = 0;
};

class Witness;

// Where a receiver fetches.
struct Fetch {
  os::InternetAddress source;  // his own
  os::InternetAddress from;    // a proxy, a gateway, a resolver, a store
  std::uint16_t port = 0;      // of `from`; 0: the carrier's own
  std::uint8_t unit = 1;       // of registerRead by a gateway: the device
};

struct Probe {
  Carrier carrier = Carrier::datagram;
  os::NodeId from;
  os::InternetAddress source;
  // `source` is no address of `from`: raw packets that bear it. Carriers that need answers cannot be sent so;
  // they are refused. Of reflections `source` is where the bytes shall go.
  bool forged = false;
  os::InternetAddress to;
  std::uint8_t protocol = 17;    // of `datagram`
  std::uint16_t port = 0;        // of `to`; 0: the carrier's own (53, 123, 80, 3128, 25, 502, 22, 21)
  std::uint16_t sourcePort = 0;  // 0: any; of forged packets one that varies
  std::uint8_t hopLimit = 0;     // of packets made by hand; 0: 64. 1: the first router cannot forward them
  // The sender takes over a neighbour's address on `interface`: `source` becomes an address of his, is
  // announced to all (gratuitous ARP, unsolicited neighbour advertisement) while the probe lasts, and given
  // back at its end. Changes the node: one such probe at a time.
  bool neighbour = false;
  std::string interface;
  std::string domain;                  // the adversary's, for names
  std::optional<LiveFlow> flow;        // of icmpError and forgedReply
  std::optional<os::NodeId> receiver;  // of what is fetched: who asks
  // Without it he asks from `to` at `source`, port `port`, of `from`; of storeRead and registerRead from
  // wherever he is at `to`, where the sender writes.
  std::optional<Fetch> fetch;
  // Of httpAnswer and queryAnswer: the token for which a server of the sender gives the payload out
  // (`Adversary::offer`). Without one the probe makes an HTTP server of its own at `source`, port `port`.
  std::string offer;
  Witness* hearer = nullptr;  // told the streams that the receiver reads; may be none

  // Where a relay is to take it: of httpConnect and sshForward "ADDRESS-OR-NAME:PORT", of httpBody and
  // fileDrop the URL through a proxy, of httpAnswer the URL ("http://www.evil.example/") that he asks the
  // proxy for, to which the token is added; empty: direct, `to` is the server.
  std::string target;
  // Of httpBody, fileDrop and storeRead without `target`: "/upload"; of FTP the file's name, one of its own.
  std::string path;
  // fileDrop and storeRead speak FTP: STOR and RETR, else MKD and STAT, with the bytes in names of folders.
  bool ftp = false;
  std::string recipient;        // of mails: "box@inside.example"; default "postmaster@DOMAIN"
  std::string login, password;  // FTP (default anonymous) and SSH
  std::string identity;         // SSH: the private key's file

  std::size_t bytes = 65536;  // what the payload is to have
  double perSecond = 0;       // 0: `ratePerSecondFor`
};

struct Sent {
  std::size_t bytes = 0;    // of the payload, that left the sender; of what is fetched, that came in answers
  std::size_t answers = 0;  // messages that somebody answered
  std::chrono::microseconds took{0};
  std::string note;  // "403 Forbidden", "Connection refused"; empty where there is nothing to say
};

// Sends all chunks of the payload, once; repeats only what carriers with answers are not answered. Ends by
// itself, at `atMost` at the latest (a second of grace). A refused connection, a silent server or a refusal
// in words is not a failure: the note says so. A failure says that the probe could not be made: no such
// interface, a name too long, a carrier that cannot be forged. From any thread, but for `neighbour`. Probes
// that listen at the same place wait for each other first, which is not counted.
Result<Sent> sendProbe(os::Testbed& testbed, const Probe& probe, const Payload& payload,
                       std::chrono::milliseconds atMost);

}  // namespace vauban::lab
