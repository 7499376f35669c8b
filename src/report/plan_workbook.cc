// Written by libxlsxwriter, which knows files only: a folder of this call alone holds them, and it is gone
// when the call ends. Its parts carry no time but the day of the report, so the same report is the same
// bytes.
#include <stdlib.h>  // mkdtemp
#include <xlsxwriter.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "report/markup.h"
#include "report/plan_report.h"
#include "report/plan_sheets.h"
#include "report/plan_words.h"

namespace vauban::report {
namespace {

namespace fs = std::filesystem;

// ECMA-376, 18.3.1.73 and the limits of spreadsheet programs: characters of a cell, rows of a sheet.
constexpr std::size_t kMostOfCell = 32'767;
constexpr std::size_t kMostRows = 1'048'576;

std::unexpected<Diagnostics> problem(std::string message) {
  return failure({Severity::error, {"--format", 0, 0}, 0, std::move(message), "", ""});
}

class Folder {
 public:
  Folder() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "vauban-workbook-XXXXXX").string();
    if (!error && mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }  // "": it could not be made

 private:
  std::string path_;
};

// Midnight of the day; of what is no day, the first of 1980, which is where ZIP's own dates begin.
std::time_t midnight(const std::string& today) {
  using namespace std::chrono;
  int year = 0;
  unsigned month = 0, day = 0;
  const char* text = today.data();
  const bool read = today.size() == 10 && today[4] == '-' && today[7] == '-' &&
                    std::from_chars(text, text + 4, year).ptr == text + 4 &&
                    std::from_chars(text + 5, text + 7, month).ptr == text + 7 &&
                    std::from_chars(text + 8, text + 10, day).ptr == text + 10;
  const year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  const year_month_day first{std::chrono::year(1980), std::chrono::month(1), std::chrono::day(1)};
  return system_clock::to_time_t(sys_days(read && date.ok() ? date : first));
}

// Where UTF-8 is cut no sequence is.
std::string cellText(std::string_view words) {
  std::string text = oneLineOf(words);
  if (text.size() <= kMostOfCell) return text;
  std::size_t end = kMostOfCell - 4;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::optional<double> numberOf(const std::string& raw) {
  double value = 0;
  const auto done = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (raw.empty() || done.ec != std::errc() || done.ptr != raw.data() + raw.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

struct Looks {
  lxw_format* head = nullptr;
  lxw_format* body = nullptr;
  lxw_format* note = nullptr;
};

double widthOf(const Sheet& sheet, std::size_t column) {
  constexpr std::size_t kLeast = 8, kMost = 48;
  std::size_t most = sheet.columns[column].name.size();
  for (const auto& row : sheet.rows) most = std::max(most, row[column].words.size());
  return static_cast<double>(std::clamp(most + 1, kLeast, kMost));
}

// The title and the notes stand below the table, so that its head is the first row.
bool write(lxw_workbook* book, const Sheet& sheet, const char* name, const Looks& looks) {
  lxw_worksheet* page = workbook_add_worksheet(book, name);
  if (page == nullptr || sheet.rows.size() + sheet.notes.size() + 3 > kMostRows) return false;
  bool fine = true;
  const auto put = [&](std::size_t row, std::size_t column, const std::string& text, lxw_format* format) {
    fine = fine && worksheet_write_string(page, static_cast<lxw_row_t>(row), static_cast<lxw_col_t>(column),
                                          cellText(text).c_str(), format) == LXW_NO_ERROR;
  };
  for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
    const auto column = static_cast<lxw_col_t>(c);
    worksheet_set_column(page, column, column, widthOf(sheet, c), nullptr);
    put(0, c, sheet.columns[c].name, looks.head);
  }
  for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
      const Cell& cell = sheet.rows[r][c];
      const auto value = sheet.columns[c].number ? numberOf(cell.raw) : std::nullopt;
      if (value)
        fine = fine && worksheet_write_number(page, static_cast<lxw_row_t>(r + 1), static_cast<lxw_col_t>(c),
                                              *value, looks.body) == LXW_NO_ERROR;
      else
        put(r + 1, c, cell.words, looks.body);
    }
  }
  worksheet_freeze_panes(page, 1, 0);
  std::size_t row = sheet.rows.size() + 2;
  for (const std::string& note : sheet.notes) put(row++, 0, note, looks.note);
  return fine;
}

}  // namespace

Result<std::string> planWorkbook(const PlanReport& report) {
  const Folder folder;
  if (folder.path().empty()) return problem("no temporary folder can be made for the workbook");
  const std::string file = folder.path() + "/plan.xlsx";
  std::string parts = folder.path();
  lxw_workbook_options options = {};
  options.tmpdir = parts.data();
  lxw_workbook* book = workbook_new_opt(file.c_str(), &options);
  if (book == nullptr) return problem("the workbook cannot be made");
  std::string title = cellText("Plan: " + report.model).substr(0, 250);
  title = validText(title);
  lxw_doc_properties properties = {};
  properties.title = title.data();
  properties.created = midnight(report.today);
  Looks looks{workbook_add_format(book), workbook_add_format(book), workbook_add_format(book)};
  format_set_bold(looks.head);
  format_set_text_wrap(looks.head);
  format_set_align(looks.head, LXW_ALIGN_VERTICAL_TOP);
  format_set_text_wrap(looks.body);
  format_set_align(looks.body, LXW_ALIGN_VERTICAL_TOP);
  format_set_italic(looks.note);
  bool fine = workbook_set_properties(book, &properties) == LXW_NO_ERROR;
  fine = write(book, roadMapSheet(report), "Road map", looks) && fine;
  fine = write(book, beforeAfterSheet(report), "Before and after", looks) && fine;
  fine = write(book, alternativesSheet(report), "Alternatives", looks) && fine;
  const lxw_error closed = workbook_close(book);  // frees it, whatever comes of it
  if (!fine || closed != LXW_NO_ERROR)
    return problem(std::string("the workbook cannot be written: ") +
                   (closed == LXW_NO_ERROR ? "it has too much" : lxw_strerror(closed)));
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in || bytes.empty()) return problem("the workbook cannot be read back from its temporary folder");
  return bytes;
}

}  // namespace vauban::report
