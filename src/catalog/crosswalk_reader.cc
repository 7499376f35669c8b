#include "catalog/crosswalk_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/nearest_name.h"
#include "base/utf8.h"
#include "catalog/excerpt.h"
#include "catalog/well_formed_id.h"
#include "catalog/workbook.h"

namespace vauban::catalog {
namespace {

enum Column : std::uint8_t { control, relation, technique };
constexpr std::array<std::array<std::string_view, 3>, 3> kHeadings = {
    {{"control", "Control Identifier", "_id"},
     {"relation", "Relation", ""},
     {"d3fend_id", "D3FEND Techniques", "D3FEND"}}};
constexpr std::string_view kColumns = "the columns control, relation and d3fend_id";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string made(text.substr(0, 64));
  std::ranges::transform(made, made.begin(), lower);
  return made;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<Column> columnOfHeading(std::string_view heading) {
  for (std::size_t column = 0; column < kHeadings.size(); ++column)
    if (!heading.empty() && std::ranges::find(kHeadings[column], heading) != kHeadings[column].end())
      return static_cast<Column>(column);
  return std::nullopt;
}

bool saysNothing(std::string_view technique) {
  static constexpr std::array<std::string_view, 5> kWords = {"na", "n/a", "tbd", "duplicate", "review"};
  return technique.empty() || std::ranges::find(kWords, lowered(technique)) != kWords.end();
}

struct Cell {
  std::string_view text;
  std::uint32_t line = 0, column = 0;
};
using Row = std::array<Cell, 3>;  // by Column

class CrosswalkReader {
 public:
  CrosswalkReader(const std::string& file, const CrosswalkOptions& options)
      : file_(file), options_(options) {}

  Result<CrosswalkReading> read(std::string_view bytes) {
    if (bytes.size() > options_.bytes) {
      error({{}, 0, 0}, fmt::format("the file has more than {} bytes", options_.bytes));
    } else if (isWorkbook(bytes)) {
      readSheets(bytes);
    } else {
      readText(bytes);
    }
    if (!diagnostics_.empty()) {
      if (unlisted_ > 0)
        diagnostics_.push_back({Severity::error,
                                firstUnlisted_,
                                0,
                                fmt::format("from here on {} more are not listed", unlisted_),
                                {},
                                {}});
      sortDiagnostics(diagnostics_);
      return std::unexpected(std::move(diagnostics_));
    }
    finish();
    return std::move(reading_);
  }

 private:
  void error(const Cell& cell, std::string message, std::string expected = {}, std::string nearest = {}) {
    const Place place{file_, cell.line, cell.column};
    if (diagnostics_.size() < options_.diagnostics) {
      diagnostics_.push_back({Severity::error, place,
                              static_cast<std::uint32_t>(std::min<std::size_t>(cell.text.size(), 100)),
                              std::move(message), std::move(expected), std::move(nearest)});
    } else if (unlisted_++ == 0) {
      firstUnlisted_ = place;
    }
  }

  void readSheets(std::string_view bytes) {
    WorkbookLimits limits;
    limits.bytes = options_.bytes;
    const auto sheets = readWorkbook(bytes, file_, limits);
    if (!sheets) {
      diagnostics_ = sheets.error();
      return;
    }
    for (const WorkbookSheet& sheet : *sheets) {
      if (sheet.rows.empty()) continue;
      std::array<std::uint32_t, 3> columns{};
      std::uint32_t status = 0;  // column of the CCIs' standing; 0: none
      for (const WorkbookCell& cell : sheet.rows.front().cells) {
        if (const auto column = columnOfHeading(trimmed(cell.text)); column && columns[*column] == 0)
          columns[*column] = cell.column;
        if (trimmed(cell.text) == "status") status = cell.column;
      }
      if (std::ranges::find(columns, 0U) != columns.end()) continue;
      for (std::size_t at = 1; at < sheet.rows.size(); ++at) {
        const WorkbookRow& row = sheet.rows[at];
        if (status != 0 && lowered(trimmed(row.at(status))) == "deprecated") {
          ++reading_.silent;
          continue;
        }
        Row cells;
        for (const Column column : {control, relation, technique})
          cells[column] = {trimmed(row.at(columns[column])), row.number, columns[column]};
        if (!add(cells)) return;
      }
      return;
    }
    error({{}, 0, 0}, "no sheet of the workbook has the headings of a mapping",
          "in its first row Control Identifier or _id, Relation, and D3FEND Techniques or D3FEND");
  }

  void readText(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::uint32_t line = 0;
    std::array<std::size_t, 3> order{};
    std::size_t width = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view written = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line;
      if (written.ends_with('\r')) written.remove_suffix(1);
      if (const std::size_t bad = firstInvalidUtf8(written); bad != std::string_view::npos)
        return error({{}, line, static_cast<std::uint32_t>(bad + 1)}, "these bytes are not UTF-8", "UTF-8");
      const std::vector<Cell> cells = split(written, line);
      if (width == 0) {
        if (!readHeader(cells, order)) return;
        width = cells.size();
      } else if (cells.size() != width) {
        if (!trimmed(written).empty())
          error({written, line, 1}, fmt::format("a line with {} of {} cells", cells.size(), width));
      } else if (!add({cells[order[control]], cells[order[relation]], cells[order[technique]]})) {
        return;
      }
    }
    if (width == 0) error({{}, 1, 1}, "the file is empty", std::string(kColumns));
  }

