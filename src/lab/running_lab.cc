#include "lab/running_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "compile/nftables.h"
#include "lab/plan_lab.h"
#include "lab/tool_runs.h"
#include "lab/wire_frame.h"
#include "lab/wire_packet.h"
#include "lab/world.h"

namespace vauban::lab {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using model::ZoneId;

namespace {

std::string firstOf(const Diagnostics& diagnostics) {
  return diagnostics.empty() ? std::string("no reason given") : diagnostics.front().message;
}

// The jobs 0..count-1 on a few threads: daemons mostly wait.
template <class Job>
void inParallel(std::size_t count, Job job) {
  constexpr std::size_t kThreads = 8;
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < std::min(count, kThreads); ++t)
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < count; i = next++) job(i);
    });
}

// What the functional check asks for.
space::ServiceSet asked(const ServiceSite& site) {
  if (site.udp) return space::ServiceSet::ports(space::kUdp, {*site.udp, *site.udp});
  if (site.tcp) return space::ServiceSet::ports(space::kTcp, {*site.tcp, *site.tcp});
  return site.service->listens;
}

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

}  // namespace

RunningLab::RunningLab(os::Testbed& testbed, const LabPlan& plan, const RunningOptions& options)
    : testbed_(testbed),
      plan_(plan),
      options_(options),
      reach_(plan),
      ways_(plan),
      daemons_(plan.services.size()),
      states_(plan.services.size()) {}

RunningLab::~RunningLab() {
  // Many daemons take their time to end.
  inParallel(daemons_.size(), [&](std::size_t s) { daemons_[s].reset(); });
  inParallel(world_.size(), [&](std::size_t s) { world_[s].reset(); });
}

Result<std::unique_ptr<RunningLab>> RunningLab::start(os::Testbed& testbed, const LabPlan& plan,
                                                      const RunningOptions& options) {
  std::unique_ptr<RunningLab> lab(new RunningLab(testbed, plan, options));
  const auto begin = Clock::now();
  if (auto built = lab->build(); !built) return std::unexpected(built.error());
  if (auto ready = testbed.awaitLinks(5s); !ready) return std::unexpected(ready.error());
  if (auto forwarded = lab->forwards(); !forwarded) return std::unexpected(forwarded.error());
  if (auto loaded = lab->loadRules(); !loaded) return std::unexpected(loaded.error());
  lab->took_.topology = since(begin);
  if (auto started = lab->startAdversaries(); !started) return std::unexpected(started.error());
  const auto serving = Clock::now();
  if (plan.outside.valid()) {
    auto world = startWorld(testbed, lab->nodes_.of(plan.names.world), plan);
    if (!world) return std::unexpected(world.error());
    lab->world_ = std::move(*world);
  }
  lab->startDaemons();
  lab->checkDaemons();
  lab->took_.daemons = since(serving);
  if (auto seen = lab->control(); !seen) return std::unexpected(seen.error());
  return lab;
}

Result<void> RunningLab::build() {
  auto node = [&](const std::string& name, os::NodeRole role) { return testbed_.addNode(name, role); };
  auto wire = node("wire", os::NodeRole::host);
  if (!wire) return std::unexpected(wire.error());
  nodes_.wire = *wire;
  for (const Machine& machine : plan_.machines) {
    auto made = node(machine.node, os::NodeRole::host);
    if (!made) return std::unexpected(made.error());
    nodes_.machines.push_back(*made);
  }
  for (const Router& router : plan_.routers) {
    auto made = node(router.node, os::NodeRole::router);
    if (!made) return std::unexpected(made.error());
    nodes_.routers.push_back(*made);
  }
  return testbed_.apply(wiring(plan_, nodes_));
}

