#include "os/network_request.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>

namespace vauban::os {
namespace {

std::string verb(Change change, std::string_view adding, std::string_view removing) {
  return std::string(change == Change::add ? adding : removing);
}

std::string text(const VethPair& pair) {
  return fmt::format("making the link {} to {}", pair.left.name, pair.right.name);
}

std::string text(const Bridge& bridge) { return fmt::format("making the bridge {}", bridge.name); }

std::string text(const BridgePort& port) {
  return fmt::format("making {} a port of {}", port.interface, port.bridge);
}

std::string text(const LinkState& state) {
  return fmt::format("setting {} {}", state.interface, state.up ? "up" : "down");
}

std::string text(const AddressChange& change) {
  return fmt::format("{} {} {} {}", verb(change.change, "adding", "removing"), change.address.toString(),
                     verb(change.change, "to", "from"), change.interface);
}

std::string text(const RouteChange& route) {
  std::string where = route.destination.toString();
  if (route.via) where += " via " + route.via->toString();
  if (!route.interface.empty()) where += " on " + route.interface;
  return fmt::format("{} the route to {}", verb(route.change, "adding", "removing"), where);
}

std::string text(const NeighbourChange& change) {
  return fmt::format("{} the neighbour {} at {} on {}", verb(change.change, "adding", "removing"),
                     change.address.toString(), change.mac.toString(), change.interface);
}

}  // namespace

std::string interfaceNameProblem(std::string_view name) {
  if (name.empty()) return "the name of an interface is empty";
  if (name.size() >= IFNAMSIZ) {
    return fmt::format("the name \"{}\" of an interface is longer than {} bytes", name, IFNAMSIZ - 1);
  }
  const auto bad = [](unsigned char c) { return c <= ' ' || c == '/' || c == ':' || c == '%' || c >= 127; };
  if (name == "." || name == ".." || std::any_of(name.begin(), name.end(), bad)) {
    return fmt::format("\"{}\" cannot be the name of an interface", name);
  }
  return {};
}

std::string describe(const NetworkRequest& request) {
  return std::visit([](const auto& one) { return text(one); }, request);
}

}  // namespace vauban::os
