#include "lab/offers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "lab/wire_dns.h"
#include "lab/wire_packet.h"
#include "lab/wire_text.h"

namespace vauban::lab {
namespace {

constexpr std::size_t kMostString = 255;

std::vector<std::string_view> labelsOf(std::string_view name) {
  std::vector<std::string_view> labels;
  for (;;) {
    const std::size_t dot = name.find('.');
    labels.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return labels;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string Offers::add(const Payload& payload) {
  std::string token = "offer-" + newNonce();
  const std::lock_guard lock(mutex_);
  payloads_.insert_or_assign(token, payload);
  return token;
}

void Offers::remove(const std::string& token) {
  const std::lock_guard lock(mutex_);
  payloads_.erase(token);
}

std::optional<std::string> Offers::byPath(std::string_view path) const {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = payloads_.find(path.substr(slash + 1));
  if (found == payloads_.end()) return std::nullopt;
  const auto bytes = found->second.bytes();
  return std::string(bytes.begin(), bytes.end());
}

std::optional<os::Bytes> Offers::byName(std::string_view name) const {
  const std::string lowered = lowerCase(name);
  const std::vector<std::string_view> labels = labelsOf(lowered);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 1; i < labels.size(); ++i) {
    const auto found = payloads_.find(labels[i]);
    if (found == payloads_.end()) continue;
    const std::string_view number = labels[i - 1];
    std::size_t chunk = 0;
    if (number.size() < 2 || number[0] != 'c') return std::nullopt;
    const auto read = std::from_chars(number.data() + 1, number.data() + number.size(), chunk);
    if (read.ec != std::errc() || chunk >= found->second.chunkCount()) return std::nullopt;
    const auto bytes = found->second.chunk(chunk);
    os::Bytes data;
    for (std::size_t at = 0; at < bytes.size(); at += kMostString) {
      const auto part = bytes.subspan(at, std::min(kMostString, bytes.size() - at));
      put8(data, part.size());
      put(data, part);
    }
    return data;
  }
  return std::nullopt;
}

std::string Offers::chunkName(const std::string& token, std::size_t chunk, std::string_view nonce) {
  return fmt::format("{}.c{}.{}", nonce, chunk, token);
}

std::string Offers::response(std::string_view payload) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\n"
      "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      payload.size(), payload);
}

}  // namespace vauban::lab
