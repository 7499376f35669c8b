#include "space/name_set.h"

#include <algorithm>

namespace vauban::space {
namespace {

constexpr std::size_t kLongestLabel = 63;  // RFC 1035 2.3.4
constexpr std::size_t kLongestName = 253;

// "www.example.com" <-> "com.example.www": a suffix becomes a prefix and sorts before what lies below it.
std::string withLabelsReversed(std::string_view name) {
  std::string reversed;
  reversed.reserve(name.size());
  while (!name.empty()) {
    const auto dot = name.rfind('.');
    if (!reversed.empty()) reversed += '.';
    if (dot == std::string_view::npos) {
      reversed += name;
      break;
    }
    reversed += name.substr(dot + 1);
    name = name.substr(0, dot);
  }
  return reversed;
}

using Entries = std::map<std::string, bool>;

// What the entries say of `key`: the longest entry that is the key or above it, else the default.
bool lookUp(const Entries& entries, bool byDefault, std::string_view key) {
  for (;;) {
    if (const auto found = entries.find(std::string(key)); found != entries.end()) return found->second;
    const auto dot = key.rfind('.');
    if (dot == std::string_view::npos) return byDefault;
    key = key.substr(0, dot);
  }
}

// Keeps what says something new. Above comes before below in the order of the map, so one pass is enough.
Entries canonical(const Entries& entries, bool byDefault) {
  Entries kept;
  for (const auto& [key, in] : entries) {
    if (lookUp(kept, byDefault, key) != in) kept.emplace_hint(kept.end(), key, in);
  }
  return kept;
}

template <class Operate>
Entries combined(const Entries& left, bool leftDefault, const Entries& right, bool rightDefault,
                 Operate operate) {
  Entries all;
  for (const auto& [key, in] : left) all.emplace(key, operate(in, lookUp(right, rightDefault, key)));
  for (const auto& [key, in] : right) all.emplace(key, operate(lookUp(left, leftDefault, key), in));
  return canonical(all, operate(leftDefault, rightDefault));
}

bool isLabelCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::optional<std::string> normaliseName(std::string_view text) {
  if (text.starts_with("*.")) {
    text.remove_prefix(2);
  } else if (text.starts_with(".")) {
    text.remove_prefix(1);
  }
  if (text.ends_with(".")) text.remove_suffix(1);
  if (text.empty() || text.size() > kLongestName) return std::nullopt;
  std::string name;
  name.reserve(text.size());
  std::size_t label = 0;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '.') {
      if (label == 0) return std::nullopt;
      label = 0;
    } else if (!isLabelCharacter(c) || ++label > kLongestLabel) {
      return std::nullopt;
    }
    name += c;
  }
  if (label == 0) return std::nullopt;
  return name;
}

NameSet NameSet::all() {
  NameSet set;
  set.defaultIn_ = true;
  return set;
}

NameSet NameSet::suffix(std::string_view name) {
  if (name.empty() || name == ".") return all();
  NameSet set;
  if (const auto normal = normaliseName(name)) set.entries_.emplace(withLabelsReversed(*normal), true);
  return set;
}

NameSet NameSet::suffixes(const std::vector<std::string>& names) {
  Entries entries;
  for (const std::string& name : names) {
    const NameSet one = suffix(name);
    if (one.defaultIn_) return all();
    entries.insert(one.entries_.begin(), one.entries_.end());
  }
  NameSet set;
  set.entries_ = canonical(entries, false);
  return set;
}

// There are infinitely many top-level labels, so what says "in" at the root is never emptied by entries; and
// where the root says "out", a canonical first entry says "in".
bool NameSet::empty() const { return !defaultIn_ && entries_.empty(); }

bool NameSet::contains(std::string_view name) const {
  const auto normal = normaliseName(name);
  return normal && lookUp(entries_, defaultIn_, withLabelsReversed(*normal));
}

bool NameSet::contains(const NameSet& other) const { return (other - *this).empty(); }

bool NameSet::intersects(const NameSet& other) const { return !(*this & other).empty(); }

std::optional<std::string> NameSet::witness() const {
  if (defaultIn_) {
    constexpr std::string_view letters = "xabcdefghijklmnopqrstuvwyz";
    for (const char letter : letters) {
      if (lookUp(entries_, defaultIn_, std::string_view(&letter, 1))) return std::string(1, letter);
    }
    for (std::size_t i = 0;; ++i) {
      std::string label = "x" + std::to_string(i);
      if (lookUp(entries_, defaultIn_, label)) return label;
    }
  }
  std::optional<std::string> best;
  for (const auto& [key, in] : entries_) {
    if (!in) continue;
    std::string name = withLabelsReversed(key);
    if (!best || name.size() < best->size() || (name.size() == best->size() && name < *best))
      best = std::move(name);
  }
  return best;
}

NameSet NameSet::operator|(const NameSet& other) const {
  NameSet set;
  set.defaultIn_ = defaultIn_ || other.defaultIn_;
  set.entries_ =
      combined(entries_, defaultIn_, other.entries_, other.defaultIn_, [](bool a, bool b) { return a || b; });
  return set;
}

NameSet NameSet::operator&(const NameSet& other) const {
  NameSet set;
  set.defaultIn_ = defaultIn_ && other.defaultIn_;
  set.entries_ =
      combined(entries_, defaultIn_, other.entries_, other.defaultIn_, [](bool a, bool b) { return a && b; });
  return set;
}

NameSet NameSet::operator-(const NameSet& other) const { return *this & ~other; }

NameSet NameSet::operator~() const {
  NameSet set;
  set.defaultIn_ = !defaultIn_;
  for (const auto& [key, in] : entries_) set.entries_.emplace_hint(set.entries_.end(), key, !in);
  return set;
}

std::vector<std::pair<std::string, bool>> NameSet::suffixes() const {
  std::vector<std::pair<std::string, bool>> all;
  for (const auto& [key, in] : entries_) all.emplace_back(withLabelsReversed(key), in);
  std::ranges::sort(all);
  all.insert(all.begin(), {"", defaultIn_});
  return all;
}

bool NameSet::Validate() const {
  for (const auto& [key, in] : entries_) {
    if (normaliseName(key) != key) return false;
  }
  return canonical(entries_, defaultIn_) == entries_;
}

std::string NameSet::toString() const {
  if (defaultIn_) return entries_.empty() ? "any" : "any but " + (~*this).toString();
  std::string text;
  for (const auto& [key, in] : entries_) {
    if (!text.empty()) text += ", ";
    if (!in) text += '!';
    text += withLabelsReversed(key);
  }
  return text.empty() ? "none" : text;
}

}  // namespace vauban::space
