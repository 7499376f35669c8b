#include "lab/probe.h"

#include <fmt/format.h>

#include <array>

#include "lab/probe_kinds.h"
#include "lab/probe_neighbour.h"
#include "lab/wire_text.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

struct CarrierFacts {
  const char* name;
  std::size_t chunk;
  double perSecond;
  enum class Source { any, own, forged } source;  // whose address the packets may bear
};
using enum CarrierFacts::Source;

// 512 bytes are what every ICMP error quotes of a datagram (RFC 1812 section 4.3.2.3) and still fit
// everywhere; 100 in a name leave 75 characters for the domain.
constexpr std::array<CarrierFacts, kCarriers> kFacts = {{
    {"datagram", 512, 2000, any},
    {"stream", 1024, 0, own},
    {"answer", 1024, 0, own},
    {"echo", 512, 2000, any},
    {"ICMP error", 512, 1000, any},
    {"forged reply", 512, 1000, any},
    {"query name", 100, 1000, any},
    {"NTP timestamp", 8, 5000, any},
    {"NTP extension", 512, 1000, any},
    {"HTTP body", 1024, 0, own},
    {"HTTP CONNECT", 1024, 0, own},
    {"host name", 100, 0, own},
    {"mail text", 512, 0, own},
    {"mail sender", 100, 0, own},
    {"file drop", 1024, 0, own},
    {"registers", 240, 0, own},
    {"SSH forwarding", 1024, 0, own},
    {"SYN-ACK number", 4, 250, forged},
    {"NTP origin timestamp", 8, 5000, forged},
    {"echo reply", 512, 1000, forged},
    {"DNS reflection", 100, 1000, forged},
    {"HTTP answer", 1024, 0, own},
    {"DNS answer", 240, 1000, own},
    {"file left and read", 1024, 0, own},
    {"registers left and read", 240, 0, own},
}};

const CarrierFacts& facts(Carrier carrier) { return kFacts[static_cast<std::size_t>(carrier)]; }

Result<void> check(const Probe& probe, const Payload& payload) {
  const auto refuse = [&](std::string_view why, std::string expected) {
    return os::labFailure(fmt::format("probe of {}: {}", carrierName(probe.carrier), why),
                          std::move(expected));
  };
  if (payload.chunkCount() == 0) return refuse("there is nothing to send", "a payload of at least one byte");
  // The chunks differ by one byte at most, so the first is the longest.
  if (payload.chunk(0).size() > chunkBytesFor(probe.carrier)) {
    return refuse(fmt::format("chunks of {} bytes do not fit a message", payload.chunk(0).size()),
                  fmt::format("at most {}", chunkBytesFor(probe.carrier)));
  }
  const os::InternetAddress& target =
      probe.carrier == Carrier::icmpError || probe.carrier == Carrier::forgedReply
          ? (probe.flow ? probe.flow->outer : probe.to)
          : probe.to;
  if (probe.fetch && probe.fetch->source.ipv6 != probe.fetch->from.ipv6)
    return refuse("the receiver's address and that of whom he asks are of two families", {});
  // By a proxy or resolver he may ask in another family than it does.
  const bool byOthers =
      probe.fetch && (probe.carrier == Carrier::httpAnswer || probe.carrier == Carrier::queryAnswer);
  if (!byOthers && probe.source.ipv6 != target.ipv6)
    return refuse("source and destination are of two families", {});
  if (probe.forged && !probe.neighbour && facts(probe.carrier).source == own)
    return refuse("it needs answers, which a forged source does not get", "an address of the sender");
  if (isReflection(probe.carrier) && probe.neighbour)
    return refuse("what is reflected goes to the forged source, not to the sender", {});
  const bool needsFlow = probe.carrier == Carrier::icmpError || probe.carrier == Carrier::forgedReply;
  if (needsFlow && !probe.flow) return refuse("it needs a live flow", {});
  if (isFetched(probe.carrier) && !probe.receiver) return refuse("it needs a receiver that connects", {});
  const bool stores = probe.carrier == Carrier::storeRead || probe.carrier == Carrier::registerRead;
  if (stores && !probe.fetch) return refuse("it needs an address from which the receiver reads", {});
  if (probe.carrier == Carrier::queryAnswer && probe.offer.empty())
    return refuse("it needs a name server that offers the payload", {});
  return {};
}

