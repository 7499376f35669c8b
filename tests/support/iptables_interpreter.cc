#include "tests/support/iptables_interpreter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "tests/support/iptables_rule.h"

namespace vauban::tests {
namespace {

std::string spell(const std::vector<Token>& tokens, std::size_t begin) {
  std::string text;
  for (std::size_t i = begin; i < tokens.size(); ++i) text += tokens[i].text + '\n';
  return text;
}

}  // namespace

struct IptablesInterpreter::Table {
  std::map<std::string, std::vector<Rule>, std::less<>> chains;
  std::map<std::string, std::string, std::less<>> policies;
  std::vector<int> oddLines;
  std::string current = "filter";  // the default of iptables, for lines before any "*table"

  void readLine(std::string text, int line);
  void readCommand(std::vector<Token> tokens, int line, bool repaired);
};

void IptablesInterpreter::Table::readLine(std::string text, int line) {
  const bool repaired = rejoinWrapped(text);
  std::vector<Token> tokens = tokenize(text);
  if (tokens.empty() || tokens[0].text.starts_with('#')) return;
  const std::string first = tokens[0].text;
  if (first[0] == '*') {
    current = first.size() > 1 ? first.substr(1) : tokens.size() > 1 ? tokens[1].text : "";
    if (current == "filter") chains.clear();  // iptables-restore begins a table by emptying it
  } else if (first == "COMMIT") {
    current.clear();
  } else if (first[0] == ':') {
    std::string name = first.substr(1);
    std::size_t next = 1;
    if (name.empty() && tokens.size() > 1) name = tokens[next++].text;
    if (current != "filter" || name.empty()) return;
    chains[name];
    if (next < tokens.size() && tokens[next].text != "-") policies[name] = tokens[next].text;
  } else {
    // "[packets:bytes] -A ..." has the counters in front; scripts have the name of the program there.
    if (first[0] == '[' && first.ends_with(']')) tokens.erase(tokens.begin());
    if (!tokens.empty() && (tokens[0].text.ends_with("iptables") || tokens[0].text.ends_with("ip6tables"))) {
      tokens.erase(tokens.begin());
      if (current.empty()) current = "filter";
    }
    readCommand(std::move(tokens), line, repaired);
  }
}

void IptablesInterpreter::Table::readCommand(std::vector<Token> tokens, int line, bool repaired) {
  static const std::map<std::string, char, std::less<>> commands{{"-A", 'A'},
                                                                 {"--append", 'A'},
                                                                 {"-I", 'I'},
                                                                 {"--insert", 'I'},
                                                                 {"-D", 'D'},
                                                                 {"--delete", 'D'},
                                                                 {"-R", 'R'},
                                                                 {"--replace", 'R'},
                                                                 {"-P", 'P'},
                                                                 {"--policy", 'P'},
                                                                 {"-N", 'N'},
                                                                 {"--new-chain", 'N'},
                                                                 {"--new", 'N'},
                                                                 {"-F", 'F'},
                                                                 {"--flush", 'F'},
                                                                 {"-X", 'X'},
                                                                 {"--delete-chain", 'X'},
                                                                 {"-Z", 'Z'},
                                                                 {"--zero", 'Z'}};
  std::string table = current;
  while (tokens.size() >= 2 && (tokens[0].text == "-t" || tokens[0].text == "--table")) {
    table = tokens[1].text;
    tokens.erase(tokens.begin(), tokens.begin() + 2);
  }
  const auto command = tokens.empty() ? commands.end() : commands.find(tokens[0].text);
  if (command == commands.end() || (table.empty() && command->second != 'Z')) {
    oddLines.push_back(line);
    return;
  }
  const std::string chain = tokens.size() > 1 ? tokens[1].text : "";
  if (chain.empty() && command->second != 'F' && command->second != 'X' && command->second != 'Z') {
    oddLines.push_back(line);
    return;
  }
  if (command->second == 'X' || command->second == 'Z') return;  // unused chains and counters decide nothing
  if (command->second == 'P') {
    if (table == "filter" && tokens.size() > 2) policies[chain] = tokens[2].text;
    return;
  }
  if (command->second == 'N') {
    if (table == "filter") chains[chain];
    return;
  }
  if (command->second == 'F') {
    if (table != "filter") return;
    for (auto& [name, rules] : chains) {
      if (chain.empty() || name == chain) rules.clear();
    }
    return;
  }

  std::size_t begin = 2;
  std::optional<std::uint32_t> position;
  if (command->second != 'A' && tokens.size() > 2) {
    position = number(tokens[2].text);
    if (position) ++begin;
  }
  Rule rule;
  rule.line = line;
  rule.table = table;
  rule.repaired = repaired;
  rule.spelling = spell(tokens, begin);
  readRule(rule, std::move(tokens), begin);
  if (rule.table != "filter") return;
  std::vector<Rule>& rules = chains[chain];
  const std::size_t index = position && *position > 0 ? *position - 1 : 0;
  switch (command->second) {
    case 'A':
      rules.push_back(std::move(rule));
      break;
    case 'I':
      rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(std::min(index, rules.size())),
                   std::move(rule));
      break;
    case 'R':
      if (index < rules.size()) rules[index] = std::move(rule);
      break;
    case 'D': {
      auto gone =
          position ? (index < rules.size() ? rules.begin() + static_cast<std::ptrdiff_t>(index) : rules.end())
                   : std::ranges::find(rules, rule.spelling, &Rule::spelling);
      if (gone != rules.end()) rules.erase(gone);
      break;
    }
    default:
      break;
  }
}

