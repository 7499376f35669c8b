#include "lab/tool_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "lab/probe.h"

namespace vauban::lab {

using namespace std::chrono_literals;
using os::InternetAddress;
using space::ServiceSet;

namespace {

// Labels below a domain of his.
constexpr const char* kIodineLabel = "i";
constexpr const char* kDns2tcpLabel = "t";
constexpr std::size_t kProbeBytes = 2048;
constexpr std::size_t kNameChunk = 100;
constexpr std::uint16_t kDnsPort = 53;

std::string below(const char* label, const std::string& domain) {
  return fmt::format("{}.{}", label, domain);
}

// The network inside iodine's tunnel, between what the plan gives to zones and to routers; the least that
// iodined takes.
os::AddressPrefix tunnelNetwork() { return os::AddressPrefix::parse("203.0.113.200/30").value(); }

std::uint64_t newSeed() {
  static std::atomic<std::uint64_t> next = std::uint64_t{1} << 40U;  // far from those of the experiment
  return next++;
}

class ToolRuns {
 public:
  ToolRuns(RunningLab& lab, MachineId from, MachineId to, const ToolOptions& options)
      : lab_(lab), plan_(lab.plan()), from_(from), to_(to), options_(options) {}

  std::vector<ToolOutcome> all() {
    const Adversary* adversary = lab_.adversary(to_);
    const InternetAddress* his = plan_.at(to_).address(false);
    const InternetAddress* own = plan_.at(from_).address(false);
    if (adversary == nullptr || his == nullptr || own == nullptr) return {};
    his_ = *his;
    own_ = *own;
    tools_ = toolAddresses(plan_.at(to_));
    for (const Domain& domain : plan_.names.domains)
      if (!domain.trusted && domain.machine == to_) domains_.push_back(&domain);
    if (!domains_.empty()) tunnelsDirect();
    echoes();
    for (const ServiceSite& site : plan_.services) {
      if (site.machine == from_ || plan_.at(site.machine).adversary || lab_.daemon(site.id) == nullptr)
        continue;
      if (site.behaviour->name.starts_with("dns-")) throughResolver(site);
      if (site.behaviour->name == "http-forward-proxy") throughProxy(site);
    }
    return std::move(outcomes_);
  }

 private:
  ToolOutcome make(Tool tool, std::string how, const ServiceSet& opener) const {
    ToolOutcome outcome;
    outcome.text = fmt::format("{} {}", toolName(tool), how);
    outcome.tool = tool;
    outcome.from = from_;
    outcome.to = to_;
    outcome.path = {from_, to_};
    outcome.opener = opener;
    outcome.expected = lab_.reach().opens(own_, his_).intersects(opener);
    return outcome;
  }
  ToolPlace place() const {
    ToolPlace place;
    place.client = lab_.nodes().of(from_);
    place.server = his_;
    place.tunnel = tunnelNetwork();
    return place;
  }
  Probe probe(Carrier carrier, const InternetAddress& to, std::uint16_t port) const {
    Probe probe;
    probe.carrier = carrier;
    probe.from = lab_.nodes().of(from_);
    probe.source = own_;
    probe.to = to;
    probe.port = port;
    probe.interface = plan_.at(from_).legs[0].interface;
    probe.bytes = kProbeBytes;
    return probe;
  }

  void tunnelsDirect() {
    if (tools_.size() < 2) return;
    const ServiceSet dns = ServiceSet::ports(space::kUdp, {kDnsPort, kDnsPort});
    const auto direct = [&](Tool tool, const char* label, const InternetAddress& server) {
      ToolPlace at = place();
      at.server = at.via = server;
      at.domain = below(label, domains_.front()->name);
      Probe same = probe(Carrier::datagram, server, kDnsPort);
      run(make(tool, "direct", dns), at, same);
    };
    direct(Tool::iodine, kIodineLabel, tools_[0]);
    direct(Tool::dns2tcp, kDns2tcpLabel, tools_[1]);
  }

  void echoes() {
    run(make(Tool::ptunnel, "direct", ServiceSet::single({space::kIcmp, 0, 8})), place(),
        probe(Carrier::echo, his_, 0));
  }

  // The service's address by which `from` reaches it with these packets.
  std::optional<InternetAddress> reached(const ServiceSite& site, const ServiceSet& packets) const {
    for (const InternetAddress& its : site.addresses)
      if (!its.ipv6 && lab_.reach().opens(own_, its).intersects(packets & site.service->listens)) return its;
    return std::nullopt;
  }

  ToolOutcome by(const ServiceSite& site, Tool tool, const std::string& what,
                 const ServiceSet& opener) const {
    ToolOutcome outcome =
        make(tool, fmt::format("by {} on {}{}", site.service->name, site.node, what), opener);
    outcome.via = site.id;
    outcome.path = {from_, site.machine, to_};
    outcome.expected = true;
    return outcome;
  }

