// A table as a value, and the three ways in which it is printed: aligned for a terminal, as Markdown for a
// report, and tab-separated for whoever computes with it.
//
// A cell is what a person reads and what a program reads: "3,307" and "3307", "31.6 %" and "0.3155". Values;
// no thread concerns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vauban::report {

struct Cell {
  std::string words;  // for people
  std::string raw;    // for programs
};

Cell textCell(std::string_view text);
Cell countCell(std::uint64_t count);
Cell shareCell(std::uint64_t part, std::uint64_t whole);  // "-" and "" where there is no whole
Cell blankCell();
// For people the first `most` of them and how many more there are; for programs all, with ';' in between.
Cell listCell(const std::vector<std::string>& items, std::size_t most);

struct Column {
  std::string name;
  bool number = false;  // stands to the right
};

struct Sheet {
  std::string name;   // of a file: "techniques-by-tactic"
  std::string title;  // a sentence without a full stop
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
  std::vector<std::string> notes;       // below the table
  bool detail = false;                  // only where somebody wants to know more

  void add(std::vector<Cell> row) { rows.push_back(std::move(row)); }
};

std::string sheetText(const Sheet& sheet, bool colour);
std::string sheetMarkdown(const Sheet& sheet);
// One header line and one line a row; tabs and line ends inside a cell become blanks, and no cell is a
// formula to a spreadsheet (spreadsheet_text.h). No notes.
std::string sheetTable(const Sheet& sheet);

}  // namespace vauban::report
