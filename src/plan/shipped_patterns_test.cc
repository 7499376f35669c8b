// What ships: knowledge/patterns, held against the catalogue, the schema, and a model each in tests/patterns.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "model/yaml.h"
#include "plan/embedded_patterns.h"
#include "plan/test_models.h"
#include "plan/yaml_editing.h"

#ifdef VAUBAN_HAS_VALIJSON
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#endif

namespace vauban::plan {
namespace {

using testing::catalogue;
using testing::Ground;
using testing::patterns;

std::vector<std::string> ids() {
  std::vector<std::string> all;
  for (const Pattern& pattern : patterns().all())
    if (!pattern.single) all.push_back(pattern.id);
  return all;
}

TEST(ShippedPatterns, NameWhatTheCatalogueHas) {
  ASSERT_GE(patterns().all().size(), 15U);
  std::set<std::string> roles, techniques;
  for (const auto& role : catalogue().roles) roles.insert(role.id);
  for (const auto& it : catalogue().ontology.classes)
    if (it.kind == catalog::ClassKind::defensive) techniques.insert(it.id);
  std::set<std::pair<catalog::Framework, std::string>> controls;
  for (const auto& control : catalogue().controls)
    if (!control.withdrawn) controls.emplace(control.framework, control.id);
  for (const Pattern& pattern : patterns().all()) {
    SCOPED_TRACE(pattern.id);
    // People are no technique of D3FEND.
    EXPECT_EQ(pattern.d3fend.empty(), pattern.id == "one-analyst-more");
    EXPECT_FALSE(pattern.standards.empty());
    EXPECT_GT(pattern.effortDays(), 0);
    for (const std::string& id : pattern.d3fend) EXPECT_TRUE(techniques.contains(id)) << id;
    for (const Effort& it : pattern.effort) EXPECT_TRUE(roles.contains(it.role)) << it.role;
    EXPECT_TRUE(roles.contains(pattern.accountable));
    for (const auto& control : pattern.standards)
      EXPECT_TRUE(controls.contains(control)) << catalog::word(control.first) << " " << control.second;
  }
}

TEST(ShippedPatterns, AreOneAFileNamedAfterIt) {
  for (const auto& [file, text] : embeddedPatterns())
    EXPECT_TRUE(patterns().find(file.substr(0, file.rfind(".yaml"))).has_value()) << file;
  EXPECT_EQ(embeddedPatterns().size(), patterns().all().size());
}

std::vector<std::string> textsOf(const model::yaml::Node* node) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; node != nullptr && i < node->size(); ++i) texts.push_back(node->item(i).text());
  return texts;
}

class ShippedPattern : public ::testing::TestWithParam<std::string> {};

// tests/patterns/ID: a model in which the guarantee does not hold, and does once the pattern is applied.
TEST_P(ShippedPattern, MakesAClaimProvable) {
  const std::string folder = "tests/patterns/" + GetParam();
  const auto ground = Ground::ofFile(folder + "/model.yaml");
  ASSERT_NE(ground, nullptr);
  const auto expectText = model::sourceFromDisk(VAUBAN_SOURCE_DIR "/" + folder + "/expect.yaml");
  ASSERT_TRUE(expectText.has_value());
  const auto expect = model::yaml::parse("expect.yaml", *expectText).root;
  ASSERT_NE(expect, nullptr);
  const Pattern& pattern = patterns().at(*patterns().find(GetParam()));
  Members named;
  const auto* said = expect->find("members");
  for (std::size_t i = 0; said != nullptr && i < said->size(); ++i)
    named[said->key(i).text()] = textsOf(&said->value(i));
  const auto members = ground->places->complete(pattern, named, "--members");
  ASSERT_TRUE(members.has_value()) << testing::said(members.error());
  const auto applied = applyPattern(ground->tree, *ground->places, pattern, *members);
  ASSERT_TRUE(applied.has_value()) << testing::said(applied.error());
  EXPECT_FALSE(applied->statements.empty());
  const auto effect = effectOf(ground->tree, *applied, testing::judging(asksAboutGoals(applied->tree)));
  ASSERT_TRUE(effect.has_value()) << testing::said(effect.error()) << applied->tree.toYaml();

  const auto* provable = expect->find("provable");
  ASSERT_NE(provable, nullptr);
  std::size_t became = 0;
  bool wasSayable = false;
  for (const ClaimEffect& claim : effect->claims) {
    std::string left;
    for (const auto& hop : claim.witness)
      left += hop.from + " -> " + hop.to + " " + hop.packets.toString() + " " + hop.carrier + " " + hop.how +
              "\n";
    for (const auto& atom : claim.conditions) left += atom.where + ": " + atom.line + "\n";
    EXPECT_FALSE(claim.gotWorse()) << claim.id << "\n" << left;
    EXPECT_EQ(claim.after, channel::Verdict::kept) << claim.id << ": " << claim.reason << "\n"
                                                   << left << applied->tree.toYaml();
    const auto* before = provable->find(claim.id);
    if (before == nullptr) continue;
    ++became;
    EXPECT_TRUE(claim.guarantee) << claim.id;
    EXPECT_TRUE(claim.becameProvable()) << claim.id;
    EXPECT_EQ(claim.before ? channel::toString(*claim.before) : "none", before->text()) << claim.id;
    wasSayable = wasSayable || claim.before.has_value();
  }
  EXPECT_EQ(became, provable->size());
  EXPECT_TRUE(wasSayable) << "what could not be said before does not count";

  // The text that is written out is a model of its own with the same verdicts, and the pattern changes
  // nothing more.
  const auto then = Ground::of(applied->tree);
  ASSERT_NE(then, nullptr);
  const auto again = applyPattern(then->tree, *then->places, pattern, *members);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->statements.empty())
      << again->statements.front().where << " " << again->statements.front().text;
}

