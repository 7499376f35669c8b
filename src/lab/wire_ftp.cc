#include "lab/wire_ftp.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace vauban::lab {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kConnectTime = 2500, kReplyTime = 5000;
constexpr std::size_t kMostLines = 65536;

// "213-" begins a reply of several lines, "213 " ends it (RFC 959 section 4.2); what lies between is free.
bool hasCode(const std::string& line, char behind) {
  return line.size() >= 4 && line[3] == behind &&
         std::all_of(line.begin(), line.begin() + 3, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

Result<FtpSession> FtpSession::begin(const Ends& ends, const std::string& login, const std::string& password,
                                     Conversation::Deadline deadline) {
  Result<Conversation> control =
      Conversation::connect(ends.testbed, ends.node, ends.source, 0, ends.server, ends.port,
                            std::min(deadline, Clock::now() + std::chrono::milliseconds(kConnectTime)));
  if (!control) return std::unexpected(std::move(control.error()));
  FtpSession session(ends, std::move(*control), deadline);
  if (!session.control_.open() || !session.reply()) return session;
  if (!session.say("USER " + (login.empty() ? "anonymous" : login))) return session;
  session.open_ =
      session.line_[0] == '2' || session.say("PASS " + (password.empty() ? "guest@lab.invalid" : password));
  return session;
}

Conversation::Deadline FtpSession::soon(int milliseconds) const {
  return std::min(deadline_, Clock::now() + std::chrono::milliseconds(milliseconds));
}

bool FtpSession::reply(std::vector<std::string>* lines) {
  const Conversation::Deadline until = soon(kReplyTime);
  line_ = control_.receiveLine(until);
  if (hasCode(line_, '-')) {
    const std::string code = line_.substr(0, 3);
    for (std::size_t count = 0; !(hasCode(line_, ' ') && line_.starts_with(code)); ++count) {
      if (count > 0 && lines != nullptr) lines->push_back(line_);
      line_ = count < kMostLines ? control_.receiveLine(until) : std::string();
      if (line_.empty()) return false;
    }
  }
  answers_ += line_.empty() ? 0 : 1;
  return !line_.empty() && line_[0] >= '1' && line_[0] <= '3';
}

bool FtpSession::say(const std::string& command, std::vector<std::string>* lines) {
  line_.clear();
  return control_.send(command + "\r\n", deadline_) && reply(lines);
}

Result<std::optional<Conversation>> FtpSession::transfer(const std::string& verb, const std::string& file) {
  if (!say("TYPE I") || !say("EPSV")) return std::nullopt;
  const std::size_t bars = line_.find("|||");
  const int port = bars == std::string::npos ? 0 : std::atoi(line_.c_str() + bars + 3);
  if (port <= 0 || port > 65535) return std::nullopt;
  Result<Conversation> data = Conversation::connect(ends_.testbed, ends_.node, ends_.source, 0, ends_.server,
                                                    static_cast<std::uint16_t>(port), soon(kConnectTime));
  if (!data) return std::unexpected(std::move(data.error()));
  if (!data->open()) {
    line_ = "data connection: " + data->note();
    return std::nullopt;
  }
  if (!say(verb + " " + file)) return std::nullopt;
  return std::optional<Conversation>(std::move(*data));
}

bool FtpSession::ended() {
  if (!reply()) return false;
  control_.send("QUIT\r\n", deadline_);
  return true;
}

bool FtpSession::makeFolder(const std::string& name) { return say("MKD " + name); }

std::optional<std::vector<std::string>> FtpSession::namesIn(const std::string& folder) {
  std::vector<std::string> lines, names;
  if (!say("STAT " + folder, &lines)) return std::nullopt;
  for (const std::string& line : lines) {
    std::string name = line.substr(line.rfind(' ') + 1);
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::string FtpSession::note() const {
  return !line_.empty() ? line_ : !control_.note().empty() ? control_.note() : "no response";
}

}  // namespace vauban::lab
