// How each family of carriers is sent; private to the probes. All end at the deadline.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>

#include "lab/probe.h"
#include "lab/wire_conversation.h"
#include "lab/witness.h"
#include "os/raw_sender.h"

namespace vauban::lab {

using ProbeClock = std::chrono::steady_clock;

struct ProbeRun {
  os::Testbed& testbed;
  const Probe& probe;
  const Payload& payload;
  ProbeClock::time_point deadline;
  std::chrono::milliseconds whole{0};  // from the beginning to the deadline

  // The same, beginning now.
  ProbeRun fromNow() const { return {testbed, probe, payload, ProbeClock::now() + whole, whole}; }
  std::chrono::milliseconds left() const {
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::duration_cast<std::chrono::milliseconds>(deadline - ProbeClock::now()));
  }
  std::chrono::milliseconds atMost(int milliseconds) const {
    return std::min(left(), std::chrono::milliseconds(milliseconds));
  }
  double perSecond() const { return probe.perSecond > 0 ? probe.perSecond : ratePerSecondFor(probe.carrier); }
  // The port of the probe, else the usual one.
  std::uint16_t portOr(std::uint16_t usual) const { return probe.port != 0 ? probe.port : usual; }
};

// Packets made by hand: datagrams, echoes, errors, everything forged.
Result<Sent> sendPackets(const ProbeRun& run);
// DNS questions over a socket, with a window, repeated where there are answers at all.
Result<Sent> sendQuestions(const ProbeRun& run);
// One TCP conversation: stream, HTTP body and CONNECT, file drops by HTTP, Modbus.
Result<Sent> sendStream(const ProbeRun& run);
// The receiver connects, the sender answers.
Result<Sent> sendAnswer(const ProbeRun& run);
// The receiver asks by HTTP, by DNS, at a store, at a device.
Result<Sent> fetchByHttp(const ProbeRun& run);
Result<Sent> fetchByNames(const ProbeRun& run);
Result<Sent> fetchFromStore(const ProbeRun& run);
Result<Sent> fetchRegisters(const ProbeRun& run);
// Many requests, the bytes in their host names.
Result<Sent> sendHostNames(const ProbeRun& run);
Result<Sent> sendMailBody(const ProbeRun& run);
Result<Sent> sendMailSenders(const ProbeRun& run);
// As a file; where the server, or a filter, wants no data connections, as names of folders, for which the
// control conversation is enough.
Result<Sent> dropByFtp(const ProbeRun& run);
Result<Sent> fetchFromFtpStore(const ProbeRun& run);
Result<Sent> sendRegisters(const ProbeRun& run);
Result<Sent> sendBySsh(const ProbeRun& run);

// What the receiver's code reads of a stream, told to the witness.
class ReceiverEar {
 public:
  ReceiverEar(const ProbeRun& run, const Fetch& fetch, const char* carriedIn);
  ~ReceiverEar();
  ReceiverEar(const ReceiverEar&) = delete;
  ReceiverEar& operator=(const ReceiverEar&) = delete;
  void hear(std::string_view piece);

 private:
  Witness* witness_;
  std::uint64_t stream_ = 0;
  Witness::StreamSource source_;
};

// One end of a Modbus conversation.
class ModbusClient {
 public:
  explicit ModbusClient(Conversation conversation) : conversation_(std::move(conversation)) {}
  bool open() const { return conversation_.open(); }
  // The answer's function and data; empty: none came. `note` says why, or which exception it was.
  std::string exchange(std::span<const std::uint8_t> request, std::uint8_t unit,
                       ProbeClock::time_point deadline);
  const std::string& note() const { return note_.empty() ? conversation_.note() : note_; }

 private:
  Conversation conversation_;
  std::uint16_t transaction_ = 0;
  std::string note_;
};
// Write multiple registers (function 16 of the Modbus application protocol), two bytes a register.
os::Bytes registersWritten(std::size_t address, std::span<const std::uint8_t> bytes);

// The first line of an HTTP response without its version: "403 Forbidden". All up to the blank line is taken.
std::string httpStatus(Conversation& conversation, ProbeClock::time_point deadline);
// "http://host/path" to the part that Host wants.
std::string hostOfUrl(const std::string& url);

// Questions over a socket of a node, with a window, repeated where there are answers at all. `bytes` of the
// result: of the chunks asked for, or of those whose answers have data.
struct Questioning {
  os::NodeId node;
  os::InternetAddress source, server;
  std::uint16_t sourcePort = 0, port = 53;
  std::uint16_t type = 1;
  std::function<Result<std::string>(std::size_t)> name;  // of a chunk
  bool countAnswered = false;
};
Result<Sent> askAll(const ProbeRun& run, Questioning questioning);

// The names that the chunks become; a failure where one is too long.
Result<std::string> nameOfChunk(const ProbeRun& run, std::size_t chunk);

}  // namespace vauban::lab
