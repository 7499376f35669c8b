#include "lab/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <unordered_map>

#include "lab/frame_queue.h"
#include "lab/wire_dns.h"
#include "lab/wire_frame.h"
#include "lab/witness_index.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using BytesView = std::span<const std::uint8_t>;
using Finds = WitnessIndex::Finds;

constexpr std::size_t kMostPayloads = 65536, kMostConversations = 32768, kMostFlows = 4096;
// Of a stream, what may be the beginning of a chunk that goes on in the next piece: the longest chunk as
// text.
constexpr std::size_t kTail = 4096;
constexpr std::uint16_t kDns = 53, kNtp = 123;
constexpr std::size_t kNtpPacket = 48;
constexpr const char *kSegment = "TCP segment", *kSegmentText = "TCP text";

std::string_view asText(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A table that forgets: what was not entered among the last `most` entries, or among the `most` before those.
template <class Key, class Value>
class Recent {
 public:
  explicit Recent(std::size_t most) : most_(most) {}
  Value* find(const Key& key) {
    if (const auto it = now_.find(key); it != now_.end()) return &it->second;
    const auto it = before_.find(key);
    return it == before_.end() ? nullptr : &it->second;
  }
  Value& enter(const Key& key) {
    if (Value* there = find(key)) return *there;
    if (now_.size() >= most_) {
      before_ = std::move(now_);
      now_.clear();
    }
    return now_[key];
  }
  void erase(const Key& key) {
    now_.erase(key);
    before_.erase(key);
  }

 private:
  std::size_t most_;
  std::map<Key, Value> now_, before_;
};

struct Stream {
  std::vector<std::uint8_t> tail;
  std::vector<WitnessIndex::Begun> begun;  // in it
  std::uint64_t version = 0;               // of the index that it was looked through with
  std::uint32_t next = 0;                  // sequence number, of streams that are put together here
};

bool isIcmpError(const FrameView& view) {
  const std::uint16_t type = view.destinationPort;
  return view.protocol == space::kIcmp ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12
                                       : type < 128;
}

bool isNtp(const FrameView& view) {
  return view.protocol == space::kUdp && (view.sourcePort == kNtp || view.destinationPort == kNtp) &&
         view.payload.size() >= kNtpPacket;
}

std::string placeName(const FrameView& view, const DnsQuestion* dns, const WitnessIndex::Find& find) {
  if (view.fragment) return "fragment";
  switch (view.protocol) {
    case space::kIcmp:
    case space::kIcmpV6:
      if (isIcmpError(view)) return "ICMP quote";
      return view.destinationPort == 0 || view.destinationPort == 129 ? "echo reply payload" : "echo payload";
    case space::kTcp:
      return find.text ? kSegmentText : kSegment;
    case space::kUdp:
      break;
    default:
      return fmt::format("payload of IP protocol {}", view.protocol);
  }
  if (find.text) return dns != nullptr ? "query name" : "UDP text";
  if (dns != nullptr && dns->answer && dns->type == kDnsTxt) return "DNS answer";
  if (!isNtp(view)) return "UDP payload";
  switch (find.begin) {
    case 16:
      return "NTP reference timestamp";
    case 24:
      return "NTP origin timestamp";
    case 32:
      return "NTP receive timestamp";
    case 40:
      return "NTP transmit timestamp";
    default:
      return find.begin >= kNtpPacket ? "NTP extension field" : "NTP header";
  }
}

void add(os::RecorderReport& all, const os::RecorderReport& one) {
  all.frames += one.frames;
  all.bytes += one.bytes;
  all.lost += one.lost;
  all.cut += one.cut;
  all.fileFull = all.fileFull || one.fileFull;
  if (all.failure.empty()) all.failure = one.failure;
}

}  // namespace

class Witness::Eye {
 public:
  explicit Eye(std::vector<os::InternetAddress> addresses) : addresses_(std::move(addresses)) {
    std::sort(addresses_.begin(), addresses_.end());
  }

  // Of recorders: does not wait for what is looked for.
  void record(const os::RecordedFrame& frame) { queue_.put(frame); }
  // What was recorded before the call has been looked through.
  void catchUp() const { queue_.drain(); }

