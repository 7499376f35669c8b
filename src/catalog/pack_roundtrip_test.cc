// What a pack loses and gains on its way through text: nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "catalog/pack.h"

namespace vauban::catalog {
namespace {

// Any catalogue that keeps its invariants; small, so that names meet.
class RandomCatalogue {
 public:
  explicit RandomCatalogue(unsigned seed) : random_(seed) {}

  Catalogue make() {
    Catalogue made;
    for (const std::string& id : ids("src-", 1 + below(4)))
      made.sources.push_back(
          {id, framework(), text(), text(), text(), text(), text(), chance() ? hash() : ""});
    made.ontology = ontology();
    for (const Framework domain :
         {Framework::attackEnterprise, Framework::attackIcs, Framework::attackMobile}) {
      if (chance()) made.attack.push_back(attack(domain));
    }
    if (!made.attack.empty() && !made.ontology.classes.empty()) mitigate(made);
    std::set<Revocation> revocations;
    if (chance()) revocations.insert({"T1", "T2", "replaced", text()});
    if (chance()) revocations.insert({"T3", "T3", "renamed", text()});
    if (chance()) revocations.insert({"", "T10", "added", text()});
    // In natural order, which is not that of bytes.
    made.revocations.assign(revocations.begin(), revocations.end());
    std::ranges::sort(made.revocations,
                      [](const auto& a, const auto& b) { return naturalLess(a.oldId, b.oldId); });
    controls(made);
    crosswalks(made);
    evidence(made);
    people(made);
    protocols(made);
    return made;
  }

 private:
  std::size_t below(std::size_t most) { return most == 0 ? 0 : random_() % most; }
  bool chance() { return below(3) != 0; }

  std::string text() {
    static const std::vector<std::string> texts = {
        "",         "a",
        "A name",   "\xC3\xA4\xE2\x82\xAC",
        "# x: y",   "0",
        "a | b; c", "\x7F",
        " blank ",  "a very long text that needs memory of its own"};
    return texts[below(texts.size())];
  }
  std::string word() {
    std::string made = text();
    return made.empty() ? "w" : made;
  }
  std::string hash() {
    std::string made;
    for (int i = 0; i < 64; ++i) made += "0123456789abcdef"[below(16)];
    return made;
  }
  Framework framework() { return static_cast<Framework>(below(14)); }
  std::vector<std::string> list() {
    std::vector<std::string> made;
    for (std::size_t i = below(4); i > 0; --i) made.push_back("part " + std::to_string(below(5)));
    return made;
  }
  std::vector<std::string> sortedList() {
    const auto made = list();
    const std::set<std::string> once(made.begin(), made.end());
    return {once.begin(), once.end()};
  }
  // `count` ids in natural order: T1, T2, T10, T10.2, T10.10, ...
  std::vector<std::string> ids(const std::string& begin, std::size_t count) {
    std::set<std::string> made;
    while (made.size() < count)
      made.insert(begin + std::to_string(below(12)) + (below(2) == 0 ? "" : "." + std::to_string(below(12))));
    std::vector<std::string> sorted(made.begin(), made.end());
    std::ranges::sort(sorted, naturalLess);
    return sorted;
  }
  template <class Row>
  const Row& of(const std::vector<Row>& rows) {
    return rows[below(rows.size())];
  }
  std::string source(const Catalogue& made) { return of(made.sources).id; }

  template <class A, class B>
  std::set<std::pair<A, B>> pairs(std::size_t firsts, std::size_t seconds, bool loops) {
    std::set<std::pair<A, B>> made;
    for (std::size_t i = below(6); i > 0 && firsts > 0 && seconds > 0; --i) {
      const std::size_t first = below(firsts), second = below(seconds);
      if (loops || first != second) made.insert({A(first), B(second)});
    }
    return made;
  }

  Ontology ontology() {
    Ontology made;
    if (!chance()) return made;
    made.version = word();
    made.releaseDate = text();
    std::set<std::string> names;
    for (std::size_t i = below(6); i > 0; --i) names.insert("Class" + std::to_string(below(20)));
    for (const std::string& name : names)
      made.classes.push_back(
          {name, chance() ? "D3-" + name : "", text(), static_cast<ClassKind>(below(6)), chance()});
    for (const std::string& name : std::set<std::string>{"accesses", "filters", "may-" + word()})
      made.properties.push_back({name});
    for (const std::string& name : std::set<std::string>{"Reference-" + word(), "Reference-x"})
      made.references.push_back({name, text(), static_cast<int>(below(2100))});
    const std::size_t classes = made.classes.size(), properties = made.properties.size();
    const auto fill = [](auto& to, const auto& from) { to.assign(from.begin(), from.end()); };
    fill(made.subClassOf, pairs<ClassId, ClassId>(classes, classes, false));
    fill(made.subPropertyOf, pairs<PropertyId, PropertyId>(properties, properties, false));
    fill(made.inverseOf, pairs<PropertyId, PropertyId>(properties, properties, true));
    fill(made.cites, pairs<ClassId, ReferenceId>(classes, made.references.size(), true));
    std::set<Relation> relations;
    for (std::size_t i = below(8); i > 0 && classes > 0; --i)
      relations.insert({ClassId(below(classes)), PropertyId(below(properties)), ClassId(below(classes))});
    fill(made.relations, relations);
    std::set<std::pair<ClassId, std::string>> synonyms;
    for (std::size_t i = below(4); i > 0 && classes > 0; --i)
      synonyms.insert({ClassId(below(classes)), word()});
    fill(made.synonyms, synonyms);
    return made;
  }

