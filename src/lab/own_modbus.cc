#include "lab/own_modbus.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <string_view>

namespace vauban::lab {

namespace {

constexpr std::size_t kHeader = 7;       // transaction, protocol, length, unit
constexpr std::size_t kMostFrame = 260;  // of TCP (Messaging on TCP/IP V1.0b section 4.1)
constexpr std::size_t kMostConnections = 128;
constexpr std::uint8_t kIllegalFunction = 1, kIllegalAddress = 2, kIllegalValue = 3, kNoResponse = 11;

std::size_t word(std::string_view bytes, std::size_t at) {
  return (static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[at])) << 8U) |
         static_cast<std::uint8_t>(bytes[at + 1]);
}
void put(std::string& bytes, std::size_t value) {
  bytes += static_cast<char>(value >> 8U);
  bytes += static_cast<char>(value & 0xFFU);
}
std::string exception(std::uint8_t function, std::uint8_t code) {
  return {static_cast<char>(function | 0x80U), static_cast<char>(code)};
}
std::string framed(std::string_view head, const std::string& body) {
  std::string frame(head.substr(0, 4));
  put(frame, body.size() + 1);
  return frame + head[6] + body;
}

// Takes connections and frames; what a request is answered with is the subclass's.
class ModbusServer : public OwnServer {
 public:
  Result<void> open(os::Testbed& testbed, os::NodeId node) {
    for (const os::InternetAddress& address : plan_.addresses)
      for (const std::uint16_t port : plan_.ports) {
        Result<os::FileDescriptor> socket = listeningTcp(testbed, node, address, port);
        if (!socket) return std::unexpected(std::move(socket.error()));
        listening_.push_back(std::move(*socket));
      }
    begin();
    return {};
  }

 protected:
  ModbusServer(std::string software, ModbusPlan plan)
      : OwnServer(std::move(software)), plan_(std::move(plan)) {}
  const ModbusPlan& plan() const { return plan_; }
  // `request`: function and data. The answer likewise.
  virtual std::string answer(std::string_view request, std::uint8_t unit) = 0;

 private:
  struct Connection {
    os::FileDescriptor socket;
    std::string in, out;
    bool gone = false;
  };