Result<Sent> dispatch(const ProbeRun& run) {
  switch (run.probe.carrier) {
    case Carrier::queryName:
      return run.probe.forged && !run.probe.neighbour ? sendPackets(run) : sendQuestions(run);
    case Carrier::stream:
    case Carrier::httpBody:
    case Carrier::httpConnect:
      return sendStream(run);
    case Carrier::answer:
      return sendAnswer(run);
    case Carrier::hostName:
      return sendHostNames(run);
    case Carrier::smtpBody:
      return sendMailBody(run);
    case Carrier::smtpSender:
      return sendMailSenders(run);
    case Carrier::fileDrop:
      return run.probe.ftp ? dropByFtp(run) : sendStream(run);
    case Carrier::httpAnswer:
      return fetchByHttp(run);
    case Carrier::queryAnswer:
      return fetchByNames(run);
    case Carrier::storeRead:
      return run.probe.ftp ? fetchFromFtpStore(run) : fetchFromStore(run);
    case Carrier::registerRead:
      return fetchRegisters(run);
    case Carrier::registers:
      return sendRegisters(run);
    case Carrier::sshForward:
      return sendBySsh(run);
    default:
      return sendPackets(run);
  }
}

}  // namespace

const char* carrierName(Carrier carrier) { return facts(carrier).name; }
std::size_t chunkBytesFor(Carrier carrier) { return facts(carrier).chunk; }
double ratePerSecondFor(Carrier carrier) { return facts(carrier).perSecond; }
std::size_t bytesFor(Carrier carrier) { return carrier == Carrier::synAck ? 800 : 65536; }
bool isReflection(Carrier carrier) { return facts(carrier).source == forged; }
bool isFetched(Carrier carrier) {
  switch (carrier) {
    case Carrier::answer:
    case Carrier::httpAnswer:
    case Carrier::queryAnswer:
    case Carrier::storeRead:
    case Carrier::registerRead:
      return true;
    default:
      return false;
  }
}

Result<std::string> nameOfChunk(const ProbeRun& run, std::size_t chunk) {
  std::optional<std::string> name = nameWith(run.payload.chunk(chunk), newNonce(), run.probe.domain);
  if (name) return std::move(*name);
  return os::labFailure(fmt::format("a name with {} bytes below {} is longer than a name may be",
                                    run.payload.chunk(chunk).size(), run.probe.domain),
                        "a domain of at most 70 characters");
}

Result<Sent> sendProbe(os::Testbed& testbed, const Probe& probe, const Payload& payload,
                       milliseconds atMost) {
  if (Result<void> good = check(probe, payload); !good) return std::unexpected(std::move(good.error()));
  const auto begin = ProbeClock::now();
  const ProbeRun run{testbed, probe, payload, begin + atMost, atMost};
  std::unique_ptr<TakenAddress> taken;
  if (probe.neighbour) {
    Result<std::unique_ptr<TakenAddress>> took =
        TakenAddress::take(testbed, probe.from, probe.interface, probe.source);
    if (!took) return std::unexpected(std::move(took.error()));
    taken = std::move(*took);
  }
  Result<Sent> sent = dispatch(run);
  if (sent) sent->took = std::chrono::duration_cast<std::chrono::microseconds>(ProbeClock::now() - begin);
  if (taken) {
    if (Result<void> back = taken->giveBack(); !back && sent) return std::unexpected(std::move(back.error()));
  }
  return sent;
}

}  // namespace vauban::lab
