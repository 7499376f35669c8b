#include "os/ring_recorder.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "os/pcap_file.h"
#include "os/system_failure.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A block holds the largest frame that segmentation offload makes. An unfilled one is handed over after the
// time to retire, so that with few frames blocks run out by time, not by bytes: this many are a second in
// which the reader need not get a processor.
constexpr std::uint32_t kBlockBytes = 1U << 17U, kBlocks = 256, kFrameBytes = 2048;
constexpr std::uint32_t kRetireMilliseconds = 4;
constexpr int kNiceness = -10;  // of the reader, where it may be
constexpr milliseconds kMostDrain(3000);

class RingRecorder final : public PacketRecorder {
 public:
  explicit RingRecorder(RecorderSpec spec) : spec_(std::move(spec)) {}
  RingRecorder(const RingRecorder&) = delete;
  RingRecorder& operator=(const RingRecorder&) = delete;
  ~RingRecorder() override {
    stop(milliseconds(0), milliseconds(0));
    if (ring_ != nullptr) munmap(ring_, std::size_t{kBlockBytes} * kBlocks);
  }

  Result<void> open();  // inside the namespace
  void start();

  bool alive() const override;
  RecorderReport soFar() const override;
  RecorderReport stop(milliseconds quiet, milliseconds atMost) override;

 private:
  tpacket_block_desc& block(std::uint32_t number) {
    return *reinterpret_cast<tpacket_block_desc*>(static_cast<char*>(ring_) +
                                                  std::size_t{kBlockBytes} * number);
  }
  bool step(int waitMilliseconds);
  bool drainReady();
  void takeBlock(tpacket_block_desc& full);
  void takeFrame(const tpacket3_hdr& header);
  void count();
  void run();
  void finish();
  void fail(std::string reason);

  RecorderSpec spec_;
  FileDescriptor socket_, wake_;
  void* ring_ = nullptr;
  std::optional<PcapFile> file_;
  std::thread thread_;
  std::uint32_t next_ = 0;             // the block to look at
  std::vector<std::uint8_t> rebuilt_;  // a frame with the VLAN tag that the kernel took out
  std::uint64_t passed_ = 0;           // frames that the kernel has counted, lost ones among them

  mutable std::mutex mutex_;
  RecorderReport report_;
  bool ended_ = false;
  std::atomic<bool> stopping_ = false;
  milliseconds quiet_{0}, atMost_{0};  // written before `stopping_`
};

Result<void> RingRecorder::open() {
  if (!spec_.file.empty()) {
    Result<PcapFile> file = PcapFile::create(spec_.file, spec_.mostFileBytes);
    if (!file) return std::unexpected(file.error());
    file_ = std::move(*file);
  }
  const auto refused = [&](const char* what) {
    return systemFailure(fmt::format("recording at {}: {}", spec_.interface, what), errno);
  };
  const unsigned number = if_nametoindex(spec_.interface.c_str());
  if (number == 0) return refused("finding the interface");
  socket_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));  // no protocol: nothing comes before bind
  if (!socket_.valid()) return refused("opening a packet socket");
  const int descriptor = socket_.get();
  const int version = TPACKET_V3;
  if (setsockopt(descriptor, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) {
    return refused("asking for TPACKET_V3");
  }
  const int on = 1;
  if (spec_.incomingOnly && setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    return refused("leaving out what goes out");
  }
  tpacket_req3 request = {};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = kBlocks;
  request.tp_frame_size = kFrameBytes;
  request.tp_frame_nr = kBlockBytes / kFrameBytes * kBlocks;
  request.tp_retire_blk_tov = kRetireMilliseconds;
  if (setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) {
    return refused("making a ring");
  }
  void* ring =
      mmap(nullptr, std::size_t{kBlockBytes} * kBlocks, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (ring == MAP_FAILED) return refused("mapping the ring");
  ring_ = ring;
  wake_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_.valid()) return refused("making an event");
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(number);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refused("binding to the interface");
  }
  return {};
}

void RingRecorder::start() {
  // Signals are for the threads of those who want them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void RingRecorder::fail(std::string reason) {
  const std::lock_guard lock(mutex_);
  if (report_.failure.empty()) report_.failure = std::move(reason);
}

void RingRecorder::takeFrame(const tpacket3_hdr& header) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&header) + header.tp_mac;
  std::span<const std::uint8_t> frame(bytes, header.tp_snaplen);
  constexpr std::size_t kBeforeTag = 12;
  if ((header.tp_status & TP_STATUS_VLAN_VALID) != 0 && frame.size() >= kBeforeTag) {
    const std::uint16_t protocol =
        (header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header.hv1.tp_vlan_tpid : ETH_P_8021Q;
    const std::uint16_t tag = htons(static_cast<std::uint16_t>(header.hv1.tp_vlan_tci));
    const std::uint16_t kind = htons(protocol);
    rebuilt_.assign(frame.begin(), frame.end());
    std::array<std::uint8_t, 4> inserted{};
    std::memcpy(inserted.data(), &kind, 2);
    std::memcpy(inserted.data() + 2, &tag, 2);
    rebuilt_.insert(rebuilt_.begin() + kBeforeTag, inserted.begin(), inserted.end());
    frame = rebuilt_;
  }
  const auto* link = reinterpret_cast<const sockaddr_ll*>(reinterpret_cast<const std::uint8_t*>(&header) +
                                                          TPACKET_ALIGN(sizeof(tpacket3_hdr)));
  const bool cut = header.tp_len > header.tp_snaplen;
  const std::uint64_t time = std::uint64_t{header.tp_sec} * 1'000'000'000 + header.tp_nsec;
  const bool written =
      !file_ ||
      file_->add(time, frame, static_cast<std::uint32_t>(frame.size()) + header.tp_len - header.tp_snaplen);
  if (spec_.each) spec_.each({time, link->sll_pkttype == PACKET_OUTGOING, cut, frame});
  const std::lock_guard lock(mutex_);
  ++report_.frames;
  report_.bytes += frame.size();
  report_.cut += cut ? 1 : 0;
  report_.fileFull = report_.fileFull || !written;
}

