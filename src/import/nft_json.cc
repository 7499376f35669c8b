#include "import/nft_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "import/nft_json_program.h"

namespace vauban::import {
namespace {

// Chains that lead back to themselves, and jumps deeper than `most`; both end in an error at the jump.
class JumpCheck {
 public:
  JumpCheck(const ParsedNft& parsed, std::size_t most, NftProblems& problems)
      : parsed_(parsed), most_(most), problems_(problems), depths_(parsed.rules.size(), kUnknown) {}

  void run() {
    for (std::size_t chain = 0; chain < depths_.size() && !stopped_; ++chain) depth(chain, 0);
  }

 private:
  static constexpr std::size_t kUnknown = SIZE_MAX, kOpen = SIZE_MAX - 1;

  void error(const NftRule& rule, std::string message) {
    if (!stopped_) problems_.error(*rule.object, std::move(message));
    stopped_ = true;  // the first says it all
  }

  // The longest chain of jumps from here.
  std::size_t depth(std::size_t chain, std::size_t above) {
    if (depths_[chain] != kUnknown) return depths_[chain];
    depths_[chain] = kOpen;
    std::size_t most = 0;
    for (const NftRule& rule : parsed_.rules[chain]) {
      for (const NftBranch& branch : rule.branches) {
        if (stopped_) return 0;
        if (branch.target != TargetKind::jump && branch.target != TargetKind::goTo) continue;
        if (above >= most_) {
          error(rule, fmt::format("jumps are nested more than {} deep", most_));
          return 0;
        }
        const auto& chains = parsed_.ruleset->chains;
        const NftChain* next = parsed_.ruleset->chain(chains[chain], branch.chain);
        const std::size_t below = depth(static_cast<std::size_t>(next - chains.data()), above + 1);
        if (below == kOpen) {
          error(rule, fmt::format("chain '{}' leads back to itself", branch.chain));
          return 0;
        }
        most = std::max(most, below + 1);
        if (most > most_) error(rule, fmt::format("jumps are nested more than {} deep", most_));
      }
    }
    return depths_[chain] = most;
  }

  const ParsedNft& parsed_;
  std::size_t most_;
  NftProblems& problems_;
  std::vector<std::size_t> depths_;
  bool stopped_ = false;
};

// Boxes of one rule beyond which its match is not looked at.
constexpr std::size_t kMostBoxes = 20'000;

NftMatches wholeFamily(NftFamily family) {
  NftMatch match;
  if (family == NftFamily::ip) match.onlyFamily(space::Family::ipv4);
  if (family == NftFamily::ip6) match.onlyFamily(space::Family::ipv6);
  return {std::move(match)};
}

}  // namespace

Result<model::FilterProgram> importNftJson(const std::string& name, std::string_view text,
                                           const NftJsonOptions& options) {
  std::string hook = options.hook;
  for (char& c : hook) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (hook != "forward" && hook != "input" && hook != "output") {
    return failure({Severity::error,
                    {name, 0, 0},
                    0,
                    fmt::format("'{}' is no hook to import", options.hook),
                    "forward, input or output",
                    nearestName(hook, {"forward", "input", "output"})});
  }
  const TextLines lines(name, text);
  const auto root = readJson(text, lines, options.limits);
  if (!root) return std::unexpected(root.error());
  NftProblems problems(lines, options.limits.diagnostics);
  const NftRuleset ruleset = readNftRuleset(*root, lines, options, problems);
  ParsedNft parsed{&ruleset, name, {}};
  std::size_t boxes = 0;
  for (const NftChain& chain : ruleset.chains) {
    std::vector<NftRule>& rules = parsed.rules.emplace_back();
    const NftMatchContext context{ruleset, chain, problems, kMostBoxes};
    const NftMatches family = wholeFamily(chain.family);
    for (const NftRuleText& rule : chain.rules) {
      if (boxes > options.limits.rules) break;
      NftRule read = readNftRule(context, rule);
      for (auto* branches : {&read.branches, &read.mangles}) {
        for (NftBranch& branch : *branches) {
          branch.matches = both(family, branch.matches);
          for (const NftMatch& match : branch.matches) boxes += 1 + match.except.size();
        }
        std::erase_if(*branches, [](const NftBranch& branch) { return branch.matches.empty(); });
      }
      rules.push_back(std::move(read));
      if (boxes > options.limits.rules) {
        problems.error(*rule.object, fmt::format("more than {} rules once their sets are written out",
                                                 options.limits.rules));
      }
    }
  }
  if (!problems.any()) JumpCheck(parsed, options.limits.jumps, problems).run();
  if (problems.any()) return std::unexpected(problems.take());
  model::FilterProgram program = buildNftProgram(parsed, hook, options, problems);
  if (problems.any()) return std::unexpected(problems.take());
  return program;
}

}  // namespace vauban::import
