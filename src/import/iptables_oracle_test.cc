// Real rule files, imported and asked about packets, against an interpreter that walks their text rule by
// rule.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "import/iptables.h"
#include "tests/support/iptables_interpreter.h"
#include "tests/support/program_decider.h"

namespace vauban::import {
namespace {

namespace fs = std::filesystem;
using model::FilterProgram;
using space::Address;
using space::Family;
using space::Service;
using tests::ConcretePacket;
using tests::Decision;

std::string contentOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// What the rules of a program mention: where its packets are told apart.
struct Mentioned {
  std::vector<Address> addresses;
  std::vector<std::string> interfaces{"eth0", "lo"};
  std::vector<Service> services;
  std::vector<const model::FilterRule*> rules;
};

Mentioned mentionedIn(const FilterProgram& program) {
  Mentioned result;
  std::set<std::string> interfaces;
  std::set<Service> services;
  std::set<Address> addresses;
  for (const auto& chain : program.chains) {
    for (const auto& rule : chain.rules) {
      result.rules.push_back(&rule);
      for (const auto* side : {&rule.source, &rule.destination}) {
        for (const auto& range : side->ranges()) {
          addresses.insert({range.family, range.first});
          addresses.insert({range.family, range.last});
          addresses.insert({range.family, range.first + (range.last - range.first) / 2});
          if (range.first > 0) addresses.insert({range.family, range.first - 1});
          if (range.last < space::maxAddress(range.family)) addresses.insert({range.family, range.last + 1});
        }
      }
      for (const auto* side : {&rule.in, &rule.out}) {
        if (!*side) continue;
        std::string name = (*side)->pattern;
        if (name.ends_with('+')) name.back() = '7';
        interfaces.insert(name);
      }
      for (const auto& box : rule.services.boxes()) {
        for (const auto protocol : {box.firstProtocol, box.lastProtocol}) {
          services.insert({protocol, box.source.first, box.destination.first});
          services.insert({protocol, box.source.last, box.destination.last});
          services.insert(
              {protocol, box.source.first, static_cast<std::uint16_t>(box.destination.last + 1U)});
        }
      }
    }
  }
  result.addresses.assign(addresses.begin(), addresses.end());
  result.services.assign(services.begin(), services.end());
  result.interfaces.insert(result.interfaces.end(), interfaces.begin(), interfaces.end());
  return result;
}

class PacketSource {
 public:
  PacketSource(Family family, Mentioned mentioned, std::uint64_t seed)
      : family_(family), mentioned_(std::move(mentioned)), random_(seed) {}

  ConcretePacket next(const std::string& chain) {
    ConcretePacket concrete;
    concrete.packet = {address(), address(), service()};
    if (chain != "OUTPUT") concrete.in = interface();
    if (chain != "INPUT") concrete.out = interface();
    // Half of them are packets of some rule, so that rules deep in the file have their say.
    if (coin() && !mentioned_.rules.empty()) {
      const model::FilterRule& rule = *one(mentioned_.rules);
      concrete.packet.source = addressOf(rule.source);
      concrete.packet.destination = addressOf(rule.destination);
      const auto box = one(rule.services.boxes());
      concrete.packet.service = normalised(
          {coin() ? box.firstProtocol : box.lastProtocol, portOf(box.source), portOf(box.destination)});
      if (rule.in && !rule.in->negated && chain != "OUTPUT") concrete.in = nameOf(rule.in->pattern);
      if (rule.out && !rule.out->negated && chain != "INPUT") concrete.out = nameOf(rule.out->pattern);
    }
    if (coin()) concrete.mac = "00:16:3e:aa:bb:cc";
    return concrete;
  }

 private:
  bool coin() { return (random_() & 1U) != 0; }
  template <class T>
  const T& one(const std::vector<T>& list) {
    return list[random_() % list.size()];
  }

  static std::string nameOf(std::string pattern) {
    if (pattern.ends_with('+')) pattern.back() = '3';
    return pattern;
  }

  Address addressOf(const space::AddressSet& set) {
    const auto& range = one(set.ranges());
    const space::Bits128 size = range.last - range.first;
    const space::Bits128 lot = (space::Bits128{random_()} << 64U) | random_();
    return {range.family, range.first + (size == ~space::Bits128{0} ? lot : lot % (size + 1))};
  }

  std::uint16_t portOf(space::PortRange range) {
    return static_cast<std::uint16_t>(range.first + random_() % (range.last - range.first + 1U));
  }

  Address address() {
    if (coin() && !mentioned_.addresses.empty()) return one(mentioned_.addresses);
    if (family_ == Family::ipv4) return {family_, random_() & 0xFFFFFFFFU};
    return {family_, (space::Bits128{random_()} << 64U) | random_()};
  }

  std::string interface() {
    return coin() ? one(mentioned_.interfaces) : "eth" + std::to_string(random_() % 10);
  }