INSTANTIATE_TEST_SUITE_P(ShippedPatterns, ShippedPattern, ::testing::ValuesIn(ids()), [](const auto& it) {
  std::string name = it.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

// Singles promise nothing, so each has only to fit, to change the model once, and to leave one that can be
// read.
TEST(ShippedSingles, ChangeAModelOnce) {
  const auto ground = Ground::ofText(R"(
vauban: 1
name: a works
zones:
  internet: {networks: [0.0.0.0/0], untrusted: true}
  office: {networks: [198.51.100.0/25], people: true}
  inner: {networks: [198.51.100.128/26]}
hosts:
  pc: {zone: office, address: 198.51.100.10, services: {}}
  dns: {zone: inner, address: 198.51.100.140, services: {dns: {behaviour: dns-recursive}}}
  web: {zone: inner, address: 198.51.100.141, services: {http: {behaviour: web-server, port: tcp/80}}}
  gw: {zone: inner, address: 198.51.100.142, services: {m: {behaviour: ot-gateway, port: tcp/502, upstream: [pc]}}}
flows:
  - allow: {from: office, to: inner, service: any}
credentials:
  login: {kind: password, grants: [{hosts: [web], privilege: user}]}
operations:
  analysts: 2
  minutes-per-alert: 20
)");
  ASSERT_NE(ground, nullptr);
  std::size_t singles = 0;
  for (const Pattern& pattern : patterns().all()) {
    if (!pattern.single) continue;
    SCOPED_TRACE(pattern.id);
    ++singles;
    const Fits fits = changingFits(ground->tree, *ground->places, pattern);
    ASSERT_FALSE(fits.assignments.empty());
    const auto once = applyPattern(ground->tree, *ground->places, pattern, fits.assignments.front());
    ASSERT_TRUE(once.has_value());
    const auto changed = Ground::of(once->tree);
    ASSERT_NE(changed, nullptr);
    const auto twice = applyPattern(changed->tree, *changed->places, pattern, fits.assignments.front());
    ASSERT_TRUE(twice.has_value());
    EXPECT_TRUE(twice->statements.empty());
  }
  EXPECT_GE(singles, 25U);
}

nlohmann::json jsonOf(const model::yaml::Node& node) {
  using model::yaml::Kind;
  switch (node.kind()) {
    case Kind::null:
      return nullptr;
    case Kind::boolean:
      return *node.boolean();
    case Kind::integer:
      return *node.integer();
    case Kind::real:
      return *node.number();
    case Kind::text:
      return node.text();
    case Kind::sequence: {
      auto list = nlohmann::json::array();
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(jsonOf(node.item(i)));
      return list;
    }
    case Kind::mapping: {
      auto object = nlohmann::json::object();
      for (std::size_t i = 0; i < node.size(); ++i) object[node.key(i).text()] = jsonOf(node.value(i));
      return object;
    }
  }
  return nullptr;
}

// The schema accepts what the reader accepts, and refuses keys that it does not have.
TEST(ShippedPatterns, FollowTheSchema) {
#ifndef VAUBAN_HAS_VALIJSON
  GTEST_SKIP() << "valijson is not installed";
#else
  std::ifstream in(VAUBAN_SOURCE_DIR "/docs/formats/pattern.schema.json");
  const auto text = nlohmann::json::parse(in);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text), schema);
  const auto accepts = [&](const nlohmann::json& value) {
    valijson::Validator validator;
    return validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(value), nullptr);
  };
  for (const auto& [file, content] : embeddedPatterns()) {
    const auto value = jsonOf(*model::yaml::parse(std::string(file), content).root);
    EXPECT_TRUE(accepts(value)) << file;
    for (const auto& [key, part] : value.items()) {
      auto without = value;
      without.erase(key);
      const bool optional = key == "depends-on" || key == "conflicts";
      EXPECT_EQ(accepts(without), optional) << file << " without " << key;
      auto other = value;
      other[key + "x"] = part;
      EXPECT_FALSE(accepts(other)) << file << " with " << key << "x";
    }
  }
#endif
}

}  // namespace
}  // namespace vauban::plan
