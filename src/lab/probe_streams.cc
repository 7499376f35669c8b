#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "lab/probe_kinds.h"
#include "lab/wire_conversation.h"
#include "lab/wire_packet.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;
using Clock = ProbeClock;

constexpr int kConnectTime = 2500, kReplyTime = 5000, kCloseTime = 1500;
constexpr std::uint16_t kWeb = 80, kProxy = 3128, kModbus = 502;

Clock::time_point within(const ProbeRun& run, int most) { return Clock::now() + run.atMost(most); }

Result<Conversation> open(const ProbeRun& run, std::uint16_t port) {
  const Probe& probe = run.probe;
  return Conversation::connect(run.testbed, probe.from, probe.source, probe.sourcePort, probe.to, port,
                               within(run, kConnectTime));
}

Sent httpRequest(const ProbeRun& run, Conversation& conversation) {
  const Probe& probe = run.probe;
  const std::string path = probe.path.empty() ? "/upload" : probe.path;
  const std::string head = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/octet-stream\r\nContent-Length: "
      "{}\r\nConnection: "
      "close\r\n\r\n",
      probe.carrier == Carrier::httpBody ? "POST" : "PUT", probe.target.empty() ? path : probe.target,
      probe.target.empty() ? probe.to.inUrl() : hostOfUrl(probe.target), run.payload.size());
  Sent sent;
  if (conversation.send(head, run.deadline))
    sent.bytes = conversation.send(run.payload.bytes(), run.deadline);
  const std::string status = httpStatus(conversation, within(run, kReplyTime));
  sent.answers = status.empty() ? 0 : 1;
  if (!status.starts_with("2")) sent.note = !status.empty() ? status : "no response";
  return sent;
}

Sent connectAndSend(const ProbeRun& run, Conversation& conversation) {
  const std::string& target = run.probe.target;
  conversation.send(fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", target), run.deadline);
  const std::string status = httpStatus(conversation, within(run, kReplyTime));
  Sent sent;
  sent.answers = status.empty() ? 0 : 1;
  if (!status.starts_with("2")) {
    sent.note = status.empty() ? "no response" : status;
    return sent;
  }
  sent.bytes = conversation.send(run.payload.bytes(), run.deadline);
  conversation.finish(within(run, kCloseTime));
  sent.note = conversation.note();
  return sent;
}

}  // namespace

std::string hostOfUrl(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  return url.substr(begin, url.find('/', begin) - begin);
}

std::string httpStatus(Conversation& conversation, Clock::time_point deadline) {
  const std::string head = conversation.receive(
      [](std::string_view text) { return text.find("\r\n\r\n") != std::string_view::npos; }, deadline);
  const std::string line = head.substr(0, head.find('\r'));
  const std::size_t blank = line.find(' ');
  return line.starts_with("HTTP/") && blank != std::string::npos ? line.substr(blank + 1) : line;
}

Result<Sent> sendStream(const ProbeRun& run) {
  const Carrier carrier = run.probe.carrier;
  const bool proxy = carrier == Carrier::httpConnect || !run.probe.target.empty();
  Result<Conversation> conversation = open(run, run.portOr(proxy ? kProxy : kWeb));
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  Sent sent;
  if (!conversation->open()) {
    sent.note = conversation->note();
    return sent;
  }
  if (carrier == Carrier::httpBody || carrier == Carrier::fileDrop || carrier == Carrier::storeRead)
    return httpRequest(run, *conversation);
  if (carrier == Carrier::httpConnect) return connectAndSend(run, *conversation);
  sent.bytes = conversation->send(run.payload.bytes(), run.deadline);
  conversation->finish(within(run, kCloseTime));
  sent.note = conversation->note();
  return sent;
}

namespace {

// Requests side by side, as a proxy takes as long for each as its look-ups do.
class HostNames {
 public:
  explicit HostNames(const ProbeRun& run) : run_(run) {}

  Result<Sent> send() {
    constexpr int kWorkers = 6;
    std::vector<std::thread> workers;
    for (int i = 0; i < kWorkers; ++i) workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
    if (!failure_) return std::unexpected(failure_.error());
    if (sent_.note.empty()) sent_.note = text(statuses_);
    return sent_;
  }

