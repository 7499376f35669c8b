// The lab's plan of every model of the repository: it is planned or refused for a reason, and its relocated
// model is the same architecture. Here because it takes the reader of rule files and the lab, and neither
// room knows the other.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "channel/verdict.h"
#include "import/load_rules.h"
#include "lab/attempts.h"
#include "lab/lab_wiring.h"
#include "lab/plan_lab.h"
#include "model/model_reader.h"
#include "reach/network.h"

namespace vauban::lab {
namespace {

namespace fs = std::filesystem;
using os::InternetAddress;
using space::AddressSet;

constexpr const char* kToday = "2026-01-01";

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  return *catalogue;
}

std::string inWords(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics)
    text += diagnostic.place.toString() + ": " + diagnostic.message + "\n";
  return text;
}

std::vector<fs::path> modelFiles() {
  std::vector<fs::path> files;
  for (const char* folder : {"examples", "tests/scenarios"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(VAUBAN_SOURCE_DIR) / folder)) {
      if (!entry.is_directory()) continue;
      if (fs::exists(entry.path() / "hosts.yaml"))
        files.push_back(entry.path());
      else if (fs::exists(entry.path() / "model.yaml"))
        files.push_back(entry.path() / "model.yaml");
      if (!fs::is_directory(entry.path() / "variants")) continue;
      for (const auto& variant : fs::directory_iterator(entry.path() / "variants"))
        files.push_back(variant.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

// What a plan says, but for the model in it.
std::string inWords(const LabPlan& plan) {
  std::string text;
  const auto list = [](const std::vector<InternetAddress>& addresses) {
    std::string all;
    for (const InternetAddress& address : addresses) all += " " + address.toString();
    return all;
  };
  for (const Machine& machine : plan.machines) {
    text += fmt::format("{} {}\n", machine.node, static_cast<int>(machine.kind));
    for (const Leg& leg : machine.legs)
      text += fmt::format("  {} {}{}\n", leg.interface, leg.zone.index(), list(leg.addresses));
  }
  for (const Router& router : plan.routers) {
    text += fmt::format("{} {}\n", router.node, router.point);
    for (const Router::Side& side : router.sides)
      text += fmt::format("  {} {} {} {}\n", side.interface, side.zone.index(), side.v4.toString(),
                          side.v6.toString());
  }
  for (std::size_t z = 0; z < plan.zoneAddresses.size(); ++z)
    text += fmt::format("zone {}:{}, spare{}\n", z, list(plan.zoneAddresses[z]), list(plan.spares[z]));
  for (const Domain& domain : plan.names.domains)
    text += fmt::format("{} {} {} {}{}\n", domain.name, domain.trusted, domain.machine.index(),
                        domain.nameServer.toString(), list(domain.hosts));
  for (const ServiceSite& site : plan.services) {
    text += fmt::format("{}.{} {} udp/{} tcp/{}{}\n", site.node, site.service->name, site.behaviour->name,
                        site.udp.value_or(0), site.tcp.value_or(0), list(site.addresses));
    for (const auto* targets : {&site.upstream, &site.resolvers, &site.from})
      for (const ServiceSite::Target& target : *targets)
        text += fmt::format("  to {} udp/{} tcp/{} {}\n", target.address.toString(), target.udp.value_or(0),
                            target.tcp.value_or(0), target.name);
  }
  for (const model::Host& host : plan.model.hosts) {
    text += host.name;
    for (const space::Address& address : host.addresses) text += " " + address.toString();
    text += "\n";
  }
  return text;
}

// RFC 5737, RFC 3849.
bool forDocumentation(const InternetAddress& address, bool untrusted) {
  const auto& b = address.bytes;
  if (address.ipv6) return b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0D && b[3] == 0xB8;
  return untrusted ? b[0] == 203 && b[1] == 0 && b[2] == 113 : b[0] == 198 && b[1] == 51 && b[2] == 100;
}

void checkAddresses(const std::string& title, const LabPlan& plan) {
  std::map<InternetAddress, std::string> holders;
  const auto take = [&](const InternetAddress& address, const std::string& by) {
    const auto [at, fresh] = holders.try_emplace(address, by);
    EXPECT_TRUE(fresh) << title << ": " << address.toString() << " is of " << by << " and of " << at->second;
  };
  for (const Machine& machine : plan.machines) {
    EXPECT_FALSE(machine.legs.empty()) << title << ": " << machine.node;
    for (const Leg& leg : machine.legs) {
      EXPECT_FALSE(leg.addresses.empty())
          << title << ": " << machine.node << " has no address on " << leg.interface;
      const auto& zone = plan.zoneAddresses[leg.zone.index()];
      for (const InternetAddress& address : leg.addresses) {
        take(address, machine.node);
        EXPECT_TRUE(forDocumentation(address, machine.adversary)) << title << ": " << address.toString();
        EXPECT_NE(std::ranges::find(zone, address), zone.end())
            << title << ": " << address.toString() << " is in no zone";
      }
    }
  }
  for (std::size_t z = 0; z < plan.zoneAddresses.size(); ++z)
    for (const InternetAddress& spare : plan.spares[z]) take(spare, fmt::format("spare of zone {}", z));
  std::set<InternetAddress> routers;
  for (const Router& router : plan.routers) {
    for (const Router::Side& side : router.sides) {
      for (const InternetAddress* address : {&side.v4, &side.v6}) {
        routers.insert(*address);
        EXPECT_FALSE(holders.contains(*address))
            << title << ": " << address->toString() << " is of a router and of a machine";
        EXPECT_TRUE(forDocumentation(*address, true)) << title << ": " << address->toString();
      }
    }
  }
  for (std::size_t a = 0; a < plan.model.zones.size(); ++a) {
    const AddressSet& one = plan.model.zones[a].addresses;
    for (std::size_t b = 0; b < a; ++b) {
      if (!plan.model.zones[b].addresses.intersects(one)) continue;
      ADD_FAILURE() << title << ": zones " << plan.model.zones[a].name << " and " << plan.model.zones[b].name
                    << " share " << (plan.model.zones[b].addresses & one).toString();
    }
  }
  for (const model::Host& host : plan.model.hosts) {
    for (const space::Address& address : host.addresses) {
      const bool lies = plan.model.at(host.zone).addresses.contains(address) ||
                        std::ranges::any_of(host.alsoIn, [&](model::ZoneId zone) {
                          return plan.model.at(zone).addresses.contains(address);
                        });
      EXPECT_TRUE(lies) << title << ": " << address.toString() << " of " << host.name
                        << " is in no zone of it";
      EXPECT_TRUE(holders.contains(toLab(address)))
          << title << ": " << address.toString() << " of " << host.name << " is on no machine";
    }
  }
}

// With what each party may open conversations to each other, by name.
std::map<std::pair<std::string, std::string>, space::ServiceSet> openings(const model::Model& model) {
  reach::Atoms atoms;
  const reach::Network network(model, atoms, {model.conditionDefaults()});
  std::map<std::pair<std::string, std::string>, space::ServiceSet> result;
  for (const reach::Party& from : network.parties()) {
    for (const reach::Party& to : network.parties()) {
      for (const reach::ClassIndex source : from.classes) {
        for (const reach::ClassIndex destination : to.classes) {
          if (&from == &to || network.endpoint(source).family != network.endpoint(destination).family)
            continue;
          if (network.endpoint(source).linkLocal || network.endpoint(destination).linkLocal) continue;
          for (const auto& opening : network.openings(source, destination, reach::Setting()))
            result[{from.name, to.name}] |= opening.services;
        }
      }
    }
  }
  return result;
}

void checkVerdicts(const std::string& title, const model::Model& model, const LabPlan& plan) {
  const channel::Judge original(model, behaviours(), kToday), relocated(plan.model, behaviours(), kToday);
  const auto before = original.judgeAll(1), after = relocated.judgeAll(1);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t c = 0; c < before.size(); ++c) {
    EXPECT_EQ(channel::toString(before[c].judgement.verdict),
              std::string(channel::toString(after[c].judgement.verdict)))
        << title << ": " << before[c].claim->id;
    EXPECT_EQ(before[c].perCondition, after[c].perCondition) << title << ": " << before[c].claim->id;
    EXPECT_EQ(before[c].judgement.witness.size(), after[c].judgement.witness.size())
        << title << ": " << before[c].claim->id;
  }
  const auto was = openings(model), is = openings(plan.model);
  for (const auto& [pair, services] : was) {
    const auto found = is.find(pair);
    const space::ServiceSet now = found == is.end() ? space::ServiceSet() : found->second;
    EXPECT_EQ(services, now) << title << ": " << pair.first << " -> " << pair.second << " was "
                             << services.toString() << ", is " << now.toString();
  }
  for (const auto& [pair, services] : is)
    EXPECT_TRUE(services.empty() || was.contains(pair))
        << title << ": " << pair.first << " -> " << pair.second << " is new";
}

// Models that the lab does not play, and the only reasons there may be.
bool explained(const Diagnostics& diagnostics) {
  return !diagnostics.empty() && std::ranges::all_of(diagnostics, [](const Diagnostic& diagnostic) {
    return diagnostic.message.find("too few addresses") != std::string::npos;
  });
}

TEST(PlanModelsTest, allOfTheRepository) {
  const std::vector<fs::path> files = modelFiles();
  ASSERT_GT(files.size(), 300U);
  std::atomic<std::size_t> next = 0, planned = 0, claims = 0;
  std::mutex telling;
  std::vector<std::string> refused;
  auto check = [&](const fs::path& file) {
    const std::string title = fs::relative(file, VAUBAN_SOURCE_DIR).string();
    model::Vocabulary words;
    words.behaviours = &behaviours();
    auto model = model::readModel(file.string(), words);
    ASSERT_TRUE(model) << inWords(model.error());
    const Diagnostics problems = import::loadRules(*model);
    ASSERT_FALSE(hasErrors(problems)) << inWords(problems);
    const auto plan = planLab(*model, behaviours());
    if (!plan) {
      EXPECT_TRUE(explained(plan.error())) << title << ": " << inWords(plan.error());
      const std::scoped_lock lock(telling);
      refused.push_back(title + ": " + plan.error().front().message);
      return;
    }
    const auto again = planLab(*model, behaviours());
    ASSERT_TRUE(again);
    EXPECT_EQ(inWords(*plan), inWords(*again)) << title;
    EXPECT_LE(sampledServices(plan->model).size(), 48U) << title;
    checkAddresses(title, *plan);
    checkVerdicts(title, *model, *plan);
    ++planned;
    claims += model->claims.size();
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < std::max(1U, std::min(4U, std::thread::hardware_concurrency())); ++t)
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < files.size(); i = next++) check(files[i]);
      });
  }
  std::ranges::sort(refused);
  fmt::print("{} of {} models planned, {} claims with the same verdict\n", planned.load(), files.size(),
             claims.load());
  for (const std::string& reason : refused) fmt::print("not planned: {}\n", reason);
  EXPECT_GT(planned, 300U);
}

}  // namespace
}  // namespace vauban::lab