  std::vector<AttackObject> objects(const std::string& begin, bool tactics = false) {
    std::vector<AttackObject> made;
    for (const std::string& id : ids(begin, below(5)))
      made.push_back({id, text(), tactics ? text() : "", static_cast<Standing>(below(3))});
    return made;
  }

  template <class First, class Second>
  std::vector<IdPair> livePairs(const std::vector<First>& firsts, const std::vector<Second>& seconds) {
    std::set<std::pair<std::size_t, std::size_t>> chosen;
    for (std::size_t i = below(8); i > 0 && !firsts.empty() && !seconds.empty(); --i) {
      const std::size_t first = below(firsts.size()), second = below(seconds.size());
      if (firsts[first].standing == Standing::live && seconds[second].standing == Standing::live)
        chosen.insert({first, second});
    }
    std::vector<IdPair> made;
    for (const auto& [first, second] : chosen) made.emplace_back(firsts[first].id, seconds[second].id);
    return made;
  }

  Attack attack(Framework domain) {
    Attack made;
    made.domain = domain;
    made.version = text();
    made.released = text();
    for (const std::string& id : ids("T", below(8)))
      made.techniques.push_back({id, text(), sortedList(), sortedList(), static_cast<Standing>(below(3)),
                                 text(), static_cast<std::uint32_t>(random_()), 0, 7});
    made.tactics = objects("TA", true);
    made.mitigations = objects("M");
    made.groups = objects("G");
    made.campaigns = objects("C");
    made.software = objects("S");
    made.mitigates = livePairs(made.techniques, made.mitigations);
    made.groupUses = livePairs(made.groups, made.techniques);
    made.campaignUses = livePairs(made.campaigns, made.techniques);
    return made;
  }

  void mitigate(Catalogue& made) {
    std::set<std::pair<ClassId, std::string>> chosen;
    for (const AttackObject& it : made.attack[0].mitigations)
      chosen.insert({ClassId(below(made.ontology.classes.size())), it.id});
    made.ontology.mitigations.assign(chosen.begin(), chosen.end());
  }

  // An id that rows of other tables may name.
  std::string technique(const Catalogue& made) {
    std::vector<std::string> known;
    for (const Attack& attack : made.attack) {
      for (const AttackTechnique& it : attack.techniques) known.push_back(it.id);
    }
    if (!known.empty()) return of(known);
    for (const Attack& attack : made.attack) {
      if (!attack.tactics.empty()) return of(attack.tactics).id;
    }
    const bool unknown = std::ranges::all_of(made.attack, [](const Attack& it) {
      return it.mitigations.empty() && it.groups.empty() && it.campaigns.empty() && it.software.empty();
    });
    return unknown ? "T77" : "";  // "": no row
  }

  void controls(Catalogue& made) {
    for (const Framework it : {Framework::nist80053, Framework::nistCsf, Framework::iec62443}) {
      if (!chance()) continue;
      for (const std::string& id : ids("AC-", below(5)))
        made.controls.push_back({it, id, text(), text(), list(), list(), chance(), source(made)});
    }
  }

  std::optional<std::string> idOf(const Catalogue& made, Framework it) {
    if (it == Framework::d3fend && !made.ontology.classes.empty()) return of(made.ontology.classes).name;
    std::vector<std::string> known;
    for (const Control& control : made.controls) {
      if (control.framework == it) known.push_back(control.id);
    }
    if (isAttack(it)) {
      if (made.domain(it) != nullptr) {
        for (const AttackTechnique& row : made.domain(it)->techniques) known.push_back(row.id);
        if (known.empty()) return std::nullopt;
      }
    }
    return known.empty() ? word() : of(known);
  }

