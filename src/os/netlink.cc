#include "os/netlink.h"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "os/system_failure.h"

namespace vauban::os {
namespace {

// Its answers have to fit into the receive buffer even if each is an error.
constexpr std::size_t kMostMessages = 64;
constexpr std::size_t kBlock = std::size_t{64} << 10U;
constexpr std::size_t kMostDumped = std::size_t{64} << 20U;

std::string_view kernelWords(const nlmsghdr& header, const nlmsgerr& error) {
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  std::size_t offset = sizeof(nlmsgerr);
  if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) offset += error.msg.nlmsg_len - mnl_nlmsg_size(0);
  const auto* begin = reinterpret_cast<const char*>(&header) + mnl_nlmsg_size(offset);
  const auto* end = reinterpret_cast<const char*>(&header) + header.nlmsg_len;
  for (const auto* attribute = reinterpret_cast<const nlattr*>(begin);
       mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
       attribute = mnl_attr_next(attribute)) {
    if (mnl_attr_get_type(attribute) != NLMSGERR_ATTR_MSG) continue;
    const std::string_view words(static_cast<const char*>(mnl_attr_get_payload(attribute)),
                                 mnl_attr_get_payload_len(attribute));
    return words.substr(0, words.find('\0'));
  }
  return {};
}

}  // namespace

void NetlinkBatch::add(const nlmsghdr& message, std::string operation) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(&message);
  bytes_.insert(bytes_.end(), begin, begin + message.nlmsg_len);
  bytes_.resize(MNL_ALIGN(bytes_.size()));
  ends_.push_back(bytes_.size());
  operations_.push_back(std::move(operation));
}

void NetlinkBatch::clear() { *this = NetlinkBatch(); }

void NetlinkSocket::Close::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

Result<NetlinkSocket> NetlinkSocket::open(int bus) {
  mnl_socket* made = mnl_socket_open2(bus, SOCK_CLOEXEC);
  if (made == nullptr) return systemFailure("opening a netlink socket", errno);
  NetlinkSocket socket(made);
  if (mnl_socket_bind(made, 0, MNL_SOCKET_AUTOPID) < 0)
    return systemFailure("binding a netlink socket", errno);
  int on = 1;
  // Only for better words; kernels before 4.12 have neither.
  mnl_socket_setsockopt(made, NETLINK_EXT_ACK, &on, sizeof on);
  mnl_socket_setsockopt(made, NETLINK_CAP_ACK, &on, sizeof on);
  const timeval most{20, 0};
  setsockopt(mnl_socket_get_fd(made), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  return socket;
}

Result<void> NetlinkSocket::send(const NetlinkBatch& batch) {
  const std::size_t count = batch.operations_.size();
  for (std::size_t first = 0; first < count; first += kMostMessages) {
    const std::size_t last = std::min(first + kMostMessages, count);
    if (Result<void> done = sendPart(batch, first, last); !done) return done;
  }
  return {};
}

Result<void> NetlinkSocket::sendPart(const NetlinkBatch& batch, std::size_t first, std::size_t last) {
  const std::size_t begin = first == 0 ? 0 : batch.ends_[first - 1];
  std::vector<std::uint8_t> bytes(batch.bytes_.begin() + static_cast<std::ptrdiff_t>(begin),
                                  batch.bytes_.begin() + static_cast<std::ptrdiff_t>(batch.ends_[last - 1]));
  const std::uint32_t base = sequence_;
  for (std::size_t i = first; i < last; ++i) {
    const std::size_t at = (i == 0 ? 0 : batch.ends_[i - 1]) - begin;
    auto* header = reinterpret_cast<nlmsghdr*>(bytes.data() + at);
    header->nlmsg_seq = sequence_++;
    // Errors come unasked; a word that all went well is wanted once.
    header->nlmsg_flags |= NLM_F_REQUEST | (i + 1 == last ? NLM_F_ACK : 0);
  }
  if (mnl_socket_sendto(socket_.get(), bytes.data(), bytes.size()) < 0) {
    return systemFailure(batch.operations_[first], errno);
  }
  alignas(nlmsghdr) std::array<char, 16384> answer{};
  std::optional<Result<void>> refused;
  for (bool all = false; !all;) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return systemFailure(batch.operations_[first] + ": reading the kernel's answer", errno);
    int left = static_cast<int>(size);
    for (auto* header = reinterpret_cast<nlmsghdr*>(answer.data()); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left)) {
      const std::uint32_t which = header->nlmsg_seq - base;
      if (header->nlmsg_type != NLMSG_ERROR || which >= last - first) continue;
      const auto& error = *static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
      if (error.error != 0 && !refused) {
        const std::string_view words = kernelWords(*header, error);
        std::string operation = batch.operations_[first + which];
        if (!words.empty()) operation += fmt::format(" ({})", words);
        refused = systemFailure(operation, -error.error);
      }
      all = all || which + 1 == last - first;
    }
  }
  if (refused) return *refused;
  return {};
}

Result<void> NetlinkSocket::dump(std::uint16_t type, std::uint8_t family,
                                 const std::function<void(const nlmsghdr&)>& each) {
  alignas(nlmsghdr) std::array<char, 64> request{};
  nlmsghdr* header = mnl_nlmsg_put_header(request.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = sequence_++;
  // All the families' own headers begin with the family and are no longer than this one.
  static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)))->ifi_family = family;
  if (mnl_socket_sendto(socket_.get(), header, header->nlmsg_len) < 0) {
    return systemFailure("asking for a table of the network", errno);
  }
  std::vector<char> answer(kBlock);
  for (std::size_t total = 0; total < kMostDumped;) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return systemFailure("reading a table of the network", errno);
    total += static_cast<std::size_t>(size);
    int left = static_cast<int>(size);
    for (auto* one = reinterpret_cast<nlmsghdr*>(answer.data()); mnl_nlmsg_ok(one, left);
         one = mnl_nlmsg_next(one, &left)) {
      if (one->nlmsg_seq != header->nlmsg_seq) continue;
      if (one->nlmsg_type == NLMSG_DONE) return {};
      if (one->nlmsg_type == NLMSG_ERROR) {
        const int error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(one))->error;
        return systemFailure("asking for a table of the network", -error);
      }
      each(*one);
    }
  }
  return labFailure(fmt::format("a table of the network has more than {} bytes", kMostDumped));
}

}  // namespace vauban::os
