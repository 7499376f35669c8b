#include <fmt/format.h>

#include "lab/probe_kinds.h"
#include "lab/wire_conversation.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using Clock = ProbeClock;
constexpr int kConnectTime = 2500, kReplyTime = 5000;
constexpr std::uint16_t kFtp = 21, kSsh = 22;

}  // namespace

namespace {

// RFC 959, the data connection by RFC 2428 (EPSV), which has no addresses in it and both families.
class FtpSession {
 public:
  FtpSession(const ProbeRun& run, os::NodeId node, const os::InternetAddress& source,
             const os::InternetAddress& server, std::uint16_t port)
      : run_(run), node_(node), source_(source), server_(server), port_(port) {}

  // Logged in, the server asked for the file by `verb`: its data connection. Without one `note` says why.
  Result<std::optional<Conversation>> transfer(const std::string& verb, const std::string& file) {
    const Probe& probe = run_.probe;
    Result<Conversation> control = connect(port_);
    if (!control) return std::unexpected(std::move(control.error()));
    control_ = std::move(*control);
    if (!control_.open() || !reply() || !say("USER " + (probe.login.empty() ? "anonymous" : probe.login)))
      return std::nullopt;
    if (line_[0] == '3' && !say("PASS " + (probe.password.empty() ? "guest@lab.invalid" : probe.password)))
      return std::nullopt;
    if (!say("TYPE I") || !say("EPSV")) return std::nullopt;
    const std::size_t bars = line_.find("|||");
    const int port = bars == std::string::npos ? 0 : std::atoi(line_.c_str() + bars + 3);
    if (port <= 0 || port > 65535) return std::nullopt;
    Result<Conversation> data = connect(static_cast<std::uint16_t>(port));
    if (!data) return std::unexpected(std::move(data.error()));
    if (!data->open()) {
      line_ = "data connection: " + data->note();
      return std::nullopt;
    }
    if (!say(verb + " " + file)) return std::nullopt;
    return std::optional<Conversation>(std::move(*data));
  }
  // After the data connection has been closed.
  bool ended() {
    if (!reply()) return false;
    control_.send("QUIT\r\n", run_.deadline);
    return true;
  }
  std::size_t answers() const { return answers_; }
  std::string note() const {
    return !line_.empty() ? line_ : !control_.note().empty() ? control_.note() : "no response";
  }
  Clock::time_point soon(int milliseconds) const { return Clock::now() + run_.atMost(milliseconds); }

 private:
  Result<Conversation> connect(std::uint16_t port) {
    return Conversation::connect(run_.testbed, node_, source_, 0, server_, port, soon(kConnectTime));
  }
  bool reply() {
    do {
      line_ = control_.receiveLine(soon(kReplyTime));
    } while (line_.size() >= 4 && (line_[3] == '-' || line_[0] == ' '));
    answers_ += line_.empty() ? 0 : 1;
    return !line_.empty() && line_[0] >= '1' && line_[0] <= '3';
  }
  bool say(const std::string& command) { return control_.send(command + "\r\n", run_.deadline) && reply(); }

  const ProbeRun& run_;
  os::NodeId node_;
  os::InternetAddress source_, server_;
  std::uint16_t port_;
  Conversation control_;
  std::string line_;
  std::size_t answers_ = 0;
};

std::string ftpFile(const Probe& probe) {
  return probe.path.empty() ? std::string("upload.bin") : probe.path;
}

}  // namespace

Result<Sent> sendByFtp(const ProbeRun& run) {
  const Probe& probe = run.probe;
  FtpSession session(run, probe.from, probe.source, probe.to, run.portOr(kFtp));
  Result<std::optional<Conversation>> data = session.transfer("STOR", ftpFile(probe));
  if (!data) return std::unexpected(std::move(data.error()));
  Sent sent;
  bool good = data->has_value();
  if (good) {
    sent.bytes = (*data)->send(run.payload.bytes(), run.deadline);
    (*data)->finish(session.soon(kReplyTime));
    data->reset();
    good = session.ended();
  }
  sent.answers = session.answers();
  if (!good) sent.note = session.note();
  return sent;
}

Result<Sent> fetchByFtp(const ProbeRun& run, const Fetch& fetch) {
  FtpSession session(run, *run.probe.receiver, fetch.source, fetch.from, fetch.port);
  Result<std::optional<Conversation>> data = session.transfer("RETR", ftpFile(run.probe));
  if (!data) return std::unexpected(std::move(data.error()));
  Sent sent;
  bool good = data->has_value();
  if (good) {
    ReceiverEar ear(run, fetch, "FTP");
    (*data)->hear(
        [&](std::string_view piece) {
          sent.bytes += piece.size();
          ear.hear(piece);
        },
        run.deadline);
    data->reset();
    good = session.ended();
  }
  sent.answers = session.answers();
  if (!good) sent.note = session.note();
  return sent;
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
