#include "catalog/pack.h"

#include <gtest/gtest.h>

namespace vauban::catalog {
namespace {

// The files of a pack, by name; `table` adds the two lines that each begins with.
struct Files {
  std::vector<std::pair<std::string, std::string>> files;

  Files& table(const std::string& name, const std::string& rest) {
    files.emplace_back(name + ".tsv", "# table: " + name + "\n# format: 1\n" + rest);
    return *this;
  }
  Files& text(const std::string& name, const std::string& all) {
    files.emplace_back(name, all);
    return *this;
  }
  Result<Catalogue> read(const PackOptions& options = {}) const {
    const std::vector<PackFile> views(files.begin(), files.end());
    return readPack(views, options);
  }
  // "FILE:LINE:COLUMN message (nearest?)" of each error, one a line.
  std::string errors(const PackOptions& options = {}) const {
    const auto result = read(options);
    if (result) return "read";
    std::string all;
    for (const Diagnostic& it : result.error()) {
      if (!all.empty()) all += "\n";
      all += it.place.toString() + " " + it.message + (it.nearest.empty() ? "" : " (" + it.nearest + "?)");
    }
    return all;
  }
};

const std::string kSources =
    "id\tversion\tdate\torigin\tlicence\tnotice\tsha256\tframework\n"
    "cis-v8\t8\t\t\t\t\t\tcis\n";

Files withSource() { return Files().table("sources", kSources); }

// Two classes, one property, one reference.
Files withOntology() {
  Files files = withSource();
  return files
      .table(
          "ontology-classes",
          "# version: 1.2.0\nname\tid\tlabel\tdeprecated\tkind\n"
          "NetworkTraffic\t\tNetwork Traffic\t0\tartifact\nNetworkTrafficFiltering\tD3-NTF\t\t0\tdefensive\n")
      .table("ontology-properties", "property\nfilters\n")
      .table("ontology-references", "reference\ttype\tyear\nReference-X\tPatentReference\t2001\n");
}

Files withAttack() {
  Files files = withSource();
  return files
      .table("attack-techniques",
             "# domain: attack-enterprise\n# version: 18.1\n"
             "id\tname\ttactics\tplatforms\trevoked-by\tgroups\tcampaigns\tsoftware\tstanding\n"
             "T1048\tExfiltration\texfiltration\tLinux;Windows\t\t1\t0\t2\tlive\n"
             "T1053.001\tAt\t\t\tT1053.002\t0\t0\t0\trevoked\n")
      .table("attack-mitigations",
             "# domain: attack-enterprise\nid\tname\tshort-name\tstanding\nM1037\tFilter\t\tlive\n");
}

TEST(Pack, OfNoFilesIsEmpty) {
  const auto result = Files().read();
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, Catalogue());
  EXPECT_TRUE(writePack(Catalogue()).empty());
}

TEST(Pack, ReadsWhatItNeeds) {
  const auto result = withAttack().read();
  ASSERT_TRUE(result) << withAttack().errors();
  ASSERT_EQ(result->attack.size(), 1U);
  const Attack& attack = result->attack[0];
  EXPECT_EQ(attack.domain, Framework::attackEnterprise);
  EXPECT_EQ(attack.version, "18.1");
  ASSERT_EQ(attack.techniques.size(), 2U);
  EXPECT_EQ(attack.techniques[0].platforms, (std::vector<std::string>{"Linux", "Windows"}));
  EXPECT_EQ(attack.techniques[0].software, 2U);
  EXPECT_EQ(attack.techniques[1].standing, Standing::revoked);
  EXPECT_EQ(attack.techniques[1].revokedBy, "T1053.002");
}

TEST(Pack, SaysWhichFileIsNoTable) {
  EXPECT_EQ(Files().text("a.tsv", "id\n1\n").errors(), "a.tsv:1:1 no line that says which table this is");
  EXPECT_EQ(Files().text("a.tsv", "# table: rolls\n# format: 1\nid\n1\n").errors(),
            "a.tsv:1:10 no such table: 'rolls' (roles?)");
  EXPECT_EQ(Files().text("a.tsv", "# table: roles\nid\n1\n").errors(),
            "a.tsv:1:1 no line that says the format's version");
  EXPECT_EQ(Files().text("a.tsv", "# table: roles\n# format: 2\nid\n1\n").errors(),
            "a.tsv:2:11 format 2 is not known");
  EXPECT_EQ(Files().text("a.tsv", "").errors(), "a.tsv:1:1 the text ends before the names of the columns");
  EXPECT_EQ(withSource().text("b.tsv", "# table: sources\n# format: 1\n" + kSources).errors(),
            "b.tsv:1:10 a second file of sources\n"
            "b.tsv:4:1 a row that says the same as another");
}

TEST(Pack, SaysWhichColumnsAreWrong) {
  EXPECT_EQ(Files().table("ontology-properties", "properties\nfilters\n").errors(),
            "ontology-properties.tsv:3:1 no column 'property'\n"
            "ontology-properties.tsv:3:1 no such column: 'properties' (property?)");
  EXPECT_EQ(Files().table("sources", "# source: x\n" + kSources).errors(),
            "sources.tsv:3:3 no such key: 'source'");
}

TEST(Pack, SaysWhichCellsAreWrong) {
  EXPECT_EQ(Files().table("sources", kSources + "\t\t\t\t\t\t\tcis\n").errors(),
            "sources.tsv:5:1 an empty cell for 'id'");
  EXPECT_EQ(Files().table("sources", kSources + "x\t\t\t\t\t\t\tcsi\n").errors(),
            "sources.tsv:5:9 no such framework: 'csi' (cci?)");
  EXPECT_EQ(Files().table("sources", kSources + "x\t\t\t\t\t\tABC\tcis\n").errors(),
            "sources.tsv:5:8 no SHA-256");
  EXPECT_EQ(withOntology().table("ontology-synonyms", "class\tsynonym\nNetworkTrafic\tx\n").errors(),
            "ontology-synonyms.tsv:4:1 no such class: 'NetworkTrafic' (NetworkTraffic?)");
  EXPECT_EQ(
      withSource().table("roles", "id\tname\tcategory\tcategory-name\tsource\nA\t\t\t\tcis-v9\n").errors(),
      "roles.tsv:4:6 no such source: 'cis-v9' (cis-v8?)");
  EXPECT_EQ(withSource()
                .table("trial-rates",
                       "technique\trounds\tproducts\tproduct-rounds\tsubsteps\tdetections\tp10\tp90\tsource\n"
                       "T1\tR3\t1\t1\tx\t2\t0.5\t1.5\tcis-v8\nT2\tR3\t1\t1\t1\t2\t0.5\t0.25\tcis-v8\n")
                .errors(),
            "trial-rates.tsv:4:11 'x' is not a number\ntrial-rates.tsv:4:13 2 detections of 0 substeps\n"
            "trial-rates.tsv:4:19 1.5 is no fraction\ntrial-rates.tsv:5:13 2 detections of 1 substeps\n"
            "trial-rates.tsv:5:15 p10 0.5 is above p90 0.25");
  EXPECT_EQ(withSource()
                .table("controls",
                       "# framework: cis\nid\ttitle\tgroup\tprofiles\tattributes\twithdrawn\tsource\n"
                       "1.1\t\t1\tig1;;ig2\t\tno\tcis-v8\n")
                .errors(),
            "controls.tsv:5:8 a list with nothing between two separators\ncontrols.tsv:5:18 'no' is neither "
            "0 nor 1");
}

TEST(Pack, RefusesRowsThatSayTheSame) {
  EXPECT_EQ(Files().table("sources", kSources + "cis-v8\t9\t\t\t\t\t\tcis\n").errors(),
            "sources.tsv:5:1 a row that says the same as another");
  const std::string walk = "# source: cis-v8\n# from: car\n# to: cci\nfrom\tto\tdetail\trelation\n";
  const Files twice =
      withSource()
          .text("a.tsv", "# table: crosswalks\n# format: 1\n" + walk + "b\tx\t\tcovers\na\tx\t\tcovers\n")
          .text("b.tsv", "# table: crosswalks\n# format: 1\n" + walk + "a\tx\t\tcovers\n");
  EXPECT_EQ(twice.errors(), "b.tsv:7:1 a row that says the same as another");
  EXPECT_EQ(twice.read().error()[0].expected, "each once; the other is at a.tsv:8:1");
}

TEST(Pack, RefusesLoops) {
  EXPECT_EQ(
      withOntology().table("ontology-subclasses", "class\tparent\nNetworkTraffic\tNetworkTraffic\n").errors(),
      "ontology-subclasses.tsv:4:16 a class below itself");
  EXPECT_EQ(withOntology().table("ontology-subproperties", "property\tparent\nfilters\tfilters\n").errors(),
            "ontology-subproperties.tsv:4:9 a property below itself");
  EXPECT_EQ(
      withSource()
          .table("crosswalks",
                 "# source: cis-v8\n# from: car\n# to: car\nfrom\tto\tdetail\trelation\nx\tx\t\tcovers\n")
          .errors(),
      "crosswalks.tsv:7:3 an id joined to itself");
  // A thing may well contain its like.
  EXPECT_EQ(
      withOntology()
          .table("ontology-relations", "class\tproperty\tobject\nNetworkTraffic\tfilters\tNetworkTraffic\n")
          .errors(),
      "read");
}

TEST(Pack, RefusesWhatIsNotThere) {
  const std::string relations = "class\tproperty\tobject\nNetworkTraffic\tfilter\tNetworkTrafic\n";
  EXPECT_EQ(withOntology().table("ontology-relations", relations).errors(),
            "ontology-relations.tsv:4:16 no such property: 'filter' (filters?)\n"
            "ontology-relations.tsv:4:23 no such class: 'NetworkTrafic' (NetworkTraffic?)");
  EXPECT_EQ(
      withOntology().table("ontology-citations", "class\treference\nNetworkTraffic\tReference-Y\n").errors(),
      "ontology-citations.tsv:4:16 no such reference: 'Reference-Y' (Reference-X?)");
  EXPECT_EQ(
      withAttack()
          .table("attack-mitigates",
                 "# domain: "
                 "attack-enterprise\ntechnique\tmitigation\nT1048\tM1038\nT1053.001\tM1037\nT1\tM1037\n")
          .errors(),
      "attack-mitigates.tsv:5:7 no such mitigation: 'M1038' (M1037?)\n"
      "attack-mitigates.tsv:6:1 technique T1053.001 is revoked or deprecated\n"
      "attack-mitigates.tsv:7:1 no such technique: 'T1'");
  EXPECT_EQ(
      withAttack()
          .table("attack-groups", "# domain: attack-ics\nid\tname\tshort-name\tstanding\nG1\tX\t\tlive\n")
          .table("rule-counts", "technique\tcollection\trules\tsource\nG2\tsigma\t1\tcis-v8\n")
          .errors(),
      "attack-groups.tsv:3:11 attack-ics without its techniques\nrule-counts.tsv:4:1 no such id of ATT&CK: "
      "'G2'");
  EXPECT_EQ(withAttack().table("attack-groups", "# domain: cis\nid\tname\tshort-name\tstanding\n").errors(),
            "attack-groups.tsv:3:11 cis is no domain of ATT&CK");
}

// Rows that name ids of other frameworks: an error where the pack knows better, silence where it knows
// nothing.
TEST(Pack, LooksAtForeignIds) {
  const std::string walk =
      "# source: cis-v8\n# from: cis\n# to: "
      "attack-enterprise\nfrom\tto\tdetail\trelation\n9.2\tT1049\t\tcovers\n";
  EXPECT_EQ(withSource().table("crosswalks", walk).errors(), "read");
  EXPECT_EQ(withAttack().table("crosswalks", walk).errors(),
            "crosswalks.tsv:7:5 no such id of attack-enterprise: 'T1049' (T1048?)");
  EXPECT_EQ(withAttack().table("crosswalks", walk).errors({.foreignIds = ForeignIds::keep}), "read");
  // What another version calls a technique is known, too.
  EXPECT_EQ(withAttack()
                .table("crosswalks", walk)
                .table("revocations", "old\tnew\tevidence\tkind\nT1048\tT1049\t\treplaced\n")
                .errors(),
            "read");
  EXPECT_EQ(
      withOntology()
          .table("protocols",
                 "service\tartifact\tparent\tours\treference\tsource\n"
                 "any\tNetworkTraffic\tNetworkTraffic\t1\t\tcis-"
                 "v8\ndns\tDNSTraffic\tNetworkTraffic\t0\t\tcis-v8\n"
                 "ntp\tNTPNetworkTraffic\tNetworkTrafic\t1\t\tcis-v8\n")
          .errors(),
      "protocols.tsv:4:35 D3FEND has NetworkTraffic already\nprotocols.tsv:5:31 D3FEND has no DNSTraffic\n"
      "protocols.tsv:6:23 no such class: 'NetworkTrafic' (NetworkTraffic?)");
  EXPECT_EQ(withAttack()
                .table("rule-counts", "technique\tcollection\trules\tsource\nT9\tsigma\t1\tcis-v8\n")
                .errors(),
            "rule-counts.tsv:4:1 no such id of ATT&CK: 'T9'");
}

TEST(Pack, KnowsMainClausesOfIso) {
  const Files files =
      withSource().table("controls",
                         "# framework: iso-27001\nid\ttitle\tgroup\tprofiles\tattributes\twithdrawn\tsource\n"
                         "A.8.20\t\tA.8\t\t\t0\tcis-v8\n");
  const std::string walk = "# source: cis-v8\n# from: cis\n# to: iso-27001\nfrom\tto\tdetail\trelation\n";
  EXPECT_EQ(Files(files).table("crosswalks", walk + "1.1\t9.2\t\tcovers\n").errors(), "read");
  EXPECT_EQ(Files(files).table("crosswalks", walk + "1.1\tA.8.21\t\tcovers\n").errors(),
            "crosswalks.tsv:7:5 no such id of iso-27001: 'A.8.21' (A.8.20?)");
}

TEST(Pack, LooksAtOwners) {
  const std::string head = "tactic\tresponsible\tconsulted\taccountable\tscope\twithin-soc\tbasis\tsource\n";
  Files files = withSource();
  files.table("roles", "id\tname\tcategory\tcategory-name\tsource\nPD-WRL-001\t\tPD\t\tcis-v8\n");
  EXPECT_EQ(
      Files(files)
          .table("tactic-owners", head + "Detect\tPD-WRL-001;asset-owner\t\t\tPD-WRL-001=x\t1\t\tcis-v8\n")
          .errors(),
      "read");
  EXPECT_EQ(
      Files(files)
          .table("tactic-owners", head + "Detect\tPD-WRL-002\t\t\tPD-WRL-001=x;PD-WRL-002\t1\t\tcis-v8\n")
          .errors(),
      "tactic-owners.tsv:4:8 no such role: 'PD-WRL-002'\n"
      "tactic-owners.tsv:4:21 'PD-WRL-001' is neither responsible nor consulted\n"
      "tactic-owners.tsv:4:21 'PD-WRL-002' does not say for what\n"
      "tactic-owners.tsv:4:21 no such role: 'PD-WRL-002'");
}

TEST(Pack, HasLimits) {
  EXPECT_EQ(withOntology().errors({.files = 3}), " 4 files of 426 bytes are more than a pack may have");
  EXPECT_EQ(withSource().errors({.bytes = 50}), " 1 files of 102 bytes are more than a pack may have");
  EXPECT_EQ(withSource().errors({.table = {.bytes = 100}}),
            "sources.tsv 102 bytes are more than a table may have");
  std::string many = "id\tname\tcategory\tcategory-name\tsource\n";
  for (int i = 0; i < 1000; ++i) many += "PD-WRL-" + std::to_string(i) + "\t\t\t\tnone\n";
  const auto result = withSource().table("roles", many).read();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().size(), TableLimits{}.errors + 1);
  EXPECT_EQ(result.error().back().severity, Severity::note);
}

}  // namespace
}  // namespace vauban::catalog
