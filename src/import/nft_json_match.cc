#include "import/nft_json_match.h"

#include <fmt/format.h>

#include <algorithm>

#include "import/nft_json_field.h"

namespace vauban::import {
namespace {

using space::AddressSet;

Flags both(Flags a, Flags b) {
  if (a == Flags::any || a == b) return b;
  if (b == Flags::any) return a;
  if (a == Flags::noOpeners || b == Flags::noOpeners) return Flags::noOpeners;
  return Flags::maybeOpeners;
}

// nullopt where no name fits both.
bool joinInterface(std::optional<model::InterfaceMatch>& into,
                   const std::optional<model::InterfaceMatch>& other, NftMatch& match) {
  if (!other) return true;
  if (!into) {
    into = other;
    return true;
  }
  if (into->pattern == other->pattern) return into->negated == other->negated;
  if (!into->pattern.ends_with('+') && !other->pattern.ends_with('+')) {
    if (!into->negated && !other->negated) return false;
    if (into->negated != other->negated) {
      if (into->negated) into = other;
      return true;
    }
    NftMatch second;
    (&into == &match.in ? second.in : second.out) = model::InterfaceMatch{other->pattern, false};
    match.except.push_back(std::move(second));
    return true;
  }
  match.maybe("two conditions on one interface");
  return true;
}

// What a rule that is not understood says: it may match whatever it is about.
NftMatches perhaps(NftMatch packets, const std::string& what) {
  packets.maybe(what + ": may match or not");
  return {std::move(packets)};
}

struct Values {
  std::vector<const JsonValue*> list;
  bool certain = true;  // no element comes and goes
};

class Reader {
 public:
  explicit Reader(const NftMatchContext& context) : context_(context) {}

  NftMatches match(const JsonValue& match) {
    const JsonValue* left = match.find("left");
    const JsonValue* right = match.find("right");
    std::string_view op = match.textAt("op");
    if (left == nullptr || right == nullptr || op.empty()) {
      context_.problems.error(match, "a match has 'op', 'left' and 'right'");
      return {};
    }
    bool negated = false;
    if (op == "!=") {
      negated = true;
      op = "==";
    } else if (op == "!") {  // none of the bits
      negated = true;
      op = "in";
    }
    const NftField field = nftField(*left);
    const JsonValue* parts = left->only("concat");
    if (parts == nullptr) {
      // Bits of a field: "& LIST != 0" asks for any of them, "& LIST == 0" for none.
      if (const JsonValue* masked = left->only("&");
          masked != nullptr && masked->items.size() == 2 && right->is(JsonValue::Kind::number) &&
          right->number == 0 && masked->items.front().only("ct") != nullptr && op == "==") {
        const NftField whole = nftField(masked->items.front());
        if (whole.kind == NftField::Kind::state) {
          if (auto found = nftValues(whole, "in", {&masked->items.back()}, !negated)) return *found;
        }
      }
      const auto values = valuesOf(*right);
      if (!values) return {};
      if (field.kind != NftField::Kind::unknown && values->certain) {
        if (auto found = nftValues(field, op, values->list, negated))
          return bounded(std::move(*found), field);
      }
      if (field.kind == NftField::Kind::never) return {};
      return perhaps(field.packets, field.name);
    }
    return concatenated(*parts, op, *right, negated);
  }

