#include "catalog/crosswalk_reader.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "tests/support/shared_file.h"
#include "tests/support/zip_archive.h"

namespace vauban::catalog {
namespace {

std::string said(const Result<CrosswalkReading>& result) {
  if (result) return "read";
  std::string all;
  for (const Diagnostic& d : result.error()) all += d.place.toString() + ": " + d.message + "\n";
  return all;
}

Crosswalk joined(const std::string& from, const std::string& relation, const std::string& to,
                 const std::string& detail = "", const std::string& source = "d3fend-800-53") {
  const Framework framework = from.starts_with("CCI") ? Framework::cci : Framework::nist80053;
  return {framework, from, relation, Framework::d3fend, to, detail, source};
}

TEST(CrosswalkReader, ReadsText) {
  const auto read = readCrosswalk(
      "\xEF\xBB\xBF"
      "control\trelation\td3fend_id\r\nAC-10\tbroader\tD3-B\r\nAC-2(1)\tSame\tD3-B | "
      "D3-A\r\n\r\nac-2.1\t\tD3-C\r\n"
      "AC-10\tbroader\tD3-B\nAC-3\t\tNA\nAC-4\tnarrower\t",
      "x.tsv");
  ASSERT_TRUE(read.has_value()) << said(read);
  EXPECT_EQ(read->crosswalks,
            (std::vector<Crosswalk>{
                joined("AC-2(1)", "exactly", "D3-A"), joined("AC-2(1)", "exactly", "D3-B"),
                joined("AC-2(1)", "related", "D3-C", "defaulted"), joined("AC-10", "broader", "D3-B")}));
  EXPECT_EQ(read->repeats, 1U);
  EXPECT_EQ(read->silent, 2U);
  EXPECT_EQ(read->source.framework, Framework::nist80053);
  EXPECT_EQ(read->source.origin, "x.tsv");
  CrosswalkOptions options;
  options.source = "ours";
  const auto cci =
      readCrosswalk("d3fend_id\tcontrol\trelation\nD3-A\tCCI-000015\tnarrower\n", "x.tsv", options);
  ASSERT_TRUE(cci.has_value()) << said(cci);
  EXPECT_EQ(cci->crosswalks, (std::vector<Crosswalk>{joined("CCI-000015", "narrower", "D3-A", "", "ours")}));
  EXPECT_EQ(cci->source.framework, Framework::cci);
}

TEST(CrosswalkReader, WrongLinesHaveAPlace) {
  const std::string header = "control\trelation\td3fend_id\n";
  const auto after = [&](const std::string& rows) { return said(readCrosswalk(header + rows, "x.tsv")); };
  EXPECT_EQ(after("AC-2\tbroader\n"), "x.tsv:2:1: a line with 2 of 3 cells\n");
  EXPECT_EQ(after("AC-2\tbroader\tD3-A\tD3-B\n"), "x.tsv:2:1: a line with 4 of 3 cells\n");
  EXPECT_EQ(after("AC2\tbrodaer\tD3-a\nAC-2\tbroader\tD3-A\nCCI-x\texactly\tD3-A\n"),
            "x.tsv:2:13: \"D3-a\" is no technique of D3FEND\nx.tsv:4:1: \"CCI-x\" is neither a control of "
            "800-53 nor a CCI\n");
  EXPECT_EQ(after("AC2\tbrodaer\tD3-A\n"),
            "x.tsv:2:1: \"AC2\" is neither a control of 800-53 nor a CCI\nx.tsv:2:5: there is no relation "
            "\"brodaer\"\n");
  EXPECT_EQ(readCrosswalk(header + "AC-2\tbrodaer\tD3-A\n", "x.tsv").error().front().nearest, "broader");
  EXPECT_EQ(after("AC-2\tbroader\tD3-\xFF\n"), "x.tsv:2:17: these bytes are not UTF-8\n");
  EXPECT_EQ(said(readCrosswalk("", "x.tsv")), "x.tsv:1:1: the file is empty\n");
  EXPECT_EQ(said(readCrosswalk("control\trelation\n", "x.tsv")), "x.tsv:1:1: a column is missing\n");
  EXPECT_EQ(said(readCrosswalk("control\tcontrol\trelation\n", "x.tsv")),
            "x.tsv:1:9: there is no column \"control\" here, or it is the second\n");
  const auto misspelt = readCrosswalk("control\trelatoin\td3fend_id\n", "x.tsv");
  ASSERT_FALSE(misspelt.has_value());
  EXPECT_EQ(misspelt.error().front().nearest, "relation");
}

TEST(CrosswalkReader, SizesAndListOfErrorsAreLimited) {
  std::string text = "control\trelation\td3fend_id\n";
  for (int i = 0; i < 10; ++i) text += "AC-2\tbroader\tD3\n";
  CrosswalkOptions options;
  options.diagnostics = 3;
  const auto result = readCrosswalk(text, "x.tsv", options);
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 4U);
  EXPECT_EQ(result.error().back().message, "from here on 7 more are not listed");
  EXPECT_EQ(result.error().back().place.line, 5U);
  options = {};
  options.rows = 1;
  EXPECT_EQ(said(readCrosswalk("control\trelation\td3fend_id\nAC-2\t\tD3-A\nAC-2\t\tD3-A\nAC-2\t\tD3-A\n",
                               "x.tsv", options)),
            "x.tsv:3:1: the file has more than 1 rows\n");
  options = {};
  options.bytes = 3;
  EXPECT_EQ(said(readCrosswalk("1234", "x.tsv", options)), "x.tsv: the file has more than 3 bytes\n");
}

TEST(CrosswalkReader, ReadsWorkbooks) {
  const auto cell = [](const std::string& at, const std::string& text) {
    return "<c r=\"" + at + "\" t=\"str\"><v>" + text + "</v></c>";
  };
  const std::string header = "<row r=\"1\">" + cell("A1", "Relation") + cell("C1", " Control Identifier ") +
                             cell("D1", "D3FEND Techniques") + cell("E1", "status") + "</row>";
  const auto read = readCrosswalk(
      test::zipArchive(
          test::workbookParts(header + "<row r=\"2\">" + cell("A2", "Broader") + cell("C2", "AC-2") +
                              cell("D2", "D3-B|D3-A") + "</row><row r=\"5\">" + cell("C5", "AC-3") +
                              cell("D5", "TBD") + "</row><row r=\"6\">" + cell("A6", "broader") +
                              cell("C6", "AC-3") + cell("D6", "D3-B") + cell("E6", "Deprecated") + "</row>")),
      "w.xlsx");
  ASSERT_TRUE(read.has_value()) << said(read);
  EXPECT_EQ(read->crosswalks,
            (std::vector<Crosswalk>{joined("AC-2", "broader", "D3-A"), joined("AC-2", "broader", "D3-B")}));
  EXPECT_EQ(read->silent, 2U);
  EXPECT_EQ(said(readCrosswalk(
                test::zipArchive(test::workbookParts(header + "<row r=\"7\">" + cell("A7", "Braoder") +
                                                     cell("C7", "AC-2") + cell("D7", "D3-B") + "</row>")),
                "w.xlsx")),
            "w.xlsx:7:1: there is no relation \"Braoder\"\n");
  EXPECT_EQ(said(readCrosswalk(
                test::zipArchive(test::workbookParts("<row r=\"1\">" + cell("A1", "Relation") + "</row>")),
                "w.xlsx")),
            "w.xlsx: no sheet of the workbook has the headings of a mapping\n");
}

using Triple = std::tuple<std::string, std::string, std::string>;

std::set<Triple> triplesOf(const CrosswalkReading& reading) {
  std::set<Triple> triples;
  for (const Crosswalk& row : reading.crosswalks) triples.emplace(row.from, row.relation, row.to);
  return triples;
}

// The published workbooks and the same as text, against tables that another program made of the former.
TEST(CrosswalkReader, ReadsThePublishedMappings) {
  struct Mapping {
    std::string text, workbook, id;
    std::size_t rows;
  };
  const std::vector<Mapping> mappings = {
      {"d3fend/2025-08-25/ext_nist_9ffd035.tsv",
       "d3fend/2025-08-25/sp800-53r5-control-catalog-d3fend-mapping.xlsx", "d3fend-800-53", 180},
      {"d3fend/2025-08-25/ext_cci_9ffd035.tsv", "d3fend/2025-08-25/CCI_Mapping.xlsx", "d3fend-cci", 426},
  };
  for (const Mapping& mapping : mappings) {
    VAUBAN_NEEDS_SHARED(mapping.text);
    const auto text = readCrosswalk(test::sharedFile(mapping.text), mapping.text);
    ASSERT_TRUE(text.has_value()) << said(text);
    EXPECT_EQ(text->source.id, mapping.id);
    EXPECT_EQ(text->crosswalks.size(), mapping.rows);
    EXPECT_EQ(text->repeats + text->silent, 0U);
    std::set<Triple> expected;
    for (auto& row : test::sharedTable(mapping.text))
      expected.emplace(row["control"], row["relation"], row["d3fend_id"]);
    EXPECT_EQ(triplesOf(*text), expected);

    const auto workbook = readCrosswalk(test::sharedFile(mapping.workbook), mapping.workbook);
    ASSERT_TRUE(workbook.has_value()) << said(workbook);
    std::set<Triple> kept;  // the tables leave out D3-MAC, which the ontology no longer has
    for (const Triple& triple : triplesOf(*workbook))
      if (std::get<2>(triple) != "D3-MAC") kept.insert(triple);
    EXPECT_EQ(kept, expected);
  }
  const auto controls = readCrosswalk(test::sharedFile(mappings[0].workbook), "w.xlsx");
  std::set<Triple> defaulted, expected;
  for (const Crosswalk& row : controls->crosswalks)
    if (row.detail == "defaulted" && row.to != "D3-MAC") defaulted.emplace(row.from, row.relation, row.to);
  for (auto& row : test::sharedTable("facts/d3fend-800-53.tsv"))
    if (row["relation_defaulted"] == "1") expected.emplace(row["control"], row["relation"], row["d3fend"]);
  EXPECT_EQ(defaulted, expected);
  EXPECT_EQ(defaulted.size(), 21U);
}

}  // namespace
}  // namespace vauban::catalog
