// Carriers whose bytes the receiver asks for: his side of the conversation is played here too.
#include <fmt/format.h>
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "lab/adversary.h"
#include "lab/offers.h"
#include "lab/probe_kinds.h"
#include "lab/wire_dns.h"
#include "lab/wire_text.h"
#include "lab/witness.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;
using Clock = ProbeClock;

constexpr int kConnectTime = 2500, kReplyTime = 5000, kCloseTime = 1500;
constexpr std::uint16_t kWeb = 80, kDns = 53, kModbus = 502;

Clock::time_point within(const ProbeRun& run, int most) { return Clock::now() + run.atMost(most); }

Fetch fetchOf(const ProbeRun& run, std::uint16_t usual) {
  Fetch fetch = run.probe.fetch.value_or(Fetch{run.probe.to, run.probe.source, run.portOr(usual), 1});
  if (fetch.port == 0) fetch.port = usual;
  return fetch;
}

Result<Conversation> connectTo(const ProbeRun& run, const Fetch& fetch, std::uint16_t sourcePort = 0) {
  return Conversation::connect(run.testbed, *run.probe.receiver, fetch.source, sourcePort, fetch.from,
                               fetch.port, within(run, kConnectTime));
}

std::uint16_t nextOwnPort() {
  static std::atomic<unsigned> next = 0;
  return static_cast<std::uint16_t>(Adversary::kFirstOwnPort +
                                    next.fetch_add(1) %
                                        (Adversary::kLastOwnPort - Adversary::kFirstOwnPort + 1U));
}

struct Fetched {
  std::size_t body = 0;
  std::string note;  // why nothing came
};

// What comes back to a GET, whole.
Result<Fetched> get(const ProbeRun& run, const Fetch& fetch, const std::string& target,
                    const std::string& host, std::uint16_t sourcePort = 0) {
  Result<Conversation> conversation = connectTo(run, fetch, sourcePort);
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  Fetched fetched;
  if (!conversation->open()) {
    fetched.note = conversation->note();
    return fetched;
  }
  conversation->send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", target, host),
                     run.deadline);
  ReceiverEar ear(run, fetch, "HTTP answer");
  constexpr std::size_t kMostHead = 16384;
  std::string head;
  std::size_t all = 0;
  conversation->hear(
      [&](std::string_view piece) {
        all += piece.size();
        if (head.size() < kMostHead) head += piece;
        ear.hear(piece);
      },
      run.deadline);
  // A server that speaks first (of mail) is heard out.
  const std::size_t greeting = std::min(head.find("HTTP/1."), head.size());
  head.erase(0, greeting);
  const std::string line = head.substr(0, head.find('\r'));
  const std::size_t blank = line.find(' '), end = head.find("\r\n\r\n");
  const std::string status = blank == std::string::npos ? line : line.substr(blank + 1);
  if (status.starts_with("2") && end != std::string::npos)
    fetched.body = all - greeting - end - 4;
  else
    fetched.note = status.empty() ? "no response" : status;
  return fetched;
}

// One probe at a time listens at a place: the connections of another's receiver would come to it.
class ListeningPlace {
 public:
  ListeningPlace(const ProbeRun& run, std::uint16_t port)
      : key_(&run.testbed, run.probe.from.value, run.probe.source, port) {
    std::unique_lock lock(mutex());
    free().wait(lock, [&] { return taken().insert(key_).second; });
  }
  ~ListeningPlace() {
    {
      const std::lock_guard lock(mutex());
      taken().erase(key_);
    }
    free().notify_all();
  }
  ListeningPlace(const ListeningPlace&) = delete;
  ListeningPlace& operator=(const ListeningPlace&) = delete;

 private:
  using Key = std::tuple<const os::Testbed*, std::uint32_t, os::InternetAddress, std::uint16_t>;
  static std::mutex& mutex() {
    static std::mutex the;
    return the;
  }
  static std::condition_variable& free() {
    static std::condition_variable the;
    return the;
  }
  static std::set<Key>& taken() {
    static std::set<Key> the;
    return the;
  }
  Key key_;
};