  std::optional<std::vector<NftVerdictEntry>> verdicts(const JsonValue& map) {
    const JsonValue* key = map.find("key");
    const JsonValue* data = map.find("data");
    if (key == nullptr || data == nullptr) {
      context_.problems.error(map, "a verdict map has 'key' and 'data'");
      return std::nullopt;
    }
    const auto values = valuesOf(*data);
    if (!values) return std::nullopt;
    std::vector<NftVerdictEntry> entries;
    const JsonValue* parts = key->only("concat");
    const NftField field = nftField(*key);
    for (const JsonValue* pair : values->list) {
      if (!pair->is(JsonValue::Kind::array) || pair->items.size() != 2) {
        context_.problems.error(*pair, "an entry of a verdict map is a key and its verdict");
        return std::nullopt;
      }
      NftVerdictEntry entry;
      entry.verdict = &pair->items.back();
      bool certain = values->certain;
      const JsonValue* value = elementOf(pair->items.front(), certain);
      if (value == nullptr) return std::nullopt;
      if (parts != nullptr) {
        entry.matches = certain ? tuple(*parts, *value) : perhaps({}, "a map that changes");
      } else {
        auto found = field.kind == NftField::Kind::unknown || !certain
                         ? std::nullopt
                         : nftValues(field, "==", {value}, false);
        entry.matches = field.kind == NftField::Kind::never ? NftMatches{}
                        : found                             ? std::move(*found)
                                                            : perhaps(field.packets, field.name);
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  // A set in place, a named one, or one value. nullopt after a mistake.
  std::optional<Values> valuesOf(const JsonValue& right) {
    Values values;
    const JsonValue* elements = nullptr;
    if (const JsonValue* here = right.only("set")) {
      elements = here;
    } else if (right.is(JsonValue::Kind::text) && right.text.starts_with('@')) {
      const NftSet* set = context_.ruleset.set(context_.chain, std::string_view(right.text).substr(1));
      if (set == nullptr) {
        context_.problems.error(right, fmt::format("there is no set '{}' in table '{}'", right.text.substr(1),
                                                   context_.chain.table));
        return std::nullopt;
      }
      values.certain = !set->changes;
      elements = set->elements;
      if (elements == nullptr) return values;
    } else {
      values.list.push_back(&right);
      return values;
    }
    if (!elements->is(JsonValue::Kind::array)) {
      values.list.push_back(elements);
      return values;
    }
    for (const JsonValue& item : elements->items) {
      const JsonValue* value = elementOf(item, values.certain);
      if (value == nullptr) return std::nullopt;
      values.list.push_back(value);
    }
    return values;
  }

  // {"elem": {"val": ..., "comment": ...}} stands for its value.
  const JsonValue* elementOf(const JsonValue& item, bool& certain) {
    const JsonValue* wrapped = item.only("elem");
    if (wrapped == nullptr) return &item;
    const JsonValue* value = wrapped->find("val");
    if (value == nullptr) {
      context_.problems.error(*wrapped, "an element has its value in 'val'");
      return nullptr;
    }
    for (const std::string& key : wrapped->keys) {
      if (key != "val" && key != "comment" && key != "counter") certain = false;
    }
    return value;
  }

  NftMatches tuple(const JsonValue& parts, const JsonValue& value) {
    const JsonValue* values = value.only("concat");
    if (!parts.is(JsonValue::Kind::array) || values == nullptr || !values->is(JsonValue::Kind::array) ||
        values->items.size() != parts.items.size()) {
      return perhaps({}, "a concatenation");
    }
    NftMatches boxes{NftMatch{}};
    for (std::size_t i = 0; i < parts.items.size(); ++i) {
      const NftField field = nftField(parts.items[i]);
      if (field.kind == NftField::Kind::never) return {};
      auto found = field.kind == NftField::Kind::unknown ? std::nullopt
                                                         : nftValues(field, "==", {&values->items[i]}, false);
      boxes = import::both(boxes, found ? *found : perhaps(field.packets, field.name));
    }
    return boxes;
  }

  NftMatches concatenated(const JsonValue& parts, std::string_view op, const JsonValue& right, bool negated) {
    NftMatch packets;  // that have all parts
    for (const JsonValue& part : parts.items) {
      const NftField field = nftField(part);
      if (field.kind == NftField::Kind::never) return {};
      const NftMatches narrowed = import::both({packets}, {field.packets});
      if (narrowed.empty()) return {};
      packets = narrowed.front();
    }
    const auto values = valuesOf(right);
    if (!values) return {};
    if (!values->certain || op != "==") return perhaps(packets, "a set that changes");
    NftMatches boxes;
    for (const JsonValue* value : values->list) {
      for (NftMatch& box : tuple(parts, *value)) boxes.push_back(std::move(box));
      if (boxes.size() > context_.mostBoxes) return perhaps(packets, "a set with too many elements");
    }
    if (!negated) return boxes;
    packets.except = std::move(boxes);
    return {std::move(packets)};
  }

  NftMatches bounded(NftMatches matches, const NftField& field) const {
    return matches.size() > context_.mostBoxes ? perhaps(field.packets, "a set with too many elements")
                                               : std::move(matches);
  }

  const NftMatchContext& context_;
};

}  // namespace

void NftMatch::maybe(std::string reason) {
  if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(std::move(reason));
}

void NftMatch::onlyFamily(space::Family family) {
  source = source & AddressSet::all(family);
  destination = destination & AddressSet::all(family);
}

NftMatches both(const NftMatches& a, const NftMatches& b) {
  NftMatches matches;
  for (const NftMatch& first : a) {
    for (const NftMatch& second : b) {
      NftMatch match = first;
      match.source = match.source & second.source;
      match.destination = match.destination & second.destination;
      match.services &= second.services;
      match.doubt = (match.doubt | second.doubt) & match.services;
      match.states &= second.states;
      match.asksState = match.asksState || second.asksState;
      match.dependsOnFlow = match.dependsOnFlow || second.dependsOnFlow;
      match.anyTransport = match.anyTransport || second.anyTransport;
      match.saysProtocol = match.saysProtocol || second.saysProtocol;
      match.flags = both(first.flags, second.flags);
      match.except.insert(match.except.end(), second.except.begin(), second.except.end());
      for (const std::string& reason : second.reasons) match.maybe(reason);
      // The addresses of a packet are of one family.
      for (const space::Family family : {space::Family::ipv4, space::Family::ipv6}) {
        const AddressSet all = AddressSet::all(family);
        if (match.source.intersects(all) && match.destination.intersects(all)) continue;
        match.source = match.source - all;
        match.destination = match.destination - all;
      }
      if (!joinInterface(match.in, second.in, match) || !joinInterface(match.out, second.out, match))
        continue;
      if (!match.never()) matches.push_back(std::move(match));
    }
  }
  return matches;
}

NftMatches readNftMatch(const NftMatchContext& context, const JsonValue& match) {
  return Reader(context).match(match);
}

std::optional<std::vector<NftVerdictEntry>> readNftVerdicts(const NftMatchContext& context,
                                                            const JsonValue& map) {
  return Reader(context).verdicts(map);
}

}  // namespace vauban::import