  void crosswalks(Catalogue& made) {
    using Tuple =
        std::tuple<Framework, std::string, std::string, Framework, std::string, std::string, std::string>;
    std::set<Tuple> chosen;
    for (std::size_t i = below(30); i > 0; --i) {
      const Framework from = framework(), to = framework();
      // Roles come later.
      if (from == Framework::nice || to == Framework::nice) continue;
      const auto first = idOf(made, from), second = idOf(made, to);
      if (!first || !second || (from == to && *first == *second)) continue;
      chosen.insert({from, *first, chance() ? "related" : word(), to, *second, text(), source(made)});
    }
    for (const auto& [from, first, relation, to, second, detail, source] : chosen)
      made.crosswalks.push_back({from, first, relation, to, second, detail, source});
    std::ranges::sort(made.crosswalks, [](const Crosswalk& a, const Crosswalk& b) {
      if (a.fromFramework != b.fromFramework) return a.fromFramework < b.fromFramework;
      if (a.from != b.from) return naturalLess(a.from, b.from);
      if (a.relation != b.relation) return naturalLess(a.relation, b.relation);
      if (a.toFramework != b.toFramework) return a.toFramework < b.toFramework;
      if (a.to != b.to) return naturalLess(a.to, b.to);
      if (a.detail != b.detail) return naturalLess(a.detail, b.detail);
      return naturalLess(a.source, b.source);
    });
  }

  void evidence(Catalogue& made) {
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string id = technique(made);
      if (id.empty() || !chance()) continue;
      const std::string capability = "capability-" + std::to_string(i);
      made.scores.push_back({id, capability, i == 0 ? "protect" : "detect",
                             i == 1 ? "minimal" : "significant", static_cast<std::uint32_t>(below(9)),
                             source(made)});
    }
    std::ranges::sort(made.scores, [](const Score& a, const Score& b) {
      return a.technique != b.technique ? naturalLess(a.technique, b.technique)
                                        : naturalLess(a.capability, b.capability);
    });
    if (const std::string id = technique(made); !id.empty() && chance()) {
      const double p10 = static_cast<double>(below(1'000'001)) / 1'000'000;
      made.trialRates.push_back({id, list(), 3, 4, 9, 5, p10 / 3, p10, source(made)});
      made.ruleCounts.push_back({id, "atomic", 1, source(made)});
      made.ruleCounts.push_back({id, "sigma", 0, source(made)});
    }
  }

  void people(Catalogue& made) {
    for (const std::string& id : ids("PD-WRL-", below(4)))
      made.roles.push_back({id, text(), text(), text(), source(made)});
    if (!chance()) return;
    TacticOwner owner;
    owner.tactic = made.ontology.classes.empty() ? "Harden" : of(made.ontology.classes).name;
    owner.responsible = {made.roles.empty() ? "IO-WRL-1" : of(made.roles).id, "asset-owner"};
    owner.consulted = {"somebody"};
    owner.accountable = text();
    owner.scope = {chance() ? "somebody=platform" : "somebody=", owner.responsible[0] + "=all"};
    owner.withinSoc = chance();
    owner.basis = text();
    owner.source = source(made);
    made.owners.push_back(std::move(owner));
  }

  void protocols(Catalogue& made) {
    const bool there = !made.ontology.classes.empty();
    const std::string parent = there ? of(made.ontology.classes).name : "NetworkTraffic";
    made.protocols.push_back({"ntp", "NTPNetworkTraffic", parent, true, text(), source(made)});
    if (there) made.protocols.push_back({"quic", parent, parent, false, text(), source(made)});
    if (const std::string id = technique(made); !id.empty())
      made.protocolUses.push_back({"ntp", id, source(made)});
    made.protocolCountermeasures.push_back({"ntp", parent, "filters", text(), source(made)});
  }

  std::mt19937 random_;
};

Result<Catalogue> read(const std::vector<std::pair<std::string, std::string>>& files,
                       const PackOptions& options = {}) {
  const std::vector<PackFile> views(files.begin(), files.end());
  return readPack(views, options);
}

std::string said(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& it : diagnostics) text += it.place.toString() + ": " + it.message + "\n";
  return text;
}

// Which member of two catalogues is not the same; "" where all are.
std::string difference(const Catalogue& a, const Catalogue& b) {
  if (a.sources != b.sources) return "sources";
  if (a.ontology != b.ontology) return "ontology";
  if (a.attack != b.attack) return "attack";
  if (a.revocations != b.revocations) return "revocations";
  if (a.controls != b.controls) return "controls";
  if (a.crosswalks != b.crosswalks) return "crosswalks";
  if (a.scores != b.scores) return "scores";
  if (a.trialRates != b.trialRates) return "trialRates";
  if (a.ruleCounts != b.ruleCounts) return "ruleCounts";
  if (a.roles != b.roles) return "roles";
  if (a.owners != b.owners) return "owners";
  if (a.protocols != b.protocols) return "protocols";
  return a == b ? "" : "protocol uses or countermeasures";
}