void RingRecorder::takeBlock(tpacket_block_desc& full) {
  const auto* at = reinterpret_cast<const char*>(&full) + full.hdr.bh1.offset_to_first_pkt;
  for (std::uint32_t i = 0; i < full.hdr.bh1.num_pkts; ++i) {
    const auto& header = *reinterpret_cast<const tpacket3_hdr*>(at);
    takeFrame(header);
    at += header.tp_next_offset;
  }
}

bool RingRecorder::drainReady() {
  bool any = false;
  for (;;) {
    tpacket_block_desc& here = block(next_);
    std::atomic_ref<std::uint32_t> status(here.hdr.bh1.block_status);
    if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return any;
    takeBlock(here);
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % kBlocks;
    any = true;
  }
}

// Reading them sets the kernel's counters back to zero.
void RingRecorder::count() {
  tpacket_stats_v3 since = {};
  socklen_t length = sizeof since;
  if (getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &since, &length) != 0) return;
  passed_ += since.tp_packets;
  const std::lock_guard lock(mutex_);
  report_.lost += since.tp_drops;
}

// Waits for frames and records what there is. False when the interface is no more.
bool RingRecorder::step(int waitMilliseconds) {
  std::array<pollfd, 2> waiting{{{socket_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  const nfds_t count = stopping_.load() ? 1 : 2;
  if (poll(waiting.data(), count, waitMilliseconds) < 0 && errno != EINTR) {
    fail(fmt::format("waiting for frames: {}", systemError(errno)));
    return false;
  }
  drainReady();
  if ((waiting[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    fail(fmt::format("the interface {} is gone or down: {}", spec_.interface, systemError(error)));
    return false;
  }
  return true;
}

void RingRecorder::finish() {
  const bool asked = stopping_.load();  // else the interface went
  const milliseconds quiet = asked ? quiet_ : milliseconds(0);
  const auto most = Clock::now() + (asked ? atMost_ : milliseconds(0));
  auto calmSince = Clock::now();
  count();
  for (std::uint64_t seen = passed_; Clock::now() < most && Clock::now() - calmSince < quiet;) {
    if (!step(1)) break;
    count();
    if (passed_ != seen) calmSince = Clock::now();
    seen = passed_;
  }
  // The entrance is shut by a filter that takes nothing. One frame may be on its way past the old one, so the
  // count has to agree twice, with more time in between than that takes.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  if (setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    fail(fmt::format("shutting the entrance: {}", systemError(errno)));
  }
  const auto end = Clock::now() + kMostDrain;
  std::uint64_t left = 1;
  for (int agreed = 0; agreed < 2 && Clock::now() < end;) {
    std::this_thread::sleep_for(milliseconds(2));
    drainReady();
    count();
    const std::lock_guard lock(mutex_);
    left = passed_ - report_.lost - report_.frames;
    agreed = left == 0 ? agreed + 1 : 0;
  }
  const std::lock_guard lock(mutex_);
  report_.lost += left;
}

void RingRecorder::run() {
  // Of this thread alone (setpriority(2), of Linux). Where it is refused the ring has to be enough.
  setpriority(PRIO_PROCESS, 0, kNiceness);
  auto counted = Clock::now();
  while (!stopping_.load()) {
    if (!step(100)) break;
    if (Clock::now() - counted > milliseconds(50)) {
      count();
      counted = Clock::now();
    }
  }
  finish();
  Result<void> flushed;
  if (file_) flushed = file_->flush();
  if (!flushed) fail(flushed.error().front().message);
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

bool RingRecorder::alive() const {
  const std::lock_guard lock(mutex_);
  return !ended_ && report_.complete();
}

RecorderReport RingRecorder::soFar() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

RecorderReport RingRecorder::stop(milliseconds quiet, milliseconds atMost) {
  if (thread_.joinable()) {
    quiet_ = quiet;
    atMost_ = atMost;
    stopping_.store(true);
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t size = write(wake_.get(), &one, sizeof one);
    thread_.join();
  }
  return soFar();
}

}  // namespace

std::string RecorderReport::toString() const {
  std::string text = fmt::format("{} frames, {} bytes", frames, bytes);
  if (lost != 0) text += fmt::format(", {} lost", lost);
  if (cut != 0) text += fmt::format(", {} cut", cut);
  if (fileFull) text += ", the file is full";
  if (!failure.empty()) text += ", " + failure;
  return text + (complete() ? ", complete" : "");
}

Result<std::unique_ptr<PacketRecorder>> startRecorder(const NetNamespace& network, const RecorderSpec& spec) {
  auto recorder = std::make_unique<RingRecorder>(spec);
  if (Result<void> open = network.inside([&] { return recorder->open(); }); !open) {
    return std::unexpected(open.error());
  }
  recorder->start();
  return std::unique_ptr<PacketRecorder>(std::move(recorder));
}

}  // namespace vauban::os
