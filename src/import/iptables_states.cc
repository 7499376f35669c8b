#include "import/iptables_states.h"

#include <array>
#include <utility>

namespace vauban::import {
namespace {

using Name = std::pair<std::string_view, unsigned>;

// The union of the listed words' bits; the error is the first that is no name.
template <std::size_t N>
std::expected<unsigned, std::string_view> bitsOf(std::string_view list, const std::array<Name, N>& names) {
  unsigned bits = 0;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    bool found = false;
    for (const auto& [name, value] : names) {
      if (name != word) continue;
      bits |= value;
      found = true;
    }
    if (!found) return std::unexpected(word);
    if (comma == std::string_view::npos) return bits;
    list.remove_prefix(comma + 1);
  }
}

constexpr unsigned kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32;

}  // namespace

std::expected<unsigned, std::string_view> statesOf(std::string_view list) {
  static constexpr std::array<Name, 7> names{{{"NEW", kNew},
                                              {"ESTABLISHED", kEstablished},
                                              {"RELATED", kRelated},
                                              {"INVALID", kInvalid},
                                              {"UNTRACKED", kUntracked},
                                              {"SNAT", kTranslated},
                                              {"DNAT", kTranslated}}};
  return bitsOf(list, names);
}

std::optional<unsigned> flagsOf(std::string_view list) {
  static constexpr std::array<Name, 8> names{{{"FIN", kFin},
                                              {"SYN", kSyn},
                                              {"RST", kRst},
                                              {"PSH", kPsh},
                                              {"ACK", kAck},
                                              {"URG", kUrg},
                                              {"ALL", 63},
                                              {"NONE", 0}}};
  const auto bits = bitsOf(list, names);
  if (!bits) return std::nullopt;
  return *bits;
}

// Opening packets bear SYN and neither ACK, RST nor FIN; PSH and URG are whatever the sender likes.
Flags flagsMeaning(unsigned mask, unsigned wanted, bool negated) {
  constexpr unsigned decided = kFin | kSyn | kRst | kAck;
  if ((wanted & ~mask) != 0) return negated ? Flags::any : Flags::noOpeners;  // a test that nothing passes
  if (mask == 0) return negated ? Flags::noOpeners : Flags::any;
  if ((mask & kSyn) != (wanted & decided)) return negated ? Flags::openers : Flags::noOpeners;
  if ((mask & ~decided) != 0) return Flags::maybeOpeners;
  return negated ? Flags::noOpeners : Flags::openers;
}

Flags synMeaning(bool negated) { return flagsMeaning(kFin | kSyn | kRst | kAck, kSyn, negated); }

}  // namespace vauban::import
