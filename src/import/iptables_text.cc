#include "import/iptables_text.h"

#include <fmt/format.h>

#include <charconv>

namespace vauban::import {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (isBlank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

class TextReader {
 public:
  TextReader(const std::string& name, const IptablesLimits& limits, Diagnostics& diagnostics)
      : limits_(limits), diagnostics_(diagnostics) {
    file_.name = name;
  }

  IptablesFile read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.size() > limits_.bytes) {
      error(0, {}, fmt::format("the file has more than {} bytes", limits_.bytes));
      return std::move(file_);
    }
    std::uint32_t number = 0;
    while (!text.empty() && !stop_) {
      const std::size_t end = text.find('\n');
      readLine(++number, text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return std::move(file_);
  }

 private:
  void error(std::uint32_t line, std::string_view at, std::string message, std::string expected = {}) {
    if (diagnostics_.size() >= limits_.diagnostics) {
      stop_ = true;
      return;
    }
    const auto column =
        at.data() == nullptr || at.data() < line_.data() || at.data() > line_.data() + line_.size()
            ? 0U
            : static_cast<std::uint32_t>(at.data() - line_.data()) + 1U;
    diagnostics_.push_back({Severity::error,
                            {file_.name, line, column},
                            static_cast<std::uint32_t>(at.size()),
                            std::move(message),
                            std::move(expected),
                            {}});
  }

  void readLine(std::uint32_t number, std::string_view line) {
    line_ = line;
    if (line.size() > limits_.lineBytes) {
      return error(number, {}, fmt::format("the line has more than {} bytes", limits_.lineBytes));
    }
    if (line.find('\0') != std::string_view::npos) return error(number, {}, "the line holds a zero byte");
    std::string_view rest = trimmed(line);
    if (rest.empty()) return;
    if (rest.front() == '#') {
      if (rest.find("ip6tables-save") != std::string_view::npos) file_.namesIp6tables = true;
      return;
    }
    if (rest.front() == '*') return beginTable(number, trimmed(rest.substr(1)));
    if (rest == "COMMIT") {
      inTable_ = false;
      return;
    }
    if (rest.front() == ':') return declare(number, rest);
    // "[packets:bytes] -A ...", as iptables-save -c writes.
    if (rest.front() == '[') {
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos || rest.find_first_not_of("0123456789:", 1) != end) {
        return error(number, rest.substr(0, 1), "broken counters before a rule", "[packets:bytes]");
      }
      rest = trimmed(rest.substr(end + 1));
    }
    if (!rest.empty() && rest.front() == '-') return command(number, rest);
    if (!inTable_) {
      file_.skipped.push_back(
          {number, static_cast<std::uint32_t>(rest.data() - line.data()) + 1U, rest, 0, 0});
      return;
    }
    error(number, rest, "a line that is neither a rule nor a chain",
          "-A CHAIN ..., :CHAIN POLICY, *TABLE or COMMIT");
  }

  void beginTable(std::uint32_t number, std::string_view name) {
    if (name.empty()) return error(number, name, "a table without a name", "*filter");
    // iptables-restore empties a table that begins again, so one of the two would silently not count.
    if (file_.find(name) != nullptr && !onlyImplied_) {
      return error(number, name, fmt::format("table '{}' begins twice", name));
    }
    current_ = tableIndex(name);
    inTable_ = true;
    onlyImplied_ = false;
  }

  std::size_t tableIndex(std::string_view name) {
    for (std::size_t i = 0; i < file_.tables.size(); ++i) {
      if (file_.tables[i].name == name) return i;
    }
    file_.tables.push_back({name, {}, {}});
    return file_.tables.size() - 1;
  }

  IptablesTable& table() {
    if (file_.tables.empty()) {  // rules before any "*table": the table that iptables takes without -t
      current_ = tableIndex("filter");
      onlyImplied_ = true;
    }
    return file_.tables[current_];
  }

  IptablesChain* chain(std::uint32_t number, std::string_view name) {
    IptablesTable& here = table();
    const auto [entry, fresh] = here.byName.try_emplace(name, here.chains.size());
    if (fresh) {
      if (++chains_ > limits_.chains) {
        error(number, name, fmt::format("the file has more than {} chains", limits_.chains));
        stop_ = true;
        return nullptr;
      }
      here.chains.push_back({name, {}, 0, {}});
    }
    return &here.chains[entry->second];
  }

  static std::string_view word(std::string_view& rest) {
    rest = trimmed(rest);
    const std::size_t end = rest.find_first_of(" \t");
    const std::string_view first = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : trimmed(rest.substr(end));
    return first;
  }

  // iptables-restore knows no table after COMMIT until the next one begins.
  bool outside(std::uint32_t number, std::string_view at) {
    if (inTable_ || onlyImplied_ || file_.tables.empty()) return false;
    error(number, at, "a chain or rule after COMMIT, outside of every table", "*TABLE before it");
    return true;
  }

  void declare(std::uint32_t number, std::string_view rest) {
    if (outside(number, rest)) return;
    rest.remove_prefix(1);
    const std::string_view name = word(rest), policy = word(rest);
    if (name.empty()) return error(number, name, "a chain without a name", ":CHAIN POLICY");
    setPolicy(number, name, policy.empty() ? "-" : policy);
  }

  void setPolicy(std::uint32_t number, std::string_view name, std::string_view policy) {
    if (policy != "-" && policy != "ACCEPT" && policy != "DROP" && policy != "REJECT" && policy != "QUEUE") {
      return error(number, policy, fmt::format("'{}' is no policy", policy), "ACCEPT, DROP or -");
    }
    if (IptablesChain* declared = chain(number, name)) {
      declared->policy = policy;
      declared->line = number;
    }
  }

  void command(std::uint32_t number, std::string_view rest) {
    if (outside(number, rest)) return;
    const std::string_view whole = rest;
    const std::string_view option = word(rest);
    const std::string_view name = word(rest);
    const bool append = option == "-A" || option == "--append",
               insert = option == "-I" || option == "--insert";
    if (name.empty())
      return error(number, option, fmt::format("'{}' without a chain", option), "-A CHAIN ...");
    if (option == "-N" || option == "--new-chain") return setPolicy(number, name, "-");
    if (option == "-P" || option == "--policy") return setPolicy(number, name, word(rest));
    if (!append && !insert) {
      return error(number, option, fmt::format("'{}' is not a command of a rule file", option),
                   "-A, -I, -N or -P");
    }
    if (++rules_ > limits_.rules) {
      error(number, option, fmt::format("the file has more than {} rules", limits_.rules));
      stop_ = true;
      return;
    }
    IptablesChain* home = chain(number, name);
    if (home == nullptr) return;
    std::size_t at = insert ? 0 : home->rules.size();
    if (insert && !rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      const std::string_view position = word(rest);
      const auto [end, bad] = std::from_chars(position.data(), position.data() + position.size(), at);
      if (bad != std::errc() || end != position.data() + position.size() || at == 0 ||
          at > home->rules.size() + 1) {
        return error(number, position, fmt::format("the chain has no position {}", position));
      }
      --at;
    }
    IptablesLine line{number, static_cast<std::uint32_t>(whole.data() - line_.data()) + 1U, whole,
                      static_cast<std::uint32_t>(file_.tokens.size()), 0};
    if (!tokenize(number, rest)) return;
    line.tokens = static_cast<std::uint32_t>(file_.tokens.size()) - line.firstToken;
    home->rules.insert(home->rules.begin() + static_cast<std::ptrdiff_t>(at), line);
  }

  bool tokenize(std::uint32_t number, std::string_view rest) {
    while (true) {
      while (!rest.empty() && isBlank(rest.front())) rest.remove_prefix(1);
      if (rest.empty() || rest.front() == '#') return true;
      const auto column = static_cast<std::uint32_t>(rest.data() - line_.data()) + 1U;
      if (rest.front() == '"' || rest.front() == '\'') {
        if (!quoted(number, rest, column)) return false;
        continue;
      }
      std::size_t end = 0;
      while (end < rest.size() && !isBlank(rest[end])) ++end;
      std::string_view token = rest.substr(0, end);
      rest.remove_prefix(end);
      // getopt_long takes the argument of a long option after '=' too.
      const std::size_t equals = token.starts_with("--") ? token.find('=') : std::string_view::npos;
      if (equals != std::string_view::npos) {
        file_.tokens.push_back({token.substr(0, equals), column, false});
        file_.tokens.push_back(
            {token.substr(equals + 1), column + static_cast<std::uint32_t>(equals) + 1U, true});
      } else {
        file_.tokens.push_back({token, column, false});
      }
    }
  }

  bool quoted(std::uint32_t number, std::string_view& rest, std::uint32_t column) {
    const char mark = rest.front();
    std::size_t end = 1;
    bool escapes = false;
    while (end < rest.size() && rest[end] != mark) {
      if (mark == '"' && rest[end] == '\\') {
        escapes = true;
        ++end;
      }
      ++end;
    }
    if (end >= rest.size()) {
      error(number, rest.substr(0, 1), "a quote that does not end on its line");
      return false;
    }
    std::string_view inside = rest.substr(1, end - 1);
    if (escapes) {
      std::string plain;
      for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
        plain += inside[i];
      }
      inside = file_.unquoted.emplace_back(std::move(plain));
    }
    file_.tokens.push_back({inside, column, true});
    rest.remove_prefix(end + 1);
    return true;
  }

  IptablesFile file_;
  const IptablesLimits& limits_;
  Diagnostics& diagnostics_;
  std::string_view line_;
  std::size_t current_ = 0, rules_ = 0, chains_ = 0;
  bool inTable_ = false, onlyImplied_ = false, stop_ = false;
};

}  // namespace

const IptablesChain* IptablesTable::find(std::string_view chain) const {
  const auto found = byName.find(chain);
  return found == byName.end() ? nullptr : &chains[found->second];
}

const IptablesTable* IptablesFile::find(std::string_view table) const {
  for (const IptablesTable& candidate : tables) {
    if (candidate.name == table) return &candidate;
  }
  return nullptr;
}

IptablesFile readIptablesText(const std::string& name, std::string_view text, const IptablesLimits& limits,
                              Diagnostics& diagnostics) {
  return TextReader(name, limits, diagnostics).read(text);
}

}  // namespace vauban::import