  Service service() {
    if (coin() && !mentioned_.services.empty()) {
      Service service = one(mentioned_.services);
      if (coin() && space::hasPorts(service.protocol))
        service.sourcePort = static_cast<std::uint16_t>(random_());
      return normalised(service);
    }
    constexpr std::array<std::uint8_t, 8> protocols{6, 6, 6, 17, 17, 1, 58, 47};
    return normalised({coin() ? one(std::vector<std::uint8_t>(protocols.begin(), protocols.end()))
                              : static_cast<std::uint8_t>(random_()),
                       static_cast<std::uint16_t>(random_()),
                       static_cast<std::uint16_t>(random_() % (coin() ? 1024 : 65536))});
  }

  static Service normalised(Service service) {
    if (space::hasPorts(service.protocol)) return service;
    service.sourcePort = 0;
    service.destinationPort = space::hasIcmpType(service.protocol) ? service.destinationPort & 255U : 0;
    return service;
  }

  Family family_;
  Mentioned mentioned_;
  std::mt19937_64 random_;
};

// One of the files was copied off a terminal that broke lines after 80 columns and padded them.
std::string joined(const std::string& text) {
  constexpr std::size_t kWidth = 80, kPadding = 123;
  std::istringstream lines(text);
  std::string line, result;
  while (std::getline(lines, line)) {
    if (line.size() > kWidth + kPadding && line.find_first_not_of(' ', kWidth) >= kWidth + kPadding) {
      line.erase(kWidth, kPadding);
    }
    result += line + "\n";
  }
  return result;
}

TEST(IptablesOracle, realFilesDecideAsTheirRulesDo) {
  const fs::path folder = fs::path(VAUBAN_SHARED_DIR) / "data/networks/iptables";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "no rule files in " << folder;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != "LICENSE") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  EXPECT_EQ(files.size(), 34U);
  for (const fs::path& file : files) {
    const std::string name = file.filename().string(), text = joined(contentOf(file));
    for (const std::string chain : {"FORWARD", "INPUT", "OUTPUT"}) {
      SCOPED_TRACE(name + " " + chain);
      IptablesOptions options;
      options.chain = chain;
      const auto program = importIptables(name, text, options);
      if (!program) {
        for (const auto& problem : program.error())
          ADD_FAILURE() << problem.place.toString() << ": " << problem.message;
        continue;
      }
      const tests::IptablesInterpreter interpreter(text, chain);
      std::size_t rules = 0;
      for (const auto& built : program->chains) rules += built.rules.size();
      constexpr std::uint64_t kSeed = 20260314;
      PacketSource packets(program->families.front(), mentionedIn(*program), kSeed);
      std::mt19937_64 answers(kSeed);
      int exact = 0, may = 0, must = 0, accepted = 0, failures = 0;
      for (int i = 0; i < 1000; ++i) {
        const ConcretePacket packet = packets.next(chain);
        const auto decided = tests::decideByProgram(*program, packet.packet, packet.in, packet.out);
        exact += decided.exact ? 1 : 0;
        may += decided.mayAccept ? 1 : 0;
        must += decided.mustAccept ? 1 : 0;
        // What a packet does not decide is answered always no, always yes, and by lot.
        for (int way = 0; way < 3; ++way) {
          const auto verdict = interpreter.decide(packet, [&](int, std::string_view) {
            return way == 0 ? false : way == 1 ? true : (answers() & 1U) != 0;
          });
          if (verdict.decision == Decision::unknown) continue;
          const bool accepts = verdict.decision == Decision::accept;
          accepted += way == 0 && accepts ? 1 : 0;
          const bool good =
              (!accepts || decided.mayAccept) && (!decided.mustAccept || accepts) &&
              (!decided.exact || (decided.mayAccept == decided.mustAccept && decided.mayAccept == accepts));
          if (!good && ++failures <= 3) {
            ADD_FAILURE() << packet.packet.toString() << " in " << packet.in << " out " << packet.out
                          << ": line " << verdict.line << (accepts ? " accepts" : " drops")
                          << (verdict.guessed ? " (guessed)" : "") << ", the program: may "
                          << decided.mayAccept << " must " << decided.mustAccept << " exact " << decided.exact
                          << ", way " << way;
          }
        }
      }
      std::printf(
          "%-90s %-7s %5zu rules %5zu widenings %4d exact of 1000 (may %d must %d, accepted %d) %s %s\n",
          name.c_str(), chain.c_str(), rules, program->widenings.size(), exact, may, must, accepted,
          program->established.value_or(false) ? "est" : "-",
          program->related == model::Related::all ? "rel" : "-");
    }
  }
}

TEST(IptablesOracle, theLargestFileIsReadQuickly) {
  const fs::path file = fs::path(VAUBAN_SHARED_DIR) /
                        "data/networks/iptables/configs_chair_for_Network_Architectures_and_Services_"
                        "iptables-save-2016-06-27_16-29-01";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file;
  const std::string text = contentOf(file);
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto program = importIptables("rules", text);
    ASSERT_TRUE(program);
    best = std::min(
        best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("%.1f ms\n", best);
#ifdef NDEBUG
  EXPECT_LT(best, 200);  // 50 ms on an idle machine
#endif
}

}  // namespace
}  // namespace vauban::import
