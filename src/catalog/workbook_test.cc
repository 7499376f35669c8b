#include "catalog/workbook.h"

#include <gtest/gtest.h>

#include "tests/support/zip_archive.h"

namespace vauban::catalog {
namespace {

using test::workbookParts;
using test::zipArchive;

std::string said(const Result<std::vector<WorkbookSheet>>& result) {
  if (result) return "read";
  std::string all;
  for (const Diagnostic& d : result.error()) all += d.place.toString() + ": " + d.message + "\n";
  return all;
}

TEST(Workbook, ReadsTheTextsOfCells) {
  const std::string bytes = zipArchive(workbookParts(
      R"(<row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2"><v>4.5</v></c><c r="AB2" t="inlineStr"><is><t>in</t><r><t>line</t></r></is></c></row>)"
      R"(<row><c t="str"><f>A1</f><v>formula</v></c><c/><c t="s"><v>0</v></c></row><row r="9"/>)",
      R"(<si><r><t xml:space="preserve">rich </t></r><r><rPr/><t>text</t></r><rPh><t>hint</t></rPh></si><si><t>a &amp; b</t></si>)"));
  ASSERT_TRUE(isWorkbook(bytes));
  const auto sheets = readWorkbook(bytes, "w.xlsx");
  ASSERT_TRUE(sheets.has_value()) << said(sheets);
  ASSERT_EQ(sheets->size(), 1U);
  const WorkbookSheet& sheet = sheets->front();
  EXPECT_EQ(sheet.name, "One");
  ASSERT_EQ(sheet.rows.size(), 2U);
  EXPECT_EQ(sheet.rows[0].number, 2U);
  EXPECT_EQ(sheet.rows[0].at(1), "a & b");
  EXPECT_EQ(sheet.rows[0].at(2), "");
  EXPECT_EQ(sheet.rows[0].at(3), "4.5");
  EXPECT_EQ(sheet.rows[0].at(28), "inline");
  EXPECT_EQ(sheet.rows[1].number, 3U);
  EXPECT_EQ(sheet.rows[1].at(1), "formula");
  EXPECT_EQ(sheet.rows[1].at(3), "rich text");
}

TEST(Workbook, NamespacesMayHaveAnyPrefix) {
  auto parts = workbookParts("");
  parts["xl/worksheets/sheet1.xml"] =
      R"(<x:worksheet xmlns:x="n"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>)";
  const auto sheets = readWorkbook(zipArchive(parts), "w.xlsx");
  ASSERT_TRUE(sheets.has_value()) << said(sheets);
  EXPECT_EQ(sheets->front().rows.at(0).at(1), "1");
}

TEST(Workbook, WhatIsWrongIsAnError) {
  const auto rows = [](const std::string& text) {
    return said(readWorkbook(zipArchive(workbookParts(text)), "w.xlsx"));
  };
  EXPECT_EQ(rows(R"(<row r="2"/><row r="2"/>)"),
            "w.xlsx:2: after this row of sheet \"One\" stands a row numbered \"2\"\n");
  EXPECT_EQ(rows(R"(<row r="1048577"/>)"),
            "w.xlsx: after this row of sheet \"One\" stands a row numbered \"1048577\"\n");
  EXPECT_EQ(rows(R"(<row r="1"><c r="B1"/><c r="A1"/></row>)"),
            "w.xlsx:1:2: after this cell of sheet \"One\" stands one at \"A1\"\n");
  EXPECT_EQ(rows(R"(<row r="1"><c r="ZZZZZZZZZZ1"/></row>)"),
            "w.xlsx:1: after this cell of sheet \"One\" stands one at \"ZZZZZZZZZZ1\"\n");
  EXPECT_EQ(rows(R"(<row r="1"><c t="s"><v>0</v></c></row>)"),
            "w.xlsx:1:1: a cell of sheet \"One\" names a shared text that there is not\n");
  EXPECT_EQ(rows(R"(<row r="1"><c>)"),
            "w.xlsx: xl/worksheets/sheet1.xml is not XML: Start-end tags mismatch\n");
  EXPECT_EQ(rows("\xFF"), "w.xlsx: xl/worksheets/sheet1.xml is damaged, or no UTF-8\n");
  EXPECT_EQ(said(readWorkbook(zipArchive({{"a.txt", "a"}}), "w.xlsx")),
            "w.xlsx: the file has no part xl/workbook.xml\n");
  auto parts = workbookParts("");
  parts.erase("xl/worksheets/sheet1.xml");
  EXPECT_EQ(said(readWorkbook(zipArchive(parts), "w.xlsx")),
            "w.xlsx: the file has no part xl/worksheets/sheet1.xml\n");
  EXPECT_NE(said(readWorkbook("PK\x03\x04 and no more", "w.xlsx")).find("damaged ZIP archive"),
            std::string::npos);
}

TEST(Workbook, CutAndDamagedArchivesAreRefusedOrRead) {
  const std::string whole = zipArchive(workbookParts(R"(<row r="1"><c r="A1"><v>1</v></c></row>)"));
  for (std::size_t size = 4; size < whole.size(); size += 7)
    EXPECT_FALSE(readWorkbook(whole.substr(0, size), "w.xlsx").has_value()) << size;
  for (std::size_t at = 4; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto result = readWorkbook(damaged, "w.xlsx");
    EXPECT_TRUE(result.has_value() || hasErrors(result.error()));
  }
}

TEST(Workbook, SizesAreLimited) {
  const std::string row = R"(<row><c><v>1</v></c><c><v>22</v></c></row>)";
  const std::string bytes = zipArchive(workbookParts(row + row));
  const auto limited = [&](auto set) {
    WorkbookLimits limits;
    set(limits);
    return said(readWorkbook(bytes, "w.xlsx", limits));
  };
  EXPECT_EQ(limited([](WorkbookLimits&) {}), "read");
  EXPECT_EQ(limited([](WorkbookLimits& limits) { limits.bytes = 10; }),
            "w.xlsx: the file has more than 10 bytes\n");
  EXPECT_EQ(limited([](WorkbookLimits& limits) { limits.part = 100; }),
            "w.xlsx: xl/workbook.xml, unpacked, has more than 100 bytes\n");
  EXPECT_EQ(limited([](WorkbookLimits& limits) { limits.sheets = 0; }),
            "w.xlsx: the workbook has more than 0 sheets\n");
  EXPECT_EQ(limited([](WorkbookLimits& limits) { limits.cells = 3; }).substr(0, 48),
            "w.xlsx:2:2: the workbook has more than 3 cells, ");
  EXPECT_EQ(limited([](WorkbookLimits& limits) { limits.text = 5; }).substr(0, 11), "w.xlsx:2:2:");
  // A part that unpacks to far more than it is.
  auto bomb = workbookParts(std::string(80U << 20U, ' '));
  EXPECT_EQ(said(readWorkbook(zipArchive(bomb), "w.xlsx")),
            "w.xlsx: xl/worksheets/sheet1.xml, unpacked, has more than 67108864 bytes\n");
}

}  // namespace
}  // namespace vauban::catalog