Result<os::FileDescriptor> listenerOf(const ProbeRun& run, std::uint16_t port) {
  const Probe& probe = run.probe;
  Result<os::FileDescriptor> listener = run.testbed.socket(probe.from, probe.source.family(), SOCK_STREAM, 0);
  if (!listener) return listener;
  const int on = 1;
  setsockopt(listener->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const os::SocketAddress own(probe.source, port);
  if (bind(listener->get(), own.get(), own.length) != 0 || listen(listener->get(), 16) != 0)
    return os::systemFailure(fmt::format("listening at {} port {}", probe.source.toString(), port), errno);
  return listener;
}

std::optional<Conversation> accepted(const os::FileDescriptor& listener, int atMost) {
  pollfd waiting{listener.get(), POLLIN, 0};
  if (poll(&waiting, 1, atMost) != 1) return std::nullopt;
  os::FileDescriptor taken(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!taken.valid()) return std::nullopt;
  return Conversation(std::move(taken));
}

// A web server of the sender that has the payload for every path, for as long as it lives.
class PayloadServer {
 public:
  PayloadServer(const ProbeRun& run, os::FileDescriptor listener)
      : run_(run), listener_(std::move(listener)), thread_([this] { serve(); }) {}
  ~PayloadServer() {
    stopping_ = true;
    thread_.join();
  }
  PayloadServer(const PayloadServer&) = delete;
  PayloadServer& operator=(const PayloadServer&) = delete;

 private:
  void serve() {
    const auto bytes = run_.payload.bytes();
    const std::string response =
        Offers::response({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    while (!stopping_) {
      std::optional<Conversation> asker = accepted(listener_, 10);
      if (!asker) continue;
      const std::string head = asker->receive(
          [](std::string_view text) { return text.find("\r\n\r\n") != std::string_view::npos; },
          within(run_, kReplyTime));
      if (head.empty()) continue;
      asker->send(response, run_.deadline);
      asker->finish(within(run_, kCloseTime));
    }
  }

  const ProbeRun& run_;
  os::FileDescriptor listener_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

Result<Sent> askForPage(const ProbeRun& run) {
  const Probe& probe = run.probe;
  const Fetch fetch = fetchOf(run, kWeb);
  const std::string name = probe.offer.empty() ? newNonce() : probe.offer;
  const std::string target = (probe.target.empty() ? "/" : probe.target) + name;
  // Of the sender himself, so that no program of his machine answers.
  const bool own = !probe.offer.empty() && fetch.from == probe.source;
  Result<Fetched> fetched =
      get(run, fetch, target, probe.target.empty() ? fetch.from.inUrl() : hostOfUrl(probe.target),
          own ? nextOwnPort() : std::uint16_t{0});
  if (!fetched) return std::unexpected(std::move(fetched.error()));
  Sent sent;
  sent.bytes = std::min(fetched->body, run.payload.size());
  sent.answers = fetched->body > 0 ? 1 : 0;
  sent.note = fetched->note;
  return sent;
}

}  // namespace

ReceiverEar::ReceiverEar(const ProbeRun& run, const Fetch& fetch, const char* carriedIn)
    : witness_(run.probe.hearer), source_{fetch.from, space::Service{space::kTcp, 0, fetch.port}, carriedIn} {
  // His servers number their streams from one.
  static std::atomic<std::uint64_t> last = std::uint64_t{1} << 62U;
  stream_ = ++last;
}
ReceiverEar::~ReceiverEar() {
  if (witness_ != nullptr) witness_->endOfStream(stream_);
}
void ReceiverEar::hear(std::string_view piece) {
  if (witness_ == nullptr) return;
  witness_->tell(stream_, source_, {reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()});
}

Result<Sent> sendAnswer(const ProbeRun& waiting) {
  const Fetch fetch = fetchOf(waiting, kWeb);
  const ListeningPlace place(waiting, waiting.portOr(kWeb));
  const ProbeRun run = waiting.fromNow();
  Result<os::FileDescriptor> listener = listenerOf(run, run.portOr(kWeb));
  if (!listener) return std::unexpected(std::move(listener.error()));
  // The receiver reads until the end, or until it is told to stop.
  Result<void> received;
  std::string note;
  std::atomic<bool> refused = false;  // he has tried, and will not come
  std::thread receiver([&] {
    Result<Conversation> conversation = connectTo(run, fetch);
    refused = !conversation || !conversation->open();
    if (!conversation) {
      received = std::unexpected(std::move(conversation.error()));
    } else if (!conversation->open()) {
      note = conversation->note();
    } else {
      conversation->end();
      ReceiverEar ear(run, fetch, "TCP stream");
      conversation->hear([&](std::string_view piece) { ear.hear(piece); }, run.deadline);
    }
  });
  Sent sent;
  std::optional<Conversation> asker;
  for (const auto most = within(run, kConnectTime); !asker && !refused && Clock::now() < most;)
    asker = accepted(*listener, 10);
  if (asker) {
    sent.answers = 1;
    sent.bytes = asker->send(run.payload.bytes(), run.deadline);
    asker->finish(within(run, kCloseTime));
  }
  receiver.join();
  if (!received) return std::unexpected(std::move(received.error()));
  sent.note = note;
  return sent;
}

Result<Sent> fetchByHttp(const ProbeRun& waiting) {
  if (!waiting.probe.offer.empty()) return askForPage(waiting);
  const ListeningPlace place(waiting, waiting.portOr(kWeb));
  const ProbeRun run = waiting.fromNow();
  Result<os::FileDescriptor> listener = listenerOf(run, run.portOr(kWeb));
  if (!listener) return std::unexpected(std::move(listener.error()));
  const PayloadServer server(run, std::move(*listener));
  return askForPage(run);
}

Result<Sent> fetchByNames(const ProbeRun& run) {
  const Probe& probe = run.probe;
  const Fetch fetch = fetchOf(run, kDns);
  const auto name = [&](std::size_t chunk) -> Result<std::string> {
    return fmt::format("{}.{}", Offers::chunkName(probe.offer, chunk, newNonce()), probe.domain);
  };
  return askAll(run, {*probe.receiver, fetch.source, fetch.from, 0, fetch.port, kDnsTxt, name, true});
}

Result<Sent> fetchFromStore(const ProbeRun& run) {
  Probe probe = run.probe;
  if (probe.path.empty()) probe.path = "/drop-" + newNonce();
  Fetch fetch = probe.fetch.value_or(Fetch{{}, probe.to, probe.port, 1});
  if (fetch.port == 0) fetch.port = run.portOr(kWeb);
  const ProbeRun drop{run.testbed, probe, run.payload, run.deadline};
  Result<Sent> dropped = sendStream(drop);
  if (!dropped) return dropped;
  if (!dropped->note.empty()) {
    dropped->note = "drop: " + dropped->note;
    dropped->bytes = 0;
    return dropped;
  }
  Result<Fetched> fetched = get(run, fetch, probe.path, fetch.from.inUrl());
  if (!fetched) return std::unexpected(std::move(fetched.error()));
  dropped->bytes = std::min(fetched->body, run.payload.size());
  dropped->answers += fetched->body > 0 ? 1 : 0;
  dropped->note = fetched->note;
  return dropped;
}

Result<Sent> fetchRegisters(const ProbeRun& run) {
  // Each probe has registers of its own, but for those after 545 others.
  constexpr std::size_t kSlot = 120, kSlots = 545;
  static std::atomic<std::size_t> next = 0;
  const std::size_t address = kSlot * (1 + next.fetch_add(1) % kSlots);
  const Probe& probe = run.probe;
  Fetch fetch = probe.fetch.value_or(Fetch{{}, probe.to, probe.port, 1});
  if (fetch.port == 0) fetch.port = kModbus;
  Result<Conversation> writing =
      Conversation::connect(run.testbed, probe.from, probe.source, probe.sourcePort, probe.to,
                            run.portOr(kModbus), within(run, kConnectTime));
  if (!writing) return std::unexpected(std::move(writing.error()));
  Sent sent;
  if (!writing->open()) {
    sent.note = "write: " + writing->note();
    return sent;
  }
  Result<Conversation> reading = connectTo(run, fetch);
  if (!reading) return std::unexpected(std::move(reading.error()));
  if (!reading->open()) {
    sent.note = reading->note();
    return sent;
  }
  ModbusClient writer(std::move(*writing)), reader(std::move(*reading));
  for (std::size_t i = 0; i < run.payload.chunkCount(); ++i) {
    const auto chunk = run.payload.chunk(i);
    if (writer.exchange(registersWritten(address, chunk), 1, within(run, kReplyTime)).empty()) break;
    os::Bytes question{3, static_cast<std::uint8_t>(address >> 8U), static_cast<std::uint8_t>(address), 0,
                       static_cast<std::uint8_t>((chunk.size() + 1) / 2)};
    const std::string answer = reader.exchange(question, fetch.unit, within(run, kReplyTime));
    constexpr std::size_t kHead = 2;
    if (answer.size() < kHead) break;
    ReceiverEar ear(run, fetch, "Modbus answer");
    ear.hear(std::string_view(answer).substr(kHead));
    ++sent.answers;
    if (answer.size() >= kHead + chunk.size() &&
        std::equal(chunk.begin(), chunk.end(), answer.begin() + kHead,
                   [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }))
      sent.bytes += chunk.size();
    // Nobody that refuses one takes the next.
    if (!writer.note().empty() || !reader.note().empty()) break;
  }
  sent.note = !writer.note().empty() ? "write: " + writer.note() : reader.note();
  if (sent.note.empty() && sent.answers < run.payload.chunkCount()) sent.note = "no response";
  return sent;
}

}  // namespace vauban::lab
