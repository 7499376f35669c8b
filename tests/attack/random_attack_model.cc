#include "tests/attack/random_attack_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>
#include <sstream>
#include <vector>

#include "tests/support/random_architecture.h"

namespace vauban::tests {
namespace {

using Words = std::vector<std::string>;

class Dressing {
 public:
  Dressing(std::uint64_t seed, std::string text) : random_(seed * 2 + 1), text_(std::move(text)) {}

  std::string text() {
    std::istringstream lines(text_);
    std::string all, section;
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line[0] != ' ') section = line;
      const auto brace = line.find(": {");
      if (line.starts_with("  ") && line[2] != ' ' && line[2] != '-' && brace != std::string::npos) {
        const std::string name = line.substr(2, brace - 2);
        std::string more;
        if (section == "zones:") {
          zones_.push_back(name);
          if (line.find("untrusted") == std::string::npos && percent(45)) more = "people: true, ";
        } else if (section == "hosts:") {
          hosts_.push_back(name);
          more = host();
        } else if (section == "devices:") {
          devices_.push_back(name);
          if (percent(60)) more = fmt::format("managed-from: [{}], ", place());
        }
        line.insert(brace + 3, more);
      }
      all += line + "\n";
    }
    return all + sections();
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool percent(unsigned share) { return below(100) < share; }
  const std::string& pick(const Words& of) { return of[below(of.size())]; }
  std::string place() { return percent(70) ? pick(hosts_) : pick(zones_); }

  std::string host() {
    static const Words platforms = {"windows", "windows", "linux", "plc", "rtu", "hmi", "macos", "beos"};
    static const Words software = {"unbound", "squid", "nginx"};
    std::string more;
    if (percent(65)) more += fmt::format("platform: {}, ", pick(platforms));
    if (percent(50)) more += fmt::format("software: {}, ", pick(software));
    if (percent(25)) {
      const std::string account = percent(50) ? "staff" : "crew";
      accounts_ = true;
      more += fmt::format("accounts: [{}], ", account);
    }
    return more;
  }

  std::string sections() {
    static const Words kinds = {"password", "pin", "hash",        "ticket", "token",
                                "session",  "key", "certificate", "badge"};
    static const Words impacts = {"confidentiality", "integrity", "availability"};
    static const Words techniques = {"D3-NTF", "D3-MFA", "D3-DUC", "D3-PSEP",
                                     "D3-SU",  "D3-UAP", "D3-OTF", "D3-EAL"};
    std::string all = "assets:\n";
    for (std::uint64_t a = 0; a < 1 + below(3); ++a) {
      all += fmt::format("  a{}: {{at: [{}]", a, place());
      if (percent(50)) all += fmt::format(", kinds: [{}]", pick(impacts));
      all += "}\n";
    }
    if (percent(75)) {
      all += "credentials:\n";
      for (std::uint64_t c = 0; c < 1 + below(3); ++c) {
        Words keys;
        if (percent(75)) keys.push_back("kind: " + pick(kinds));
        if (percent(50)) keys.push_back(percent(60) ? "mfa: true" : "mfa: false");
        if (percent(85)) {
          keys.push_back(fmt::format("grants: [{{hosts: [{}], privilege: {}}}]", pick(hosts_),
                                     percent(50)   ? "admin"
                                     : percent(70) ? "user"
                                                   : "operator"));
        }
        if (percent(55)) keys.push_back(fmt::format("exposed-on: [{}]", pick(hosts_)));
        all += fmt::format("  k{}: {{{}}}\n", c, fmt::join(keys, ", "));
      }
    }
    if (accounts_) all += "accounts: {staff: {count: 30}, crew: {}}\n";
    if (percent(50)) {
      all += "countermeasures:\n";
      for (std::uint64_t m = 0; m < 1 + below(3); ++m) {
        static const Words coverages = {"", ", coverage: 1.0", ", coverage: 1.0", ", coverage: 0.8"};
        all += fmt::format("  - {{technique: {}, at: [{}]{}}}\n", pick(techniques), place(), pick(coverages));
      }
    }
    if (devices_.size() > 1 && percent(40))
      all += fmt::format("fails-with: [[{}, {}]]\n", devices_[0], percent(50) ? devices_[1] : hosts_[0]);
    if (percent(50)) {
      const std::string start = percent(50)   ? fmt::format("{{insider: {}}}", pick(hosts_))
                                : percent(50) ? pick(hosts_)
                                              : pick(zones_);
      all += fmt::format("threats:\n  start: [{}]\n", start);
    }
    return all;
  }

  std::mt19937_64 random_;
  std::string text_;
  Words zones_, hosts_, devices_;
  bool accounts_ = false;
};

}  // namespace

std::string randomAttackModel(std::uint64_t seed, const model::BehaviourCatalogue& behaviours) {
  return Dressing(seed, randomArchitecture(seed, behaviours, nullptr)).text();
}

}  // namespace vauban::tests