 private:
  static std::string text(const std::map<std::string, std::size_t>& statuses) {
    std::string all;
    for (const auto& [status, count] : statuses)
      all += fmt::format("{}{} {} times", all.empty() ? "" : ", ", status, count);
    return all;
  }
  int patience() const {
    // A proxy that has never answered has been asked often enough for its look-ups: they are what counts.
    constexpr std::size_t kEnough = 12;
    if (sent_.answers > 0) return 3000;
    return unanswered_ < kEnough ? 1000 : 100;
  }
  void work() {
    for (;;) {
      std::size_t chunk = 0;
      int wait = 0;
      {
        const std::lock_guard lock(mutex_);
        if (next_ >= run_.payload.chunkCount() || !failure_ || refused_ || run_.left() <= milliseconds(0))
          return;
        chunk = next_++;
        wait = patience();
      }
      if (Result<void> done = one(chunk, wait); !done) {
        const std::lock_guard lock(mutex_);
        failure_ = std::move(done);
        return;
      }
    }
  }
  Result<void> one(std::size_t chunk, int wait) {
    const Result<std::string> name = nameOfChunk(run_, chunk);
    if (!name) return std::unexpected(name.error());
    Result<Conversation> conversation = open(run_, run_.portOr(kProxy));
    if (!conversation) return std::unexpected(std::move(conversation.error()));
    std::string status;
    if (conversation->open()) {
      conversation->send(
          fmt::format("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nConnection: close\r\n\r\n", *name),
          run_.deadline);
      status = httpStatus(*conversation, within(run_, wait));
    }
    const std::lock_guard lock(mutex_);
    if (!conversation->open() && status.empty() && conversation->note() != "") {
      refused_ = sent_.answers == 0;
      sent_.note = conversation->note();
      return {};
    }
    sent_.bytes += run_.payload.chunk(chunk).size();
    if (status.empty()) {
      ++unanswered_;
      ++statuses_["no response"];
    } else {
      ++sent_.answers;
      ++statuses_[status];
    }
    // Not closed while there is no answer: a proxy would drop the look-up with the connection.
    // Descriptors are not without end, so the oldest goes.
    constexpr std::size_t kMostUnfinished = 256;
    if (status.empty()) unfinished_.push_back(std::move(*conversation));
    if (unfinished_.size() > kMostUnfinished) unfinished_.pop_front();
    return {};
  }

  const ProbeRun& run_;
  std::mutex mutex_;
  std::size_t next_ = 0, unanswered_ = 0;
  bool refused_ = false;
  Result<void> failure_;
  Sent sent_;
  std::map<std::string, std::size_t> statuses_;
  std::deque<Conversation> unfinished_;
};

}  // namespace

Result<Sent> sendHostNames(const ProbeRun& run) { return HostNames(run).send(); }

std::string ModbusClient::exchange(BytesView request, std::uint8_t unit, Clock::time_point deadline) {
  os::Bytes frame;
  put16(frame, ++transaction_);
  put16(frame, 0);
  put16(frame, 1 + request.size());
  put8(frame, unit);
  put(frame, request);
  if (conversation_.send(frame, deadline) < frame.size()) return {};
  constexpr std::size_t kHeader = 6;
  const std::string answer = conversation_.receive(
      [](std::string_view text) {
        return text.size() >= kHeader && text.size() >= kHeader + static_cast<std::uint8_t>(text[4]) * 256U +
                                                            static_cast<std::uint8_t>(text[5]);
      },
      deadline);
  if (answer.size() < kHeader + 2) return {};
  const auto function = static_cast<std::uint8_t>(answer[kHeader + 1]);
  if ((function & 0x80U) != 0 && answer.size() > kHeader + 2)
    note_ = fmt::format("Modbus exception {}", static_cast<int>(answer[kHeader + 2]));
  return answer.substr(kHeader + 1);
}

os::Bytes registersWritten(std::size_t address, BytesView bytes) {
  const std::size_t count = (bytes.size() + 1) / 2;
  os::Bytes request;
  put8(request, 16);
  put16(request, address);
  put16(request, count);
  put8(request, 2 * count);
  put(request, bytes);
  if (bytes.size() % 2 != 0) put8(request, 0);
  return request;
}

Result<Sent> sendRegisters(const ProbeRun& run) {
  Result<Conversation> conversation = open(run, run.portOr(kModbus));
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  ModbusClient client(std::move(*conversation));
  Sent sent;
  for (std::size_t i = 0; i < run.payload.chunkCount() && client.open(); ++i) {
    const BytesView chunk = run.payload.chunk(i);
    const std::string answer = client.exchange(registersWritten(0, chunk), 1, within(run, kReplyTime));
    if (!client.note().empty() && answer.empty()) break;
    sent.bytes += chunk.size();
    if (answer.empty()) break;
    ++sent.answers;
  }
  sent.note = client.note();
  if (sent.note.empty() && sent.answers < run.payload.chunkCount()) sent.note = "no response";
  return sent;
}

}  // namespace vauban::lab
