#include <fmt/format.h>

#include "lab/probe_kinds.h"
#include "lab/wire_conversation.h"
#include "lab/wire_text.h"

namespace vauban::lab {
namespace {

using Clock = ProbeClock;
constexpr std::uint16_t kMail = 25;
constexpr int kConnectTime = 2500, kReplyTime = 10'000;

// A client of SMTP (RFC 5321) that takes no for an answer.
class MailClient {
 public:
  explicit MailClient(const ProbeRun& run) : run_(run) {}

  // Connected and greeted; false with a note where that is refused.
  Result<bool> open() {
    Result<Conversation> conversation =
        Conversation::connect(run_.testbed, run_.probe.from, run_.probe.source, run_.probe.sourcePort,
                              run_.probe.to, run_.portOr(kMail), Clock::now() + run_.atMost(kConnectTime));
    if (!conversation) return std::unexpected(std::move(conversation.error()));
    conversation_ = std::move(*conversation);
    if (!conversation_.open()) {
      note_ = conversation_.note();
      return false;
    }
    return reply() && say("EHLO client.lab.invalid");
  }
  bool say(const std::string& line) { return put(line) && reply(); }
  bool put(const std::string& line) { return conversation_.send(line + "\r\n", run_.deadline); }
  const std::string& note() const { return note_; }
  bool open() const { return conversation_.open(); }
  std::size_t replies() const { return replies_; }

 private:
  // All lines of one; whether it is no refusal.
  bool reply() {
    for (;;) {
      const std::string line = conversation_.receiveLine(Clock::now() + run_.atMost(kReplyTime));
      if (line.size() < 3) {
        note_ = conversation_.note().empty() ? "no response" : conversation_.note();
        return false;
      }
      if (line.size() > 3 && line[3] == '-') continue;
      ++replies_;
      if (line[0] == '2' || line[0] == '3') return true;
      note_ = line;
      return false;
    }
  }

  const ProbeRun& run_;
  Conversation conversation_;
  std::string note_;
  std::size_t replies_ = 0;
};

std::string recipientOf(const Probe& probe) {
  return probe.recipient.empty() ? "postmaster@" + probe.domain : probe.recipient;
}

}  // namespace

Result<Sent> sendMailBody(const ProbeRun& run) {
  MailClient client(run);
  const Result<bool> opened = client.open();
  if (!opened) return std::unexpected(opened.error());
  Sent sent;
  const std::string sender = run.probe.domain.empty() ? "" : "sender@" + run.probe.domain;
  if (*opened && client.say(fmt::format("MAIL FROM:<{}>", sender)) &&
      client.say(fmt::format("RCPT TO:<{}>", recipientOf(run.probe))) && client.say("DATA")) {
    client.put(
        fmt::format("From: <{}>\r\nTo: <{}>\r\nSubject: {}\r\n", sender, recipientOf(run.probe), newNonce()));
    // A line for each chunk: at most 998 characters are let through (RFC 5322 section 2.1.1).
    for (std::size_t i = 0; i < run.payload.chunkCount(); ++i) {
      if (!client.put(toBase32(run.payload.chunk(i)))) break;
      sent.bytes += run.payload.chunk(i).size();
    }
    client.say(".");
    client.put("QUIT");
  }
  sent.answers = client.replies();
  sent.note = client.note();
  return sent;
}

Result<Sent> sendMailSenders(const ProbeRun& run) {
  Sent sent;
  std::optional<MailClient> client;
  // Servers end a conversation that sends no mail: of a few transactions each.
  constexpr std::size_t kEach = 4;
  std::size_t inThis = 0;
  for (std::size_t i = 0; i < run.payload.chunkCount() && run.left() > std::chrono::milliseconds(0); ++i) {
    if (!client || !client->open() || inThis == kEach) {
      if (client) {
        sent.answers += client->replies();
        client->put("QUIT");
      }
      client.emplace(run);
      inThis = 0;
      const Result<bool> opened = client->open();
      if (!opened) return std::unexpected(opened.error());
      if (!*opened) break;
    }
    const Result<std::string> name = nameOfChunk(run, i);
    if (!name) return std::unexpected(name.error());
    if (inThis++ > 0) client->say("RSET");
    const bool taken = client->say(fmt::format("MAIL FROM:<s@{}>", *name));
    if (taken) client->say(fmt::format("RCPT TO:<{}>", recipientOf(run.probe)));
    if (taken || client->open()) sent.bytes += run.payload.chunk(i).size();
    if (!client->note().empty()) sent.note = client->note();
  }
  if (client) {
    sent.answers += client->replies();
    if (!client->note().empty()) sent.note = client->note();
  }
  return sent;
}

}  // namespace vauban::lab
