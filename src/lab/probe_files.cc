#include <fmt/format.h>

#include "lab/probe_kinds.h"
#include "lab/wire_conversation.h"
#include "lab/wire_ftp.h"
#include "lab/wire_text.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using Clock = ProbeClock;
constexpr int kReplyTime = 5000;
constexpr std::uint16_t kSsh = 22;

// Where no data connection may be opened, bytes go as names of folders in one of their own: the place in
// order, and so many bytes in base32 that a name has at most 255 characters.
constexpr std::size_t kNameBytes = 150;
std::string folderName(std::size_t place, std::span<const std::uint8_t> bytes) {
  return fmt::format("{:06}.{}", place, toBase32(bytes));
}
std::string bytesOfName(const std::string& name) {
  const auto bytes = fromBase32(std::string_view(name).substr(name.find('.') + 1));
  return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
}

Result<FtpSession> sessionOf(const ProbeRun& run, os::NodeId node, const os::InternetAddress& source,
                             const os::InternetAddress& server, std::uint16_t port) {
  return FtpSession::begin({run.testbed, node, source, server, port}, run.probe.login, run.probe.password,
                           run.deadline);
}

// The session's transfer of the probe's file; `use` gets the data connection. Whether all went well.
template <class Use>
Result<bool> transferred(FtpSession& session, const char* verb, const std::string& file, Use use) {
  Result<std::optional<Conversation>> data = session.transfer(verb, file);
  if (!data) return std::unexpected(std::move(data.error()));
  if (!*data) return false;
  use(**data);
  data->reset();
  return session.ended();
}

Result<Sent> sendByFtp(const ProbeRun& run, bool names) {
  const Probe& probe = run.probe;
  Result<FtpSession> session = sessionOf(run, probe.from, probe.source, probe.to, run.portOr(kFtpPort));
  if (!session) return std::unexpected(std::move(session.error()));
  Sent sent;
  const auto bytes = run.payload.bytes();
  bool good = session->open();
  if (good && names) {
    good = session->makeFolder(probe.path);
    for (std::size_t at = 0; good && at < bytes.size(); at += kNameBytes) {
      const auto piece = bytes.subspan(at, std::min(kNameBytes, bytes.size() - at));
      good = session->makeFolder(probe.path + "/" + folderName(at / kNameBytes, piece));
      if (good) sent.bytes += piece.size();
    }
  } else if (good) {
    const Result<bool> done = transferred(*session, "STOR", probe.path, [&](Conversation& data) {
      sent.bytes = data.send(bytes, run.deadline);
      data.finish(Clock::now() + run.atMost(kReplyTime));
    });
    if (!done) return std::unexpected(done.error());
    good = *done;
  }
  sent.answers = session->answers();
  if (!good) sent.note = session->note();
  return sent;
}

Result<Sent> fetchByFtp(const ProbeRun& run, const Fetch& fetch, bool names) {
  Result<FtpSession> session = sessionOf(run, *run.probe.receiver, fetch.source, fetch.from, fetch.port);
  if (!session) return std::unexpected(std::move(session.error()));
  Sent sent;
  ReceiverEar ear(run, fetch, names ? "FTP names" : "FTP");
  const auto hear = [&](std::string_view piece) {
    sent.bytes += piece.size();
    ear.hear(piece);
  };
  bool good = session->open();
  if (good && names) {
    const auto found = session->namesIn(run.probe.path);
    good = found.has_value();
    if (found)
      for (const std::string& name : *found) hear(bytesOfName(name));
  } else if (good) {
    const Result<bool> done = transferred(*session, "RETR", run.probe.path,
                                          [&](Conversation& data) { data.hear(hear, run.deadline); });
    if (!done) return std::unexpected(done.error());
    good = *done;
  }
  sent.answers = session->answers();
  if (!good) sent.note = session->note();
  return sent;
}

// The same run under a path that no other probe has.
Probe withPath(const Probe& probe, bool names) {
  Probe result = probe;
  if (result.path.empty()) result.path = "drop-" + newNonce();
  if (names) result.path += ".names";
  return result;
}

}  // namespace

Result<Sent> dropByFtp(const ProbeRun& run) {
  for (const bool names : {false, true}) {
    const Probe probe = withPath(run.probe, names);
    Result<Sent> sent = sendByFtp({run.testbed, probe, run.payload, run.deadline}, names);
    // Whoever does not even answer takes no names either.
    if (!sent || sent->note.empty() || sent->answers == 0 || names) return sent;
  }
  return Sent{};
}

Result<Sent> fetchFromFtpStore(const ProbeRun& run) {
  Fetch fetch = run.probe.fetch.value_or(Fetch{{}, run.probe.to, 0, 1});
  if (fetch.port == 0) fetch.port = run.portOr(kFtpPort);
  Sent all;
  for (const bool names : {false, true}) {
    const Probe probe = withPath(run.probe, names);
    const ProbeRun here{run.testbed, probe, run.payload, run.deadline};
    const Result<Sent> dropped = sendByFtp(here, names);
    if (!dropped) return dropped;
    all.answers += dropped->answers;
    if (!dropped->note.empty()) {
      all.note = "drop: " + dropped->note;
      if (dropped->answers == 0) break;
      continue;
    }
    const Result<Sent> fetched = fetchByFtp(here, fetch, names);
    if (!fetched) return fetched;
    all.bytes = std::min(fetched->bytes, run.payload.size());
    all.answers += fetched->answers;
    all.note = fetched->note;
    if (all.bytes > 0 || fetched->answers == 0) break;
  }
  return all;
}

Result<Sent> sendBySsh(const ProbeRun& run) {
  const Probe& probe = run.probe;
  os::ProcessSpec spec({"ssh",
                        "-W",
                        probe.target,
                        "-b",
                        probe.source.toString(),
                        "-p",
                        fmt::format("{}", run.portOr(kSsh)),
                        "-o",
                        "BatchMode=yes",
                        "-o",
                        "StrictHostKeyChecking=no",
                        "-o",
                        "UserKnownHostsFile=/dev/null",
                        "-o",
                        "GlobalKnownHostsFile=/dev/null",
                        "-o",
                        "ConnectTimeout=3",
                        "-o",
                        "LogLevel=ERROR",
                        "-F",
                        "none"});
  if (!probe.identity.empty()) {
    spec.arguments.insert(spec.arguments.end(), {"-o", "IdentitiesOnly=yes", "-i", probe.identity});
  }
  spec.arguments.push_back(probe.login.empty() ? probe.to.toString()
                                               : probe.login + "@" + probe.to.toString());
  const auto bytes = run.payload.bytes();
  spec.input.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const Result<os::ProcessResult> result = run.testbed.run(probe.from, spec, run.left());
  if (!result) return std::unexpected(result.error());
  Sent sent;
  if (result->status.success() || result->timedOut) sent.bytes = run.payload.size();
  if (result->timedOut) sent.note = "out of time";
  if (!result->status.success() && !result->timedOut) {
    const std::string& output = result->output;
    sent.note = output.empty() ? result->status.toString() : output.substr(0, output.find('\n'));
  }
  return sent;
}

}  // namespace vauban::lab
