// Modbus over TCP (MODBUS Messaging on TCP/IP V1.0b, MODBUS Application Protocol V1.1b3), in process: a
// device with coils and registers, and a gateway that passes the classes of functions that it lists to the
// devices behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "lab/own_server.h"

namespace vauban::lab {

// As the catalogue sorts functions: 1 to 4, 7, 11, 12, 17 read; 5, 6, 15, 16, 22, 23 write; all others
// program.
enum class FunctionClass { read, write, program };
FunctionClass classOf(std::uint8_t function);

struct ModbusPlan {
  std::vector<os::InternetAddress> addresses;
  std::vector<std::uint16_t> ports;
  std::set<FunctionClass> functions;  // let through; the others are answered with exception 1
  std::vector<Onward> upstream;       // of a gateway
};

// 65,536 registers and coils, all zero at first; functions 1 to 6, 15 and 16. `contents`: what was written,
// in the order in which it came.
Result<std::unique_ptr<Daemon>> startModbusDevice(os::Testbed& testbed, os::NodeId node,
                                                  const ModbusPlan& plan);

// What changes a device goes to all of them, and what one answers comes back; what is read comes from one,
// which the unit number chooses (1: the first). A device that does not answer within a second is
// exception 11.
Result<std::unique_ptr<Daemon>> startModbusGateway(os::Testbed& testbed, os::NodeId node,
                                                   const ModbusPlan& plan);

}  // namespace vauban::lab