  void throughResolver(const ServiceSite& site) {
    // None of the tools asks anywhere else.
    if (site.udp != kDnsPort) return;
    const ServiceSet dns = ServiceSet::ports(space::kUdp, {kDnsPort, kDnsPort});
    const auto its = reached(site, dns);
    if (!its) return;
    for (const Domain* domain : domains_) {
      const auto ask = [&](Tool tool, const char* label, std::optional<InternetAddress> server) {
        ToolPlace at = place();
        at.via = *its;
        at.domain = label == nullptr ? domain->name : below(label, domain->name);
        if (server) at.server = *server;
        Probe same = probe(Carrier::queryName, *its, kDnsPort);
        same.domain = domain->name;
        run(by(site, tool, " below " + domain->name, dns), at, same);
      };
      ask(Tool::dig, nullptr, std::nullopt);
      if (tools_.size() < 2) continue;
      ask(Tool::iodine, kIodineLabel, tools_[0]);
      ask(Tool::dns2tcp, kDns2tcpLabel, tools_[1]);
    }
  }

  void throughProxy(const ServiceSite& site) {
    if (!site.tcp) return;
    const ServiceSet packets = ServiceSet::ports(space::kTcp, {*site.tcp, *site.tcp});
    const auto its = reached(site, packets);
    if (!its) return;
    std::vector<std::string> hosts{his_.toString()};
    for (const Domain* domain : domains_) hosts.push_back("www." + domain->name);
    for (const std::string& host : hosts) {
      ToolPlace at = place();
      at.via = *its;
      at.viaPort = *site.tcp;
      at.url = fmt::format("http://{}/drop", host);
      Probe same = probe(Carrier::httpBody, *its, *site.tcp);
      same.target = fmt::format("http://{}/", host);
      run(by(site, Tool::curl, " to " + host, packets), at, same);
    }
  }

  void run(ToolOutcome outcome, const ToolPlace& at, const Probe& same) {
    if (outcomes_.size() == options_.mostRuns) return;
    if (const auto missing = missingFor(outcome.tool); !missing.empty()) {
      outcome.failure = fmt::format("{} is not installed", fmt::join(missing, ", "));
      outcomes_.push_back(std::move(outcome));
      return;
    }
    options_.progress(outcome.text);
    Adversary& adversary = *lab_.adversary(to_);
    const Payload payload(newSeed(), options_.bytes, outcome.tool == Tool::dig ? kNameChunk : 512);
    auto ran = runTool(lab_.testbed(), adversary, outcome.tool, at, payload, options_.atMost);
    outcome.tried = ran.has_value();
    if (ran)
      outcome.run = std::move(*ran);
    else
      outcome.failure = ran.error().front().message;
    compare(outcome, adversary, same);
    outcomes_.push_back(std::move(outcome));
  }

  void compare(ToolOutcome& outcome, Adversary& adversary, const Probe& same) const {
    const Payload payload(newSeed(), same.bytes, chunkBytesFor(same.carrier));
    const Witness::Id id = adversary.witness().expect(payload);
    const auto sent = sendProbe(lab_.testbed(), same, payload, 4000ms);
    const Witness::Seen seen = adversary.witness().await(id, 300ms);
    adversary.witness().forget(id);
    outcome.probeBytes = seen.bytes;
    outcome.probeNote = sent ? sent->note : sent.error().front().message;
  }

  RunningLab& lab_;
  const LabPlan& plan_;
  MachineId from_, to_;
  const ToolOptions& options_;
  InternetAddress own_, his_;
  std::vector<InternetAddress> tools_;
  std::vector<const Domain*> domains_;
  std::vector<ToolOutcome> outcomes_;
};

}  // namespace

std::vector<Domain> tunnelDomains(const std::vector<Domain>& his, const std::vector<InternetAddress>& tools) {
  std::vector<Domain> result;
  if (tools.size() < 2) return result;
  for (const Domain& domain : his) {
    if (domain.trusted) continue;
    result.push_back({below(kIodineLabel, domain.name), false, domain.machine, tools[0], {tools[0]}});
    result.push_back({below(kDns2tcpLabel, domain.name), false, domain.machine, tools[1], {tools[1]}});
  }
  return result;
}

ToolOutcome::Against ToolOutcome::against() const {
  if (!tried) return Against::notTried;
  if (run.bytes > 0) return probeBytes > 0 ? Against::both : Against::toolOnly;
  return probeBytes > 0 ? Against::probeOnly : Against::neither;
}

const char* toString(ToolOutcome::Against against) {
  switch (against) {
    case ToolOutcome::Against::notTried:
      return "not tried";
    case ToolOutcome::Against::both:
      return "as the probe";
    case ToolOutcome::Against::neither:
      return "nothing, as the probe";
    case ToolOutcome::Against::probeOnly:
      return "nothing, though the probe brings bytes";
    case ToolOutcome::Against::toolOnly:
      return "BYTES WHERE THE PROBE BRINGS NONE";
  }
  return "";
}

std::vector<ToolOutcome> runTools(RunningLab& lab, MachineId from, MachineId to, const ToolOptions& options) {
  return ToolRuns(lab, from, to, options).all();
}

}  // namespace vauban::lab
