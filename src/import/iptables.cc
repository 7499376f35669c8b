#include "import/iptables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest_name.h"
#include "import/iptables_program.h"

namespace vauban::import {
namespace {

using space::Family;

// By the heading, else by the first address, protocol or match that belongs to one family only.
Family familyOf(const IptablesFile& file) {
  if (file.namesIp6tables) return Family::ipv6;
  for (std::size_t i = 0; i < file.tokens.size(); ++i) {
    const std::string_view word = file.tokens[i].text;
    if (file.tokens[i].quoted) continue;
    if (word == "ipv6-icmp" || word == "icmpv6" || word == "icmp6" || word == "--icmpv6-type")
      return Family::ipv6;
    if (word == "icmp" || word == "--icmp-type") return Family::ipv4;
    const bool side = word == "-s" || word == "-d" || word == "--source" || word == "--destination" ||
                      word == "--src" || word == "--dst" || word == "--src-range" || word == "--dst-range";
    if (!side || i + 1 == file.tokens.size()) continue;
    const std::string_view value = file.tokens[i + 1].text == "!" && i + 2 < file.tokens.size()
                                       ? file.tokens[i + 2].text
                                       : file.tokens[i + 1].text;
    return value.find(':') == std::string_view::npos ? Family::ipv4 : Family::ipv6;
  }
  return Family::ipv4;
}

// Targets that may change where a packet goes, in any table: what the rule file calls original is then not
// ours.
bool rewritesDestinations(const IptablesFile& file) {
  static constexpr std::array targets{std::string_view("DNAT"),   std::string_view("REDIRECT"),
                                      std::string_view("NETMAP"), std::string_view("TPROXY"),
                                      std::string_view("DNPT"),   std::string_view("CLUSTERIP"),
                                      std::string_view("BALANCE")};
  return std::ranges::any_of(file.tokens, [](const IptablesToken& token) {
    return std::ranges::find(targets, token.text) != targets.end();
  });
}

// Chains that lead back to themselves, and jumps deeper than `most`; both end in an error at the jump.
class JumpCheck {
 public:
  JumpCheck(const IptablesFile& file, const ParsedTable& table, std::size_t most, Diagnostics& diagnostics)
      : file_(file),
        table_(table),
        most_(most),
        diagnostics_(diagnostics),
        depths_(table.rules.size(), kUnknown) {}

  void run() {
    for (std::size_t chain = 0; chain < table_.rules.size(); ++chain) depth(chain, 0);
  }

 private:
  static constexpr std::size_t kUnknown = SIZE_MAX, kOpen = SIZE_MAX - 1;

  void error(const IptablesRule& rule, std::string message) {
    if (stopped_) return;
    stopped_ = true;  // the first says it all, and what follows would repeat it from every chain
    diagnostics_.push_back({Severity::error,
                            {file_.name, rule.line->line, rule.targetColumn},
                            static_cast<std::uint32_t>(rule.targetName.size()),
                            std::move(message),
                            {},
                            {}});
  }

  // The longest chain of jumps from here.
  std::size_t depth(std::size_t chain, std::size_t above) {
    if (depths_[chain] != kUnknown) return depths_[chain];
    depths_[chain] = kOpen;
    std::size_t most = 0;
    for (const IptablesRule& rule : table_.rules[chain]) {
      if (stopped_) break;
      if (rule.target != TargetKind::jump && rule.target != TargetKind::goTo) continue;
      if (above > most_) {
        error(rule, fmt::format("jumps are nested more than {} deep", most_));
        break;
      }
      const std::size_t next = table_.table->byName.at(rule.targetName);
      const std::size_t below = depth(next, above + 1);
      if (below == kOpen) {
        error(rule, fmt::format("chain '{}' leads back to itself", rule.targetName));
        break;
      }
      most = std::max(most, below + 1);
      if (most > most_) error(rule, fmt::format("jumps are nested more than {} deep", most_));
    }
    return depths_[chain] = most;
  }

  const IptablesFile& file_;
  const ParsedTable& table_;
  std::size_t most_;
  Diagnostics& diagnostics_;
  std::vector<std::size_t> depths_;
  bool stopped_ = false;
};

}  // namespace

namespace {

// Files copied off a terminal have lines broken after 80 columns and padded with blanks; no rule has such a
// run of blanks at that column otherwise, so taking it out gives the line as it was written.
std::string withoutTerminalPadding(std::string_view text) {
  constexpr std::size_t kWidth = 80, kLeastPadding = 40;
  std::string joined;
  joined.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    const std::size_t next = line.find_first_not_of(' ', std::min(kWidth, line.size()));
    if (next != std::string_view::npos && next >= kWidth + kLeastPadding) {
      joined.append(line.substr(0, kWidth)).append(line.substr(next));
    } else {
      joined.append(line);
    }
    text.remove_prefix(end);
  }
  return joined;
}

}  // namespace

Result<model::FilterProgram> importIptables(const std::string& name, std::string_view given,
                                            const IptablesOptions& options) {
  const std::string mended = withoutTerminalPadding(given);
  const std::string_view text = mended;
  if (options.chain != "FORWARD" && options.chain != "INPUT" && options.chain != "OUTPUT") {
    return failure({Severity::error,
                    {name, 0, 0},
                    0,
                    fmt::format("'{}' is no chain to import", options.chain),
                    "FORWARD, INPUT or OUTPUT",
                    nearestName(options.chain, {"FORWARD", "INPUT", "OUTPUT"})});
  }
  Diagnostics diagnostics;
  const IptablesFile file = readIptablesText(name, text, options.limits, diagnostics);
  if (file.tables.empty() && diagnostics.empty()) {
    diagnostics.push_back(
        {Severity::error, {name, 1, 1}, 0, "no table and no rule in the file", "*filter", {}});
  }
  ParsedFile parsed{&file, options.family ? *options.family : familyOf(file), {}};
  const bool rewrites = rewritesDestinations(file);
  for (const IptablesTable& table : file.tables) {
    const RuleContext context{file, table, parsed.family, rewrites, options.limits.diagnostics};
    ParsedTable& rules = parsed.tables.emplace_back();
    rules.table = &table;
    rules.rules.reserve(table.chains.size());
    for (const IptablesChain& chain : table.chains) {
      std::vector<IptablesRule>& home = rules.rules.emplace_back();
      home.reserve(chain.rules.size());
      for (const IptablesLine& line : chain.rules) {
        if (auto rule = readIptablesRule(context, line, diagnostics)) home.push_back(std::move(*rule));
      }
    }
    JumpCheck(file, rules, options.limits.depth, diagnostics).run();
  }
  if (hasErrors(diagnostics)) {
    sortDiagnostics(diagnostics);
    return std::unexpected(std::move(diagnostics));
  }
  return buildProgram(parsed, options.chain);
}

}  // namespace vauban::import
