// A table as text: leading lines `# key: value`, one line of column names, then rows; tabs between cells, LF
// after every line, UTF-8, nothing quoted (docs/formats/knowledge-pack.md).
//
//   # table: roles
//   # format: 1
//   id	name	source
//   PD-WRL-001	Defensive Cybersecurity	nice
//
// Invariants of a text that reads without an error: every row has a cell for each column; no cell holds a
// control character; the last cell of a row is never empty, so that an editor that strips blanks at the end
// of a line breaks nothing; the last line ends. Columns may stand in any order: whoever reads says which it
// wants, and in which order.
//
// A table is read in three steps: its head, then what is expected of the head, then the rows. It borrows its
// text, which must outlive it and every cell taken from it. Reading costs one pass over the text and four
// bytes a cell. Immutable once made, save that errors go to the TableErrors it was made with: one thread at a
// time for each of those.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/diagnostic.h"

namespace vauban::catalog {

struct TableLimits {
  std::size_t bytes = 64U << 20U;  // of one text; at most 4 GiB
  std::size_t rows = 2'000'000;
  std::size_t columns = 64;
  std::size_t leadingLines = 32;
  std::size_t cell = 4096;   // bytes
  std::size_t errors = 100;  // of all tables that share a TableErrors
};

// What is wrong in one or several tables, up to a limit; beyond it, one line says that there is more.
class TableErrors {
 public:
  explicit TableErrors(std::size_t most = TableLimits{}.errors) : most_(most) {}

  void add(Place place, std::size_t length, std::string message, std::string expected = {},
           std::string nearest = {});
  bool full() const { return diagnostics_.size() >= most_; }
  bool any() const { return !diagnostics_.empty(); }
  Diagnostics take();  // sorted by place; leaves none

 private:
  Diagnostics diagnostics_;
  std::size_t most_;
  bool more_ = false;
};

// What stands above the rows. Borrows the text, which must outlive it. A value.
class TableHead {
 public:
  // nullopt where the head is such that the rows cannot be told apart; other errors leave the rest readable.
  static std::optional<TableHead> read(std::string file, std::string_view text, TableErrors& errors,
                                       const TableLimits& limits = {});

  const std::string& file() const { return file_; }
  std::string_view value(std::string_view key) const;  // of a leading line; "" where there is none
  Place placeOf(std::string_view key) const;           // of its value; of the first line where there is none

  // Which leading lines and columns there may be. All columns are needed; of the leading lines those that
  // `needed` names. Whatever is unknown, missing or twice is an error with the nearest name. The result says
  // for each of `columns` where it stands in the text; nullopt where the rows cannot be read by them.
  std::optional<std::vector<std::size_t>> expect(std::span<const std::string_view> keys,
                                                 std::span<const std::string_view> needed,
                                                 std::span<const std::string_view> columns,
                                                 TableErrors& errors) const;

 private:
  friend class Table;
  struct LeadingLine {
    std::string_view key, value;
    std::uint32_t line;
  };
  TableHead(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {}
  void readLeadingLine(std::string_view line, std::uint32_t number, TableErrors& errors);

  std::string file_;
  std::string_view text_;
  std::vector<LeadingLine> leading_;
  std::vector<std::string_view> header_;
  std::size_t rowsBegin_ = 0;
  std::uint32_t firstRowLine_ = 0;
};

class Table {
 public:
  // The rows below `head`. Everything wrong with their form goes to `errors`; rows that are whole are kept
  // all the same, so that their content can be looked at in the same run. `order` as expect() gave it:
  // columns are counted in the order in which they were expected.
  Table(TableHead head, std::vector<std::size_t> order, TableErrors& errors, const TableLimits& limits = {});

  const TableHead& head() const { return head_; }
  std::size_t rows() const { return offsets_.size() / stride_; }
  std::string_view cell(std::size_t row, std::size_t column) const {
    const std::uint32_t* const ends = offsets_.data() + row * stride_ + order_[column];
    const std::uint32_t begin = ends[0] + (order_[column] == 0 ? 0U : 1U);
    return {head_.text_.data() + begin, ends[1] - begin};
  }
  Place place(std::size_t row, std::size_t column) const;

  void error(std::size_t row, std::size_t column, std::string message, std::string expected = {},
             std::string nearest = {}) const;
  // The cell is none of `names`, of which the nearest stands in the error.
  void unknown(std::size_t row, std::size_t column, std::string_view what,
               const std::vector<std::string_view>& names) const;

  // A number without sign, blanks or anything else around it. An error, and 0, where it is none.
  template <class Number>
  Number number(std::size_t row, std::size_t column) const {
    const std::string_view text = cell(row, column);
    Number value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed == std::errc() && end == text.data() + text.size() && text.front() != '-' && isFinite(value))
      return value;
    notANumber(row, column, failed == std::errc::result_out_of_range);
    return Number{};
  }

 private:
  void readRows(const TableLimits& limits);
  std::size_t refuseRow(std::size_t begin, std::uint32_t line, const TableLimits& limits) const;
  template <class Number>
  static bool isFinite(Number value) {
    if constexpr (std::is_floating_point_v<Number>) return std::isfinite(value);
    return true;
  }
  void notANumber(std::size_t row, std::size_t column, bool outOfRange) const;
  std::uint32_t lineOfRow(std::size_t row) const;
  void formError(std::uint32_t line, std::uint32_t column, std::size_t length, std::string message,
                 std::string expected = {}) const;

  TableHead head_;
  std::vector<std::size_t> order_;
  TableErrors* errors_;
  std::size_t stride_;  // columns of the text + 1
  // A row is its begin, then the end of each of its cells: a cell begins one byte after the end of the one
  // before.
  std::vector<std::uint32_t> offsets_;
  std::vector<std::size_t>
      droppedBefore_;  // for each row that was not whole, how many whole ones came before it
};

// Writes such a text. What a cell cannot hold, control characters and what is no UTF-8, becomes one blank or
// U+FFFD: names from outside may hold anything, and a table must be readable again.
class TableText {
 public:
  void lead(std::string_view key, std::string_view value);
  void columns(std::span<const std::string_view> names);
  void cell(std::string_view text);
  void cell(std::uint64_t number);
  void cell(double number);  // the shortest text that reads as the same number
  void endRow();             // the row's last cell must not be empty
  std::string take() { return std::exchange(text_, {}); }

 private:
  void separate();

  std::string text_;
  bool rowBegun_ = false;
};

}  // namespace vauban::catalog
