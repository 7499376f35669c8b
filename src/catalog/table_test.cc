#include "catalog/table.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"

namespace vauban::catalog {
namespace {

using Names = std::vector<std::string_view>;
using Rows = std::vector<std::vector<std::string>>;

struct Reading {
  Rows rows;
  Diagnostics errors;
};

// All cells of `text` under `columns`, in that order, and what is wrong with it.
Reading readAll(std::string_view text, const Names& columns, const TableLimits& limits = {},
                const Names& keys = {"table"}, const Names& needed = {}) {
  TableErrors errors(limits.errors);
  Reading reading;
  if (const auto head = TableHead::read("t.tsv", text, errors, limits)) {
    if (auto order = head->expect(keys, needed, columns, errors)) {
      const Table table(*head, *order, errors, limits);
      for (std::size_t row = 0; row < table.rows(); ++row) {
        reading.rows.emplace_back();
        for (std::size_t column = 0; column < columns.size(); ++column)
          reading.rows.back().emplace_back(table.cell(row, column));
      }
    }
  }
  reading.errors = errors.take();
  return reading;
}

std::string oneError(std::string_view text, const Names& columns = {"a", "b"},
                     const TableLimits& limits = {}) {
  const Reading reading = readAll(text, columns, limits);
  if (reading.errors.size() != 1) return std::to_string(reading.errors.size()) + " errors";
  const Diagnostic& it = reading.errors[0];
  return it.place.toString() + " " + it.message + (it.nearest.empty() ? "" : " (" + it.nearest + "?)");
}

TEST(Table, ReadsCells) {
  const Reading reading = readAll("# table: x\na\tb\tc\n1\t\t3\n\xC3\xA4\tb b\t;\n", {"a", "b", "c"});
  EXPECT_EQ(reading.errors, Diagnostics{});
  EXPECT_EQ(reading.rows, (Rows{{"1", "", "3"}, {"\xC3\xA4", "b b", ";"}}));
}

TEST(Table, ReadsColumnsInAnyOrder) {
  const Reading reading = readAll("b\ta\n1\t2\n", {"a", "b"});
  EXPECT_EQ(reading.errors, Diagnostics{});
  EXPECT_EQ(reading.rows, (Rows{{"2", "1"}}));
}

TEST(Table, NoRowsIsWell) {
  EXPECT_EQ(readAll("a\tb\n", {"a", "b"}).errors, Diagnostics{});
  EXPECT_TRUE(readAll("a\tb\n", {"a", "b"}).rows.empty());
}

TEST(Table, GivesLeadingLines) {
  TableErrors errors;
  const auto head = TableHead::read("t.tsv", "# table: x: y\n# note: 1\na\n", errors);
  ASSERT_TRUE(head);
  EXPECT_FALSE(errors.any());
  EXPECT_EQ(head->value("table"), "x: y");
  EXPECT_EQ(head->value("nothing"), "");
  EXPECT_EQ(head->placeOf("note").toString(), "t.tsv:2:9");
  EXPECT_EQ(head->placeOf("nothing").toString(), "t.tsv:1:1");
}

TEST(Table, SaysWhatIsWrongWithTheHead) {
  EXPECT_EQ(oneError(""), "t.tsv:1:1 the text ends before the names of the columns");
  EXPECT_EQ(oneError("a\tb"), "t.tsv:1:1 the text ends before the names of the columns");
  EXPECT_EQ(oneError("# table: x\n"), "t.tsv:2:1 the text ends before the names of the columns");
  EXPECT_EQ(oneError("#table: x\na\tb\n"), "t.tsv:1:1 a leading line that says nothing");
  EXPECT_EQ(oneError("# table:\na\tb\n"), "t.tsv:1:1 a leading line that says nothing");
  EXPECT_EQ(oneError("# table: \na\tb\n"), "t.tsv:1:1 a leading line that says nothing");
  EXPECT_EQ(oneError("# table: x\ty\na\tb\n"), "t.tsv:1:1 a leading line that says nothing");
  EXPECT_EQ(oneError("# table: x\n# table: y\na\tb\n"), "t.tsv:2:3 a second line for 'table'");
  EXPECT_EQ(oneError("# tabel: x\na\tb\n"), "t.tsv:1:3 no such key: 'tabel' (table?)");
  EXPECT_EQ(oneError("\xEF\xBB\xBF# table: x\na\tb\n"), "t.tsv:1:1 a byte order mark");
  EXPECT_EQ(oneError("a\tb\r\n1\t2\r\n"), "t.tsv:1:4 a control character");
  EXPECT_EQ(oneError("# table: \xFF\na\tb\n"), "t.tsv:1:10 a byte that is not UTF-8");
  EXPECT_EQ(oneError("a\tb\tbc\n", {"a", "b"}), "t.tsv:1:5 no such column: 'bc' (b?)");
  EXPECT_EQ(oneError("a\n", {"a", "b"}), "t.tsv:1:1 no column 'b' (a?)");
  EXPECT_EQ(oneError("a\tb\ta\n", {"a", "b"}), "t.tsv:1:5 a second column 'a'");
  const Reading reading = readAll("# table: x\na\n", {"a"}, {}, {"table", "source"}, {"source"});
  ASSERT_EQ(reading.errors.size(), 1U);
  EXPECT_EQ(reading.errors[0].message, "no leading line for 'source'");
}

TEST(Table, SaysWhatIsWrongWithRows) {
  EXPECT_EQ(oneError("a\tb\n1\n"), "t.tsv:2:1 a row with 1 of 2 cells");
  EXPECT_EQ(oneError("a\tb\n1\t2\t3\n"), "t.tsv:2:1 a row with 3 of 2 cells");
  EXPECT_EQ(oneError("a\tb\n1\t2\n\n"), "t.tsv:3:1 a row with 1 of 2 cells");
  EXPECT_EQ(oneError("a\n\n", {"a"}), "t.tsv:2:1 a row whose last cell is empty");
  EXPECT_EQ(oneError("a\tb\n1\t\n"), "t.tsv:2:3 a row whose last cell is empty");
  EXPECT_EQ(oneError("a\tb\n1\t2\n3\t4"), "t.tsv:3:4 the last line does not end");
  EXPECT_EQ(oneError("a\tb\n1\t2\r\n"), "t.tsv:2:4 a carriage return");
  EXPECT_EQ(oneError(std::string_view("a\tb\n1\t\0\n", 8)), "t.tsv:2:3 a control character");
  EXPECT_EQ(oneError("a\tb\n1\t2\n\xC3\t4\n"), "t.tsv:3:1 a byte that is not UTF-8");
  EXPECT_EQ(oneError("a\tb\n1\t\xED\xA0\x80\n"), "t.tsv:2:3 a byte that is not UTF-8");
}

TEST(Table, KeepsWholeRowsAndTheirLines) {
  const std::string text = "a\tb\n1\t2\n3\n4\t5\n6\t\n7\tx\n";
  TableErrors errors;
  const auto head = TableHead::read("t.tsv", text, errors);
  ASSERT_TRUE(head);
  const Names columns = {"a", "b"};
  const Table table(*head, *head->expect({}, {}, columns, errors), errors);
  ASSERT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.cell(2, 1), "x");
  EXPECT_EQ(table.place(0, 1).toString(), "t.tsv:2:3");
  EXPECT_EQ(table.place(1, 0).toString(), "t.tsv:4:1");
  EXPECT_EQ(table.place(2, 1).toString(), "t.tsv:6:3");
  EXPECT_EQ(table.number<int>(2, 1), 0);
  table.unknown(2, 1, "thing", {"xx", "yy"});
  const Diagnostics all = errors.take();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].place.toString(), "t.tsv:3:1");
  EXPECT_EQ(all[1].place.toString(), "t.tsv:5:3");
  EXPECT_EQ(all[2].message, "'x' is not a number");
  EXPECT_EQ(all[3].message, "no such thing: 'x'");
  EXPECT_EQ(all[3].nearest, "xx");
  EXPECT_EQ(all[3].length, 1U);
}

