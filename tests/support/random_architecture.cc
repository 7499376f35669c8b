#include "tests/support/random_architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace vauban::tests {
namespace {

using Words = std::vector<std::string>;

// Service words in the model's notation for a set of packets.
Words wordsOf(const space::ServiceSet& set) {
  Words words;
  for (const auto& box : set.boxes()) {
    for (int protocol = box.firstProtocol; protocol <= box.lastProtocol; ++protocol) {
      if (protocol == space::kTcp || protocol == space::kUdp) {
        const char* name = protocol == space::kTcp ? "tcp" : "udp";
        words.push_back(box.destination.first == box.destination.last
                            ? fmt::format("{}/{}", name, box.destination.first)
                            : fmt::format("{}/{}-{}", name, box.destination.first, box.destination.last));
      } else if (protocol == space::kIcmp) {
        words.push_back(fmt::format("icmp/{}", std::min<int>(box.destination.first, 255)));
      } else if (!space::hasPorts(static_cast<std::uint8_t>(protocol)) && protocol != space::kIcmpV6 &&
                 box.firstProtocol == box.lastProtocol) {
        words.push_back(fmt::format("ip/{}", protocol));
      }
    }
  }
  return words;
}

class Draft {
 public:
  Draft(std::uint64_t seed, const model::BehaviourCatalogue& behaviours, ArchitectureCoverage* coverage)
      : random_(seed), behaviours_(behaviours), coverage_(coverage) {
    // Three in eight dwell on what otherwise meets too rarely.
    const auto theme = static_cast<unsigned>(seed % 8);
    dwellsOn_ = theme < 4 ? static_cast<Theme>(theme) : Theme::none;
  }

  std::string text() {
    strict_ = percent(65);
    addZones();
    placeHosts();
    for (auto& host : hosts_) addServices(host);
    std::string all = "vauban: 1\nname: random\nzones:\n";
    for (const auto& zone : zones_) {
      all += fmt::format("  {}: {{networks: [{}]", zone.name, fmt::join(zone.networks, ", "));
      if (zone.untrusted) all += ", untrusted: true";
      if (zone.onPath) all += ", on-path: true";
      if (zone.isolated) all += ", isolated: true";
      all += "}\n";
    }
    all += "hosts:\n";
    for (const auto& host : hosts_) all += host.text;
    const int conditions = percent(15) ? (percent(25) ? 2 : 1) : 0;
    for (int c = 0; c < conditions; ++c) conditions_.push_back(fmt::format("c{}", c));
    std::string flows = rules();
    all += flows.empty() ? "flows: []\n" : "flows:\n" + flows;
    all += enforcement("enforcement:", "\n  ", strict_ ? 4 : 0, true);
    all += links();
    if (!conditions_.empty()) {
      all += "conditions:\n";
      for (const auto& condition : conditions_)
        all += fmt::format("  {}: {{default: closed, opened-by: operator}}\n", condition);
    }
    all += claims();
    return all;
  }

 private:
  struct Zone {
    std::string name;
    Words networks;
    bool untrusted = false, onPath = false, isolated = false, six = false;
    int number = 0;
  };
  struct Host {
    std::string name, text;
    int zone = 0, also = -1;
    std::string address;  // the first, or empty
    Words hears;          // service words
    std::string services, configuration;
  };

