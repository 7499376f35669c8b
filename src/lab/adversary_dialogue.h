// What the adversary's server says in a TCP conversation: as much of HTTP, SMTP, DNS and Modbus as keeps the
// other end talking, else nothing. A state machine of bytes: no sockets, no time. Any bytes may be given;
// what it holds is bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "os/raw_sender.h"

namespace vauban::lab {

class Dialogue {
 public:
  using Answer = std::function<os::Bytes(std::span<const std::uint8_t>)>;
  // The response to a GET of the path, in lower case; nothing: the usual one.
  using Page = std::function<std::optional<std::string>(std::string_view)>;

  // `port`: the one that was connected to. `dns`: answers a DNS message. `page`: may be empty.
  Dialogue(std::uint16_t port, Answer dns, Page page = {});

  std::string greeting() const;  // said before anything is heard
  // What is said to what was heard.
  std::string hear(std::string_view bytes);
  bool over() const { return over_; }  // nothing more will be said; close
  // "HTTP", "SMTP", "DNS over TCP", "Modbus", "TCP stream".
  const char* name() const;

 private:
  enum class Kind { unknown, http, mail, dns, modbus, sink };
  Kind kindOf(std::string_view begin) const;
  void hearHttp(std::string& said);
  void hearMail(std::string& said);
  void hearDns(std::string& said);
  void hearModbus(std::string& said);

  std::uint16_t port_;
  Answer dns_;
  Page page_;
  Kind kind_ = Kind::unknown;
  std::string held_;
  bool over_ = false, spoken_ = false;
  std::string response_;
  bool inBody_ = false, chunked_ = false;  // HTTP body, mail text
  std::size_t bodyLeft_ = 0;
};

}  // namespace vauban::lab
