#include "lab/second_witness.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "lab/probe.h"
#include "lab/wire_conversation.h"
#include "lab/wire_text.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using ProcessPtr = std::unique_ptr<os::Process>;

constexpr std::uint16_t kLocalPort = 2222;
constexpr const char* kSecret = "lab";

std::string lastLine(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.substr(text.find_last_of("\r\n") + 1);
}

class ToolRunner {
 public:
  ToolRunner(os::Testbed& testbed, Adversary& adversary, Tool tool, const ToolPlace& place,
             const Payload& payload, milliseconds atMost)
      : testbed_(testbed),
        adversary_(adversary),
        tool_(tool),
        place_(place),
        payload_(payload),
        begin_(Clock::now()),
        deadline_(begin_ + atMost) {}

  Result<ToolRun> run() {
    id_ = adversary_.witness().expect(payload_);
    Result<void> ran = runIt();
    const Witness::Seen seen = adversary_.witness().await(id_, milliseconds(200));
    adversary_.witness().forget(id_);
    if (!ran) return std::unexpected(std::move(ran.error()));
    run_.tool = toolName(tool_);
    run_.established = run_.established || seen.bytes > 0;
    run_.bytes = seen.bytes;
    run_.complete = seen.complete;
    if (run_.complete) run_.note.clear();
    run_.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_);
    return run_;
  }

 private:
  Result<void> runIt() {
    switch (tool_) {
      case Tool::iodine:
        return iodine();
      case Tool::dns2tcp:
        return dns2tcp();
      case Tool::ptunnel:
        return ptunnel();
      case Tool::curl:
        return curl();
      case Tool::dig:
        return dig();
    }
    return {};
  }
  milliseconds left() const {
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(deadline_ - Clock::now()));
  }

  Result<void> iodine();
  Result<void> dns2tcp();
  Result<void> ptunnel();
  Result<void> curl();
  Result<void> dig();
  // All of the payload into a connection of the client's node, and what the witness has of it, until it is
  // whole or time is up. A tunnel takes bytes long before it brings them.
  Result<void> throughTunnel(const os::InternetAddress& to, std::uint16_t port);
  Result<void> byLocalPort(os::Process& server, os::Process& client);

  os::Testbed& testbed_;
  Adversary& adversary_;
  Tool tool_;
  const ToolPlace& place_;
  const Payload& payload_;
  Clock::time_point begin_, deadline_;
  Witness::Id id_ = 0;
  ToolRun run_;
};

