#include "os/privilege.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <sstream>
#include <string_view>

#include "os/linux_testbed.h"
#include "os/system_failure.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;

// One line each: 'M' something missing, 'N' a note, 'U' that it is a user namespace, then the words.
std::string tryOut(const Confinement& world) {
  std::string lines;
  const auto note = [&](char kind, std::string words) {
    for (char& c : words) c = c == '\n' ? ' ' : c;
    lines += kind + words + "\n";
  };
  const auto need = [&](std::string_view what, const auto& result) {
    if (!result) note('M', fmt::format("{}: {}", what, result.error().front().message));
    return result.has_value();
  };
  if (world.userNamespace) note('U', "");
  const std::unique_ptr<Testbed> testbed = openTestbed(world);
  const Result<NodeId> left = testbed->addNode("left", NodeRole::router);
  if (!need("network namespaces", left)) return lines;
  const Result<NodeId> second = testbed->addNode("right", NodeRole::host);
  if (!need("network namespaces", second)) return lines;
  const NodeId right = *second;
  need("links", testbed->apply({VethPair{{*left, "veth"}, {right, "veth"}}}));
  need("bridges", testbed->apply({Bridge{*left, "bridge"}, BridgePort{*left, "veth", "bridge"}}));
  need("nftables",
       testbed->loadRules(*left,
                          "table inet probe {\nchain forward {\ntype filter hook forward priority 0\n"
                          "ct state established counter accept\n}\n}\n",
                          "the probe"));
  need("recording", testbed->record(right, RecorderSpec("veth")));
  need("raw sockets", testbed->socket(right, AF_INET, SOCK_RAW, IPPROTO_RAW));
  need("programs", testbed->run(right, ProcessSpec({"true"}), milliseconds(5000)));
  if (!world.ownProc)
    note('N', "/proc cannot be mounted anew: programs see numbers of processes that are not theirs");
  if (access("/dev/net/tun", R_OK | W_OK) != 0)
    note('N', "there is no /dev/net/tun: programs that tunnel cannot");
  return lines;
}

}  // namespace

std::string Privilege::summary() const {
  if (!possible) return fmt::format("no lab is possible: {}", fmt::join(missing, "; "));
  return fmt::format("a lab is possible, as root{}", userNamespace ? " of a user namespace" : "");
}

Privilege probePrivilege(bool userNamespace) {
  Privilege privilege;
  const FileDescriptor found(memfd_create("probe", MFD_CLOEXEC));
  ConfinementOptions options;
  options.userNamespace = userNamespace;
  const Result<int> ran = runConfined(options, [&](const Confinement& world) {
    const std::string lines = tryOut(world);
    return write(found.get(), lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()) ? 0 : 1;
  });
  if (!ran || *ran != 0) {
    privilege.missing.push_back(ran ? fmt::format("the attempt ended with {}", *ran)
                                    : ran.error().front().message);
    return privilege;
  }
  std::array<char, 65536> block{};
  const ssize_t size = pread(found.get(), block.data(), block.size(), 0);
  std::istringstream lines(std::string(block.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
  for (std::string line; std::getline(lines, line);) {
    if (line.front() == 'U') privilege.userNamespace = true;
    if (line.front() == 'M') privilege.missing.push_back(line.substr(1));
    if (line.front() == 'N') privilege.notes.push_back(line.substr(1));
  }
  privilege.possible = privilege.missing.empty();
  return privilege;
}

}  // namespace vauban::os
