#include "catalog/workbook.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <pugixml.hpp>

#include "base/utf8.h"
#include "catalog/excerpt.h"

namespace vauban::catalog {
namespace {

constexpr std::uint32_t kMostRows = 1'048'576,
                        kMostColumns = 16'384;  // ISO/IEC 29500-1, 18.3.1.73 and 18.3.1.13

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

// Writers may bind the namespace to any prefix.
std::string_view localName(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node childOf(const pugi::xml_node& node, std::string_view name) {
  return node.find_child([&](const pugi::xml_node& child) { return localName(child) == name; });
}

std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    const std::string_view whole = attribute.name();
    if (whole == name || (whole.ends_with(name) && whole[whole.size() - name.size() - 1] == ':'))
      return attribute.value();
  }
  return {};
}

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

// "C12" -> column 3, row 12.
struct Reference {
  std::uint32_t column, row;
};
std::optional<Reference> referenceOf(std::string_view text) {
  std::uint32_t column = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= 'A' && text[at] <= 'Z' && column <= kMostColumns; ++at)
    column = column * 26 + static_cast<std::uint32_t>(text[at] - 'A') + 1;
  const auto row = number(text.substr(at), kMostRows);
  if (at == 0 || column > kMostColumns || !row || *row == 0) return std::nullopt;
  return Reference{column, *row};
}

// The runs of a string item or of an inline string, without phonetic hints (18.4.8).
std::string textOf(const pugi::xml_node& item) {
  std::string text;
  for (const pugi::xml_node& part : item.children()) {
    if (localName(part) == "t") text += part.text().get();
    if (localName(part) == "r") text += childOf(part, "t").text().get();
  }
  return text;
}

class WorkbookReader {
 public:
  WorkbookReader(std::string_view bytes, const std::string& file, const WorkbookLimits& limits)
      : bytes_(bytes), file_(file), limits_(limits) {}

  Result<std::vector<WorkbookSheet>> read() {
    if (bytes_.size() > limits_.bytes)
      return refused(fmt::format("the file has more than {} bytes", limits_.bytes));
    zip_source_t* source = zip_source_buffer_create(bytes_.data(), bytes_.size(), 0, nullptr);
    if (source == nullptr) return refused("the file cannot be opened");
    archive_.reset(zip_open_from_source(source, ZIP_RDONLY, nullptr));
    if (archive_ == nullptr) {
      zip_source_free(source);
      return refused("the file is a damaged ZIP archive, or was cut short", "a workbook (.xlsx)");
    }
    readSheets();
    if (!diagnostics_.empty()) return std::unexpected(std::move(diagnostics_));
    return std::move(sheets_);
  }

 private:
  std::unexpected<Diagnostics> refused(std::string message, std::string expected = {}) {
    error(0, 0, std::move(message), std::move(expected));
    return std::unexpected(std::move(diagnostics_));
  }
  void error(std::uint32_t row, std::uint32_t column, std::string message, std::string expected = {}) {
    diagnostics_.push_back(
        {Severity::error, {file_, row, column}, 0, std::move(message), std::move(expected), {}});
  }

  void readSheets() {
    pugi::xml_document workbook;
    if (!open("xl/workbook.xml", workbook)) return;
    const std::map<std::string, std::string, std::less<>> targets = relationships();
    if (!diagnostics_.empty() || !readShared(targets)) return;
    std::size_t count = 0;
    for (const pugi::xml_node& sheet : childOf(childOf(workbook, "workbook"), "sheets").children()) {
      if (localName(sheet) != "sheet") continue;
      if (++count > limits_.sheets)
        return error(0, 0, fmt::format("the workbook has more than {} sheets", limits_.sheets));
      const std::string name = attribute(sheet, "name").empty() ? "?" : excerpt(attribute(sheet, "name"));
      const auto target = targets.find(attribute(sheet, "id"));
      if (target == targets.end())
        return error(0, 0, fmt::format("the part of sheet \"{}\" is missing", name));
      if (target->second.find("worksheets/") == std::string::npos) continue;  // a sheet that is a chart
      pugi::xml_document part;
      if (!open(target->second, part)) return;
      readSheet(name, part);
      if (!diagnostics_.empty()) return;
    }
    if (sheets_.empty()) error(0, 0, "the workbook has no sheets", "a workbook (.xlsx)");
  }

  // Id -> part; the part with the shared strings under "".
  std::map<std::string, std::string, std::less<>> relationships() {
    std::map<std::string, std::string, std::less<>> targets;
    pugi::xml_document part;
    if (!open("xl/_rels/workbook.xml.rels", part)) return targets;
    for (const pugi::xml_node& relationship : childOf(part, "Relationships").children()) {
      std::string target(attribute(relationship, "Target"));
      target = target.starts_with('/') ? target.substr(1) : "xl/" + target;
      const std::string_view type = attribute(relationship, "Type");
      if (type.ends_with("/sharedStrings")) targets[""] = target;
      targets[std::string(attribute(relationship, "Id"))] = std::move(target);
    }
    return targets;
  }

  bool readShared(const std::map<std::string, std::string, std::less<>>& targets) {
    const auto target = targets.find("");
    if (target == targets.end()) return true;
    pugi::xml_document part;
    if (!open(target->second, part)) return false;
    for (const pugi::xml_node& item : childOf(part, "sst").children())
      if (localName(item) == "si") shared_.push_back(textOf(item));
    return true;
  }