  // Untrusted zones and those on the path; names as destinations; machines with several legs or addresses.
  enum class Theme { none, strangers, names, machines };
  unsigned often(Theme theme, unsigned share, unsigned there) const {
    return dwellsOn_ == theme ? there : share;
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool percent(unsigned share) { return below(100) < share; }
  template <class T>
  const T& pick(const std::vector<T>& of) {
    return of[below(of.size())];
  }
  void count(const std::string& what) {
    if (coverage_ != nullptr) ++coverage_->drawn[what];
  }

  void addZones() {
    const int trusted = 1 + static_cast<int>(below(4));
    for (int z = 0; z < trusted; ++z) {
      Zone zone;
      zone.name = fmt::format("z{}", z);
      zone.number = z + 1;
      zone.networks.push_back(fmt::format("10.{}.0.0/24", z + 1));
      zone.six = percent(15);
      if (zone.six) zone.networks.push_back(fmt::format("\"2001:db8:{}::/64\"", z + 1));
      zone.isolated = percent(18);
      if (zone.isolated) count("zone isolated");
      if (zone.six) count("zone of both families");
      zones_.push_back(zone);
    }
    if (percent(94)) {
      Zone zone;
      zone.name = "net";
      zone.networks = {"0.0.0.0/0", "\"::/0\""};
      zone.untrusted = true;
      zone.onPath = percent(often(Theme::strangers, 12, 50));
      if (zone.onPath) count("zone on-path");
      zones_.push_back(zone);
    }
    if (percent(often(Theme::strangers, 10, 70))) {
      Zone zone;
      zone.name = "partner";
      zone.networks = {"198.51.100.0/24"};
      zone.untrusted = true;
      zone.onPath = percent(often(Theme::strangers, 20, 40));
      count("two untrusted zones");
      zones_.push_back(zone);
    }
  }

  int trustedZone() {
    while (true) {
      const int z = static_cast<int>(below(zones_.size()));
      if (!zones_[z].untrusted) return z;
    }
  }

  void placeHosts() {
    const int number = 2 + static_cast<int>(below(5));
    for (int h = 0; h < number; ++h) {
      Host host;
      host.name = fmt::format("h{}", h);
      host.zone = trustedZone();
      const Zone& zone = zones_[host.zone];
      std::string text = fmt::format("zone: {}", zone.name);
      if (percent(often(Theme::machines, 12, 40))) {
        const int also = trustedZone();
        if (also != host.zone) {
          host.also = also;
          text += fmt::format(", also-in: [{}]", zones_[also].name);
          count("host also-in");
        }
      }
      const auto four = fmt::format("10.{}.0.{}", zone.number, h + 4);
      if (percent(often(Theme::machines, 12, 25))) {
        text += fmt::format(", count: {}", 2 + below(3));
        count("host count");
      } else if (percent(80)) {
        host.address = four;
        if (zone.six && percent(50)) {
          text += fmt::format(", address: [{}, \"2001:db8:{}::{}\"]", four, zone.number, h + 4);
          count("host of both families");
        } else if (percent(8)) {
          text += fmt::format(", address: [{}, 10.{}.0.{}]", four, zone.number, h + 204);
          count("host with two addresses");
        } else if (host.also >= 0 && percent(40)) {
          text += fmt::format(", address: [{}, 10.{}.0.{}]", four, zones_[host.also].number, h + 4);
          count("host with an address on each leg");
        } else {
          text += ", address: " + four;
        }
      } else {
        count("host without address");
      }
      host.configuration = text;
      hosts_.push_back(host);
    }
  }

  std::string place(bool untrusted) {  // a word of a configuration list
    const auto at = below(100);
    if (at < 62) return pick(hosts_).name;
    if (at < 72 && untrusted) return untrustedName();
    if (at < 90) return pick(zones_).name;
    if (at < 95) return fmt::format("10.{}.0.0/28", 1 + below(4));
    return "any";
  }
  std::string untrustedName() {
    for (const auto& zone : zones_) {
      if (zone.untrusted) return zone.name;
    }
    return zones_.front().name;
  }
  std::string name() {
    static const Words names = {"vendor.example",
                                "a.vendor.example",
                                "b.a.vendor.example",
                                "corp.example",
                                "x.corp.example",
                                "other.example",
                                "s3.amazonaws.com",
                                "co.uk",
                                "com",
                                "bucket.s3.amazonaws.com"};
    return pick(names);
  }
  std::string dottedName() {  // a single label would be a zone or host
    while (true) {
      const std::string drawn = name();
      if (drawn.find('.') != std::string::npos) return drawn;
    }
  }
  std::string list(const Words& words) { return fmt::format("[{}]", fmt::join(words, ", ")); }
  Words some(auto draw) {
    Words words = {draw()};
    if (percent(25)) words.push_back(draw());
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    return words;
  }

  std::string configuration(const std::string& key) {
    if (key == "names") {
      Words parts;
      if (percent(80)) {
        parts.push_back("allow: " + list(some([&] { return name(); })));
        count("names allow");
      }
      if (percent(20) || parts.empty()) {
        parts.push_back("deny: " + list(some([&] { return name(); })));
        count("names deny");
      }
      if (percent(12)) {
        parts.push_back("delegated: " + list(some([&] { return name(); })));
        count("names delegated");
      }
      if (percent(10)) {
        parts.push_back("shared: " + list(some([&] { return name(); })));
        count("names shared");
      }
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
    }
    if (key == "addresses") {
      auto address = [&] {
        static const Words outside = {"203.0.113.80", "203.0.113.0/24",      "203.0.0.0/8",
                                      "203.0.0.0/16", "\"2001:db8:f::/48\"", "0.0.0.0/0"};
        if (percent(45)) return pick(outside);
        if (percent(50)) return fmt::format("10.{}.0.0/24", 1 + below(4));
        return fmt::format("10.{}.0.{}", 1 + below(4), 4 + below(6));
      };
      Words parts;
      if (percent(85)) {
        parts.push_back("allow: " + list(some(address)));
        count("addresses allow");
      }
      if (percent(20) || parts.empty()) {
        parts.push_back("deny: " + list(some(address)));
        count("addresses deny");
      }
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
    }
    if (key == "answers")
      return list(some([&] { return percent(70) ? std::string("corp.example") : name(); }));
    if (key == "pool")
      return list(some([&] {
        return percent(60) ? zones_[trustedZone()].name
                           : fmt::format("10.{}.0.{}", zones_[trustedZone()].number,
                                         percent(50) ? std::string("128/25") : std::to_string(4 + below(5)));
      }));
    if (key == "upstream" && percent(often(Theme::names, 12, 40))) {
      count("upstream by name");
      return list({dottedName()});
    }
    if (key == "resolver" && percent(often(Theme::names, 6, 30))) return list({dottedName()});
    return list(some([&] { return place(key == "upstream" || key == "from"); }));
  }

  void addServices(Host& host) {
    std::string text = host.configuration;
    const auto at = below(100);
    if (at < 8) {
      count("host opaque");
    } else if (at < 38) {
      text += ", services: {}";
      count("host client");
      if (percent(strict_ ? 55 : 35)) {
        text += ", client: isolated";
        count("client: isolated");
      }
    } else {
      Words services;
      const int number = percent(15) ? 2 : 1;
      for (int s = 0; s < number; ++s) services.push_back(service(host, s));
      text += fmt::format(", services: {{{}}}", fmt::join(services, ", "));
    }
    host.text = fmt::format("  {}: {{{}}}\n", host.name, text);
  }

  std::string service(Host& host, int number) {
    const auto& behaviour = pick(behaviours_.all());
    count("behaviour " + behaviour.name);
    std::string text = fmt::format("s{}: {{behaviour: {}", number, behaviour.name);
    const auto usual = wordsOf(behaviour.listens);
    const bool broad = usual.empty() || usual.size() > 12 || usual.front().find('-') != std::string::npos;
    if (behaviour.listens.empty() ? percent(50) : broad ? percent(80) : percent(25)) {
      static const Words ports = {"tcp/443",  "udp/53",    "dns", "tcp/8443",
                                  "tcp/5000", "udp/5000",  "ntp", "[udp/53, tcp/53]",
                                  "tcp/22",   "icmp/echo", "any", "tcp/21"};
      const std::string port = pick(ports);
      text += ", port: " + port;
      if (port != "[udp/53, tcp/53]") host.hears.push_back(port);
    } else {
      host.hears.insert(host.hears.end(), usual.begin(), usual.end());
    }
    for (const auto& key : behaviour.keys) {
      unsigned share = 45;
      if (key == "upstream") share = 75;
      if (key == "names") share = 60;
      if (key == "readers") share = 50;
      if (key == "pool") share = 75;
      if (!percent(share)) continue;
      count("key " + key);
      text += fmt::format(", {}: {}", key, configuration(key));
    }
    for (const auto& [property, rule] : behaviour.properties) {
      const auto at = below(100);
      const unsigned best = strict_ ? 68 : 45;
      if (at < best || at >= best + 16) {
        if (at >= best + 16) {
          count(fmt::format("{}.{} unstated", behaviour.name, property));
          continue;
        }
        const auto& value = rule.best.front();
        count(fmt::format("{}.{}: {}", behaviour.name, property, value));
        text += fmt::format(", {}: {}", property, rule.isList ? list({value}) : value);
        continue;
      }
      Words values = {pick(rule.values)};
      if (rule.isList && percent(50)) {
        const auto& second = pick(rule.values);
        if (second != values.front()) values.push_back(second);
      }
      for (const auto& value : values) count(fmt::format("{}.{}: {}", behaviour.name, property, value));
      text += fmt::format(", {}: {}", property, rule.isList ? list(values) : values.front());
    }
    return text + "}";
  }

  std::string anyService() {
    static const Words words = {"any",      "dns",       "https",     "[http, https]", "ntp",
                                "tcp/5000", "icmp/echo", "udp/50-60", "tcp/21",        "ssh",
                                "tcp",      "icmp",      "ip/50",     "udp/5000",      "sip"};
    return pick(words);
  }

  std::string rules() {
    std::string text;
    const int number = static_cast<int>(below(strict_ ? 6 : 8)) + 1;
    for (int r = 0; r < number; ++r) {
      const auto at = below(100);
      const char* action = at < 82 ? "allow" : at < 93 ? "deny" : "reject";
      count(std::string("rule ") + action);
      const Host& target = pick(hosts_);
      std::string from, to, service;
      const auto who = below(100);
      if (who < 55) {
        from = pick(hosts_).name;
      } else if (who < 82) {
        from = pick(zones_).name;
      } else if (who < 88) {
        from = untrustedName();
      } else if (who < 93) {
        from = fmt::format("[{}, {}]", hosts_.front().name, hosts_.back().name);
        if (hosts_.front().name == hosts_.back().name) from = hosts_.front().name;
      } else if (who < 96) {
        from = fmt::format("10.{}.0.0/28", 1 + below(4));
      } else {
        from = "any";
      }
      const auto where = below(100);
      if (where < 60) {
        to = target.name;
        service = !target.hears.empty() && percent(85) ? pick(target.hears) : anyService();
      } else if (where < 85) {
        to = where < 72 ? untrustedName() : pick(zones_).name;
        service = anyService();
      } else if (where < 92) {
        to = fmt::format("10.{}.0.{}", 1 + below(4),
                         percent(50) ? std::string("128/25") : std::to_string(4 + below(6)));
        service = anyService();
      } else {
        to = percent(50) ? std::string("203.0.113.0/24") : std::string("any");
        service = anyService();
      }
      text += fmt::format("  - {}: {{from: {}, to: {}, service: {}", action, from, to, service);
      if (!conditions_.empty() && percent(45)) {
        text += ", when: " + pick(conditions_);
        count("rule when");
      }
      text += "}\n";
      if (service.front() != '[') used_.push_back(service);
    }
    return text;
  }

  // `strictness`: 0 any words; 4 mostly the hardened ones.
  std::string enforcement(const std::string& head, const std::string& between, int strictness, bool whole) {
    Words keys;
    auto key = [&](const std::string& name, const Words& values, const std::string& safe, unsigned stated) {
      std::string value;
      if (strictness > 0 ? percent(86) : percent(30)) {
        value = safe;
      } else if (percent(stated)) {
        value = pick(values);
      } else {
        if (whole) count(name + " unstated");
        return std::string();
      }
      count(name + ": " + value);
      return name + ": " + value;
    };
    auto add = [&](const std::string& word) {
      if (!word.empty() && (whole || percent(45))) keys.push_back(word);
    };
    add(key("anti-spoofing", {"off", "zone", "host"}, percent(60) ? "host" : "zone", 50));
    add(key("families", {"[ipv4, ipv6]", "[ipv4]", "[ipv6]"}, "[ipv4, ipv6]", 50));
    add(key("uncovered", {"pass", "drop"}, "drop", 50));
    Words stateful;
    auto state = [&](const std::string& word) {
      if (!word.empty()) stateful.push_back(word);
    };
    state(key("established", {"true", "false"}, "true", 60));
    state(key("related", {"none", "from-untrusted", "all"}, percent(60) ? "none" : "from-untrusted", 60));
    state(key("helpers", {"[]", "[ftp]", "[ftp, sip]"}, "[]", 60));
    if (!stateful.empty()) add(fmt::format("stateful: {{{}}}", fmt::join(stateful, ", ")));
    add(key("unmatched", {"drop", "reject"}, "drop", 50));
    if (keys.empty()) return {};
    if (!whole) return fmt::format("{}", fmt::join(keys, ", "));
    std::string text = head;
    for (const auto& word : keys) text += between + word;
    return text + "\n";
  }

  std::string links() {
    if (zones_.size() < 2 || !percent(often(Theme::strangers, 38, 80))) return {};
    std::string text = "links:\n";
    const int number = 1 + static_cast<int>(below(4));
    std::set<std::string> devices, pairs;
    for (int l = 0; l < number; ++l) {
      const int a = static_cast<int>(below(zones_.size())), b = static_cast<int>(below(zones_.size()));
      if (a == b) continue;
      if (!pairs.insert(zones_[std::min(a, b)].name + zones_[std::max(a, b)].name).second && percent(70))
        continue;
      text += fmt::format("  - {{between: [{}, {}]", zones_[a].name, zones_[b].name);
      count("link");
      if (percent(50)) {
        const std::string device = percent(50) ? "d0" : "d1";
        devices.insert(device);
        text += ", device: " + device;
        count("link device");
      }
      if (percent(40)) {
        const std::string own = enforcement("", "", strict_ ? 2 : 0, false);
        if (!own.empty()) {
          text += ", " + own;
          count("link enforcement");
        }
      }
      text += "}\n";
    }
    if (pairs.empty()) return {};
    if (percent(60)) {
      text += percent(75) ? "unlisted: none\n" : "unlisted: ideal\n";
      count("unlisted stated");
    }
    if (!devices.empty()) {
      text += "devices:\n";
      for (const auto& device : devices) text += fmt::format("  {}: {{product: x}}\n", device);
    }
    return text;
  }

  struct Place {
    std::string text;
    int zone = -1, host = -1;  // of which; zone alone: the zone
  };
  Place claimPlace(bool far) {
    if (far && percent(58)) {
      for (std::size_t z = 0; z < zones_.size(); ++z) {
        if (zones_[z].untrusted && percent(80)) return {zones_[z].name, static_cast<int>(z), -1};
      }
    }
    if (percent(60)) {
      const int h = static_cast<int>(below(hosts_.size()));
      return {hosts_[h].name, hosts_[h].zone, h};
    }
    const int z = static_cast<int>(below(zones_.size()));
    return {zones_[z].name, z, -1};
  }
  bool overlap(const Place& a, const Place& b) {
    if (a.host >= 0 && b.host >= 0) return a.host == b.host;
    if (a.host >= 0) return a.zone == b.zone || hosts_[a.host].also == b.zone;
    if (b.host >= 0) return a.zone == b.zone || hosts_[b.host].also == a.zone;
    return a.zone == b.zone || (zones_[a.zone].untrusted && zones_[b.zone].untrusted);
  }
  // Two places that share no machine.
  bool twoPlaces(Place& from, Place& to) {
    for (int tries = 0; tries < 40; ++tries) {
      from = claimPlace(false);
      to = claimPlace(true);
      if (!overlap(from, to)) {
        if (percent(25)) std::swap(from, to);
        return true;
      }
    }
    return false;
  }

  std::string claims() {
    std::string text = "claims:\n";
    int number = 0;
    const int channels = 1 + static_cast<int>(below(3));
    for (int c = 0; c < channels; ++c) {
      Place from, to;
      if (!twoPlaces(from, to)) continue;
      const std::string over = percent(60) || used_.empty() ? "any" : pick(used_);
      std::string channel = fmt::format("from: {}, to: {}, over: {}", from.text, to.text, over);
      count(over == "any" ? "claim over any" : "claim over a protocol");
      if (percent(10)) {
        channel += ", direct: true";
        count("claim direct");
      }
      if (percent(10)) {
        channel += ", both-ways: true";
        count("claim both-ways");
      }
      if (percent(8)) {
        channel += fmt::format(", held-by-adversary: [{}]", pick(hosts_).name);
        count("claim held-by-adversary");
      }
      if (percent(8)) {
        const int h = static_cast<int>(below(hosts_.size()));
        if (!overlap(from, {"", hosts_[h].zone, h}) && !overlap(to, {"", hosts_[h].zone, h})) {
          text += fmt::format("  - {{id: c{}, only-via: {{channel: {{{}}}, hosts: [{}]}}}}\n", number++,
                              channel, hosts_[h].name);
          count("claim only-via");
          continue;
        }
      }
      text += fmt::format("  - {{id: c{}, never: {{channel: {{{}}}}}}}\n", number++, channel);
      count("claim never channel");
    }
    Place from, to;
    if ((percent(45) || number == 0) && twoPlaces(from, to)) {
      const std::string over = percent(60) || used_.empty() ? "any" : pick(used_);
      const char* kind = percent(80) ? "never" : "only";
      text += fmt::format("  - {{id: c{}, {}: {{reach: {{from: {}, to: {}, service: {}}}}}}}\n", number++,
                          kind, from.text, to.text, over);
      count(std::string("claim ") + kind + " reach");
    }
    if (number == 0)
      text += fmt::format("  - {{id: c0, never: {{reach: {{from: {}, to: {}, service: any}}}}}}\n",
                          hosts_.front().name, hosts_.back().name);
    return text;
  }

  Theme dwellsOn_ = Theme::none;
  std::mt19937_64 random_;
  const model::BehaviourCatalogue& behaviours_;
  ArchitectureCoverage* coverage_;
  bool strict_ = false;
  std::vector<Zone> zones_;
  std::vector<Host> hosts_;
  Words conditions_, used_;
};

}  // namespace

std::string randomArchitecture(std::uint64_t seed, const model::BehaviourCatalogue& behaviours,
                               ArchitectureCoverage* coverage) {
  return Draft(seed, behaviours, coverage).text();
}

}  // namespace vauban::tests