TEST(PackRoundTrip, TextHoldsTheCatalogue) {
  for (unsigned seed = 0; seed < 800; ++seed) {
    const Catalogue catalogue = RandomCatalogue(seed).make();
    const auto files = writePack(catalogue);
    const auto again = read(files);
    ASSERT_TRUE(again) << "seed " << seed << "\n" << said(again.error());
    ASSERT_EQ(difference(*again, catalogue), "") << "seed " << seed;
    ASSERT_EQ(writePack(*again), files) << "seed " << seed;
  }
}

// The same facts in other files, rows and columns.
TEST(PackRoundTrip, OrderSaysNothing) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const Catalogue catalogue = RandomCatalogue(seed).make();
    auto files = writePack(catalogue);
    std::ranges::shuffle(files, random);
    for (auto& [name, text] : files) {
      name = std::to_string(random() % 1000);
      std::vector<std::string> head, rows;
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin) + 1;
        const std::string line = text.substr(begin, end - begin);
        const bool above = rows.empty() && (head.empty() || head.back().starts_with("# "));
        (above ? head : rows).push_back(line);
        begin = end;
      }
      std::ranges::shuffle(rows, random);
      text.clear();
      for (const auto& line : head) text += line;
      for (const auto& line : rows) text += line;
    }
    const auto again = read(files);
    ASSERT_TRUE(again) << "seed " << seed << "\n" << said(again.error());
    ASSERT_EQ(difference(*again, catalogue), "") << "seed " << seed;
  }
}

// Whatever is accepted can be written and read again; whatever is not has places inside its files.
TEST(PackRoundTrip, BrokenTextIsRefusedOrMeansSomething) {
  std::size_t accepted = 0, refused = 0;
  for (unsigned seed = 0; seed < 800; ++seed) {
    std::mt19937 random(seed);
    auto files = writePack(RandomCatalogue(seed % 100).make());
    auto& text = files[random() % files.size()].second;
    const std::string_view pieces = "\t\n;#:0aT1\x01\xFF";
    for (unsigned i = 1 + random() % 3; i > 0; --i) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 8);
      } else {
        text.insert(at, 1, pieces[random() % pieces.size()]);
      }
      if (text.empty()) text = "x";
    }
    const auto first = read(files);
    if (!first) {
      ++refused;
      ASSERT_TRUE(hasErrors(first.error())) << "seed " << seed;
      for (const Diagnostic& it : first.error()) ASSERT_FALSE(it.place.file.empty()) << "seed " << seed;
      continue;
    }
    ++accepted;
    const auto again = read(writePack(*first));
    ASSERT_TRUE(again) << "seed " << seed << "\n" << said(again.error());
    ASSERT_EQ(difference(*again, *first), "") << "seed " << seed;
  }
  EXPECT_GT(accepted, 30U);
  EXPECT_GT(refused, 300U);
}

TEST(PackRoundTrip, NamesFromOutsideStayInTheirCells) {
  Catalogue made;
  made.sources.push_back({"../x y", Framework::cis, "a\tb", "", "c\nd", "", "\xFF", ""});
  made.controls.push_back({Framework::cis, "1", "one\ttwo", "", {"a;b", "", "c\td"}, {}, false, "../x y"});
  made.crosswalks.push_back({Framework::cis, "1", "covers", Framework::car, "x", "", "../x y"});
  const auto files = writePack(made);
  for (const auto& [name, text] : files) EXPECT_EQ(name.find('/'), std::string::npos) << name;
  const auto again = read(files);
  ASSERT_TRUE(again) << said(again.error());
  EXPECT_EQ(again->controls[0].title, "one two");
  EXPECT_EQ(again->controls[0].profiles, (std::vector<std::string>{"a,b", "c d"}));
  EXPECT_EQ(again->sources[0].origin, "c d");
  EXPECT_EQ(again->sources[0].notice, "\xEF\xBF\xBD");
}

TEST(PackRoundTrip, FilesOfOneNameAreTold) {
  Catalogue made;
  made.sources.push_back({"a b", Framework::cis, "", "", "", "", "", ""});
  made.sources.push_back({"a_b", Framework::cis, "", "", "", "", "", ""});
  made.scores.push_back({"T1", "x", "detect", "partial", 1, "a b"});
  made.scores.push_back({"T1", "x", "detect", "partial", 1, "a_b"});
  const auto files = writePack(made);
  ASSERT_EQ(files.size(), 3U);
  EXPECT_NE(files[0].first, files[1].first);
  const auto again = read(files);
  ASSERT_TRUE(again) << said(again.error());
  EXPECT_EQ(difference(*again, made), "");
}

}  // namespace
}  // namespace vauban::catalog
