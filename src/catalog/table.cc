#include "catalog/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/nearest_name.h"
#include "base/utf8.h"

namespace vauban::catalog {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

constexpr std::string_view kForm = "tabs between cells, and a line feed at the end of each line";

// The control characters (below 0x20) of a text, one after the other, eight bytes at a time.
class ControlBytes {
 public:
  ControlBytes(std::string_view text, std::size_t from) : text_(text) { moveTo(from); }

  void moveTo(std::size_t from) {
    block_ = from;
    found_ = from < text_.size() ? load() : 0;
  }
  // Where the next one stands; the size of the text where there is none.
  std::size_t next() {
    while (found_ == 0) {
      block_ += 8;
      if (block_ >= text_.size()) return text_.size();
      found_ = load();
    }
    const std::size_t at = block_ + static_cast<std::size_t>(std::countr_zero(found_)) / 8;
    found_ &= found_ - 1;
    return at;
  }
  bool sawHighBit() const { return (all_ & kHigh) != 0; }

 private:
  static constexpr std::uint64_t kEach = 0x0101010101010101ULL, kHigh = kEach * 0x80;

  // The high bit of each byte of the block that is a control character, and of no other; the first in the
  // lowest.
  std::uint64_t load() {
    std::uint64_t bytes = kEach * ' ';  // what follows the end is no control character
    if (const std::size_t left = text_.size() - block_; left >= 8) {
      std::memcpy(&bytes, text_.data() + block_, 8);
    } else {
      std::memcpy(&bytes, text_.data() + block_, left);
    }
    if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
    all_ |= bytes;
    return ~(((bytes & (kEach * 0x7F)) + kEach * 0x60) | bytes) & kHigh;
  }

