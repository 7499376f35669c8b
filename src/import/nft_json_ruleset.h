// The outer form of a listed ruleset: tables, chains with their rules, sets; for the files of this room only.
//
// Points into the JSON value that was read, which must outlive it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "import/nft_json_value.h"

namespace vauban::import {

enum class NftFamily : std::uint8_t { ip, ip6, inet, bridge, other };  // other: arp, netdev

// Where the kernel calls a base chain (nft(8), "Base chain hooks").
struct NftBase {
  std::string type, hook;
  std::int64_t priority = 0;
  bool drops = false;  // the policy
};

struct NftRuleText {
  const JsonValue* object = nullptr;  // {"family": ..., "expr": [...]}
  const JsonValue* statements = nullptr;
};

struct NftChain {
  NftFamily family = NftFamily::other;
  std::string_view table, name;
  const JsonValue* object = nullptr;
  std::optional<NftBase> base;
  std::vector<NftRuleText> rules;
};

struct NftSet {
  const JsonValue* object = nullptr;
  const JsonValue* elements = nullptr;  // an array; null: none
  bool changes = false;                 // by packets or by time
};

struct NftRuleset {
  using Key = std::tuple<std::string_view, std::string_view, std::string_view>;  // family, table, name
  std::vector<NftChain> chains;                                                  // in the order of the file
  std::map<Key, std::size_t> chainNames;
  std::map<Key, NftSet> sets;  // and maps
  const TextLines* lines = nullptr;

  const NftChain* chain(const NftChain& beside, std::string_view name) const;
  const NftSet* set(const NftChain& beside, std::string_view name) const;
};

// Collects what is wrong, at most as much as the limit says.
class NftProblems {
 public:
  NftProblems(const TextLines& lines, std::size_t most) : lines_(lines), most_(most) {}
  void error(const JsonValue& at, std::string message, std::string expected = {}, std::string nearest = {});
  bool any() const { return !diagnostics_.empty(); }
  Diagnostics take();

 private:
  const TextLines& lines_;
  std::size_t most_;
  Diagnostics diagnostics_;
};

// The set is as complete as the mistakes let it be. `root` is the whole text.
NftRuleset readNftRuleset(const JsonValue& root, const TextLines& lines, const NftJsonOptions& options,
                          NftProblems& problems);

}  // namespace vauban::import