Result<void> RunningLab::forwards() {
  for (std::size_t r = 0; r < plan_.routers.size(); ++r) {
    // Some machine on one side, some on another, between which the way leads over this router.
    const auto pair = [&]() -> std::optional<std::pair<MachineId, MachineId>> {
      for (std::size_t a = 0; a < plan_.machines.size(); ++a)
        for (std::size_t b = 0; b < plan_.machines.size(); ++b) {
          const ZoneId from = plan_.machines[a].legs[0].zone, to = plan_.machines[b].legs[0].zone;
          const bool beside = plan_.routers[r].side(from) != nullptr && plan_.routers[r].side(to) != nullptr;
          if (a == b || from == to || !beside) continue;
          if (plan_.machines[a].legs.size() > 1 || plan_.machines[b].legs.size() > 1) continue;
          if (plan_.machines[a].address(false) == nullptr || plan_.machines[b].address(false) == nullptr)
            continue;
          if (ways_.firstRouter(from, to) == r) return std::pair(MachineId(a), MachineId(b));
        }
      return std::nullopt;
    }();
    if (!pair) continue;
    const os::InternetAddress& from = *plan_.at(pair->first).address(false);
    const os::InternetAddress& to = *plan_.at(pair->second).address(false);
    std::atomic<bool> came = false;
    os::RecorderSpec spec(plan_.at(pair->second).legs[0].interface);
    spec.incomingOnly = true;
    spec.each = [&](const os::RecordedFrame& recorded) {
      const auto frame = readFrame(recorded.bytes);
      if (frame && frame->source == from && frame->destination == to) came = true;
    };
    const auto recorder = testbed_.record(nodes_.of(pair->second), spec);
    if (!recorder) return std::unexpected(recorder.error());
    static constexpr std::uint8_t kText[] = {'c', 'o', 'n', 't', 'r', 'o', 'l'};
    os::RawTraffic traffic;
    traffic.packets.push_back(udpPacket({from, to, 40'001, 9}, kText));
    for (int tries = 0; tries < 5 && !came; ++tries) {
      if (auto sent = testbed_.send(nodes_.of(pair->first), traffic); !sent)
        return std::unexpected(sent.error());
      for (int wait = 0; wait < 100 && !came; ++wait) std::this_thread::sleep_for(1ms);
    }
    if (!came)
      return failure({Severity::error,
                      {"lab", 0, 0},
                      0,
                      fmt::format("{} forwards nothing before it has any rules: what it shuts shows nothing",
                                  plan_.routers[r].node),
                      "",
                      ""});
  }
  return {};
}

Result<void> RunningLab::loadRules() {
  for (std::size_t r = 0; r < plan_.routers.size(); ++r) {
    const Router& router = plan_.routers[r];
    compile::CompileOptions options;
    options.device = router.device;
    options.link = router.link;
    options.table = fmt::format("vauban{}", r);
    options.counters = true;
    for (const Router::Side& side : router.sides) {
      options.zoneInterfaces.push_back({side.zone, side.interface});
      for (const Router& other : plan_.routers) {
        const Router::Side* there = &other == &router ? nullptr : other.side(side.zone);
        if (there == nullptr) continue;
        for (const os::InternetAddress* address : {&there->v4, &there->v6}) {
          const space::Address it = toSpace(*address);
          options.neighbours[side.zone] =
              options.neighbours[side.zone] | space::AddressSet({it.family, it.value, it.value});
        }
      }
      for (std::size_t m = 0; m < plan_.machines.size(); ++m)
        for (std::size_t leg = 0; leg < plan_.machines[m].legs.size(); ++leg)
          if (plan_.machines[m].host && plan_.machines[m].legs[leg].zone == side.zone)
            options.hostInterfaces.push_back(
                {*plan_.machines[m].host, side.zone, portName(MachineId(m), leg), true});
    }
    auto ruleset = compile::nftables(plan_.model, options);
    if (!ruleset) return std::unexpected(ruleset.error());
    rulesets_.push_back(ruleset->text);
    std::string text = ruleset->text;
    if (const auto extra = options_.extraRules.find(router.point); extra != options_.extraRules.end())
      text += extra->second;
    if (auto loaded = testbed_.loadRules(nodes_.routers[r], text, router.point); !loaded) return loaded;
    // Ports of bridges are on the wire.
    if (ruleset->text.find("table bridge") == std::string::npos) continue;
    if (auto loaded = testbed_.loadRules(nodes_.wire, ruleset->text, router.point); !loaded) return loaded;
  }
  return {};
}

Result<void> RunningLab::startAdversaries() {
  for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
    const Machine& machine = plan_.machines[m];
    if (!machine.adversary || machine.kind == Machine::Kind::world) continue;
    std::vector<Domain> his;
    for (const Domain& domain : plan_.names.domains)
      if (domain.machine == MachineId(m)) his.push_back(domain);
    const Leg& leg = machine.legs[0];
    const std::string capture = options_.evidence.empty()
                                    ? std::string()
                                    : fmt::format("{}/{}.pcap", options_.evidence, machine.node);
    std::vector<os::InternetAddress> tools;
    if (machine.kind == Machine::Kind::adversary) tools = toolAddresses(machine);
    for (Domain& tunnel : tunnelDomains(his, tools)) his.push_back(std::move(tunnel));
    auto started = Adversary::start(testbed_, nodes_.machines[m], leg.interface, leg.addresses,
                                    std::move(his), capture, tools);
    if (!started) return std::unexpected(started.error());
    adversaries_.emplace(MachineId(m), std::move(*started));
  }
  return {};
}

void RunningLab::startDaemons() {
  std::mutex telling;
  inParallel(plan_.services.size(), [&](std::size_t s) {
    const ServiceSite& site = plan_.services[s];
    ServiceState& state = states_[s];
    state.service = site.id;
    if (plan_.at(site.machine).adversary) {
      state.notReproduced = "the adversary holds it";
      return;
    }
    if (auto why = whyNotReproduced(site)) {
      state.notReproduced = *why;
      return;
    }
    auto started = startDaemon(testbed_, nodes_.of(site.machine), site, plan_);
    if (!started) {
      state.failure = firstOf(started.error());
      return;
    }
    daemons_[s] = std::move(*started);
    state.software = daemons_[s]->software();
    const std::scoped_lock lock(telling);
    options_.progress(fmt::format("{} on {}", state.software, site.node));
  });
}

void RunningLab::checkDaemons() {
  // Who may use each is asked on one thread.
  std::vector<std::optional<MachineId>> clients(plan_.services.size());
  for (const ServiceSite& site : plan_.services) {
    if (!daemons_[site.id.index()]) continue;
    for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
      const Machine& machine = plan_.machines[m];
      if (machine.kind != Machine::Kind::host || machine.adversary || MachineId(m) == site.machine) continue;
      if (!reach_.opens(MachineId(m), site.machine).intersects(asked(site))) continue;
      clients[site.id.index()] = MachineId(m);
      break;
    }
  }
  inParallel(plan_.services.size(), [&](std::size_t s) {
    if (!daemons_[s]) return;
    ServiceState& state = states_[s];
    if (!daemons_[s]->running()) {
      state.failure = "it has ended";
      return;
    }
    if (!clients[s]) {
      state.check = "nobody of the model may use it";
      return;
    }
    auto answered = checkDaemon(testbed_, nodes_.of(*clients[s]), plan_.services[s], plan_, *daemons_[s]);
    if (answered) {
      state.check = fmt::format("from {}: {}", plan_.at(*clients[s]).node, *answered);
    } else {
      state.failure = fmt::format("from {}: {}", plan_.at(*clients[s]).node, firstOf(answered.error()));
    }
  });
  // A service whose own needs the matrix shuts cannot work, and that is no fault of the lab.
  for (ServiceState& state : states_) {
    // Nor is it an excuse for one that does not even run.
    const auto& daemon = daemons_[state.service.index()];
    if (state.failure.empty() || !daemon || !daemon->running()) continue;
    const std::string lacks = lacking(plan_.services[state.service.index()], 0);
    if (lacks.empty()) continue;
    state.check = fmt::format("{} (as {})", state.failure, lacks);
    state.failure.clear();
  }
}

std::string RunningLab::lacking(const ServiceSite& site, int depth) const {
  constexpr int kDeepest = 6;
  if (depth > kDeepest || plan_.at(site.machine).adversary) return {};
  if (!states_[site.id.index()].notReproduced.empty())
    return fmt::format("nothing plays {}.{}", site.node, site.service->name);
  auto passes = [&](const os::InternetAddress& to, const space::ServiceSet& packets) {
    return std::ranges::any_of(site.addresses, [&](const os::InternetAddress& own) {
      return own.ipv6 == to.ipv6 && reach_.opens(own, to).intersects(packets);
    });
  };
  const space::ServiceSet dns = space::ServiceSet::ports(space::kUdp, {53, 53});
  // What it leads to, and whether that works.
  auto lacksOf = [&](const std::vector<ServiceSite::Target>& targets,
                     const space::ServiceSet& packets) -> std::string {
    for (const ServiceSite::Target& target : targets) {
      space::ServiceSet wanted = packets;
      if (target.tcp) wanted |= space::ServiceSet::ports(space::kTcp, {*target.tcp, *target.tcp});
      if (target.udp) wanted |= space::ServiceSet::ports(space::kUdp, {*target.udp, *target.udp});
      if (!passes(target.address, wanted))
        return fmt::format("the matrix shuts its way to {}", target.address.toString());
      const MachineId holder = plan_.holder(target.address);
      for (const ServiceSite& other : plan_.services)
        if (other.machine == holder && other.id != site.id && other.service->listens.intersects(wanted))
          if (std::string why = lacking(other, depth + 1); !why.empty()) return why;
    }
    return {};
  };
  space::ServiceSet onward;
  for (const model::Effect& effect : site.behaviour->effects) onward |= effect.emits;
  if (std::string why = lacksOf(site.upstream, site.upstream.empty() ? space::ServiceSet() : onward);
      !why.empty())
    return why;
  if (std::string why = lacksOf(site.resolvers, dns); !why.empty()) return why;
  const std::string& behaviour = site.behaviour->name;
  const bool asksOutside = behaviour == "dns-recursive" || behaviour == "http-forward-proxy" ||
                           behaviour == "smtp-relay" || behaviour == "mail-gateway";
  if (!asksOutside || !plan_.outside.valid()) return {};
  space::ServiceSet wanted = dns;
  if (behaviour == "http-forward-proxy")
    wanted =
        space::ServiceSet::ports(space::kTcp, {80, 80}) | space::ServiceSet::ports(space::kTcp, {443, 443});
  if (behaviour == "smtp-relay" || behaviour == "mail-gateway")
    wanted = space::ServiceSet::ports(space::kTcp, {25, 25});
  for (const MachineId machine : {plan_.names.world, plan_.adversaryOf(plan_.outside)}) {
    const os::InternetAddress* address = plan_.at(machine).address(false);
    if (address != nullptr && !passes(*address, wanted))
      return fmt::format("the matrix shuts its way to {}", plan_.at(machine).node);
  }
  return {};
}

Adversary* RunningLab::adversary(MachineId machine) {
  const auto found = adversaries_.find(machine);
  return found == adversaries_.end() ? nullptr : found->second.get();
}

Result<void> RunningLab::wait(MachineId id) {
  if (adversary(id) != nullptr) return {};
  const Machine& machine = plan_.at(id);
  std::vector<std::string> interfaces;
  std::vector<os::InternetAddress> addresses;
  for (const Leg& leg : machine.legs) {
    interfaces.push_back(leg.interface);
    addresses.insert(addresses.end(), leg.addresses.begin(), leg.addresses.end());
  }
  const std::string capture =
      options_.evidence.empty() ? std::string() : fmt::format("{}/{}.pcap", options_.evidence, machine.node);
  auto waiting = Adversary::wait(testbed_, nodes_.of(id), interfaces, std::move(addresses), capture);
  if (!waiting) return std::unexpected(waiting.error());
  adversaries_.emplace(id, std::move(*waiting));
  return {};
}

Result<void> RunningLab::control() {
  // Without the world's servers no name leads to him.
  for (const std::unique_ptr<Daemon>& daemon : world_)
    if (!daemon->running())
      return failure(
          {Severity::error, {"lab", 0, 0}, 0, daemon->software() + " of the world has ended", "", ""});
  for (const auto& [machine, adversary] : adversaries_) {
    const Machine& his = plan_.at(machine);
    // Somebody else on his wire; the router where there is nobody.
    std::optional<os::NodeId> sender;
    for (std::size_t m = 0; m < plan_.machines.size() && !sender; ++m)
      if (MachineId(m) != machine && plan_.machines[m].legs[0].zone == his.legs[0].zone && his.adversary)
        sender = nodes_.machines[m];
    for (std::size_t r = 0; r < plan_.routers.size() && !sender; ++r)
      if (plan_.routers[r].side(his.legs[0].zone) != nullptr) sender = nodes_.routers[r];
    if (!sender) continue;
    if (auto seen = positiveControl(testbed_, *sender, *adversary, his.legs[0].addresses.front()); !seen)
      return seen;
  }
  return {};
}

}  // namespace vauban::lab
