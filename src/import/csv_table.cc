#include "import/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vauban::import {
namespace {

char separatorOf(std::string_view text) {
  std::array<std::pair<char, std::size_t>, 3> counts{{{',', 0}, {';', 0}, {'\t', 0}}};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    for (auto& [candidate, count] : counts) count += c == candidate ? 1 : 0;
  }
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

class TableReader {
 public:
  TableReader(const std::string& name, std::string_view text, const CsvLimits& limits,
              Diagnostics& diagnostics)
      : name_(name), text_(text), limits_(limits), diagnostics_(diagnostics) {}

  std::vector<CsvRow> read() {
    if (text_.size() > limits_.bytes) {
      error(0, 0, fmt::format("the file has more than {} bytes", limits_.bytes));
      return {};
    }
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    separator_ = separatorOf(text_.substr(at_));
    std::vector<CsvRow> rows;
    while (at_ < text_.size() && !stop_) {
      CsvRow row = readRow();
      if (std::ranges::all_of(row.cells, [](const CsvCell& cell) {
            return cell.text.find_first_not_of(" \t") == std::string::npos;
          })) {
        continue;
      }
      if (rows.size() > limits_.rows) {
        error(row.line, 1, fmt::format("the file has more than {} rows", limits_.rows));
        break;
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  void error(std::uint32_t line, std::uint32_t column, std::string message) {
    if (diagnostics_.size() >= limits_.diagnostics) stop_ = true;
    if (!stop_)
      diagnostics_.push_back({Severity::error, {name_, line, column}, 0, std::move(message), {}, {}});
  }

  std::uint32_t column() const { return static_cast<std::uint32_t>(at_ - lineStart_) + 1U; }

  void newLine() {
    ++at_;
    ++line_;
    lineStart_ = at_;
  }

  bool atLineEnd() const {
    return at_ >= text_.size() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
  }

  CsvRow readRow() {
    CsvRow row{line_, {}, {}};
    const std::size_t start = at_;
    while (true) {
      row.cells.push_back(text_.substr(at_).starts_with('"') ? quotedCell() : plainCell());
      if (row.cells.size() > limits_.cells) {
        error(line_, column(), fmt::format("a row of more than {} cells", limits_.cells));
        stop_ = true;
        break;
      }
      if (atLineEnd()) break;
      ++at_;  // the separator
    }
    row.text = text_.substr(start, at_ - start);
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') newLine();
    return row;
  }

  CsvCell plainCell() {
    CsvCell cell{{}, line_, column()};
    const std::size_t start = at_;
    while (!atLineEnd() && text_[at_] != separator_) ++at_;
    cell.text = text_.substr(start, at_ - start);
    return cell;
  }

  CsvCell quotedCell() {
    const std::uint32_t openLine = line_, openColumn = column();
    ++at_;
    CsvCell cell{{}, line_, column()};
    while (true) {
      if (at_ >= text_.size()) {
        error(openLine, openColumn, "a quote that does not end");
        return cell;
      }
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '"') break;
      }
      cell.text += c;
      if (c == '\n') {
        newLine();
      } else {
        ++at_;
      }
    }
    if (!atLineEnd() && text_[at_] != separator_) {
      error(line_, column(), "text after the closing quote of a cell");
      while (!atLineEnd() && text_[at_] != separator_) ++at_;
    }
    return cell;
  }

  const std::string& name_;
  std::string_view text_;
  const CsvLimits& limits_;
  Diagnostics& diagnostics_;
  char separator_ = ',';
  std::size_t at_ = 0, lineStart_ = 0;
  std::uint32_t line_ = 1;
  bool stop_ = false;
};

}  // namespace

std::vector<CsvRow> readCsvTable(const std::string& name, std::string_view text, const CsvLimits& limits,
                                 Diagnostics& diagnostics) {
  return TableReader(name, text, limits, diagnostics).read();
}

}  // namespace vauban::import
