#include "import/nft_json_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest_name.h"

namespace vauban::import {
namespace {

using space::AddressRange;
using space::AddressSet;
using space::Family;
using space::PortRange;

// Statements after which a rule goes on, and about which nothing is to be said.
constexpr std::array<std::string_view, 6> kSilent{"counter", "log",       "last",
                                                  "secmark", "ct helper", "ct timeout"};
// Those that let some packets through to the rest of the rule: what a full set does not take, for one.
constexpr std::array<std::string_view, 6> kGates{"limit", "quota", "ct count", "meter", "set", "map"};

std::optional<AddressSet> addressesOf(const JsonValue* value) {
  if (value == nullptr) return std::nullopt;
  std::optional<AddressRange> range;
  if (value->is(JsonValue::Kind::text)) range = AddressRange::parse(value->text);
  if (const JsonValue* ends = value->only("range"); ends != nullptr && ends->items.size() == 2)
    range = AddressRange::parse(ends->items[0].text + "-" + ends->items[1].text);
  if (const JsonValue* prefix = value->only("prefix")) {
    const JsonValue* length = prefix->find("len");
    if (length != nullptr)
      range = AddressRange::parse(fmt::format("{}/{}", prefix->textAt("addr"), length->number));
  }
  if (!range) return std::nullopt;
  return AddressSet(*range);
}

std::optional<PortRange> portsOf(const JsonValue* value) {
  auto port = [](const JsonValue& one) -> std::optional<std::uint16_t> {
    if (!one.is(JsonValue::Kind::number) || one.number < 0 || one.number > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(one.number);
  };
  if (value == nullptr) return std::nullopt;
  if (const auto one = port(*value)) return PortRange{*one, *one};
  const JsonValue* ends = value->only("range");
  if (ends == nullptr || ends->items.size() != 2) return std::nullopt;
  const auto first = port(ends->items[0]), last = port(ends->items[1]);
  if (!first || !last || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

class Reader {
 public:
  Reader(const NftMatchContext& context, const NftRuleText& text) : context_(context), text_(text) {
    rule_.object = text.object;
  }

  NftRule read() {
    for (const JsonValue& statement : text_.statements->items) {
      if (!statement.is(JsonValue::Kind::object) || statement.keys.size() != 1) {
        context_.problems.error(statement, "a statement is an object with one key", R"({"accept": null})");
        break;
      }
      if (!take(statement.keys.front(), statement.items.front()) || matches_.empty()) break;
    }
    return std::move(rule_);
  }

 private:
  void maybe(const std::string& reason) {
    for (NftMatch& match : matches_) match.maybe(reason);
  }

  bool end(NftBranch branch) {
    branch.matches = matches_;
    rule_.branches.push_back(std::move(branch));
    return false;
  }

  // False where the rule ends here.
  bool take(const std::string& key, const JsonValue& value) {
    if (key == "match") {
      const NftMatches more = readNftMatch(context_, value);
      if (matches_.size() * more.size() > context_.mostBoxes) {
        maybe("too many elements in its sets: not looked at");
      } else {
        matches_ = both(matches_, more);
      }
      return true;
    }
    if (key == "vmap") return verdictMap(value);
    if (auto branch = verdict(key, value)) return branch->target == TargetKind::none || end(*branch);
    if (std::ranges::find(kSilent, key) != kSilent.end()) return true;
    if (std::ranges::find(kGates, key) != kGates.end()) {
      maybe(key + ": may match or not");
      return true;
    }
    if (key == "notrack") {
      rule_.branches.push_back({matches_, TargetKind::noTrack, {}, {}, {}});
      return true;
    }
    if (key == "snat" || key == "masquerade" || key == "dnat" || key == "redirect")
      return rewrite(key, value);
    if (key == "mangle") {
      mangle(value);
      return true;
    }
    if (key == "queue")
      return end({{}, TargetKind::mayAccept, {}, "queue: who reads it may accept or drop", {}});
    if (key == "synproxy") return end({{}, TargetKind::mayAccept, {}, "synproxy: answers by itself", {}});
    if (key == "flow") {
      rule_.offloads = true;
      return true;
    }
    if (key == "dup") {
      rule_.remarks.emplace_back("dup: the copy is not followed");
      return true;
    }
    if (key == "tproxy") {
      rule_.remarks.emplace_back("tproxy: delivered to the device itself; taken as passing on unchanged");
      return true;
    }
    if (key == "ct expectation") {
      rule_.remarks.emplace_back("ct expectation: further conversations are not followed");
      return true;
    }
    if (key == "xt" && value.textAt("type") == "match") {
      maybe(fmt::format("xt {}: may match or not", value.textAt("name")));
      return true;
    }
    // What is not known may be a condition, a verdict or neither.
    maybe(fmt::format("{}: not known", key));
    NftBranch branch{matches_, TargetKind::mayAccept, {}, key + ": may accept, drop or go on", {}};
    rule_.branches.push_back(std::move(branch));
    return true;
  }

  // nullopt: no verdict. TargetKind::none: go on.
  std::optional<NftBranch> verdict(const std::string& key, const JsonValue& value) {
    NftBranch branch;
    if (key == "accept") {
      branch.target = TargetKind::accept;
    } else if (key == "drop") {
      branch.target = TargetKind::drop;
    } else if (key == "reject") {
      branch.target = TargetKind::reject;
      onlyAnswered(value.textAt("type"));
    } else if (key == "return") {
      branch.target = TargetKind::doReturn;
    } else if (key == "continue") {
      branch.target = TargetKind::none;
    } else if (key == "jump" || key == "goto") {
      branch.target = key == "jump" ? TargetKind::jump : TargetKind::goTo;
      branch.chain = value.textAt("target");
      if (context_.ruleset.chain(context_.chain, branch.chain) == nullptr) {
        context_.problems.error(
            value, fmt::format("there is no chain '{}' in table '{}'", branch.chain, context_.chain.table));
      }
    } else {
      return std::nullopt;
    }
    return branch;
  }

  // nft does not list what an answer implies: that the packet is of its family, or of TCP. With a reset of
  // TCP it (1.0.6) leaves out for which family the rule was written, too.
  void onlyAnswered(std::string_view type) {
    NftMatch packets;
    if (type == "icmp") packets.onlyFamily(Family::ipv4);
    if (type == "icmpv6") packets.onlyFamily(Family::ipv6);
    if (type == "tcp reset") packets.services = space::ServiceSet::protocol(space::kTcp);
    matches_ = both(matches_, {packets});
    const bool either =
        context_.chain.family == NftFamily::inet || context_.chain.family == NftFamily::bridge;
    if (type != "tcp reset" || !either) return;
    for (NftMatch& match : matches_) {
      if (match.source.intersects(AddressSet::all(Family::ipv4)) &&
          match.source.intersects(AddressSet::all(Family::ipv6)))
        match.maybe("reject with tcp reset: nft does not list for which family");
    }
  }
  // Nor that a packet is of the family of an address that it is rewritten to.
  void onlyRewritten(std::string_view family) {
    NftMatch packets;
    if (family == "ip") packets.onlyFamily(Family::ipv4);
    if (family == "ip6") packets.onlyFamily(Family::ipv6);
    matches_ = both(matches_, {packets});
  }

  bool verdictMap(const JsonValue& map) {
    const auto entries = readNftVerdicts(context_, map);
    if (!entries) return false;
    if (entries->size() * matches_.size() > context_.mostBoxes) {
      context_.problems.error(map, fmt::format("more than {} entries", context_.mostBoxes));
      return false;
    }
    for (const NftVerdictEntry& entry : *entries) {
      std::optional<NftBranch> branch;
      if (entry.verdict->is(JsonValue::Kind::object) && entry.verdict->keys.size() == 1)
        branch = verdict(entry.verdict->keys.front(), entry.verdict->items.front());
      if (!branch) {
        context_.problems.error(*entry.verdict, "a verdict is an object with one key", R"({"accept": null})");
        return false;
      }
      if (branch->target == TargetKind::none) continue;
      branch->matches = both(matches_, entry.matches);
      if (!branch->matches.empty()) rule_.branches.push_back(std::move(*branch));
    }
    return false;  // what no key meets leaves the rule
  }

  Family familyOf(const JsonValue& value) const {
    if (context_.chain.family == NftFamily::ip6 || value.textAt("family") == "ip6") return Family::ipv6;
    if (context_.chain.family == NftFamily::ip || value.textAt("family") == "ip") return Family::ipv4;
    return !matches_.empty() && !matches_.front().destination.intersects(AddressSet::all(Family::ipv4))
               ? Family::ipv6
               : Family::ipv4;
  }

  // An address that is not to be read is any.
  bool rewrite(const std::string& key, const JsonValue& value) {
    onlyRewritten(value.textAt("family"));
    NftBranch branch;
    branch.target = key == "redirect" ? TargetKind::redirect
                    : key == "dnat"   ? TargetKind::rewriteDestination
                                      : TargetKind::rewriteSource;
    const JsonValue* address = value.find("addr");
    const JsonValue* port = value.find("port");
    const auto read = addressesOf(address);
    // In a table of both families the statement may be about either.
    const bool either = context_.chain.family == NftFamily::inet && value.textAt("family").empty();
    const AddressSet any = either ? AddressSet::all() : AddressSet::all(familyOf(value));
    if (key == "dnat") {
      if (address != nullptr) branch.rewrite.destination = read.value_or(any);
      if (address != nullptr && !read) branch.reason = "dnat to what a map says: taken as anything";
    } else if (key != "redirect") {
      branch.rewrite.source = read.value_or(any);
    }
    if (port != nullptr) {
      const auto ports = portsOf(port);
      (branch.target == TargetKind::rewriteSource ? branch.rewrite.sourcePorts
                                                  : branch.rewrite.destinationPorts) =
          ports.value_or(PortRange{});
      if (!ports) branch.reason = key + " to a port of a map: taken as any";
    }
    return end(std::move(branch));
  }

  void mangle(const JsonValue& value) {
    const JsonValue* key = value.find("key");
    const JsonValue* payload = key == nullptr ? nullptr : key->only("payload");
    if (payload == nullptr) return;  // marks and the like
    const std::string_view part = payload->textAt("field");
    NftBranch branch;
    branch.matches = matches_;
    for (NftMatch& match : branch.matches) match.maybe("writes into packets");
    const bool raw = part.empty();
    if (part == "saddr" || part == "sport") branch.target = TargetKind::rewriteSource;
    if (part == "daddr" || part == "dport" || raw) branch.target = TargetKind::rewriteDestination;
    if (branch.target == TargetKind::none) return;
    if (part == "saddr") branch.rewrite.source = AddressSet::all();
    if (part == "sport") branch.rewrite.sourcePorts = PortRange{};
    if (part == "daddr" || raw) branch.rewrite.destination = AddressSet::all();
    if (part == "dport" || raw) branch.rewrite.destinationPorts = PortRange{};
    branch.reason = fmt::format("writes {} into packets: taken as anything", raw ? "bytes" : part);
    rule_.mangles.push_back(branch);
    if (!raw) return;
    branch.target = TargetKind::rewriteSource;
    branch.rewrite = {AddressSet::all(), std::nullopt, PortRange{}, std::nullopt};
    rule_.mangles.push_back(std::move(branch));
  }

  const NftMatchContext& context_;
  const NftRuleText& text_;
  NftRule rule_;
  NftMatches matches_{NftMatch{}};
};

}  // namespace

NftRule readNftRule(const NftMatchContext& context, const NftRuleText& text) {
  return Reader(context, text).read();
}

}  // namespace vauban::import
