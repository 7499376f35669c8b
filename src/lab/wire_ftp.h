// A client's side of FTP (RFC 959). Files go over a data connection, opened by EPSV (RFC 2428), which has no
// addresses in it and both families; names of folders go over the control conversation alone: MKD makes one,
// STAT lists what a folder has. Every call returns at the session's deadline at the latest; what a server
// refuses is no failure but a note.
//
// Owns its conversations; borrows the testbed. For one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/wire_conversation.h"

namespace vauban::lab {

inline constexpr std::uint16_t kFtpPort = 21;

class FtpSession {
 public:
  struct Ends {
    os::Testbed& testbed;
    os::NodeId node;
    os::InternetAddress source, server;
    std::uint16_t port = kFtpPort;
  };

  // Connected and logged in (empty: anonymous), or not `open`. Fails as Conversation::connect does.
  static Result<FtpSession> begin(const Ends& ends, const std::string& login, const std::string& password,
                                  Conversation::Deadline deadline);

  bool open() const { return open_; }
  // The data connection of "STOR" or "RETR"; without one `note` says why. When its end is closed: `ended`.
  Result<std::optional<Conversation>> transfer(const std::string& verb, const std::string& file);
  bool ended();  // whether the server has taken, or given, it all

  bool makeFolder(const std::string& name);
  // The names in a folder, sorted, at most 65,536; of names with blanks the last word. nullopt: refused.
  std::optional<std::vector<std::string>> namesIn(const std::string& folder);

  std::size_t answers() const { return answers_; }
  std::string note() const;  // what the server said last, or why it said nothing

 private:
  FtpSession(const Ends& ends, Conversation control, Conversation::Deadline deadline)
      : ends_(ends), control_(std::move(control)), deadline_(deadline) {}

  Conversation::Deadline soon(int milliseconds) const;
  // A whole reply; of one with several lines those between the first and the last, as far as there is room.
  bool reply(std::vector<std::string>* lines = nullptr);
  bool say(const std::string& command, std::vector<std::string>* lines = nullptr);

  Ends ends_;
  Conversation control_;
  Conversation::Deadline deadline_;
  bool open_ = false;
  std::string line_;
  std::size_t answers_ = 0;
};

}  // namespace vauban::lab