Result<void> ToolRunner::throughTunnel(const os::InternetAddress& to, std::uint16_t port) {
  os::InternetAddress any;
  any.ipv6 = to.ipv6;
  Result<Conversation> conversation =
      Conversation::connect(testbed_, place_.client, any, 0, to, port, deadline_);
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  if (!conversation->open()) {
    run_.note = conversation->note();
    return {};
  }
  conversation->send(payload_.bytes(), deadline_);
  // Nothing for so long: it brings no more.
  constexpr milliseconds kStalled(12'000);
  adversary_.witness().await(id_, std::min(left(), kStalled));
  return {};
}

Result<void> ToolRunner::iodine() {
  const os::InternetAddress inside = [&] {
    os::InternetAddress first = place_.tunnel.address;
    first.bytes[3] = static_cast<std::uint8_t>(first.bytes[3] | 1U);
    return first;
  }();
  Result<ProcessPtr> server = testbed_.start(
      adversary_.node(),
      os::ProcessSpec({"iodined", "-f", "-c", "-P", kSecret, "-l", place_.server.toString(), "-d", "iodines",
                       fmt::format("{}/{}", inside.toString(), place_.tunnel.length), place_.domain}));
  if (!server) return std::unexpected(std::move(server.error()));
  const Result<void> listening =
      testbed_.awaitListener(adversary_.node(), {.tcp = false, .port = 53, .address = place_.server},
                             std::min(left(), milliseconds(5000)), server->get());
  if (!listening) return std::unexpected(listening.error());
  // Without -r it looks for a way around DNS, which is another channel.
  Result<ProcessPtr> client =
      testbed_.start(place_.client, os::ProcessSpec({"iodine", "-f", "-r", "-P", kSecret, "-d", "iodinec",
                                                     place_.via.toString(), place_.domain}));
  if (!client) return std::unexpected(std::move(client.error()));
  run_.established = (*client)->awaitOutput("Connection setup complete", left()).has_value();
  Result<void> carried;
  if (run_.established) carried = throughTunnel(inside, kLocalPort);
  if (run_.note.empty()) run_.note = lastLine((*client)->output(65536));
  (*client)->stop(milliseconds(100));
  (*server)->stop(milliseconds(100));
  return carried;
}

Result<void> ToolRunner::dns2tcp() {
  const std::string path = testbed_.folder() + "/dns2tcpd.conf";
  std::ofstream(path) << fmt::format(
      "listen = {}\nport = 53\nkey = {}\nchroot = {}\ndomain = {}\nresources = "
      "sink:127.0.0.1:{}\n",
      place_.server.toString(), kSecret, testbed_.folder(), place_.domain, Adversary::kEveryTcpPort);
  os::ProcessSpec daemon({"dns2tcpd", "-F", "-d", "1", "-f", path});
  // It looks a name up before it serves: not at the machine's name server, which is not here and would be
  // waited for.
  daemon.overrides = {{"/etc/nsswitch.conf", "passwd: files\nhosts: files\n"}};
  Result<ProcessPtr> server = testbed_.start(adversary_.node(), daemon);
  if (!server) return std::unexpected(std::move(server.error()));
  // Before this line it listens and serves nobody.
  if (Result<void> serves = (*server)->awaitOutput("Chroot to", std::min(left(), milliseconds(15'000)));
      !serves)
    return serves;
  Result<ProcessPtr> client = testbed_.start(
      place_.client,
      os::ProcessSpec({"dns2tcpc", "-d", "1", "-z", place_.domain, "-k", kSecret, "-r", "sink", "-l",
                       fmt::format("{}", kLocalPort), "-t", "3", place_.via.toString()}));
  if (!client) return std::unexpected(std::move(client.error()));
  return byLocalPort(**server, **client);
}

// The client of a tunnel listens on its own machine for what is to go through.
Result<void> ToolRunner::byLocalPort(os::Process& server, os::Process& client) {
  const Result<void> listening = testbed_.awaitListener(place_.client, {.tcp = true, .port = kLocalPort},
                                                        std::min(left(), milliseconds(5000)), &client);
  Result<void> carried;
  if (listening) carried = throughTunnel(*os::InternetAddress::parse("127.0.0.1"), kLocalPort);
  if (run_.note.empty()) run_.note = lastLine(client.output(65536));
  client.stop(milliseconds(100));
  server.stop(milliseconds(100));
  return carried;
}

Result<void> ToolRunner::ptunnel() {
  const std::string sink = fmt::format("{}", Adversary::kEveryTcpPort);
  // What it says on its output it keeps to itself until it ends; what it logs it does not.
  Result<ProcessPtr> server = testbed_.start(
      adversary_.node(), os::ProcessSpec({"ptunnel-ng", "-o/dev/stderr", "-r127.0.0.1", "-R" + sink}));
  if (!server) return std::unexpected(std::move(server.error()));
  if (Result<void> ready = (*server)->awaitOutput("proxy is listening", std::min(left(), milliseconds(3000)));
      !ready)
    return ready;
  Result<ProcessPtr> client = testbed_.start(
      place_.client, os::ProcessSpec({"ptunnel-ng", "-o/dev/stderr", "-p" + place_.server.toString(),
                                      fmt::format("-l{}", kLocalPort), "-r127.0.0.1", "-R" + sink}));
  if (!client) return std::unexpected(std::move(client.error()));
  return byLocalPort(**server, **client);
}

Result<void> ToolRunner::curl() {
  os::ProcessSpec spec({"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Expect:", "--max-time",
                        fmt::format("{:.1f}", static_cast<double>(left().count()) / 1000), "--data-binary",
                        "@-"});
  if (place_.viaPort != 0) {
    spec.arguments.insert(spec.arguments.end(),
                          {"-x", fmt::format("http://{}:{}", place_.via.inUrl(), place_.viaPort)});
  }
  spec.arguments.push_back(place_.url);
  const auto bytes = payload_.bytes();
  spec.input.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const Result<os::ProcessResult> result = testbed_.run(place_.client, spec, left() + milliseconds(500));
  if (!result) return std::unexpected(result.error());
  run_.note = result->timedOut ? "out of time" : lastLine(result->output);
  return {};
}

Result<void> ToolRunner::dig() {
  // One process for some questions each: what it is told is bounded, and it ends soon after time is up.
  constexpr std::size_t kEach = 40;
  for (std::size_t first = 0; first < payload_.chunkCount() && left() > milliseconds(0); first += kEach) {
    os::ProcessSpec spec({"dig", "@" + place_.via.toString(), "+noall", "+comments", "+tries=1", "+time=2"});
    for (std::size_t i = first; i < std::min(first + kEach, payload_.chunkCount()); ++i) {
      const std::optional<std::string> name = nameWith(payload_.chunk(i), newNonce(), place_.domain);
      if (!name)
        return os::labFailure("dig: a name is too long", "chunks of at most 100 bytes, a short domain");
      spec.arguments.push_back(*name);
    }
    const Result<os::ProcessResult> result = testbed_.run(place_.client, spec, left());
    if (!result) return std::unexpected(result.error());
    const std::string& output = result->output;
    const std::size_t status = output.rfind("status: ");
    run_.note = status != std::string::npos ? output.substr(status, output.find(',', status) - status)
                : result->timedOut          ? "out of time"
                                            : lastLine(output);
    // A server that answers none of the first questions answers none.
    if (status == std::string::npos) break;
  }
  return {};
}

}  // namespace

const char* toolName(Tool tool) {
  switch (tool) {
    case Tool::iodine:
      return "iodine";
    case Tool::dns2tcp:
      return "dns2tcp";
    case Tool::ptunnel:
      return "ptunnel-ng";
    case Tool::curl:
      return "curl";
    case Tool::dig:
      return "dig";
  }
  return "";
}

std::vector<std::string> programsOf(Tool tool) {
  switch (tool) {
    case Tool::iodine:
      return {"iodine", "iodined"};
    case Tool::dns2tcp:
      return {"dns2tcpc", "dns2tcpd"};
    default:
      return {toolName(tool)};
  }
}

std::vector<std::string> missingFor(Tool tool) {
  std::vector<std::string> missing;
  for (const std::string& program : programsOf(tool)) {
    bool there = false;
    // Where `os::ProcessSpec` looks.
    for (const char* folder :
         {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
      there = there || access((folder + program).c_str(), X_OK) == 0;
    }
    if (!there) missing.push_back(program);
  }
  if (tool == Tool::iodine && access("/dev/net/tun", R_OK | W_OK) != 0) missing.emplace_back("/dev/net/tun");
  return missing;
}

Result<ToolRun> runTool(os::Testbed& testbed, Adversary& adversary, Tool tool, const ToolPlace& place,
                        const Payload& payload, milliseconds atMost) {
  return ToolRunner(testbed, adversary, tool, place, payload, atMost).run();
}

}  // namespace vauban::lab