  std::string_view text_;
  std::size_t block_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t all_ = 0;  // every byte so far, or-ed
};

std::string joined(std::span<const std::string_view> names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string nearestOf(std::string_view name, std::span<const std::string_view> names) {
  return nearestName(name, std::vector<std::string_view>(names.begin(), names.end()));
}

bool holds(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

void TableErrors::add(Place place, std::size_t length, std::string message, std::string expected,
                      std::string nearest) {
  if (full()) {
    more_ = true;
    return;
  }
  diagnostics_.push_back({Severity::error, std::move(place), static_cast<std::uint32_t>(length),
                          std::move(message), std::move(expected), std::move(nearest)});
}

Diagnostics TableErrors::take() {
  sortDiagnostics(diagnostics_);
  if (more_) {
    const std::string file = diagnostics_.empty() ? std::string() : diagnostics_.back().place.file;
    diagnostics_.push_back({Severity::note, {file, 0, 0}, 0, "there are more errors than these", "", ""});
  }
  more_ = false;
  return std::exchange(diagnostics_, {});
}

std::optional<TableHead> TableHead::read(std::string file, std::string_view text, TableErrors& errors,
                                         const TableLimits& limits) {
  TableHead head(std::move(file), text);
  const auto refuse = [&](std::uint32_t line, std::uint32_t column, std::string message,
                          std::string expected) {
    errors.add({head.file_, line, column}, 0, std::move(message), std::move(expected));
    return std::nullopt;
  };
  if (text.size() > std::min<std::size_t>(limits.bytes, UINT32_MAX))
    return refuse(0, 0, fmt::format("{} bytes are more than a table may have", text.size()),
                  fmt::format("at most {}", limits.bytes));
  if (text.starts_with(kBom)) return refuse(1, 1, "a byte order mark", "UTF-8 without one");

  std::size_t begin = 0;
  for (std::uint32_t number = 1;; ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos)
      return refuse(number, 1, "the text ends before the names of the columns",
                    "leading lines '# key: value', then the names of the columns, each line with its end");
    const std::string_view line = text.substr(begin, end - begin);
    if (line.size() > limits.cell)
      return refuse(number, 1, fmt::format("{} bytes are more than a line here may have", line.size()),
                    fmt::format("at most {}", limits.cell));
    const auto* const control =
        std::ranges::find_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
    if (control != line.end())
      return refuse(number, static_cast<std::uint32_t>(control - line.begin() + 1), "a control character",
                    std::string(kForm));
    if (const std::size_t bad = firstInvalidUtf8(line); bad != std::string_view::npos)
      return refuse(number, static_cast<std::uint32_t>(bad + 1), "a byte that is not UTF-8", "UTF-8");
    begin = end + 1;
    if (line.starts_with('#')) {
      if (number > limits.leadingLines)
        return refuse(number, 1, "too many leading lines", fmt::format("at most {}", limits.leadingLines));
      head.readLeadingLine(line, number, errors);
      continue;
    }
    for (std::size_t at = 0;;) {
      const std::size_t tab = line.find('\t', at);
      head.header_.push_back(line.substr(at, tab - at));
      if (tab == std::string_view::npos) break;
      at = tab + 1;
    }
    if (head.header_.size() > limits.columns)
      return refuse(number, 1, fmt::format("{} columns are more than a table may have", head.header_.size()),
                    fmt::format("at most {}", limits.columns));
    head.firstRowLine_ = number + 1;
    head.rowsBegin_ = begin;
    return head;
  }
}

void TableHead::readLeadingLine(std::string_view line, std::uint32_t number, TableErrors& errors) {
  const std::size_t colon = line.find(": ");
  const bool well = line.starts_with("# ") && colon != std::string_view::npos && colon > 2 &&
                    colon + 2 < line.size() && line.find('\t') == std::string_view::npos;
  if (!well)
    return errors.add({file_, number, 1}, line.size(), "a leading line that says nothing", "# key: value");
  const std::string_view key = line.substr(2, colon - 2);
  if (std::ranges::find(leading_, key, &LeadingLine::key) != leading_.end())
    return errors.add({file_, number, 3}, key.size(), fmt::format("a second line for '{}'", key));
  leading_.push_back({key, line.substr(colon + 2), number});
}

std::string_view TableHead::value(std::string_view key) const {
  const auto found = std::ranges::find(leading_, key, &LeadingLine::key);
  return found == leading_.end() ? std::string_view() : found->value;
}

Place TableHead::placeOf(std::string_view key) const {
  const auto found = std::ranges::find(leading_, key, &LeadingLine::key);
  if (found == leading_.end()) return {file_, 1, 1};
  return {file_, found->line, static_cast<std::uint32_t>(key.size() + 5)};
}

std::optional<std::vector<std::size_t>> TableHead::expect(std::span<const std::string_view> keys,
                                                          std::span<const std::string_view> needed,
                                                          std::span<const std::string_view> columns,
                                                          TableErrors& errors) const {
  bool well = true;
  const auto wrong = [&](std::uint32_t line, std::uint32_t column, std::string_view name, std::string message,
                         std::span<const std::string_view> names, std::string nearest) {
    errors.add({file_, line, column}, name.size(), std::move(message), joined(names), std::move(nearest));
    well = false;
  };
  for (const LeadingLine& line : leading_) {
    if (!holds(keys, line.key))
      wrong(line.line, 3, line.key, fmt::format("no such key: '{}'", line.key), keys,
            nearestOf(line.key, keys));
  }
  for (const std::string_view key : needed) {
    if (value(key).empty()) wrong(1, 1, {}, fmt::format("no leading line for '{}'", key), needed, {});
  }
  const std::uint32_t headerLine = firstRowLine_ - 1;
  std::vector<std::size_t> order(columns.size(), SIZE_MAX);
  for (std::size_t i = 0; i < header_.size(); ++i) {
    const auto at = static_cast<std::uint32_t>(header_[i].data() - header_[0].data() + 1);
    const auto known = std::ranges::find(columns, header_[i]);
    if (known == columns.end()) {
      wrong(headerLine, at, header_[i], fmt::format("no such column: '{}'", header_[i]), columns,
            nearestOf(header_[i], columns));
    } else if (auto& place = order[static_cast<std::size_t>(known - columns.begin())]; place != SIZE_MAX) {
      wrong(headerLine, at, header_[i], fmt::format("a second column '{}'", header_[i]), columns, {});
    } else {
      place = i;
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (order[i] == SIZE_MAX)
      wrong(headerLine, 1, {}, fmt::format("no column '{}'", columns[i]), columns,
            nearestOf(columns[i], header_));
  }
  if (!well) return std::nullopt;
  return order;
}

Table::Table(TableHead head, std::vector<std::size_t> order, TableErrors& errors, const TableLimits& limits)
    : head_(std::move(head)), order_(std::move(order)), errors_(&errors), stride_(head_.header_.size() + 1) {
  readRows(limits);
}

void Table::formError(std::uint32_t line, std::uint32_t column, std::size_t length, std::string message,
                      std::string expected) const {
  errors_->add({head_.file_, line, column}, length, std::move(message), std::move(expected));
}

void Table::readRows(const TableLimits& limits) {
  const std::string_view text = head_.text_;
  const std::size_t columns = stride_ - 1;
  offsets_.reserve((text.size() - head_.rowsBegin_) / 6 + stride_);  // short cells are the rule
  ControlBytes controls(text, head_.rowsBegin_);
  std::uint32_t line = head_.firstRowLine_;
  for (std::size_t begin = head_.rowsBegin_; begin < text.size(); ++line) {
    const std::size_t row = offsets_.size();
    if (row >= limits.rows * stride_) {
      formError(line, 1, 0, "more rows than a table may have", fmt::format("at most {}", limits.rows));
      return;
    }
    offsets_.resize(row + stride_);
    std::uint32_t* const ends = offsets_.data() + row + 1;
    ends[-1] = static_cast<std::uint32_t>(begin);
    std::size_t cell = begin;  // where it begins
    bool whole = true;
    for (std::size_t column = 0; column < columns && whole; ++column) {
      const std::size_t end = controls.next();
      whole =
          end < text.size() && text[end] == (column + 1 < columns ? '\t' : '\n') && end - cell <= limits.cell;
      ends[column] = static_cast<std::uint32_t>(end);
      cell = end + 1;
    }
    if (whole && ends[columns - 1] > (columns == 1 ? begin : ends[columns - 2] + 1U)) {
      begin = cell;
      continue;
    }
    offsets_.resize(row);
    droppedBefore_.push_back(row / stride_);
    begin = refuseRow(begin, line, limits);
    controls.moveTo(begin);
  }
  if (!controls.sawHighBit()) return;
  const std::string_view rows = text.substr(head_.rowsBegin_);
  if (const std::size_t bad = firstInvalidUtf8(rows); bad != std::string_view::npos) {
    const std::string_view before = text.substr(0, head_.rowsBegin_ + bad);
    formError(static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1),
              static_cast<std::uint32_t>(before.size() - before.rfind('\n')), 1, "a byte that is not UTF-8",
              "UTF-8");
    offsets_.clear();
  }
}

// Says what is wrong with the row that begins at `begin`; gives where the next begins.
std::size_t Table::refuseRow(std::size_t begin, std::uint32_t line, const TableLimits& limits) const {
  const std::string_view text = head_.text_;
  const std::size_t end = std::min(text.find('\n', begin), text.size());
  const std::string_view row = text.substr(begin, end - begin);
  const auto column = [](std::size_t at) { return static_cast<std::uint32_t>(at + 1); };
  if (end == text.size()) {
    formError(line, column(row.size()), 0, "the last line does not end",
              "a line feed after every row; is the text cut off?");
    return end;
  }
  std::size_t cells = 1, cell = 0;
  const auto endCell = [&](std::size_t at) {
    if (at - cell > limits.cell)
      formError(line, column(cell), 0, fmt::format("{} bytes are more than a cell may have", at - cell),
                fmt::format("at most {}", limits.cell));
    cell = at + 1;
  };
  for (std::size_t at = 0; at < row.size(); ++at) {
    if (row[at] == '\t') {
      endCell(at);
      ++cells;
    } else if (static_cast<unsigned char>(row[at]) < 0x20) {
      formError(line, column(at), 1, row[at] == '\r' ? "a carriage return" : "a control character",
                std::string(kForm));
    }
  }
  endCell(row.size());
  if (cells != head_.header_.size()) {
    formError(line, 1, row.size(), fmt::format("a row with {} of {} cells", cells, head_.header_.size()),
              fmt::format("a cell for each of {}", joined(head_.header_)));
  } else if (row.empty() || row.back() == '\t') {
    formError(line, column(row.size()), 0, "a row whose last cell is empty",
              fmt::format("a value for {}", head_.header_.back()));
  }
  return end + 1;
}

std::uint32_t Table::lineOfRow(std::size_t row) const {
  const auto dropped = std::ranges::upper_bound(droppedBefore_, row) - droppedBefore_.begin();
  return head_.firstRowLine_ + static_cast<std::uint32_t>(row) + static_cast<std::uint32_t>(dropped);
}

Place Table::place(std::size_t row, std::size_t column) const {
  const auto at = static_cast<std::uint32_t>(cell(row, column).data() - head_.text_.data());
  return {head_.file_, lineOfRow(row), at - offsets_[row * stride_] + 1};
}

void Table::error(std::size_t row, std::size_t column, std::string message, std::string expected,
                  std::string nearest) const {
  errors_->add(place(row, column), cell(row, column).size(), std::move(message), std::move(expected),
               std::move(nearest));
}

void Table::unknown(std::size_t row, std::size_t column, std::string_view what,
                    const std::vector<std::string_view>& names) const {
  if (errors_->full())
    return errors_->add({}, 0, {});  // the search for the nearest costs more than all the rest
  const std::string_view name = cell(row, column);
  error(row, column, fmt::format("no such {}: '{}'", what, name), {}, nearestName(name, names));
}

void Table::notANumber(std::size_t row, std::size_t column, bool outOfRange) const {
  error(row, column,
        fmt::format("'{}' is {}", cell(row, column), outOfRange ? "out of range" : "not a number"),
        "a number");
}

void TableText::lead(std::string_view key, std::string_view value) {
  text_ += "# ";
  cell(key);
  rowBegun_ = false;
  text_ += ": ";
  cell(value);
  endRow();
}

void TableText::columns(std::span<const std::string_view> names) {
  for (const std::string_view name : names) cell(name);
  endRow();
}

void TableText::separate() {
  if (rowBegun_) text_ += '\t';
  rowBegun_ = true;
}

void TableText::cell(std::string_view text) {
  separate();
  const bool plain =
      std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) - 0x20U < 0x60U; });
  if (plain) {
    text_ += text;
    return;
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8CharacterAt(text, at);
    if (length == 0) {
      text_ += "\xEF\xBF\xBD";
    } else if (static_cast<unsigned char>(text[at]) < 0x20) {
      text_ += ' ';
    } else {
      text_ += text.substr(at, length);
    }
    at += std::max<std::size_t>(1, length);
  }
}

void TableText::cell(std::uint64_t number) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

void TableText::cell(double number) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

void TableText::endRow() {
  text_ += '\n';
  rowBegun_ = false;
}

}  // namespace vauban::catalog