IptablesInterpreter::IptablesInterpreter(std::string text, std::string chain) : chain_(std::move(chain)) {
  auto table = std::make_shared<Table>();
  int line = 0;
  for (std::string& content : split(text, '\n')) table->readLine(std::move(content), ++line);
  table_ = std::move(table);
}

const std::vector<int>& IptablesInterpreter::oddLines() const { return table_->oddLines; }

int IptablesInterpreter::ruleCount() const {
  int count = 0;
  for (const auto& [name, rules] : table_->chains) count += static_cast<int>(rules.size());
  return count;
}

Verdict IptablesInterpreter::decide(const ConcretePacket& packet, const Oracle& oracle) const {
  // The kernel refuses loops; a text can have them, and the test must end all the same.
  constexpr std::size_t kDeepest = 1000;
  constexpr int kMostSteps = 10'000'000;

  struct Frame {
    const std::vector<Rule>* rules;
    std::size_t next;
  };
  static const std::vector<Rule> none;
  Verdict verdict;
  const auto start = table_->chains.find(chain_);
  std::vector<Frame> stack{{start == table_->chains.end() ? &none : &start->second, 0}};

  const auto holds = [&](const Rule& rule) {
    const auto all = [&](const std::vector<Check>& checks) {
      return std::ranges::all_of(checks, [&](const Check& check) { return check(packet); });
    };
    if (!all(rule.base)) return false;
    // What a wrapped line says is read into it: another reader may rightly not be sure of it.
    if (rule.repaired) verdict.guessed = true;
    if (!all(rule.checks)) return false;
    for (const std::string& match : rule.undecidable) {
      verdict.guessed = true;
      if (!oracle(rule.line, match)) return false;
    }
    return true;
  };

  for (int steps = 0; !stack.empty(); ++steps) {
    Frame& frame = stack.back();
    if (frame.next == frame.rules->size()) {
      stack.pop_back();
      continue;
    }
    const Rule& rule = (*frame.rules)[frame.next++];
    const std::string& target = rule.target;
    if (steps > kMostSteps) return {Decision::unknown, rule.line, verdict.guessed};
    if (target.empty() || goesOn(target)) continue;
    if (!holds(rule)) continue;
    verdict.line = rule.line;
    if (target == "ACCEPT") {
      verdict.decision = Decision::accept;
    } else if (target == "DROP") {
      verdict.decision = Decision::drop;
    } else if (target == "REJECT") {
      verdict.decision = Decision::reject;
    } else if (target == "RETURN") {
      stack.pop_back();
      continue;
    } else if (const auto chain = table_->chains.find(target);
               chain != table_->chains.end() && stack.size() < kDeepest) {
      // After a goto the end of the chain leads back to where the present chain was called from.
      if (rule.isGoto) {
        frame = {&chain->second, 0};
      } else {
        stack.push_back({&chain->second, 0});
      }
      continue;
    } else {
      verdict.decision = Decision::unknown;
    }
    return verdict;
  }

  verdict.line = 0;
  const auto policy = table_->policies.find(chain_);
  if (policy == table_->policies.end()) {
    // The kernel starts its own chains with ACCEPT.
    const bool builtIn = chain_ == "INPUT" || chain_ == "FORWARD" || chain_ == "OUTPUT";
    verdict.decision = builtIn ? Decision::accept : Decision::unknown;
  } else if (policy->second == "ACCEPT") {
    verdict.decision = Decision::accept;
  } else if (policy->second == "DROP") {
    verdict.decision = Decision::drop;
  } else {
    verdict.decision = Decision::unknown;
  }
  return verdict;
}

Decision interpretIptables(const std::string& fileText, const std::string& chain,
                           const ConcretePacket& packet) {
  return IptablesInterpreter(fileText, chain)
      .decide(packet, [](int, std::string_view) { return false; })
      .decision;
}

}  // namespace vauban::tests