TEST(Table, ReadsNumbers) {
  TableErrors errors;
  const auto head = TableHead::read("t.tsv", "n\n7\n-1\n4294967296\n1.5\n1e999\nnan\n 1\n0x1\n", errors);
  const Names columns = {"n"};
  const Table table(*head, *head->expect({}, {}, columns, errors), errors);
  EXPECT_EQ(table.number<std::uint32_t>(0, 0), 7U);
  EXPECT_EQ(table.number<double>(3, 0), 1.5);
  EXPECT_FALSE(errors.any());
  EXPECT_EQ(table.number<std::uint32_t>(1, 0), 0U);
  EXPECT_EQ(table.number<int>(1, 0), 0);
  EXPECT_EQ(table.number<std::uint32_t>(2, 0), 0U);
  EXPECT_EQ(table.number<std::uint32_t>(3, 0), 0U);
  EXPECT_EQ(table.number<double>(4, 0), 0.0);
  EXPECT_EQ(table.number<double>(5, 0), 0.0);
  EXPECT_EQ(table.number<double>(6, 0), 0.0);
  EXPECT_EQ(table.number<double>(7, 0), 0.0);
  EXPECT_EQ(errors.take().size(), 7U);  // -1 said twice is one error
}

TEST(Table, HasLimits) {
  EXPECT_EQ(oneError("a\tb\n1\t2\n", {"a", "b"}, {.bytes = 7}),
            "t.tsv 8 bytes are more than a table may have");
  EXPECT_EQ(oneError("a\tb\n1\t2\n3\t4\n", {"a", "b"}, {.rows = 1}),
            "t.tsv:3:1 more rows than a table may have");
  EXPECT_EQ(readAll("a\tb\n1\t2\n3\t4\n", {"a", "b"}, {.rows = 2}).errors, Diagnostics{});
  EXPECT_EQ(oneError("a\tb\n", {"a", "b"}, {.columns = 1}),
            "t.tsv:1:1 2 columns are more than a table may have");
  EXPECT_EQ(oneError("# a: b\n# c: d\na\tb\n", {"a", "b"}, {.leadingLines = 1}),
            "t.tsv:2:1 too many leading lines");
  EXPECT_EQ(oneError("a\tb\n1\t12345678\n", {"a", "b"}, {.cell = 7}),
            "t.tsv:2:3 8 bytes are more than a cell may have");
  EXPECT_EQ(readAll("a\tb\n1\t1234567\n", {"a", "b"}, {.cell = 7}).errors, Diagnostics{});
  EXPECT_EQ(oneError("# abcdef: x\na\tb\n", {"a", "b"}, {.cell = 7}),
            "t.tsv:1:1 11 bytes are more than a line here may have");
}

