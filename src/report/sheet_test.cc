#include "report/sheet.h"

#include <gtest/gtest.h>

namespace vauban::report {
namespace {

Sheet example() {
  Sheet sheet;
  sheet.name = "example";
  sheet.title = "An example";
  sheet.columns = {{"name"}, {"count", true}, {"which"}};
  sheet.add({textCell("a|b"), countCell(1234567), listCell({"x", "y", "z"}, 2)});
  sheet.add({textCell("tab\there\nand there"), countCell(7), blankCell()});
  sheet.notes.emplace_back("A note.");
  return sheet;
}

TEST(Cells, SayTheSameToPeopleAndPrograms) {
  EXPECT_EQ(countCell(0).words, "0");
  EXPECT_EQ(countCell(999).words, "999");
  EXPECT_EQ(countCell(1000).words, "1,000");
  EXPECT_EQ(countCell(12345678).words, "12,345,678");
  EXPECT_EQ(countCell(12345678).raw, "12345678");
  EXPECT_EQ(shareCell(1, 3).words, "33.3 %");
  EXPECT_EQ(shareCell(1, 3).raw, "0.3333");
  EXPECT_EQ(shareCell(0, 0).words, "-");
  EXPECT_EQ(shareCell(0, 0).raw, "");
  EXPECT_EQ(listCell({}, 2).words, "");
  EXPECT_EQ(listCell({"a", "b"}, 2).words, "a, b");
  EXPECT_EQ(listCell({"a", "b", "c", "d"}, 2).words, "a, b and 2 more");
  EXPECT_EQ(listCell({"a", "b", "c", "d"}, 0).words, "4 more");
  EXPECT_EQ(listCell({"a", "b", "c", "d"}, 2).raw, "a;b;c;d");
}

TEST(Sheet, IsAlignedAsText) {
  EXPECT_EQ(sheetText(example(), false),
            "An example\n"
            "  name                    count  which\n"
            "  a|b                 1,234,567  x, y and 1 more\n"
            "  tab here and there          7\n"
            "  A note.\n");
  EXPECT_EQ(sheetText(example(), true).substr(0, 14), "\x1b[1mAn example");
}

TEST(Sheet, CountsCharactersAndNotBytes) {
  Sheet sheet;
  sheet.columns = {{"n"}, {"m"}};
  sheet.add({textCell("é"), textCell("x")});
  sheet.add({textCell("ab"), textCell("y")});
  EXPECT_EQ(sheetText(sheet, false), "\n  n   m\n  é   x\n  ab  y\n");
}

TEST(Sheet, EscapesInMarkdown) {
  EXPECT_EQ(sheetMarkdown(example()),
            "### An example\n\n"
            "| name | count | which |\n"
            "| --- | ---: | --- |\n"
            "| a\\|b | 1,234,567 | x, y and 1 more |\n"
            "| tab here and there | 7 |  |\n"
            "\nA note.\n");
}

TEST(Sheet, HasOneLineARowAsTable) {
  EXPECT_EQ(sheetTable(example()),
            "name\tcount\twhich\n"
            "a|b\t1234567\tx;y;z\n"
            "tab here and there\t7\t\n");
}

// Names and titles come from files that anybody may have written.
TEST(Sheet, HasNoFormulaInTheTable) {
  const auto cellOf = [](const std::string& text) {
    Sheet sheet;
    sheet.columns = {{"n"}, {"m"}};
    sheet.add({textCell("x"), textCell(text)});
    const std::string table = sheetTable(sheet);
    EXPECT_TRUE(table.starts_with("n\tm\nx\t")) << table;
    return table.substr(6, table.size() - 7);
  };
  for (const char* formula :
       {"=1+1", "+A1", "-A1", "@SUM(A1)", "=HYPERLINK(\"http://x\",\"y\")", "-", "\uFF1D1+1"})
    EXPECT_EQ(cellOf(formula), "'" + std::string(formula));
  EXPECT_EQ(cellOf("\t=1"), "' =1");
  EXPECT_EQ(cellOf("\n=1"), "' =1");
  for (const char* harmless : {"-1", "-0.25", "", " =1", "a=1", "D3-NTF", "12.5"})
    EXPECT_EQ(cellOf(harmless), harmless);
}

TEST(Sheet, HasNoFormulaInAListOrAHeader) {
  Sheet sheet;
  sheet.columns = {{"=n"}};
  sheet.add({listCell({"@a", "=b"}, 2)});
  EXPECT_EQ(sheetTable(sheet), "'=n\n'@a;=b\n");
}

}  // namespace
}  // namespace vauban::report