  bool open(const std::string& name, pugi::xml_document& document) {
    zip_stat_t about{};
    if (zip_stat(archive_.get(), name.c_str(), 0, &about) != 0 || (about.valid & ZIP_STAT_SIZE) == 0) {
      error(0, 0, fmt::format("the file has no part {}", excerpt(name)), "a workbook (.xlsx)");
      return false;
    }
    if (about.size > limits_.part) {
      error(0, 0, fmt::format("{}, unpacked, has more than {} bytes", excerpt(name), limits_.part));
      return false;
    }
    const std::unique_ptr<zip_file_t, CloseEntry> entry(zip_fopen_index(archive_.get(), about.index, 0));
    std::string text(static_cast<std::size_t>(about.size), '\0');
    const bool whole =
        entry != nullptr &&
        zip_fread(entry.get(), text.data(), about.size) == static_cast<zip_int64_t>(about.size) &&
        firstInvalidUtf8(text) == std::string_view::npos;
    const pugi::xml_parse_result parsed = document.load_buffer(
        text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
    if (whole && parsed) return true;
    error(0, 0,
          whole ? fmt::format("{} is not XML: {}", excerpt(name), parsed.description())
                : fmt::format("{} is damaged, or no UTF-8", excerpt(name)));
    return false;
  }

  void readSheet(const std::string& name, const pugi::xml_document& part) {
    WorkbookSheet sheet{name, {}};
    std::uint32_t lastRow = 0;
    for (const pugi::xml_node& node : childOf(childOf(part, "worksheet"), "sheetData").children()) {
      if (localName(node) != "row") continue;
      const std::string_view written = attribute(node, "r");
      const auto stated = written.empty() ? std::optional(lastRow + 1) : number(written, kMostRows);
      if (!stated || *stated <= lastRow || *stated > kMostRows)
        return error(lastRow, 0,
                     fmt::format("after this row of sheet \"{}\" stands a row numbered \"{}\"", name,
                                 excerpt(written)),
                     "rows in order");
      lastRow = *stated;
      WorkbookRow row{lastRow, {}};
      if (!readRow(name, node, row)) return;
      if (!row.cells.empty()) sheet.rows.push_back(std::move(row));
    }
    sheets_.push_back(std::move(sheet));
  }

  bool readRow(const std::string& sheet, const pugi::xml_node& node, WorkbookRow& row) {
    std::uint32_t last = 0;
    for (const pugi::xml_node& cell : node.children()) {
      if (localName(cell) != "c") continue;
      const std::string_view written = attribute(cell, "r");
      const auto stated =
          written.empty() ? std::optional(Reference{last + 1, row.number}) : referenceOf(written);
      if (!stated || stated->row != row.number || stated->column <= last || stated->column > kMostColumns) {
        error(row.number, last,
              fmt::format("after this cell of sheet \"{}\" stands one at \"{}\"", sheet, excerpt(written)),
              "cells in order, of their row");
        return false;
      }
      last = stated->column;
      std::optional<std::string> text = textOfCell(cell);
      if (!text) {
        error(row.number, last,
              fmt::format("a cell of sheet \"{}\" names a shared text that there is not", sheet));
        return false;
      }
      if (text->empty()) continue;
      textSize_ += text->size();
      if (++cells_ > limits_.cells || textSize_ > limits_.text) {
        error(row.number, last,
              fmt::format("the workbook has more than {} cells, or {} bytes in them", limits_.cells,
                          limits_.text));
        return false;
      }
      row.cells.push_back({last, std::move(*text)});
    }
    return true;
  }

  // Nothing where the shared text that it names does not exist.
  std::optional<std::string> textOfCell(const pugi::xml_node& cell) const {
    const std::string_view type = attribute(cell, "t");
    if (type == "inlineStr") return textOf(childOf(cell, "is"));
    const std::string_view value = childOf(cell, "v").text().get();
    if (type != "s" || value.empty()) return std::string(value);
    const auto index = number(value, UINT32_MAX - 1);
    if (!index || *index >= shared_.size()) return std::nullopt;
    return shared_[*index];
  }

  std::string_view bytes_;
  const std::string& file_;
  const WorkbookLimits& limits_;
  std::unique_ptr<zip_t, CloseArchive> archive_;
  std::vector<std::string> shared_;
  std::vector<WorkbookSheet> sheets_;
  std::size_t cells_ = 0, textSize_ = 0;
  Diagnostics diagnostics_;
};

}  // namespace

std::string_view WorkbookRow::at(std::uint32_t column) const {
  const auto found = std::ranges::lower_bound(cells, column, {}, &WorkbookCell::column);
  return found == cells.end() || found->column != column ? std::string_view() : std::string_view(found->text);
}

bool isWorkbook(std::string_view bytes) { return bytes.starts_with("PK\x03\x04"); }

Result<std::vector<WorkbookSheet>> readWorkbook(std::string_view bytes, const std::string& file,
                                                const WorkbookLimits& limits) {
  return WorkbookReader(bytes, file, limits).read();
}

}  // namespace vauban::catalog
