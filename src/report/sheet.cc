#include "report/sheet.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/markup.h"
#include "report/spreadsheet_text.h"

namespace vauban::report {
namespace {

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

// Code points: what a terminal gives one column each, but for wide and combining characters.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t to, bool right) {
  const std::string gap(to - std::min(to, width(text)), ' ');
  return right ? gap + text : text + gap;
}

// GFM: a bar ends a cell even inside code; what else could be markup is escaped.
std::string markdownCell(std::string_view words) {
  std::string text;
  for (const char c : validText(words)) {
    if (c == '<') {
      text += "&lt;";
    } else if (c == '&') {
      text += "&amp;";
    } else {
      if (std::string_view("\\`*_{}[]>|~").find(c) != std::string_view::npos) text += '\\';
      text += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    }
  }
  return text;
}

// One line, whatever is in it.
std::string oneLine(std::string_view raw) {
  std::string text = validText(raw);
  std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

Cell textCell(std::string_view text) { return {std::string(text), std::string(text)}; }
Cell countCell(std::uint64_t count) { return {grouped(count), std::to_string(count)}; }
Cell blankCell() { return {}; }

Cell shareCell(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {"-", ""};
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  return {fmt::format("{:.1f} %", 100 * share), fmt::format("{:.4f}", share)};
}

Cell listCell(const std::vector<std::string>& items, std::size_t most) {
  Cell cell;
  for (std::size_t i = 0; i < items.size(); ++i) {
    cell.raw += (i == 0 ? "" : ";") + items[i];
    if (i < most) cell.words += (i == 0 ? "" : ", ") + items[i];
  }
  if (items.size() > most)
    cell.words += fmt::format("{}{} more", most == 0 ? "" : " and ", grouped(items.size() - most));
  return cell;
}

std::string sheetText(const Sheet& sheet, bool colour) {
  std::vector<std::size_t> widths;
  for (const Column& column : sheet.columns) widths.push_back(width(column.name));
  for (const auto& row : sheet.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(oneLine(row[i].words)));
  }
  std::string out = (colour ? "\x1b[1m" + sheet.title + "\x1b[0m" : sheet.title) + "\n";
  const auto line = [&](auto textOf) {
    std::string text;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i)
      text += "  " + padded(textOf(i), widths[i], sheet.columns[i].number);
    text.resize(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t i) { return sheet.columns[i].name; });
  for (const auto& row : sheet.rows) line([&](std::size_t i) { return oneLine(row[i].words); });
  for (const std::string& note : sheet.notes) out += "  " + oneLine(note) + "\n";
  return out;
}

std::string sheetMarkdown(const Sheet& sheet) {
  std::string out = "### " + markdownCell(sheet.title) + "\n\n|";
  for (const Column& column : sheet.columns) out += " " + markdownCell(column.name) + " |";
  out += "\n|";
  for (const Column& column : sheet.columns) out += column.number ? " ---: |" : " --- |";
  out += "\n";
  for (const auto& row : sheet.rows) {
    out += "|";
    for (const Cell& cell : row) out += " " + markdownCell(cell.words) + " |";
    out += "\n";
  }
  for (const std::string& note : sheet.notes) out += "\n" + markdownCell(note) + "\n";
  return out;
}

std::string sheetTable(const Sheet& sheet) {
  std::string out;
  const auto line = [&](auto textOf) {
    // A tab or line end at the beginning counts before it becomes a blank.
    for (std::size_t i = 0; i < sheet.columns.size(); ++i)
      out += (i == 0 ? "" : "\t") + oneLine(spreadsheetText(textOf(i)));
    out += "\n";
  };
  line([&](std::size_t i) { return sheet.columns[i].name; });
  for (const auto& row : sheet.rows) line([&](std::size_t i) { return row[i].raw; });
  return out;
}

}  // namespace vauban::report
