// Any bytes as a DNS message: the question lies within it and is read again from what we would write; the
// adversary's server answers it with a message that bears its number, or not at all.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "lab/adversary_answers.h"
#include "lab/wire_dns.h"
#include "lab/wire_text.h"

namespace {

using namespace vauban;

const std::vector<lab::Domain>& domains() {
  static const std::vector<lab::Domain> his = [] {
    const auto address = [](const char* text) { return os::InternetAddress::parse(text).value(); };
    lab::Domain evil{
        "evil.example", false, {}, address("203.0.113.1"), {address("203.0.113.1"), address("2001:db8::1")}};
    lab::Domain tunnel{"t.evil.example", false, {}, address("203.0.113.3"), {}};
    return std::vector<lab::Domain>{evil, tunnel};
  }();
  return his;
}

void answer(std::span<const std::uint8_t> message, const lab::DnsQuestion* question) {
  static lab::Offers offers;
  static const std::string token = offers.add(lab::Payload(1, 300, 100));
  const os::Bytes said = lab::adversaryDnsAnswer(domains(), {domains()[1].nameServer}, message, &offers);
  if (said.empty()) return;
  VAUBAN_CHECK(question != nullptr && !question->answer);
  const auto again = lab::readDnsQuestion(said);
  VAUBAN_CHECK(again.has_value() && again->answer);
  VAUBAN_CHECK(again->id == question->id && again->type == question->type && again->name == question->name);
  VAUBAN_CHECK(said.size() <= 65535);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> message(data, size);
  const auto question = lab::readDnsQuestion(message);
  answer(message, question ? &*question : nullptr);
  lab::adversaryTimeAnswer(message, 1'700'000'000'000'000'000U);
  if (!question) return 0;
  VAUBAN_CHECK(question->wire.data() >= data && question->wire.data() + question->wire.size() <= data + size);
  VAUBAN_CHECK(question->name.size() <= 320);
  VAUBAN_CHECK(lab::isWithin(question->name, question->name) && lab::isWithin(question->name, ""));
  // What reads as base32 is what it was made of, but for the bits that make no byte.
  if (const auto bytes = lab::fromBase32(question->name)) {
    const std::string text = lab::toBase32(*bytes);
    VAUBAN_CHECK(text.size() <= question->name.size());
    VAUBAN_CHECK(lab::fromBase32(text) == bytes);
  }
  // A label with a dot in it is another name as text.
  os::Bytes written;
  lab::putName(written, question->name);
  if (written.size() + 4 != question->wire.size() ||
      !std::equal(written.begin(), written.end(), question->wire.begin()))
    return 0;
  const os::Bytes ours = lab::dnsQuestion(question->id, question->name, question->type);
  const auto again = lab::readDnsQuestion(ours);
  VAUBAN_CHECK(again.has_value() && again->name == question->name && again->id == question->id &&
               again->type == question->type);
  return 0;
}
