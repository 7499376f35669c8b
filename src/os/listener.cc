#include "os/listener.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <thread>

#include "os/system_failure.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostTable = std::size_t{16} << 20U;

// Follows the thread's namespace; /proc/net would follow that of the process.
Result<std::string> readTable(const char* name) {
  const std::string path = fmt::format("/proc/thread-self/net/{}", name);
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!file.valid() && errno == ENOENT) return text;  // a kernel without IPv6
  if (!file.valid()) return systemFailure("opening " + path, errno);
  std::array<char, 65536> block{};
  while (text.size() < kMostTable) {
    const ssize_t size = read(file.get(), block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return systemFailure("reading " + path, errno);
    if (size == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  return labFailure(fmt::format("{} has more than {} bytes", path, kMostTable));
}

template <class Number>
bool readHex(std::string_view digits, Number& number) {
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return error == std::errc() && rest == digits.data() + digits.size();
}

// "0200A8C0:0035": words of 32 bits in the machine's order, then the port.
bool readEndpoint(std::string_view text, bool ipv6, InternetAddress& address, std::uint16_t& port) {
  const std::size_t digits = ipv6 ? 32 : 8;
  if (text.size() != digits + 5 || text[digits] != ':' || !readHex(text.substr(digits + 1), port))
    return false;
  address.ipv6 = ipv6;
  for (std::size_t i = 0; i < digits / 8; ++i) {
    std::uint32_t word = 0;
    if (!readHex(text.substr(8 * i, 8), word)) return false;
    std::memcpy(address.bytes.data() + 4 * i, &word, 4);
  }
  return true;
}

InternetAddress mapped(const InternetAddress& four) {
  InternetAddress six;
  six.ipv6 = true;
  six.bytes[10] = six.bytes[11] = 0xFF;
  std::copy_n(four.bytes.begin(), 4, six.bytes.begin() + 12);
  return six;
}

bool takes(const InternetAddress& bound, const Listener& listener) {
  if (!listener.address) return true;
  const InternetAddress& wanted = *listener.address;
  if (bound == wanted) return true;
  if (bound.ipv6 == wanted.ipv6) return bound.unspecified();
  return bound.ipv6 && (bound.unspecified() || bound == mapped(wanted));
}

bool anyTakes(std::string_view table, bool ipv6, const Listener& listener) {
  // TCP_LISTEN; a UDP socket that has no peer is in the state TCP_CLOSE.
  const std::string_view listening = listener.tcp ? "0A" : "07";
  while (!table.empty()) {
    std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    std::array<std::string_view, 4> words;  // number, local, remote, state
    std::size_t count = 0;
    while (count < words.size()) {
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      if (line.empty()) break;
      words[count] = line.substr(0, line.find(' '));
      line.remove_prefix(words[count++].size());
    }
    InternetAddress bound;
    std::uint16_t port = 0;
    if (count == words.size() && words[3] == listening && readEndpoint(words[1], ipv6, bound, port) &&
        port == listener.port && takes(bound, listener)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string Listener::toString() const {
  return fmt::format("{}{} port {}", tcp ? "tcp" : "udp", address ? " " + address->toString() : "", port);
}

Result<bool> listens(const NetNamespace& network, const Listener& listener) {
  return network.inside([&]() -> Result<bool> {
    for (const bool ipv6 : {false, true}) {
      const char* name = listener.tcp ? (ipv6 ? "tcp6" : "tcp") : (ipv6 ? "udp6" : "udp");
      const Result<std::string> table = readTable(name);
      if (!table) return std::unexpected(table.error());
      if (anyTakes(*table, ipv6, listener)) return true;
    }
    return false;
  });
}

Result<void> awaitListener(const NetNamespace& network, const Listener& listener, milliseconds atMost,
                           Process* process) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  for (milliseconds pause(1);; pause = std::min(pause * 2, milliseconds(20))) {
    const bool last = std::chrono::steady_clock::now() >= end;
    const bool gone = process != nullptr && !process->running();
    const Result<bool> there = listens(network, listener);
    if (!there) return std::unexpected(there.error());
    if (*there) return {};
    if (gone || last) {
      std::string message =
          fmt::format("nobody listens at {} after {} ms", listener.toString(), atMost.count());
      if (process == nullptr) return labFailure(message);
      if (gone) {
        const auto status = process->wait(milliseconds(0));
        message = fmt::format("the program that should listen at {} ended ({})", listener.toString(),
                              status ? status->toString() : "nobody knows how");
      }
      const std::string output = process->output(std::size_t{1} << 20U);
      const std::string tail = output.substr(output.size() - std::min<std::size_t>(output.size(), 400));
      return labFailure(fmt::format("{}; its output ends in:\n{}", message, tail));
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace vauban::os