  void serve() override {
    for (;;) {
      std::vector<pollfd> polled;
      for (const os::FileDescriptor& socket : listening_) polled.push_back({socket.get(), POLLIN, 0});
      for (const Connection& connection : connections_) {
        // Who does not fetch his answers is not read any more.
        polled.push_back(
            {connection.socket.get(), static_cast<short>(connection.out.empty() ? POLLIN : POLLOUT), 0});
      }
      if (!await(polled)) return;
      std::size_t next = listening_.size();
      for (Connection& connection : connections_) {
        if (polled[next++].revents != 0) work(connection);
      }
      std::erase_if(connections_, [](const Connection& it) { return it.gone; });
      for (std::size_t i = 0; i < listening_.size(); ++i) {
        if (polled[i].revents == 0) continue;
        os::FileDescriptor socket(
            accept4(listening_[i].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.valid()) continue;
        if (connections_.size() >= kMostConnections) connections_.pop_front();
        connections_.emplace_back().socket = std::move(socket);
      }
    }
  }

  void work(Connection& connection) {
    char block[4096];
    if (connection.out.empty()) {
      const ssize_t size = recv(connection.socket.get(), block, sizeof block, 0);
      if (size <= 0) {
        connection.gone = size == 0 || (errno != EAGAIN && errno != EINTR);
        return;
      }
      connection.in.append(block, static_cast<std::size_t>(size));
    }
    while (connection.in.size() >= kHeader) {
      const std::size_t length = word(connection.in, 4);
      if (word(connection.in, 2) != 0 || length < 2 || length + 6 > kMostFrame) {
        connection.gone = true;  // not Modbus: there is no telling where the next frame begins
        return;
      }
      if (connection.in.size() < length + 6) break;
      const std::string frame = connection.in.substr(0, length + 6);
      connection.in.erase(0, length + 6);
      const auto function = static_cast<std::uint8_t>(frame[7]);
      const std::string said =
          plan_.functions.contains(classOf(function))
              ? answer(std::string_view(frame).substr(kHeader), static_cast<std::uint8_t>(frame[6]))
              : exception(function, kIllegalFunction);
      connection.out += framed(frame, said);
    }
    while (!connection.out.empty()) {
      const ssize_t size =
          send(connection.socket.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (size < 0) {
        connection.gone = errno != EAGAIN && errno != EINTR;
        return;
      }
      connection.out.erase(0, static_cast<std::size_t>(size));
    }
  }

  ModbusPlan plan_;
  std::vector<os::FileDescriptor> listening_;
  std::list<Connection> connections_;
};

class ModbusDevice : public ModbusServer {
 public:
  explicit ModbusDevice(ModbusPlan plan)
      : ModbusServer("vauban modbus-device", std::move(plan)), registers_(65536), coils_(65536) {}
  ~ModbusDevice() override { end(); }

  std::string contents() override {
    const std::lock_guard lock(guard_);
    return written_;
  }

 private:
  std::string answer(std::string_view request, std::uint8_t) override {
    const auto function = static_cast<std::uint8_t>(request[0]);
    if (request.size() < 5) return exception(function, kIllegalValue);
    const std::size_t first = word(request, 1), second = word(request, 3);
    switch (function) {
      case 1:
      case 2:
        return readCoils(request, first, second);
      case 3:
      case 4: {
        if (second < 1 || second > 125) return exception(function, kIllegalValue);
        if (first + second > registers_.size()) return exception(function, kIllegalAddress);
        std::string said = {request[0], static_cast<char>(2 * second)};
        for (std::size_t i = 0; i < second; ++i) put(said, registers_[first + i]);
        return said;
      }
      case 5:
        if (second != 0 && second != 0xFF00U) return exception(function, kIllegalValue);
        coils_[first] = second != 0;
        keep(request.substr(1, 4));
        return std::string(request.substr(0, 5));
      case 6:
        registers_[first] = static_cast<std::uint16_t>(second);
        keep(request.substr(3, 2));
        return std::string(request.substr(0, 5));
      case 15:
      case 16:
        return write(request, first, second);
      default:
        return exception(function, kIllegalFunction);
    }
  }

  std::string readCoils(std::string_view request, std::size_t first, std::size_t count) const {
    const auto function = static_cast<std::uint8_t>(request[0]);
    if (count < 1 || count > 2000) return exception(function, kIllegalValue);
    if (first + count > coils_.size()) return exception(function, kIllegalAddress);
    std::string bits((count + 7) / 8, '\0');
    for (std::size_t i = 0; i < count; ++i) {
      if (coils_[first + i])
        bits[i / 8] = static_cast<char>(static_cast<std::uint8_t>(bits[i / 8]) | (1U << (i % 8)));
    }
    return std::string{request[0], static_cast<char>(bits.size())} + bits;
  }

  std::string write(std::string_view request, std::size_t first, std::size_t count) {
    const auto function = static_cast<std::uint8_t>(request[0]);
    const bool bits = function == 15;
    const std::size_t bytes = bits ? (count + 7) / 8 : 2 * count;
    const std::size_t most = bits ? 1968 : 123;
    if (count < 1 || count > most || request.size() != 6 + bytes ||
        static_cast<std::uint8_t>(request[5]) != bytes)
      return exception(function, kIllegalValue);
    if (first + count > registers_.size()) return exception(function, kIllegalAddress);
    for (std::size_t i = 0; i < count; ++i) {
      if (bits) {
        coils_[first + i] = ((static_cast<std::uint8_t>(request[6 + i / 8]) >> (i % 8)) & 1U) != 0;
      } else {
        registers_[first + i] = static_cast<std::uint16_t>(word(request, 6 + 2 * i));
      }
    }
    keep(request.substr(6));
    return std::string(request.substr(0, 5));
  }

  void keep(std::string_view bytes) {
    const std::lock_guard lock(guard_);
    written_ += bytes.substr(0, kMostStoredBytes - written_.size());
  }

  std::vector<std::uint16_t> registers_;
  std::vector<bool> coils_;
  std::mutex guard_;
  std::string written_;
};

class ModbusGateway : public ModbusServer {
 public:
  ModbusGateway(os::Testbed& testbed, os::NodeId node, ModbusPlan plan)
      : ModbusServer("vauban modbus-gateway", std::move(plan)), testbed_(testbed), node_(node) {
    devices_.resize(this->plan().upstream.size());
  }
  ~ModbusGateway() override { end(); }

 private:
  std::string answer(std::string_view request, std::uint8_t unit) override {
    const auto function = static_cast<std::uint8_t>(request[0]);
    std::string said = exception(function, kNoResponse);
    bool answered = false;
    for (std::size_t i = 0; i < devices_.size() && !stopping(); ++i) {
      const std::size_t chosen = unit == 0 ? 0 : (unit - 1U) % devices_.size();
      if (classOf(function) == FunctionClass::read && i != chosen) continue;
      // A connection that was cut is made again once.
      std::optional<std::string> its = exchange(i, request, unit);
      if (!its) its = exchange(i, request, unit);
      if (its && !answered) {
        said = *its;
        answered = true;
      }
      note(fmt::format("function {} {}", function, its ? "went on to a device" : "found no device"));
    }
    return said;
  }

  std::optional<std::string> exchange(std::size_t index, std::string_view request, std::uint8_t unit) {
    os::FileDescriptor& device = devices_[index];
    if (!device.valid()) {
      const Onward& onward = plan().upstream[index];
      Result<os::FileDescriptor> socket =
          testbed_.socket(node_, onward.address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (!socket) return std::nullopt;
      const timeval patience{1, 0};
      setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      const os::SocketAddress there(onward.address, onward.port);
      if (connect(socket->get(), there.get(), there.length) != 0) return std::nullopt;
      device = std::move(*socket);
    }
    // The frame is built anew: what the caller chose in its head stays here.
    std::string frame;
    put(frame, ++transaction_);
    put(frame, 0);
    put(frame, request.size() + 1);
    frame += static_cast<char>(unit);
    frame += request;
    std::string head(kHeader, '\0'), body;
    const bool sent =
        send(device.get(), frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size());
    if (sent &&
        recv(device.get(), head.data(), head.size(), MSG_WAITALL) == static_cast<ssize_t>(head.size())) {
      const std::size_t length = word(head, 4);
      if (length >= 2 && length + 6 <= kMostFrame) {
        body.resize(length - 1);
        if (recv(device.get(), body.data(), body.size(), MSG_WAITALL) == static_cast<ssize_t>(body.size()))
          return body;
      }
    }
    device.reset();
    return std::nullopt;
  }

  os::Testbed& testbed_;
  os::NodeId node_;
  std::vector<os::FileDescriptor> devices_;
  std::uint16_t transaction_ = 0;
};

}  // namespace

FunctionClass classOf(std::uint8_t function) {
  switch (function) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 7:
    case 11:
    case 12:
    case 17:
      return FunctionClass::read;
    case 5:
    case 6:
    case 15:
    case 16:
    case 22:
    case 23:
      return FunctionClass::write;
    default:
      return FunctionClass::program;
  }
}

Result<std::unique_ptr<Daemon>> startModbusDevice(os::Testbed& testbed, os::NodeId node,
                                                  const ModbusPlan& plan) {
  auto device = std::make_unique<ModbusDevice>(plan);
  if (Result<void> opened = device->open(testbed, node); !opened)
    return std::unexpected(std::move(opened.error()));
  return device;
}

Result<std::unique_ptr<Daemon>> startModbusGateway(os::Testbed& testbed, os::NodeId node,
                                                   const ModbusPlan& plan) {
  auto gateway = std::make_unique<ModbusGateway>(testbed, node, plan);
  if (Result<void> opened = gateway->open(testbed, node); !opened)
    return std::unexpected(std::move(opened.error()));
  return gateway;
}

}  // namespace vauban::lab
