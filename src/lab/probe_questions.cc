#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <deque>
#include <map>
#include <thread>

#include "lab/probe_kinds.h"
#include "lab/wire_dns.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;
using Clock = ProbeClock;

constexpr std::size_t kWindow = 32;
constexpr int kMostTries = 3;
constexpr milliseconds kAnswerTime(2000);
// Nobody has answered anything for so long: the questions go out as they are, one way.
constexpr milliseconds kSilence(1200);
constexpr milliseconds kLastAnswers(800);

class Questions {
 public:
  Questions(const ProbeRun& run, Questioning how)
      : run_(run), how_(std::move(how)), to_(how_.server, how_.port) {
    for (std::size_t i = 0; i < run.payload.chunkCount(); ++i) todo_.push_back(i);
    tries_.resize(run.payload.chunkCount(), 0);
    answered_.resize(run.payload.chunkCount(), false);
  }

  Result<Sent> send();

 private:
  struct Pending {
    std::size_t chunk;
    Clock::time_point since;
  };

  Result<void> ask(std::size_t chunk);
  void take(milliseconds wait);
  void giveUpOld();
  bool silent() const { return answers_ == 0 && Clock::now() - begin_ > kSilence; }

  const ProbeRun& run_;
  Questioning how_;
  os::SocketAddress to_;
  os::FileDescriptor socket_;
  std::deque<std::size_t> todo_;
  std::vector<int> tries_;
  std::vector<bool> answered_;  // with data
  std::map<std::uint16_t, Pending> pending_;
  std::map<unsigned, std::size_t> codes_;
  std::uint16_t nextId_ = 1;
  std::size_t answers_ = 0, asked_ = 0, answeredBytes_ = 0;
  int error_ = 0;
  Clock::time_point begin_ = Clock::now();
};

Result<void> Questions::ask(std::size_t chunk) {
  const Result<std::string> name = how_.name(chunk);
  if (!name) return std::unexpected(name.error());
  const std::uint16_t id = nextId_++;
  const os::Bytes question = dnsQuestion(id, *name, how_.type);
  if (sendto(socket_.get(), question.data(), question.size(), 0, to_.get(), to_.length) < 0) {
    error_ = errno;
  } else if (tries_[chunk] == 0) {
    asked_ += run_.payload.chunk(chunk).size();
  }
  ++tries_[chunk];
  pending_.insert_or_assign(id, Pending{chunk, Clock::now()});
  return {};
}

void Questions::take(milliseconds wait) {
  pollfd waiting{socket_.get(), POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(wait.count()));
  std::uint8_t block[4096];
  for (;;) {
    const ssize_t size = recv(socket_.get(), block, sizeof block, MSG_DONTWAIT);
    if (size < 0) return;
    const auto answer = readDnsQuestion({block, static_cast<std::size_t>(size)});
    if (!answer || !answer->answer) continue;
    ++answers_;
    ++codes_[answer->code];
    const auto found = pending_.find(answer->id);
    if (found == pending_.end()) continue;
    // A resolver in trouble is asked again, under a new name.
    constexpr unsigned kServerFailure = 2;
    if (answer->code == kServerFailure && tries_[found->second.chunk] < kMostTries)
      todo_.push_back(found->second.chunk);
    constexpr std::size_t kAnswers = 6;
    const bool data = answer->code == 0 && block[kAnswers] + block[kAnswers + 1] > 0;
    if (data && !answered_[found->second.chunk]) {
      answered_[found->second.chunk] = true;
      answeredBytes_ += run_.payload.chunk(found->second.chunk).size();
    }
    pending_.erase(found);
  }
}

void Questions::giveUpOld() {
  for (auto it = pending_.begin(); it != pending_.end();) {
    if (Clock::now() - it->second.since < kAnswerTime) {
      ++it;
      continue;
    }
    if (tries_[it->second.chunk] < kMostTries && answers_ > 0) todo_.push_back(it->second.chunk);
    it = pending_.erase(it);
  }
}

Result<Sent> Questions::send() {
  Result<os::FileDescriptor> socket = run_.testbed.socket(how_.node, how_.server.family(), SOCK_DGRAM, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  socket_ = std::move(*socket);
  const os::SocketAddress own(how_.source, how_.sourcePort);
  if (bind(socket_.get(), own.get(), own.length) != 0) {
    return os::systemFailure(fmt::format("binding to {}", how_.source.toString()), errno);
  }
  const milliseconds pause(static_cast<int>(1000 / std::max(1.0, run_.perSecond())));
  while ((!todo_.empty() || !pending_.empty()) && run_.left() > milliseconds(0)) {
    const bool oneWay = silent();
    if (oneWay) pending_.clear();
    while (!todo_.empty() && pending_.size() < kWindow) {
      if (Result<void> asked = ask(todo_.front()); !asked) return std::unexpected(asked.error());
      todo_.pop_front();
      if (pause.count() > 0) std::this_thread::sleep_for(pause);
    }
    take(oneWay && !todo_.empty() ? milliseconds(1) : run_.atMost(50));
    if (oneWay && todo_.empty()) {
      take(run_.atMost(static_cast<int>(kLastAnswers.count())));
      break;
    }
    giveUpOld();
  }
  Sent sent;
  sent.bytes = how_.countAnswered ? answeredBytes_ : asked_;
  sent.answers = answers_;
  if (error_ != 0) sent.note = os::systemError(error_);
  for (const auto& [code, count] : codes_) {
    static constexpr const char* kNames[] = {"no error",     "format error",    "server failure",
                                             "no such name", "not implemented", "refused"};
    if (!sent.note.empty()) sent.note += ", ";
    sent.note += code < std::size(kNames) ? fmt::format("{} {} times", kNames[code], count)
                                          : fmt::format("code {} {} times", code, count);
  }
  if (answers_ == 0 && sent.note.empty()) sent.note = "no answer";
  return sent;
}

}  // namespace

Result<Sent> askAll(const ProbeRun& run, Questioning questioning) {
  return Questions(run, std::move(questioning)).send();
}

Result<Sent> sendQuestions(const ProbeRun& run) {
  const Probe& probe = run.probe;
  return askAll(run, {probe.from, probe.source, probe.to, probe.sourcePort, run.portOr(53), kDnsA,
                      [&run](std::size_t chunk) { return nameOfChunk(run, chunk); }, false});
}

}  // namespace vauban::lab