TEST(Table, CutsOffErrorsAndSaysSo) {
  std::string text = "a\tb\n";
  for (int i = 0; i < 100; ++i) text += "x\n";
  const Reading reading = readAll(text, {"a", "b"}, {.errors = 10});
  ASSERT_EQ(reading.errors.size(), 11U);
  EXPECT_EQ(reading.errors[9].place.line, 11U);
  EXPECT_EQ(reading.errors[10].severity, Severity::note);
}

// The slow twin: lines, then cells, one byte at a time. nullopt where a text is not well formed.
std::optional<Rows> slowRows(std::string_view text) {
  if (text.empty() || text.back() != '\n' || firstInvalidUtf8(text) != std::string_view::npos)
    return std::nullopt;
  Rows lines(1);
  lines.back().emplace_back();
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c == '\n') {
      lines.emplace_back().emplace_back();
    } else if (c == '\t') {
      lines.back().emplace_back();
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return std::nullopt;
    } else {
      lines.back().back() += c;
    }
  }
  for (const auto& line : lines) {
    if (line.size() != 3 || line.back().empty()) return std::nullopt;
  }
  return lines;
}

TEST(Table, AgreesWithASlowReader) {
  const std::string_view pieces[] = {
      "\t",        "\n",           "\t\t",      "a",        "long text without end",
      "\xC3\xA4",  "\xE2\x82\xAC", "x\ty\tz\n", "1\t\t2\n", "\t\t3\n",
      "a\tb\tc\n", "\r",           "\xFF",      "\x7F"};
  std::size_t well = 0;
  for (unsigned seed = 0; seed < 6'000; ++seed) {
    std::mt19937 random(seed);
    std::string body;
    const unsigned count = random() % 12;
    // Most texts of whole rows, some of anything.
    for (unsigned i = 0; i < count; ++i)
      body += random() % 8 == 0 ? pieces[random() % 14] : pieces[7 + random() % 4];
    const Reading reading = readAll("p\tq\tr\n" + body, {"p", "q", "r"});
    const auto slow = body.empty() ? std::optional(Rows{}) : slowRows(body);
    ASSERT_EQ(reading.errors.empty(), slow.has_value()) << "seed " << seed;
    if (!slow) continue;
    ++well;
    ASSERT_EQ(reading.rows, *slow) << "seed " << seed;
  }
  EXPECT_GT(well, 1'500U);
}

TEST(TableText, WritesWhatIsReadAgain) {
  TableText text;
  const Names columns = {"name", "number", "fraction"};
  text.lead("table", "x");
  text.columns(columns);
  text.cell("\xC3\xA4 b");
  text.cell(std::uint64_t{18446744073709551615U});
  text.cell(0.1);
  text.endRow();
  EXPECT_EQ(text.take(), "# table: x\nname\tnumber\tfraction\n\xC3\xA4 b\t18446744073709551615\t0.1\n");
  EXPECT_EQ(text.take(), "");
}

TEST(TableText, WritesNothingThatCannotBeRead) {
  TableText text;
  const Names columns = {"a", "b"};
  text.lead("table", "x\ny\tz");
  text.columns(columns);
  text.cell("one\ttwo\nthree\r\x01");
  text.cell("\xFF\xC3\xC3\xA4\x7F");
  text.endRow();
  const std::string written = text.take();
  const Reading reading = readAll(written, columns);
  EXPECT_EQ(reading.errors, Diagnostics{});
  EXPECT_EQ(reading.rows, (Rows{{"one two three  ", "\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA4\x7F"}}));
}

TEST(Utf8, TakesWhatRfc3629Has) {
  for (const std::string_view text :
       {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF", "12345678\xC3\xA4"})
    EXPECT_EQ(firstInvalidUtf8(text), std::string_view::npos) << text;
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"})
    EXPECT_EQ(firstInvalidUtf8(text), 0U) << text;
  EXPECT_EQ(firstInvalidUtf8("12345678\xC3"), 8U);
  EXPECT_EQ(firstInvalidUtf8("\xC3\xA4\xC3"), 2U);
}

}  // namespace
}  // namespace vauban::catalog
