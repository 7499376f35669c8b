#include "lab/adversary_answers.h"

#include <algorithm>
#include <string>

#include "lab/wire_dns.h"
#include "lab/wire_packet.h"

namespace vauban::lab {
namespace {

constexpr unsigned kRefused = 5, kNotImplemented = 4;
constexpr std::uint32_t kTimeToLive = 0;

void record(os::Bytes& message, std::string_view owner, std::uint16_t type, BytesView data) {
  putName(message, owner);
  put16(message, type);
  put16(message, 1);
  put32(message, kTimeToLive);
  put16(message, data.size());
  put(message, data);
}

os::Bytes startOfAuthority(const std::string& domain) {
  os::Bytes data;
  putName(data, "ns." + domain);
  putName(data, "hostmaster." + domain);
  for (const std::uint32_t number : {1U, 3600U, 600U, 86400U, kTimeToLive}) put32(data, number);
  return data;
}

const Domain* domainOf(const std::vector<Domain>& his, const std::string& name) {
  const Domain* longest = nullptr;
  for (const Domain& domain : his) {
    if (isWithin(name, domain.name) && (longest == nullptr || domain.name.size() > longest->name.size()))
      longest = &domain;
  }
  return longest;
}

std::vector<os::InternetAddress> addressesOf(const Domain& domain, const std::string& name, bool ipv6) {
  std::vector<os::InternetAddress> addresses;
  if (name != "ns." + domain.name) {
    for (const os::InternetAddress& address : domain.hosts) {
      if (address.ipv6 == ipv6) addresses.push_back(address);
    }
  }
  if (addresses.empty() && domain.nameServer.ipv6 == ipv6) addresses.push_back(domain.nameServer);
  return addresses;
}

// The sections behind the question, and how many records each has.
struct Sections {
  os::Bytes bytes;
  std::uint16_t answers = 0, authorities = 0, additional = 0;
};

void putAddress(Sections& sections, std::string_view owner, const os::InternetAddress& address) {
  record(sections.bytes, owner, address.ipv6 ? kDnsAaaa : kDnsA, {address.bytes.data(), address.size()});
}

Sections answerFor(const Domain& domain, const DnsQuestion& question, const Offers* offers) {
  Sections sections;
  const std::string name = lowerCase(question.name);
  const bool apex = name == domain.name;
  if (question.type == kDnsA || question.type == kDnsAaaa || question.type == kDnsAny) {
    for (const os::InternetAddress& address : addressesOf(domain, name, question.type == kDnsAaaa)) {
      putAddress(sections, question.name, address);
      ++sections.answers;
    }
  }
  if (apex && (question.type == kDnsNs || question.type == kDnsAny)) {
    os::Bytes server;
    putName(server, "ns." + domain.name);
    record(sections.bytes, question.name, kDnsNs, server);
    ++sections.answers;
  }
  if (apex && (question.type == kDnsSoa || question.type == kDnsAny)) {
    record(sections.bytes, question.name, kDnsSoa, startOfAuthority(domain.name));
    ++sections.answers;
  }
  if (question.type == kDnsTxt && offers != nullptr) {
    if (const std::optional<os::Bytes> text = offers->byName(question.name)) {
      record(sections.bytes, question.name, kDnsTxt, *text);
      ++sections.answers;
    }
  }
  if (sections.answers == 0) {
    record(sections.bytes, domain.name, kDnsSoa, startOfAuthority(domain.name));
    sections.authorities = 1;
  } else if (apex && question.type == kDnsNs) {
    putAddress(sections, "ns." + domain.name, domain.nameServer);
    sections.additional = 1;
  }
  return sections;
}

Sections referralTo(const Domain& domain) {
  Sections sections;
  os::Bytes server;
  putName(server, "ns." + domain.name);
  record(sections.bytes, domain.name, kDnsNs, server);
  sections.authorities = 1;
  putAddress(sections, "ns." + domain.name, domain.nameServer);
  sections.additional = 1;
  return sections;
}

}  // namespace

os::Bytes adversaryDnsAnswer(const std::vector<Domain>& his,
                             const std::vector<os::InternetAddress>& elsewhere,
                             std::span<const std::uint8_t> message, const Offers* offers) {
  const std::optional<DnsQuestion> question = readDnsQuestion(message);
  if (!question || question->answer) return {};
  const Domain* domain = domainOf(his, lowerCase(question->name));
  const unsigned code = question->opcode != 0 ? kNotImplemented : domain == nullptr ? kRefused : 0;
  Sections sections;
  const bool delegated = domain != nullptr &&
                         std::find(elsewhere.begin(), elsewhere.end(), domain->nameServer) != elsewhere.end();
  if (code == 0) sections = delegated ? referralTo(*domain) : answerFor(*domain, *question, offers);
  if (question->extended) {
    putName(sections.bytes, "");
    put16(sections.bytes, kDnsOpt);
    put16(sections.bytes, 1232);
    put32(sections.bytes, 0);
    put16(sections.bytes, 0);
    ++sections.additional;
  }
  os::Bytes answer;
  put16(answer, question->id);
  put16(answer, 0x8000U | question->opcode << 11U | (code == 0 && !delegated ? 0x0400U : 0) |
                    (question->recursionDesired ? 0x0100U : 0) | code);
  put16(answer, 1);
  put16(answer, sections.answers);
  put16(answer, sections.authorities);
  put16(answer, sections.additional);
  put(answer, question->wire);
  put(answer, sections.bytes);
  return answer;
}

os::Bytes adversaryTimeAnswer(std::span<const std::uint8_t> request, std::uint64_t unixNanoseconds) {
  constexpr std::size_t kPacket = 48, kTransmit = 40;
  constexpr unsigned kClient = 3;
  if (request.size() < kPacket || (request[0] & 7U) != kClient) return {};
  constexpr std::uint64_t kSecond = 1'000'000'000, kFrom1900 = 2'208'988'800;
  const std::uint64_t seconds = unixNanoseconds / kSecond + kFrom1900;
  const std::uint64_t fraction = ((unixNanoseconds % kSecond) << 32U) / kSecond;
  os::Bytes answer;
  put8(answer, (request[0] & 0x38U) | 4U);  // no leap second, the client's version, a server
  put8(answer, 1);
  put8(answer, request[2]);
  put8(answer, 0xEC);  // a microsecond
  put32(answer, 0);
  put32(answer, 1);
  put(answer, BytesView(reinterpret_cast<const std::uint8_t*>("PPS\0"), 4));
  put32(answer, seconds);
  put32(answer, 0);
  put(answer, request.subspan(kTransmit, 8));
  for (int i = 0; i < 2; ++i) {
    put32(answer, seconds);
    put32(answer, fraction);
  }
  return answer;
}

}  // namespace vauban::lab
