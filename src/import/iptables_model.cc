#include "import/iptables_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "import/iptables.h"
#include "import/rule_file.h"

namespace vauban::import {
namespace {

using space::AddressRange;
using space::AddressSet;
using space::Bits128;
using space::Family;

// With a link for every pair of them, more zones would help nobody.
constexpr std::size_t kMostZones = 8;

struct GuessedZone {
  std::string name;
  std::vector<AddressRange> networks;
};

AddressSet privateSpace() {
  std::vector<AddressRange> ranges;
  for (const char* text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}) {
    ranges.push_back(*AddressRange::parse(text));
  }
  return AddressSet::of(std::move(ranges));
}

bool isWholeBlock(const AddressRange& range) {
  const AddressSet blocks = privateSpace();
  return std::ranges::find(blocks.ranges(), range) != blocks.ranges().end();
}

AddressRange around(const AddressRange& range, unsigned hostBits) {
  const Bits128 mask = (Bits128{1} << hostBits) - 1;
  return {range.family, range.first & ~mask, range.last | mask};
}

// Networks of the rules that are not within another one; single hosts stand for the subnet they are likely
// in.
std::vector<AddressRange> networksOf(const model::FilterProgram& program, bool privateOnly) {
  const AddressSet inside = privateSpace();
  std::map<AddressRange, std::size_t> found;
  for (const model::Chain& chain : program.chains) {
    for (const model::FilterRule& rule : chain.rules) {
      for (const AddressSet* side : {&rule.source, &rule.destination}) {
        if (side->ranges().size() != 1) continue;  // complements and lists name what they leave out
        AddressRange range = side->ranges().front();
        const bool v4 = range.family == Family::ipv4;
        if (range.last - range.first < (v4 ? Bits128{255} : Bits128{0xFFFF}))
          range = around(range, v4 ? 8 : 64);
        if (privateOnly != inside.contains(AddressSet(range))) continue;
        if (privateOnly ? isWholeBlock(range)
                        : range.last - range.first > (v4 ? Bits128{0xFFFF} : Bits128{1} << 96U)) {
          continue;
        }
        ++found[privateOnly ? range : around(range, v4 ? 16 : 96)];
      }
    }
  }
  std::vector<AddressRange> networks;
  if (privateOnly) {
    for (const auto& [range, count] : found) {
      const bool within = std::ranges::any_of(found, [&](const auto& other) {
        return other.first != range && AddressSet(other.first).contains(AddressSet(range));
      });
      if (!within) networks.push_back(range);
    }
  } else if (!found.empty()) {
    networks.push_back(
        std::ranges::max_element(found, {}, [](const auto& entry) { return entry.second; })->first);
  }
  // Ranges that only partly overlap are joined by the set.
  std::vector<AddressRange> disjoint;
  for (const AddressRange& range : networks) {
    if (!disjoint.empty() && disjoint.back().family == range.family && range.first <= disjoint.back().last) {
      disjoint.back().last = std::max(disjoint.back().last, range.last);
    } else {
      disjoint.push_back(range);
    }
  }
  return disjoint;
}

std::string nameOf(const AddressRange& range) {
  std::string name = "net-" + range.toString();
  for (char& c : name) {
    if ((c < '0' || c > '9') && (c < 'a' || c > 'z')) c = '-';
  }
  while (name.ends_with('-')) name.pop_back();
  return name;
}

std::string yamlText(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 32 || byte == 127) {
      result += fmt::format("\\x{:02X}", byte);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

// What stands in a comment must not end it.
std::string inComment(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 32 || byte >= 127) c = '?';
  }
  return result;
}

std::vector<GuessedZone> zonesOf(const model::FilterProgram& program) {
  std::vector<AddressRange> networks = networksOf(program, true);
  if (networks.empty()) networks = networksOf(program, false);
  std::vector<GuessedZone> zones;
  if (networks.empty()) {
    const bool v4 = program.families.front() == Family::ipv4;
    zones.push_back({"inside", {*AddressRange::parse(v4 ? "10.0.0.0/8" : "fd00::/8")}});
    return zones;
  }
  for (const AddressRange& range : networks) {
    if (zones.size() < kMostZones) {
      zones.push_back({nameOf(range), {range}});
    } else {
      zones.back().name = "other-networks";
      zones.back().networks.push_back(range);
    }
  }
  return zones;
}

