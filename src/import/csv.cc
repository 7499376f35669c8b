#include "import/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/nearest_name.h"
#include "import/iptables_address.h"
#include "model/service_words.h"

namespace vauban::import {
namespace {

using model::Action;
using model::FilterRule;
using space::AddressSet;
using space::PortRange;
using space::ServiceSet;

enum Column : std::size_t { kAction, kFrom, kTo, kService, kProtocol, kPort, kDisabled, kName, kColumns };
constexpr std::array<std::string_view, kColumns> kColumnNames{"action",   "from", "to",       "service",
                                                              "protocol", "port", "disabled", "name"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool isAny(std::string_view word) { return word == "any" || word == "all" || word == "*"; }

std::optional<PortRange> portsOf(std::string_view word) {
  const std::size_t dash = word.find_first_of("-:");
  auto port = [](std::string_view text) -> std::optional<std::uint16_t> {
    text = trimmed(text);
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  const auto first = port(word.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port(word.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

// A word of a cell's list and where it stands.
struct Word {
  std::string text;  // in lower case, without "!"
  bool negated = false;
  Place place;
  std::uint32_t length = 0;
};

class CsvReader {
 public:
  CsvReader(const std::string& name, const CsvLimits& limits) : name_(name), limits_(limits) {}

  Result<model::FilterProgram> read(std::string_view text,
                                    const std::map<std::string, std::string>& columns) {
    const std::vector<CsvRow> rows = readCsvTable(name_, text, limits_, diagnostics_);
    model::FilterProgram program;
    program.name = name_;
    program.entry = model::ChainId(0);
    program.families = {space::Family::ipv4, space::Family::ipv6};
    model::Chain chain{"rules", {}, Action::drop, {name_, 0, 0}};
    if (rows.empty()) {
      error({name_, 1, 1}, 0, "the table is empty", "a first row that names the columns");
    } else if (findColumns(rows.front(), columns)) {
      for (std::size_t r = 1; r < rows.size(); ++r) {
        if (auto rule = readRow(rows[r])) chain.rules.push_back(std::move(*rule));
      }
    }
    if (hasErrors(diagnostics_)) {
      sortDiagnostics(diagnostics_);
      return std::unexpected(std::move(diagnostics_));
    }
    program.chains.push_back(std::move(chain));
    return program;
  }

 private:
  void error(Place place, std::uint32_t length, std::string message, std::string expected = {},
             std::string nearest = {}) {
    if (diagnostics_.size() >= limits_.diagnostics) return;
    diagnostics_.push_back({Severity::error, std::move(place), length, std::move(message),
                            std::move(expected), std::move(nearest)});
  }

  bool findColumns(const CsvRow& header, const std::map<std::string, std::string>& columns) {
    bool good = true;
    std::vector<std::string> headings;
    for (const CsvCell& cell : header.cells) headings.push_back(lower(trimmed(cell.text)));
    auto find = [&](std::string_view heading) -> std::optional<std::size_t> {
      const std::string wanted = lower(trimmed(heading));
      const auto found = std::ranges::find(headings, wanted);
      if (wanted.empty() || found == headings.end()) return std::nullopt;
      return static_cast<std::size_t>(found - headings.begin());
    };
    for (const auto& [ours, heading] : columns) {
      const auto* const known = std::ranges::find(kColumnNames, ours);
      if (known == kColumnNames.end()) {
        error({name_, 0, 0}, 0, fmt::format("'{}' is no column of a rule table", ours),
              "action, from, to, service, protocol, port, disabled or name",
              nearestName(ours, {kColumnNames.begin(), kColumnNames.end()}));
        good = false;
        continue;
      }
      const auto at = find(heading);
      if (!at) {
        const std::vector<std::string_view> names(headings.begin(), headings.end());
        error({name_, header.line, 1}, 0, fmt::format("no column '{}' (for {})", heading, ours), {},
              nearestName(heading, names));
        good = false;
      }
      at_[static_cast<std::size_t>(known - kColumnNames.begin())] = at;
    }
    for (std::size_t c = 0; c < kColumns; ++c) {
      if (!columns.contains(std::string(kColumnNames[c]))) at_[c] = find(kColumnNames[c]);
    }
    if (!good) return false;
    for (const Column needed : {kAction, kFrom, kTo}) {
      if (at_[needed]) continue;
      error({name_, header.line, 1}, 0, fmt::format("no column for '{}'", kColumnNames[needed]),
            fmt::format("columns: {{{}: HEADING}}", kColumnNames[needed]));
      good = false;
    }
    if (!at_[kService] && !at_[kProtocol] && !at_[kPort]) {
      error({name_, header.line, 1}, 0, "no column for 'service', 'protocol' or 'port'",
            "columns: {service: HEADING}");
      good = false;
    }
    headings_ = header.cells.size();
    return good;
  }

  const CsvCell* cell(const CsvRow& row, Column column) const {
    if (!at_[column] || *at_[column] >= row.cells.size()) return nullptr;
    return &row.cells[*at_[column]];
  }

  std::string wordOf(const CsvRow& row, Column column) const {
    const CsvCell* found = cell(row, column);
    return found == nullptr ? std::string() : lower(trimmed(found->text));
  }

  Place placeOf(const CsvRow& row, Column column) const {
    const CsvCell* found = cell(row, column);
    return found == nullptr ? Place{name_, row.line, 1} : Place{name_, found->line, found->column};
  }

  std::vector<Word> words(const CsvCell& cell) const {
    std::vector<Word> list;
    std::uint32_t line = cell.line, column = cell.column;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= cell.text.size(); ++i) {
      const char c = i < cell.text.size() ? cell.text[i] : ',';
      if (c != ',' && c != ';' && c != '\n') continue;
      const std::string_view part = std::string_view(cell.text).substr(start, i - start);
      std::string_view word = trimmed(part);
      if (!word.empty()) {
        const auto skipped = static_cast<std::uint32_t>(word.data() - part.data());
        const bool negated = word.front() == '!';
        Word entry{{}, negated, {name_, line, column + skipped}, static_cast<std::uint32_t>(word.size())};
        if (negated) word = trimmed(word.substr(1));
        entry.text = lower(word);
        list.push_back(std::move(entry));
      }
      column = c == '\n' ? 1 : column + static_cast<std::uint32_t>(i - start) + 1U;
      if (c == '\n') ++line;
      start = i + 1;
    }
    return list;
  }

  // What the positive words give, or everything where there are none, without what the negated give.
  template <class Set, class Meaning>
  std::optional<Set> listed(const CsvRow& row, Column column, const Set& all, Meaning meaning) {
    const CsvCell* found = cell(row, column);
    const std::vector<Word> list = found == nullptr ? std::vector<Word>{} : words(*found);
    if (list.empty()) {
      error(placeOf(row, column), 0, fmt::format("an empty cell for '{}'", kColumnNames[column]),
            "any, or what is meant");
      return std::nullopt;
    }
    Set positive, negative;
    bool good = true, anyPositive = false;
    for (const Word& word : list) {
      const std::optional<Set> set = isAny(word.text) ? std::optional<Set>(all) : meaning(word);
      good = good && set;
      if (!set) continue;
      anyPositive = anyPositive || !word.negated;
      (word.negated ? negative : positive) = (word.negated ? negative : positive) | *set;
    }
    if (!good) return std::nullopt;
    return (anyPositive ? positive : all) - negative;
  }

  std::optional<AddressSet> addresses(const CsvRow& row, Column column) {
    return listed(row, column, AddressSet::all(), [this](const Word& word) -> std::optional<AddressSet> {
      std::string text = word.text;
      std::erase(text, ' ');
      if (const auto range = space::AddressRange::parse(text)) return AddressSet(*range);
      const auto masked = iptablesAddresses(text, space::Family::ipv4);
      if (masked && masked->exact) return masked->addresses;
      error(word.place, word.length, fmt::format("'{}' is no address", word.text),
            "an address, a network, FIRST-LAST or any");
      return std::nullopt;
    });
  }

  std::optional<ServiceSet> serviceWord(const Word& word, ServiceSet protocol, bool hasProtocol) {
    std::string text = word.text;
    // "443/tcp" is as common as "tcp/443".
    if (const auto slash = text.find('/'); slash != std::string::npos && portsOf(text.substr(0, slash))) {
      text = text.substr(slash + 1) + "/" + text.substr(0, slash);
    }
    if (const auto ports = portsOf(text)) {
      ServiceSet set;
      for (const std::uint8_t number :
           {space::kTcp, space::kUdp, space::kDccp, space::kSctp, space::kUdpLite}) {
        if (protocol.intersects(ServiceSet::protocol(number))) set |= ServiceSet::ports(number, *ports);
      }
      if (hasProtocol && !protocol.full() && !set.empty()) return set;
      error(word.place, word.length, fmt::format("port {} without a protocol that has ports", word.text),
            fmt::format("tcp/{} or udp/{}", word.text, word.text));
      return std::nullopt;
    }
    model::WordProblem problem;
    auto set = model::serviceOfWord(text, {}, problem);
    if (!set) error(word.place, word.length, problem.message, problem.expected, problem.nearest);
    return set;
  }

  std::optional<ServiceSet> services(const CsvRow& row) {
    const bool hasProtocol = !wordOf(row, kProtocol).empty();
    std::optional<ServiceSet> protocol = ServiceSet::all();
    if (hasProtocol) {
      protocol =
          listed(row, kProtocol, ServiceSet::all(), [this](const Word& word) -> std::optional<ServiceSet> {
            if (word.text == "ip" || word.text == "ipv4") return ServiceSet::all();
            if (word.text == "tcp/udp" || word.text == "tcp_udp" || word.text == "tcp+udp") {
              return ServiceSet::protocol(space::kTcp) | ServiceSet::protocol(space::kUdp);
            }
            model::WordProblem problem;
            auto set = model::serviceOfWord(word.text, {}, problem);
            if (!set) set = model::serviceOfWord("ip/" + word.text, {}, problem);
            if (!set)
              error(word.place, word.length, fmt::format("no protocol '{}'", word.text),
                    "tcp, udp, icmp, a number or any");
            return set;
          });
      if (!protocol) return std::nullopt;
    }
    ServiceSet result = *protocol;
    bool said = hasProtocol, good = true;
    for (const Column column : {kService, kPort}) {
      if (wordOf(row, column).empty()) continue;
      said = true;
      const auto set = listed(row, column, ServiceSet::all(),
                              [&](const Word& word) { return serviceWord(word, *protocol, hasProtocol); });
      good = good && set;
      if (set) result &= *set;
    }
    if (!good) return std::nullopt;
    const Column where = at_[kService] ? kService : at_[kPort] ? kPort : kProtocol;
    if (!said) {
      error(placeOf(row, where), 0, fmt::format("an empty cell for '{}'", kColumnNames[where]),
            "any, or what is meant");
      return std::nullopt;
    }
    if (result.empty()) {
      error(placeOf(row, where), 0, "the service and the protocol of this row have nothing in common");
      return std::nullopt;
    }
    return result;
  }

  std::optional<Action> action(const CsvRow& row) {
    static constexpr std::array<std::pair<std::string_view, Action>, 11> words{{{"allow", Action::accept},
                                                                                {"accept", Action::accept},
                                                                                {"permit", Action::accept},
                                                                                {"pass", Action::accept},
                                                                                {"allowed", Action::accept},
                                                                                {"deny", Action::drop},
                                                                                {"drop", Action::drop},
                                                                                {"block", Action::drop},
                                                                                {"discard", Action::drop},
                                                                                {"denied", Action::drop},
                                                                                {"reject", Action::reject}}};
    const std::string word = wordOf(row, kAction);
    const auto* const found = std::ranges::find(words, word, [](const auto& entry) { return entry.first; });
    if (found != words.end()) return found->second;
    std::vector<std::string_view> names;
    for (const auto& [name, meaning] : words) names.push_back(name);
    error(placeOf(row, kAction), static_cast<std::uint32_t>(word.size()),
          word.empty() ? std::string("an empty cell for 'action'") : fmt::format("no action '{}'", word),
          "allow, deny or reject", nearestName(word, names));
    return std::nullopt;
  }

  bool disabled(const CsvRow& row) {
    const std::string word = wordOf(row, kDisabled);
    for (const std::string_view yes : {"true", "yes", "1", "x", "on", "disabled"}) {
      if (word == yes) return true;
    }
    for (const std::string_view no : {"", "false", "no", "0", "off", "enabled", "-"}) {
      if (word == no) return false;
    }
    error(placeOf(row, kDisabled), static_cast<std::uint32_t>(word.size()),
          fmt::format("'{}' is neither yes nor no", word), "true or false");
    return false;
  }

  std::optional<FilterRule> readRow(const CsvRow& row) {
    if (row.cells.size() > headings_) {
      const CsvCell& extra = row.cells[headings_];
      error({name_, extra.line, extra.column}, 0, "the row has more cells than the first row has headings");
      return std::nullopt;
    }
    if (disabled(row)) return std::nullopt;
    const auto decides = action(row);
    auto from = addresses(row, kFrom);
    auto to = addresses(row, kTo);
    const auto carries = services(row);
    if (!decides || !from || !to || !carries) return std::nullopt;
    FilterRule rule;
    rule.source = std::move(*from);
    rule.destination = std::move(*to);
    rule.services = *carries;
    rule.action = *decides;
    rule.place = {name_, row.line, 1};
    rule.text = std::string(row.text.substr(0, 200));
    std::ranges::replace(rule.text, '\n', ' ');
    std::ranges::replace(rule.text, '\r', ' ');
    return rule;
  }

  const std::string& name_;
  const CsvLimits& limits_;
  Diagnostics diagnostics_;
  std::array<std::optional<std::size_t>, kColumns> at_;
  std::size_t headings_ = 0;
};

}  // namespace

Result<model::FilterProgram> importCsv(const std::string& name, std::string_view text,
                                       const std::map<std::string, std::string>& columns,
                                       const CsvLimits& limits) {
  return CsvReader(name, limits).read(text, columns);
}

}  // namespace vauban::import
