#include "lab/adversary_dialogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lab/wire_dns.h"

namespace vauban::lab {
namespace {

constexpr std::size_t kMostHeld = 65536 + 2;  // a DNS message
constexpr std::array<std::string_view, 9> kVerbs = {"GET ",     "HEAD ",    "POST ",  "PUT ",  "DELETE ",
                                                    "CONNECT ", "OPTIONS ", "TRACE ", "PATCH "};
constexpr std::size_t kLongestVerb = 8;

bool isMail(std::uint16_t port) { return port == 25 || port == 465 || port == 587; }

std::size_t number16(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[at])) * 256 +
         static_cast<std::uint8_t>(bytes[at + 1]);
}

std::string headerValue(std::string_view lowered, std::string_view name) {
  const std::size_t at = lowered.find(fmt::format("\r\n{}:", name));
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + name.size() + 3;
  std::string_view value = lowered.substr(begin, lowered.find('\r', begin) - begin);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return std::string(value);
}

}  // namespace

Dialogue::Dialogue(std::uint16_t port, Answer dns, Page page)
    : port_(port), dns_(std::move(dns)), page_(std::move(page)) {
  if (isMail(port)) kind_ = Kind::mail;
  if (port == 53) kind_ = Kind::dns;
  if (port == 502) kind_ = Kind::modbus;
}

std::string Dialogue::greeting() const {
  return kind_ == Kind::mail ? "220 mail.lab.invalid ESMTP\r\n" : std::string();
}

const char* Dialogue::name() const {
  switch (kind_) {
    case Kind::http:
      return "HTTP";
    case Kind::mail:
      return "SMTP";
    case Kind::dns:
      return "DNS over TCP";
    case Kind::modbus:
      return "Modbus";
    default:
      return "TCP stream";
  }
}

Dialogue::Kind Dialogue::kindOf(std::string_view begin) const {
  for (const std::string_view verb : kVerbs) {
    if (begin.starts_with(verb)) return Kind::http;
    if (begin.size() < verb.size() && verb.starts_with(begin)) return Kind::unknown;  // may become one
  }
  return Kind::sink;
}

std::string Dialogue::hear(std::string_view bytes) {
  std::string said;
  if (kind_ == Kind::sink || over_) return said;
  held_ += bytes;
  if (kind_ == Kind::unknown) kind_ = kindOf(std::string_view(held_).substr(0, kLongestVerb));
  // No message of the other protocols begins so: whoever fetches may do it at any port.
  if (!spoken_ && held_.starts_with(kVerbs[0])) kind_ = Kind::http;
  spoken_ = spoken_ || held_.size() >= kVerbs[0].size();
  switch (kind_) {
    case Kind::http:
      hearHttp(said);
      break;
    case Kind::mail:
      hearMail(said);
      break;
    case Kind::dns:
      hearDns(said);
      break;
    case Kind::modbus:
      hearModbus(said);
      break;
    default:
      break;
  }
  if (kind_ == Kind::sink) held_.clear();
  if (held_.size() > kMostHeld) {
    // Whoever does not keep to the protocol is heard all the same.
    kind_ = Kind::sink;
    held_.clear();
  }
  return said;
}

void Dialogue::hearHttp(std::string& said) {
  if (!inBody_) {
    const std::size_t end = held_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string head = lowerCase(std::string_view(held_).substr(0, end + 2));
    held_.erase(0, end + 4);
    if (head.starts_with("connect ")) {
      said += "HTTP/1.1 200 Connection established\r\n\r\n";
      kind_ = Kind::sink;
      return;
    }
    if (!headerValue(head, "expect").empty()) said += "HTTP/1.1 100 Continue\r\n\r\n";
    if (page_ && head.starts_with("get ")) {
      const std::string_view target = std::string_view(head).substr(4, head.find(' ', 4) - 4);
      response_ = page_(target).value_or(std::string());
    }
    inBody_ = true;
    chunked_ = headerValue(head, "transfer-encoding").find("chunked") != std::string::npos;
    bodyLeft_ = std::strtoull(headerValue(head, "content-length").c_str(), nullptr, 10);
  }
  if (chunked_) {
    if (held_.find("0\r\n\r\n") == std::string::npos) {
      if (held_.size() > 4) held_.erase(0, held_.size() - 4);
      return;
    }
  } else {
    const std::size_t taken = std::min(bodyLeft_, held_.size());
    held_.erase(0, taken);
    bodyLeft_ -= taken;
    if (bodyLeft_ > 0) return;
  }
  if (response_.empty()) {
    said +=
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
  }
  said += response_;
  over_ = true;
}

void Dialogue::hearMail(std::string& said) {
  for (;;) {
    const std::size_t end = held_.find('\n');
    if (end == std::string::npos) return;
    std::string line = lowerCase(std::string_view(held_).substr(0, end));
    held_.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (inBody_) {
      if (line != ".") continue;
      inBody_ = false;
      said += "250 taken\r\n";
    } else if (line.starts_with("ehlo")) {
      said += "250-mail.lab.invalid\r\n250 8BITMIME\r\n";
    } else if (line == "data") {
      said += "354 go on\r\n";
      inBody_ = true;
    } else if (line == "quit") {
      said += "221 bye\r\n";
      over_ = true;
      return;
    } else {
      said += "250 ok\r\n";
    }
  }
}

void Dialogue::hearDns(std::string& said) {
  while (held_.size() >= 2 && held_.size() >= 2 + number16(held_, 0)) {
    const std::size_t length = number16(held_, 0);
    const os::Bytes answer = dns_({reinterpret_cast<const std::uint8_t*>(held_.data()) + 2, length});
    held_.erase(0, 2 + length);
    if (answer.empty()) continue;
    said += static_cast<char>(answer.size() >> 8U);
    said += static_cast<char>(answer.size());
    said.append(answer.begin(), answer.end());
  }
}

void Dialogue::hearModbus(std::string& said) {
  constexpr std::size_t kHeader = 6, kFunction = 7;
  while (held_.size() >= kHeader && held_.size() >= kHeader + number16(held_, 4)) {
    const std::size_t length = kHeader + number16(held_, 4);
    const std::string request = held_.substr(0, length);
    held_.erase(0, length);
    if (length < kFunction + 5) continue;
    const auto function = static_cast<std::uint8_t>(request[kFunction]);
    std::string content =
        request.substr(kFunction - 1, 6);  // writes: unit, function, address and value or count
    if (function >= 1 && function <= 4) {
      const std::size_t count = number16(request, kFunction + 3);
      const std::size_t bytes = std::min<std::size_t>(function <= 2 ? (count + 7) / 8 : count * 2, 250);
      content = request.substr(kFunction - 1, 2) + static_cast<char>(bytes) + std::string(bytes, '\0');
    }
    said += request.substr(0, 4);
    said += static_cast<char>(content.size() >> 8U);
    said += static_cast<char>(content.size());
    said += content;
  }
}

}  // namespace vauban::lab