// A range as the prefixes that make it up: a model takes those in any case.
std::string networkList(const std::vector<AddressRange>& networks) {
  std::string text;
  for (const AddressRange& range : networks) {
    if (!text.empty()) text += ", ";
    text += yamlText(range.toString());
  }
  return text;
}

std::string wideningComments(const model::FilterProgram& program) {
  if (program.widenings.empty())
    return "# Everything in the file that concerns opening packets was read exactly.\n";
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::uint32_t>> lines;
  for (const model::Widening& widening : program.widenings) {
    auto& list = lines[widening.reason];
    if (list.empty()) order.push_back(widening.reason);
    list.push_back(widening.place.line);
  }
  std::string text =
      fmt::format("# {} rules could not be read exactly; each is taken at what lets more through:\n",
                  program.widenings.size());
  constexpr std::size_t kMostLines = 20;
  for (const std::string& reason : order) {
    const auto& list = lines[reason];
    text += fmt::format("#   {} (line", inComment(reason));
    for (std::size_t i = 0; i < std::min(list.size(), kMostLines); ++i) {
      text += fmt::format("{} {}", i == 0 ? "" : ",", list[i]);
    }
    text += list.size() > kMostLines ? fmt::format(" and {} more)\n", list.size() - kMostLines) : ")\n";
  }
  return text;
}

std::string interfaceComments(const model::FilterProgram& program) {
  std::set<std::string> names;
  for (const model::Chain& chain : program.chains) {
    for (const model::FilterRule& rule : chain.rules) {
      if (rule.in) names.insert(rule.in->pattern);
      if (rule.out) names.insert(rule.out->pattern);
    }
  }
  if (names.empty()) return {};
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + inComment(name);
  return "# The rules name interfaces. Unless a link says which of its zones is behind which, a rule on an "
         "interface\n"
         "# may match or not: add `interfaces: {ZONE: [eth0], internet: [eth1]}` to the links. Named are: " +
         list + "\n";
}

}  // namespace

std::string modelAround(const model::FilterProgram& program, const std::string& path, const std::string& kind,
                        const std::string& chain) {
  const std::filesystem::path file(path);
  const bool beside = file.is_relative() && !path.starts_with("..");
  const std::string written = beside ? path : file.filename().string();
  const bool v4 = program.families.front() == Family::ipv4;
  const std::vector<GuessedZone> zones = zonesOf(program);

  std::string model = fmt::format(
      "# A model around {}, chain {}: zones and networks are guesses from the rules, to be corrected.\n",
      inComment(path), chain);
  model += beside ? "# Save it where that path leads to the file.\n" : "# Save it beside that file.\n";
  model += wideningComments(program);
  model += interfaceComments(program);
  model += fmt::format("vauban: 1\nname: {}\n\nzones:\n", yamlText(file.filename().string()));
  for (const GuessedZone& zone : zones) {
    model += fmt::format("  {}: {{networks: [{}]}}\n", zone.name, networkList(zone.networks));
  }
  const char* outside = program.families.size() > 1 ? "\"0.0.0.0/0\", \"::/0\""
                        : v4                        ? "\"0.0.0.0/0\""
                                                    : "\"::/0\"";
  model += fmt::format("  internet: {{networks: [{}], untrusted: true}}\n\n", outside);
  model += "devices:\n  firewall: {product: netfilter}\n\nlinks:\n";
  std::vector<std::string> names;
  for (const GuessedZone& zone : zones) names.push_back(zone.name);
  names.emplace_back("internet");
  for (std::size_t a = 0; a < names.size(); ++a) {
    for (std::size_t b = a + 1; b < names.size(); ++b) {
      model += fmt::format("  - {{between: [{}, {}], device: firewall, rules: {{{}: {}, chain: {}}}}}\n",
                           names[a], names[b], kind, yamlText(written), chain);
    }
  }
  return model;
}

Result<std::string> importedModelText(const std::string& path, const std::string& text,
                                      const std::string& chain) {
  IptablesOptions options;
  options.chain = chain;
  const auto program = importIptables(path, text, options);
  if (!program) return std::unexpected(program.error());
  return modelAround(*program, path, "iptables", chain);
}

Result<std::string> importedModel(const std::string& path, const std::string& chain) {
  const auto text = readRuleFile(path, IptablesLimits{}.bytes);
  if (!text) return std::unexpected(text.error());
  return importedModelText(path, *text, chain);
}

}  // namespace vauban::import