  static std::vector<Cell> split(std::string_view line, std::uint32_t number) {
    std::vector<Cell> cells;
    for (std::size_t at = 0; cells.size() <= kHeadings.size();) {  // one too many is enough to tell
      const std::size_t end = std::min(line.find('\t', at), line.size());
      cells.push_back({trimmed(line.substr(at, end - at)), number, static_cast<std::uint32_t>(at + 1)});
      if (end == line.size()) break;
      at = end + 1;
    }
    return cells;
  }

  bool readHeader(const std::vector<Cell>& cells, std::array<std::size_t, 3>& order) {
    std::array<bool, 3> seen{};
    for (std::size_t at = 0; at < cells.size(); ++at) {
      const auto column = columnOfHeading(cells[at].text);
      if (!column || seen[*column]) {
        error(cells[at],
              fmt::format("there is no column \"{}\" here, or it is the second", excerpt(cells[at].text)),
              std::string(kColumns),
              nearestName(cells[at].text.substr(0, 64), {"control", "relation", "d3fend_id"}));
        return false;
      }
      seen[*column] = true;
      order[*column] = at;
    }
    if (std::ranges::find(seen, false) == seen.end()) return true;
    error({{}, 1, 1}, "a column is missing", std::string(kColumns));
    return false;
  }

  // False where no more can be taken.
  bool add(const Row& row) {
    if (++rows_ > options_.rows) {
      error(row[control], fmt::format("the file has more than {} rows", options_.rows));
      return false;
    }
    std::vector<std::string> techniques;
    for (std::string_view rest = row[technique].text;;) {
      const std::size_t bar = std::min(rest.find('|'), rest.size());
      const std::string_view written = trimmed(rest.substr(0, bar));
      if (auto id = wellFormedId(Framework::d3fend, written)) {
        techniques.push_back(std::move(*id));
      } else if (!saysNothing(written)) {
        error(row[technique], fmt::format("\"{}\" is no technique of D3FEND", excerpt(written)),
              fmt::format("{}, or NA", idShape(Framework::d3fend)));
      }
      if (bar == rest.size()) break;
      rest.remove_prefix(bar + 1);
    }
    if (techniques.empty()) {
      ++reading_.silent;
      return true;
    }
    const Framework framework = row[control].text.starts_with("CCI") ? Framework::cci : Framework::nist80053;
    const auto id = wellFormedId(framework, row[control].text);
    if (!id) {
      error(row[control],
            fmt::format("\"{}\" is neither a control of 800-53 nor a CCI", excerpt(row[control].text)),
            fmt::format("{}, or {}", idShape(Framework::nist80053), idShape(Framework::cci)));
    }
    const auto word = relationOf(row[relation]);
    if (!id || !word) return true;
    (framework == Framework::cci ? hasCci_ : has80053_) = true;
    for (std::string& to : techniques) {
      reading_.crosswalks.push_back({framework,
                                     *id,
                                     std::string(*word),
                                     Framework::d3fend,
                                     std::move(to),
                                     row[relation].text.empty() ? "defaulted" : "",
                                     {}});
    }
    return true;
  }

  std::optional<std::string_view> relationOf(const Cell& cell) {
    static constexpr std::array<std::string_view, 4> kRelations = {"exactly", "narrower", "broader",
                                                                   "related"};
    const std::string written = lowered(cell.text);
    if (written.empty()) return "related";
    if (written == "same") return "exactly";
    const auto found = std::ranges::find(kRelations, written);
    if (found != kRelations.end()) return *found;
    error(cell, fmt::format("there is no relation \"{}\"", excerpt(cell.text)),
          "exactly, narrower, broader or related",
          nearestName(written, {kRelations.begin(), kRelations.end()}));
    return std::nullopt;
  }

  void finish() {
    Source& source = reading_.source;
    source.framework = hasCci_ && !has80053_ ? Framework::cci : Framework::nist80053;
    source.origin = file_;
    source.id = options_.source;
    if (source.id.empty())
      source.id = hasCci_ && has80053_ ? "d3fend-controls" : fmt::format("d3fend-{}", word(source.framework));
    std::vector<Crosswalk>& rows = reading_.crosswalks;
    for (Crosswalk& row : rows) row.source = source.id;
    std::ranges::sort(rows, [](const Crosswalk& a, const Crosswalk& b) {
      for (const auto column : {&Crosswalk::from, &Crosswalk::to, &Crosswalk::relation, &Crosswalk::detail})
        if (a.*column != b.*column) return naturalLess(a.*column, b.*column);
      return false;
    });
    const auto repeated = std::ranges::unique(rows);
    reading_.repeats = repeated.size();
    rows.erase(repeated.begin(), repeated.end());
  }

  const std::string& file_;
  const CrosswalkOptions& options_;
  CrosswalkReading reading_;
  std::size_t rows_ = 0;
  bool hasCci_ = false, has80053_ = false;
  Diagnostics diagnostics_;
  std::size_t unlisted_ = 0;
  Place firstUnlisted_;
};

}  // namespace

Result<CrosswalkReading> readCrosswalk(std::string_view bytes, const std::string& file,
                                       const CrosswalkOptions& options) {
  return CrosswalkReader(file, options).read(bytes);
}

}  // namespace vauban::catalog