  Id expect(const Payload& payload) {
    const std::lock_guard lock(mutex_);
    VAUBAN_CHECK(records_.size() < kMostPayloads);
    const Id id = records_.size() + 1;
    index_.add(id, payload);
    Record& record = records_[id];
    record.here.assign(payload.chunkCount(), false);
    if (payload.chunkCount() > 0) {
      record.least = payload.size() / payload.chunkCount();
      record.longer = payload.size() % payload.chunkCount();
    }
    record.missing = payload.chunkCount();
    return id;
  }
  void forget(Id id) {
    catchUp();
    const std::lock_guard lock(mutex_);
    index_.remove(id);
    if (const auto found = records_.find(id); found != records_.end()) found->second.here = {};
  }
  Seen seen(Id id) const {
    catchUp();
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(id);
    if (found == records_.end()) return {};
    Seen seen = found->second.seen;
    seen.complete = found->second.missing == 0 && seen.chunks > 0;
    // What a server heard says more than that it came in segments.
    if (found->second.told) {
      seen.carriedIn.erase(kSegment);
      seen.carriedIn.erase(kSegmentText);
    }
    seen.span = std::chrono::duration_cast<microseconds>(
        std::chrono::nanoseconds(found->second.last - found->second.first));
    return seen;
  }
  void tell(std::uint64_t number, const StreamSource& source, BytesView piece);
  void endOfStream(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    told_.erase(number);
  }
  std::uint64_t framesTotal() const {
    catchUp();
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  std::uint64_t framesFrom(const os::InternetAddress& source) const {
    catchUp();
    const std::lock_guard lock(mutex_);
    const auto found = from_.find(source);
    return found == from_.end() ? 0 : found->second;
  }
  std::uint64_t framesTo(std::uint8_t protocol, std::uint16_t port) const {
    catchUp();
    const std::lock_guard lock(mutex_);
    const auto found = to_.find({protocol, port});
    return found == to_.end() ? 0 : found->second;
  }

 private:
  struct Record {
    Seen seen;
    std::vector<bool> here;
    std::size_t least = 0, longer = 0;  // of a chunk; how many have one byte more
    std::size_t missing = 0;
    bool told = false;                  // by a server
    std::uint64_t first = 0, last = 0;  // nanoseconds
  };
  using End = std::pair<os::InternetAddress, std::uint16_t>;
  using Conversation = std::tuple<std::uint8_t, End, End>;  // the lesser end first
  using Flow = std::tuple<End, End>;

  void see(const os::RecordedFrame& frame);
  bool his(const os::InternetAddress& address) const {
    return addresses_.empty() || std::binary_search(addresses_.begin(), addresses_.end(), address);
  }
  // Whether the frame belongs to a conversation that this machine opened, as far as its packets were seen.
  bool openedHere(const FrameView& view, bool outgoing);
  space::Service openersPacket(const FrameView& view, bool openedHere, const DnsQuestion* dns) const;
  void lookThrough(const FrameView& view, const DnsQuestion* dns, Finds& finds,
                   std::set<std::string>& places);
  void lookThroughStream(Stream& stream, BytesView piece, Finds& finds);
  void enter(const Finds& finds, std::uint64_t time, const space::Service& packet,
             const os::InternetAddress& from, const std::set<std::string>& places);

  mutable std::mutex mutex_;
  std::vector<os::InternetAddress> addresses_;
  WitnessIndex index_;
  std::map<Id, Record> records_;
  std::uint64_t frames_ = 0;
  std::map<os::InternetAddress, std::uint64_t> from_;
  std::map<std::pair<std::uint8_t, std::uint16_t>, std::uint64_t> to_;
  Recent<Conversation, bool> conversations_{kMostConversations};  // whether opened here
  Recent<Flow, Stream> flows_{kMostFlows};
  std::map<std::uint64_t, Stream> told_;
  mutable FrameQueue queue_{[this](const os::RecordedFrame& frame) { see(frame); }};  // ends before the rest
};

bool Witness::Eye::openedHere(const FrameView& view, bool outgoing) {
  if (!space::hasPorts(view.protocol) || view.fragment) return false;
  End a(view.source, view.sourcePort), b(view.destination, view.destinationPort);
  if (b < a) std::swap(a, b);
  const Conversation conversation(view.protocol, a, b);
  const bool opens = view.protocol != space::kTcp || (view.syn && !view.ack);
  if (bool* known = conversations_.find(conversation)) {
    // A port used again opens a new conversation.
    if (view.protocol == space::kTcp && opens) *known = outgoing;
    return *known;
  }
  if (opens) conversations_.enter(conversation) = outgoing;
  return opens && outgoing;
}

space::Service Witness::Eye::openersPacket(const FrameView& view, bool openedHere,
                                           const DnsQuestion* dns) const {
  space::Service packet{view.protocol, 0, view.destinationPort};
  if (view.fragment) return {view.protocol, 0, 0};
  if (view.protocol == space::kIcmp && view.destinationPort == 0) packet.destinationPort = 8;
  if (view.protocol == space::kIcmpV6 && view.destinationPort == 129) packet.destinationPort = 128;
  const bool answer =
      openedHere || (dns != nullptr && dns->answer && view.sourcePort == kDns) ||
      (isNtp(view) && view.sourcePort == kNtp && (view.payload[0] & 7U) == 4) ||
      (view.protocol == space::kTcp && view.ack && (view.syn || view.reset) && view.payload.empty());
  if (space::hasPorts(view.protocol) && answer) packet.destinationPort = view.sourcePort;
  return packet;
}

void Witness::Eye::lookThrough(const FrameView& view, const DnsQuestion* dns, Finds& finds,
                               std::set<std::string>& places) {
  if (view.protocol == space::kTcp && !view.fragment) {
    if (view.ack && (view.syn || view.reset)) {
      index_.findNumber(view.acknowledgement - 1, finds);
      if (!finds.empty())
        places.insert(view.syn ? "acknowledgement number of a SYN-ACK" : "acknowledgement number of a reset");
    }
    if (view.payload.empty()) return;
    const Flow flow(End(view.source, view.sourcePort), End(view.destination, view.destinationPort));
    Stream& stream = flows_.enter(flow);
    if (stream.next != view.sequence) {
      stream.tail.clear();
      stream.begun.clear();
    }
    stream.next = view.sequence + static_cast<std::uint32_t>(view.payload.size());
    lookThroughStream(stream, view.payload, finds);
  } else {
    if (dns != nullptr) index_.findText(dns->name, finds);
    if (dns == nullptr) index_.findText(asText(view.payload), finds);
    index_.findRaw(view.payload, finds);
  }
  for (const WitnessIndex::Find& find : finds) {
    if (find.end > 4 || view.protocol != space::kTcp) places.insert(placeName(view, dns, find));
  }
}

void Witness::Eye::lookThroughStream(Stream& stream, BytesView piece, Finds& finds) {
  const std::size_t before = stream.tail.size();
  stream.tail.insert(stream.tail.end(), piece.begin(), piece.end());
  // The tail has not been looked through for what has come to be expected since.
  const bool known = stream.version == index_.version();
  if (!known) stream.begun.clear();
  stream.version = index_.version();
  Finds all;
  index_.findOn(stream.tail, known ? before : 0, stream.begun, all);
  for (const WitnessIndex::Find& find : all) {
    if (find.end > before) finds.push_back(find);
  }
  if (stream.tail.size() <= kTail) return;
  const std::size_t gone = stream.tail.size() - kTail;
  stream.tail.erase(stream.tail.begin(), stream.tail.begin() + static_cast<std::ptrdiff_t>(gone));
  std::erase_if(stream.begun, [&](const WitnessIndex::Begun& one) { return one.at < gone; });
  for (WitnessIndex::Begun& one : stream.begun) one.at -= gone;
}

void Witness::Eye::enter(const Finds& finds, std::uint64_t time, const space::Service& packet,
                         const os::InternetAddress& from, const std::set<std::string>& places) {
  std::set<Id> met;
  for (const WitnessIndex::Find& find : finds) {
    Record& record = records_.at(find.id);
    if (!record.here[find.chunk]) {
      record.here[find.chunk] = true;
      record.seen.bytes += record.least + (find.chunk < record.longer ? 1 : 0);
      ++record.seen.chunks;
      --record.missing;
    }
    if (!met.insert(find.id).second) continue;
    ++record.seen.frames;
    record.seen.packets.insert(packet);
    record.seen.carriedIn.insert(places.begin(), places.end());
    record.seen.from.insert(from);
    if (record.first == 0) record.first = time;
    record.last = std::max(record.last, time);
  }
}

void Witness::Eye::see(const os::RecordedFrame& frame) {
  const std::lock_guard lock(mutex_);
  ++frames_;
  const std::optional<FrameView> view = readFrame(frame.bytes);
  if (!view) return;
  const bool mine = openedHere(*view, frame.outgoing);
  if (frame.outgoing || !his(view->destination)) return;
  ++from_[view->source];
  ++to_[{view->protocol, view->destinationPort}];
  std::optional<DnsQuestion> dns;
  if (view->protocol == space::kUdp && (view->sourcePort == kDns || view->destinationPort == kDns))
    dns = readDnsQuestion(view->payload);
  const DnsQuestion* question = dns ? &*dns : nullptr;
  Finds finds;
  std::set<std::string> places;
  lookThrough(*view, question, finds, places);
  if (finds.empty()) return;
  enter(finds, frame.nanoseconds, openersPacket(*view, mine, question), view->source, places);
}

void Witness::Eye::tell(std::uint64_t number, const StreamSource& source, BytesView piece) {
  const std::lock_guard lock(mutex_);
  Finds finds;
  lookThroughStream(told_[number], piece, finds);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto time = static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
  for (const WitnessIndex::Find& find : finds) records_.at(find.id).told = true;
  enter(finds, time, source.packet, source.peer, {source.carriedIn});
}

Witness::Witness(std::unique_ptr<Eye> eye) : eye_(std::move(eye)) {}
Witness::~Witness() = default;

Result<std::unique_ptr<Witness>> Witness::start(os::Testbed& testbed, os::NodeId node,
                                                const std::vector<std::string>& interfaces,
                                                std::vector<os::InternetAddress> addresses,
                                                const std::string& pcapFile) {
  std::unique_ptr<Witness> witness(new Witness(std::make_unique<Eye>(std::move(addresses))));
  for (const std::string& interface : interfaces) {
    const bool first = witness->recorders_.empty();
    os::RecorderSpec spec(interface, pcapFile.empty() || first ? pcapFile : pcapFile + "." + interface);
    spec.each = [eye = witness->eye_.get()](const os::RecordedFrame& frame) { eye->record(frame); };
    Result<std::unique_ptr<os::PacketRecorder>> recorder = testbed.record(node, spec);
    if (!recorder) return std::unexpected(std::move(recorder.error()));
    witness->recorders_.push_back(std::move(*recorder));
  }
  return witness;
}

Witness::Id Witness::expect(const Payload& payload) { return eye_->expect(payload); }
void Witness::forget(Id id) { eye_->forget(id); }
Witness::Seen Witness::seen(Id id) const { return eye_->seen(id); }

Witness::Seen Witness::await(Id id, milliseconds quiet) const {
  Seen seen = eye_->seen(id);
  for (auto calm = Clock::now(); !seen.complete && Clock::now() - calm < quiet;) {
    std::this_thread::sleep_for(milliseconds(2));
    const std::size_t before = seen.chunks;
    seen = eye_->seen(id);
    if (seen.chunks != before) calm = Clock::now();
  }
  // The last bytes of a stream are seen as frames and told by the server, in either order.
  std::this_thread::sleep_for(std::min(quiet, milliseconds(15)));
  return eye_->seen(id);
}

void Witness::tell(std::uint64_t stream, const StreamSource& source, BytesView piece) {
  eye_->tell(stream, source, piece);
}
void Witness::endOfStream(std::uint64_t stream) { eye_->endOfStream(stream); }
std::uint64_t Witness::framesTotal() const { return eye_->framesTotal(); }
std::uint64_t Witness::framesFrom(const os::InternetAddress& source) const {
  return eye_->framesFrom(source);
}
std::uint64_t Witness::framesTo(std::uint8_t protocol, std::uint16_t port) const {
  return eye_->framesTo(protocol, port);
}
bool Witness::alive() const {
  return std::all_of(recorders_.begin(), recorders_.end(),
                     [](const auto& recorder) { return recorder->alive(); });
}
os::RecorderReport Witness::soFar() const {
  os::RecorderReport all;
  for (const auto& recorder : recorders_) add(all, recorder->soFar());
  return all;
}
os::RecorderReport Witness::stop() {
  os::RecorderReport all;
  for (const auto& recorder : recorders_) add(all, recorder->stop());
  eye_->catchUp();
  return all;
}

}  // namespace vauban::lab
