#include "lab/attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lab/attempt_maker.h"

namespace vauban::lab {

using os::InternetAddress;
using space::Service;
using space::ServiceSet;

namespace {

constexpr std::size_t kMostServices = 48;
constexpr std::size_t kMostForged = 6;  // victims whose address is borrowed, per sender and family

void addBoxes(std::set<Service>& services, const ServiceSet& set) {
  for (const ServiceSet::Box& box : set.boxes()) {
    if (box.lastProtocol - box.firstProtocol > 3)
      continue;  // "any" and the like: the common ones stand for it
    for (int protocol = box.firstProtocol; protocol <= box.lastProtocol; ++protocol) {
      Service service{static_cast<std::uint8_t>(protocol), 0, box.destination.first};
      if (space::hasPorts(service.protocol) && box.source.first > 0) service.sourcePort = box.source.first;
      if (box.destination.first == 0 && box.destination.last == 65535) service.destinationPort = kHighPort;
      if (box.destination.first == 0 && box.destination.last != 65535)
        service.destinationPort = box.destination.last;
      if (!space::hasPorts(service.protocol)) service.destinationPort = box.destination.first;
      services.insert(service);
    }
  }
}

bool sendable(const Service& service) {
  switch (service.protocol) {
    case space::kTcp:
    case space::kUdp:
      return service.destinationPort != 0;
    case space::kIcmp:
      return service.destinationPort == 8;
    case space::kIcmpV6:
      return service.destinationPort == 128;
    default:
      return service.protocol == 47 || service.protocol == 50;
  }
}

class Conversations : public AttemptMaker {
 public:
  Conversations(RunningLab& lab, MachineId from, MachineId to, const std::vector<Service>& services)
      : AttemptMaker(lab, from, to), services_(services) {}

  std::vector<Attempt> all() {
    converse(services_, attempts_);
    answers();
    for (const bool ipv6 : {false, true}) borrowed(ipv6);
    return std::move(attempts_);
  }

 private:
  // He opens, our code answers: at its own addresses, and at a neighbour's that it has taken.
  void answers() {
    for (const bool ipv6 : {false, true}) {
      for (const InternetAddress& own : distinct(sender(), ipv6)) answerAt(own, {});
      std::set<std::optional<reach::ClassIndex>> seen;
      for (const Leg& leg : sender().legs)
        for (const InternetAddress& address : plan_.zoneAddresses[leg.zone.index()])
          if (address.ipv6 == ipv6 && plan_.holder(address) != from_ &&
              seen.insert(reach_.classOf(address)).second)
            answerAt(address, leg.interface);
    }
  }
  void answerAt(const InternetAddress& at, const std::string& takenOn) {
    for (const InternetAddress& his : distinct(receiver(), at.ipv6)) {
      for (const Service& service : services_) {
        if (service.protocol != space::kTcp) continue;
        const bool passes = hasPassage(his, at, service);
        if (!takenOn.empty() ? !passes : served(service.destinationPort)) continue;
        std::vector<std::uint16_t> ports{0};
        // A neighbour's answers are forged into his conversation: packets that go to his port.
        if (passes && !takenOn.empty())
          for (const Service& other : services_)
            if (other.protocol == space::kTcp) ports.push_back(other.destinationPort);
        for (const std::uint16_t port : ports) {
          Attempt attempt =
              make(Carrier::answer, at, his, service.destinationPort,
                   fmt::format("answer from {} to a conversation that {}{} opens over {}", at.toString(),
                               his.toString(), port == 0 ? std::string() : fmt::format(" port {}", port),
                               service.toString()));
          attempt.probe.receiver = lab_.nodes().of(to_);
          attempt.probe.sourcePort = port;
          attempt.probe.neighbour = !takenOn.empty();
          if (!takenOn.empty()) attempt.probe.interface = takenOn;
          attempt.opener = one(service);
          if (port != 0) attempt.opener |= ServiceSet::ports(space::kTcp, {port, port});
          attempt.expected = passes;
          attempts_.push_back(std::move(attempt));
        }
      }
    }
  }
  bool served(std::uint16_t port) const {
    return std::ranges::any_of(
        plan_.services, [&](const ServiceSite& site) { return site.machine == from_ && site.tcp == port; });
  }

