#include "lab/wire_dns.h"

#include <algorithm>

#include "lab/wire_frame.h"
#include "lab/wire_packet.h"

namespace vauban::lab {
namespace {

constexpr std::size_t kHeader = 12, kMostLabel = 63, kMostName = 255;

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

}  // namespace

void putName(os::Bytes& bytes, std::string_view name) {
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    if (dot > 0 && dot <= kMostLabel) {
      put8(bytes, dot);
      bytes.insert(bytes.end(), name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot));
    }
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  put8(bytes, 0);
}

os::Bytes dnsQuestion(std::uint16_t id, std::string_view name, std::uint16_t type) {
  os::Bytes message;
  put16(message, id);
  put16(message, 0x0100);
  put16(message, 1);
  put16(message, 0);
  put32(message, 0);
  putName(message, name);
  put16(message, type);
  put16(message, 1);
  return message;
}

std::optional<DnsQuestion> readDnsQuestion(std::span<const std::uint8_t> message) {
  if (message.size() < kHeader + 5 || get16(message, 4) == 0) return std::nullopt;
  DnsQuestion question;
  question.id = get16(message, 0);
  question.answer = (message[2] & 0x80U) != 0;
  question.opcode = message[2] >> 3U & 15U;
  question.recursionDesired = (message[2] & 1U) != 0;
  question.code = message[3] & 15U;
  std::size_t at = kHeader;
  while (at < message.size() && message[at] != 0) {
    const std::size_t length = message[at];
    if (length > kMostLabel || at + 1 + length >= message.size() || at + length > kHeader + kMostName)
      return std::nullopt;
    if (!question.name.empty()) question.name += '.';
    question.name.append(reinterpret_cast<const char*>(message.data()) + at + 1, length);
    at += 1 + length;
  }
  if (at + 5 > message.size()) return std::nullopt;
  question.type = get16(message, at + 1);
  question.wire = message.subspan(kHeader, at + 5 - kHeader);
  // A query's only further record is OPT, whose name is the root.
  const std::span<const std::uint8_t> rest = message.subspan(at + 5);
  question.extended = !question.answer && get16(message, 10) > 0 && rest.size() >= 11 && rest[0] == 0 &&
                      get16(rest, 1) == kDnsOpt;
  return question;
}

std::string lowerCase(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered;
}

bool isWithin(std::string_view name, std::string_view domain) {
  if (domain.empty()) return true;
  if (name.size() < domain.size()) return false;
  const std::size_t at = name.size() - domain.size();
  const bool same = std::equal(domain.begin(), domain.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                               [](char a, char b) { return lower(a) == lower(b); });
  return same && (at == 0 || name[at - 1] == '.');
}

}  // namespace vauban::lab
