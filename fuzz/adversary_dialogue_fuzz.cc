// Any bytes, in any pieces, as what is said to the adversary's server in a TCP conversation: what it answers
// is bounded by what it heard, it says nothing once it is over, and the same pieces have the same answer.
//
// The input: two bytes of the port, then pieces, each behind a byte with its length.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lab/adversary_answers.h"
#include "lab/adversary_dialogue.h"

namespace {

using namespace vauban;

constexpr std::uint16_t kPorts[] = {80, 25, 53, 502, 443, 587};

lab::Dialogue dialogue(std::uint16_t port) {
  static const std::vector<lab::Domain> his = [] {
    const auto address = os::InternetAddress::parse("203.0.113.1").value();
    return std::vector<lab::Domain>{{"evil.example", false, {}, address, {address}}};
  }();
  static lab::Offers offers;
  static const std::string token = offers.add(lab::Payload(1, 1024, 100));
  return {port,
          [](std::span<const std::uint8_t> message) {
            return lab::adversaryDnsAnswer(his, {}, message, &offers);
          },
          [](std::string_view path) {
            return path.size() % 3 == 0 ? offers.byPath("/" + token) : offers.byPath(path);
          }};
}

std::string hear(std::uint16_t port, const std::vector<std::string_view>& pieces) {
  lab::Dialogue server = dialogue(port);
  std::string said = server.greeting();
  for (const std::string_view piece : pieces) {
    const bool over = server.over();
    const std::string answer = server.hear(piece);
    VAUBAN_CHECK(!over || answer.empty());
    // The most for the least: a register read of 12 bytes that asks for 250, a short line of SMTP, one GET.
    VAUBAN_CHECK(answer.size() <= 4096 + 64 * (piece.size() + 65536 / 16));
    said += answer;
  }
  VAUBAN_CHECK(!std::string_view(server.name()).empty());
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint16_t port = data[0] % 2 == 0 ? kPorts[data[1] % std::size(kPorts)]
                                              : static_cast<std::uint16_t>(data[0] << 8U | data[1]);
  std::vector<std::string_view> pieces;
  for (std::size_t at = 2; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at] + std::size_t{1}, size - at - 1);
    pieces.emplace_back(reinterpret_cast<const char*>(data) + at + 1, length);
    at += 1 + length;
  }
  VAUBAN_CHECK(hear(port, pieces) == hear(port, pieces));
  return 0;
}