  // Under a neighbour's address, or any other.
  void borrowed(bool ipv6) {
    std::size_t forged = 0;
    auto borrow = [&](const InternetAddress& source, const std::string& takenOn) {
      for (const InternetAddress& destination : distinct(receiver(), ipv6)) {
        for (const Service& service : services_) {
          if (!ofFamily(service, ipv6) || !hasPassage(source, destination, service)) continue;
          const bool taken = !takenOn.empty();
          // A forged source gets no answers: of TCP there is a SYN, and what it holds.
          const Carrier carrier =
              !taken && service.protocol == space::kTcp ? Carrier::datagram : carrierOf(service);
          Attempt attempt = make(carrier, source, destination, service.destinationPort,
                                 fmt::format("{} {} {} to {}", service.toString(), taken ? "as" : "bearing",
                                             source.toString(), destination.toString()));
          attempt.probe.protocol = service.protocol;
          attempt.probe.sourcePort = service.sourcePort;
          attempt.probe.forged = !taken;
          attempt.probe.neighbour = taken;
          if (taken) attempt.probe.interface = takenOn;
          attempt.opener = one(service);
          attempts_.push_back(std::move(attempt));
        }
      }
    };
    std::set<std::optional<reach::ClassIndex>> seen;
    for (const InternetAddress& own : distinct(sender(), ipv6)) seen.insert(reach_.classOf(own));
    for (const Leg& leg : sender().legs) {
      for (const InternetAddress& address : plan_.zoneAddresses[leg.zone.index()]) {
        if (address.ipv6 != ipv6 || plan_.holder(address) == from_) continue;
        if (!seen.insert(reach_.classOf(address)).second) continue;
        borrow(address, {});
        borrow(address, leg.interface);
      }
    }
    for (const Machine& other : plan_.machines) {
      if (other.adversary || other.node == sender().node) continue;
      for (const InternetAddress& address : distinct(other, ipv6)) {
        if (forged >= kMostForged || !seen.insert(reach_.classOf(address)).second) continue;
        const std::size_t before = attempts_.size();
        borrow(address, {});
        if (attempts_.size() > before) ++forged;
      }
    }
  }

  const std::vector<Service>& services_;
  std::vector<Attempt> attempts_;
};

}  // namespace

std::vector<Service> sampledServices(const model::Model& model) {
  std::set<Service> common{{space::kUdp, 0, 53},        {space::kTcp, 0, 53},
                           {space::kUdp, 0, 123},       {space::kTcp, 0, 80},
                           {space::kTcp, 0, 443},       {space::kIcmp, 0, 8},
                           {space::kIcmpV6, 0, 128},    {space::kUdp, 0, kHighPort},
                           {space::kTcp, 0, kHighPort}, {47, 0, 0}};
  std::set<Service> named;
  auto addProgram = [&](const model::FilterProgram& program) {
    for (const model::Chain& chain : program.chains)
      for (const model::FilterRule& rule : chain.rules)
        if (rule.action == model::Action::accept) addBoxes(named, rule.services);
  };
  addProgram(model.flows);
  for (const auto& program : model.linkPrograms)
    if (program) addProgram(*program);
  for (const model::Claim& claim : model.claims) addBoxes(named, claim.over);
  for (const Service& service : named)
    if (sendable(service) && common.size() < kMostServices) common.insert(service);
  return {common.begin(), common.end()};
}

std::vector<Attempt> attemptsFrom(RunningLab& lab, MachineId from, MachineId to,
                                  const std::vector<Service>& services) {
  std::vector<Attempt> attempts = Conversations(lab, from, to, services).all();
  for (auto more : {&forgedAttempts, &relayAttempts}) {
    std::vector<Attempt> others = more(lab, from, to, services);
    std::ranges::move(others, std::back_inserter(attempts));
  }
  std::ranges::move(storeAttempts(lab, from, to), std::back_inserter(attempts));
  return attempts;
}

}  // namespace vauban::lab
