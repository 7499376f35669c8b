// A ruleset under construction: lines, and which line of the model each stands for; for the files of this
// room only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compile/nftables.h"

namespace vauban::compile {

class RulesetText {
 public:
  // `folder`: places of the model are written relative to it.
  RulesetText(std::string folder, bool counters) : folder_(std::move(folder)), counters_(counters) {}

  void line(std::string_view text = {});
  void comment(std::string_view text);  // "# ..."
  // "MATCH VERDICT comment ..."; what has no place says `why` instead, or nothing.
  void rule(std::string_view match, std::string_view verdict, const Place& place = {},
            std::string_view why = {});
  // "KIND NAME {", and what follows is inside until close().
  void open(std::string_view head);
  void close();

  std::string relative(const Place& place) const;  // "flows.yaml:12"
  std::vector<RuleLine> takeRules() { return std::move(rules_); }
  std::string take() { return std::move(text_); }

 private:
  std::string folder_, text_;
  bool counters_;
  std::uint32_t lines_ = 0;
  std::size_t depth_ = 0;
  std::vector<RuleLine> rules_;
};

}  // namespace vauban::compile
