// What ships: knowledge/steps, held against the shipped catalogue, the built-in behaviours and the schema.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "attack/embedded_steps.h"
#include "attack/step_template.h"
#include "attack/step_words.h"
#include "catalog/embedded_pack.h"
#include "catalog/inference.h"
#include "catalog/pack.h"
#include "model/behaviour.h"
#include "model/diagnostic_text.h"
#include "model/yaml.h"

#ifdef VAUBAN_HAS_VALIJSON
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#endif

namespace vauban::attack {
namespace {

using catalog::Framework;

const catalog::Catalogue& catalogue() {
  static const catalog::Catalogue shipped = [] {
    auto read = catalog::readPack(catalog::embeddedPack());
    return read ? *std::move(read) : catalog::Catalogue();
  }();
  return shipped;
}

const std::vector<StepTemplate>& steps() {
  static const StepTemplates shipped = [] {
    auto read = StepTemplates::builtIn();
    if (read) return *std::move(read);
    ADD_FAILURE() << model::diagnosticText(read.error(), [](const std::string& file) {
      return model::sourceFromDisk(VAUBAN_SOURCE_DIR "/knowledge/" + file);
    });
    return StepTemplates();
  }();
  return shipped.all();
}

bool needs(const StepTemplate& step, PremiseKind kind) {
  return std::ranges::find(step.needs, kind, &Premise::kind) != step.needs.end();
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

TEST(ShippedSteps, NameLiveTechniquesOfTheirTactic) {
  ASSERT_FALSE(steps().empty());
  for (const auto& step : steps()) {
    const catalog::Attack* attack = catalogue().domain(step.domain);
    ASSERT_NE(attack, nullptr);
    const auto* technique = attack->find(step.technique);
    ASSERT_NE(technique, nullptr) << step.id << " " << step.technique;
    EXPECT_EQ(technique->standing, catalog::Standing::live) << step.id;
    EXPECT_TRUE(contains(technique->tactics, step.tactic)) << step.id << " " << step.tactic;
    EXPECT_NE(step.reference.find("ATT&CK " + step.technique), std::string::npos) << step.id;
    for (const auto& id : step.covers) {
      const auto* covered = attack->find(id);
      ASSERT_NE(covered, nullptr) << step.id << " " << id;
      EXPECT_EQ(covered->standing, catalog::Standing::live) << step.id << " " << id;
    }
  }
}

TEST(ShippedSteps, KnowTheTacticsOfTheCatalogue) {
  for (const auto domain : {Framework::attackEnterprise, Framework::attackIcs}) {
    for (const auto tactic : tacticsOf(domain)) {
      EXPECT_NE(
          std::ranges::find(catalogue().domain(domain)->tactics, tactic, &catalog::AttackObject::shortName),
          catalogue().domain(domain)->tactics.end())
          << tactic;
    }
  }
}

// `countered-by` is what the ontology infers; `countered-by-judgement` what it does not.
TEST(ShippedSteps, SayWhichCountermeasuresAreJudgement) {
  const catalog::Hierarchy hierarchy(catalogue().ontology);
  std::map<std::string, std::set<std::string>, std::less<>> inferred;
  for (const auto& row : catalog::infer(hierarchy, {catalog::View::page, {}, {}})) {
    inferred[catalogue().ontology[row.offensive].id].insert(catalogue().ontology[row.defensive].id);
  }
  std::set<std::string, std::less<>> live;
  for (const auto& it : catalogue().ontology.classes) {
    if (it.kind == catalog::ClassKind::defensive && !it.deprecated) live.insert(it.id);
  }
  std::size_t byInference = 0;
  for (const auto& step : steps()) {
    EXPECT_FALSE(step.counteredBy.empty()) << step.id;
    for (const auto& id : step.counteredBy) {
      EXPECT_TRUE(live.contains(id)) << step.id << " " << id;
      const bool judged = contains(step.judged, id);
      EXPECT_NE(inferred[step.technique].contains(id), judged)
          << step.id << " " << step.technique << " " << id;
      byInference += judged ? 0 : 1;
    }
  }
  EXPECT_GE(byInference, 150U);
}

TEST(ShippedSteps, SpreadOverTacticsAndDomains) {
  std::map<Framework, std::set<std::string>> techniques;
  std::set<std::pair<Framework, std::string>> tactics;
  for (const auto& step : steps()) {
    techniques[step.domain].insert(step.technique);
    tactics.emplace(step.domain, step.tactic);
  }
  RecordProperty("enterprise_techniques", static_cast<int>(techniques[Framework::attackEnterprise].size()));
  RecordProperty("ics_techniques", static_cast<int>(techniques[Framework::attackIcs].size()));
  EXPECT_GE(techniques[Framework::attackEnterprise].size(), 45U);
  EXPECT_GE(techniques[Framework::attackIcs].size(), 15U);
  for (const char* tactic :
       {"initial-access", "execution", "privilege-escalation", "credential-access", "discovery",
        "lateral-movement", "command-and-control", "collection", "exfiltration", "impact"}) {
    EXPECT_TRUE(tactics.contains({Framework::attackEnterprise, tactic})) << tactic;
  }
}

// Of what groups and campaigns of ATT&CK are seen to use, how much the steps stand for: pairs of a group or a
// campaign and a technique. In the tactics that have steps, the rest happens where no architecture sees it.
TEST(ShippedSteps, StandForMuchOfWhatIsObserved) {
  std::set<std::string> own, all, tactics;
  for (const auto& step : steps()) {
    if (step.domain != Framework::attackEnterprise) continue;
    own.insert(step.technique);
    all.insert(step.technique);
    all.insert(step.covers.begin(), step.covers.end());
    tactics.insert(step.tactic);
  }
  double total = 0, inTactics = 0, byOwn = 0, byAll = 0, byAllInTactics = 0;
  const auto& attack = *catalogue().domain(Framework::attackEnterprise);
  for (const auto* uses : {&attack.groupUses, &attack.campaignUses}) {
    for (const auto& [user, id] : *uses) {
      const auto* technique = attack.find(id);
      ASSERT_NE(technique, nullptr) << id;
      const bool has =
          std::ranges::any_of(technique->tactics, [&](auto& it) { return tactics.contains(it); });
      total += 1;
      inTactics += has ? 1 : 0;
      byOwn += own.contains(id) ? 1 : 0;
      byAll += all.contains(id) ? 1 : 0;
      byAllInTactics += has && all.contains(id) ? 1 : 0;
    }
  }
  ASSERT_GT(total, 4000);
  RecordProperty("own_percent", static_cast<int>(100 * byOwn / total));
  RecordProperty("with_covered_percent", static_cast<int>(100 * byAll / total));
  RecordProperty("with_covered_percent_of_tactics", static_cast<int>(100 * byAllInTactics / inTactics));
  EXPECT_GE(byOwn / total, 0.2);
  EXPECT_GE(byAll / total, 0.50);
  EXPECT_GE(byAllInTactics / inTactics, 0.70);
}

// Whoever holds an account must not be stopped because a behaviour was forgotten: each one is behind some
// login, or here because its protocol knows no accounts with rights on the host.
TEST(ShippedSteps, EveryBehaviourIsDecided) {
  const std::set<std::string> withoutLogin{
      "content-gateway", "copier",         "data-diode", "dns-authoritative", "dns-forwarder",
      "dns-recursive",   "dns-sinkhole",   "ntp-server", "tcp-relay",         "monitoring-poller",
      "smtp-relay",      "icmp-responder", "udp-relay"};
  std::set<std::string> withLogin;
  for (const auto& step : steps()) {
    if (!needs(step, PremiseKind::holds)) continue;
    for (const auto& premise : step.needs) {
      if (premise.kind == PremiseKind::told) {
        withLogin.insert(premise.behaviours.begin(), premise.behaviours.end());
      }
    }
  }
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  ASSERT_TRUE(behaviours.has_value());
  for (const auto& behaviour : behaviours->all()) {
    EXPECT_NE(withLogin.contains(behaviour.name), withoutLogin.contains(behaviour.name)) << behaviour.name;
  }
}

// Where the model says nothing the worst holds: for these some step asks for no particular service or
// protocol.
TEST(ShippedSteps, HaveAStepForAnyService) {
  const auto general = [](PremiseKind kind, ConclusionKind gives, std::string_view impact) {
    return std::ranges::any_of(steps(), [&](const StepTemplate& step) {
      const auto premise = std::ranges::find(step.needs, kind, &Premise::kind);
      return premise != step.needs.end() && premise->behaviours.empty() && premise->services.empty() &&
             step.gives.kind == gives && step.gives.impact == impact &&
             step.domain == Framework::attackEnterprise;
    });
  };
  EXPECT_TRUE(general(PremiseKind::told, ConclusionKind::code, ""));
  EXPECT_TRUE(general(PremiseKind::told, ConclusionKind::found, ""));
  EXPECT_TRUE(general(PremiseKind::told, ConclusionKind::impact, "availability"));
  EXPECT_TRUE(general(PremiseKind::written, ConclusionKind::impact, "integrity"));
  EXPECT_TRUE(general(PremiseKind::reads, ConclusionKind::collected, ""));
  EXPECT_TRUE(general(PremiseKind::leaves, ConclusionKind::commanded, ""));
  EXPECT_TRUE(general(PremiseKind::leaves, ConclusionKind::data, ""));
}

// A service is named by what it is and by where it listens, so that a machine of which nothing is known is
// meant.
TEST(ShippedSteps, MeanUnknownMachinesToo) {
  for (const auto& step : steps()) {
    for (const auto& premise : step.needs) {
      if (premise.kind != PremiseKind::told && premise.kind != PremiseKind::written) continue;
      if (premise.behaviours.empty()) continue;
      EXPECT_TRUE(!premise.services.empty() || contains(premise.behaviours, "opaque")) << step.id;
    }
  }
}

TEST(ShippedSteps, EveryImpactAndEveryGoalCanBeReached) {
  std::set<std::pair<ConclusionKind, std::string>> given;
  for (const auto& step : steps()) given.emplace(step.gives.kind, step.gives.impact);
  for (const auto kind :
       {ConclusionKind::code, ConclusionKind::admin, ConclusionKind::holds, ConclusionKind::found,
        ConclusionKind::commanded, ConclusionKind::collected, ConclusionKind::data}) {
    EXPECT_TRUE(given.contains({kind, ""})) << static_cast<int>(kind);
  }
  for (const auto impact : kImpacts) {
    EXPECT_TRUE(given.contains({ConclusionKind::impact, std::string(impact)})) << impact;
  }
}

#ifdef VAUBAN_HAS_VALIJSON
using nlohmann::json;

json toJson(const model::yaml::Node& node) {
  if (node.isMapping()) {
    json object = json::object();
    for (std::size_t i = 0; i < node.size(); ++i) object[node.key(i).text()] = toJson(node.value(i));
    return object;
  }
  if (node.isSequence()) {
    json list = json::array();
    for (std::size_t i = 0; i < node.size(); ++i) list.push_back(toJson(node.item(i)));
    return list;
  }
  if (const auto boolean = node.boolean()) return *boolean;
  if (const auto integer = node.integer()) return *integer;
  if (node.kind() == model::yaml::Kind::null) return nullptr;
  return node.text();
}

bool schemaAccepts(const std::string& text) {
  static const json document = [] {
    std::ifstream file(VAUBAN_SOURCE_DIR "/docs/formats/steps.schema.json");
    return json::parse(file, nullptr, false);
  }();
  static const auto schema = [] {
    auto parsed = std::make_unique<valijson::Schema>();
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(document), *parsed);
    return parsed;
  }();
  const auto tree = model::yaml::parse("s", text);
  if (tree.root == nullptr) return false;
  const json value = toJson(*tree.root);
  return valijson::Validator().validate(*schema, valijson::adapters::NlohmannJsonAdapter(value), nullptr);
}

std::string with(const std::string& premise, const std::string& gives = "{impact: integrity}",
                 const std::string& more = "") {
  return "tactic: impact\ndomain: ics\nsteps:\n  - id: a\n    technique: T0855\n    needs: [{asset: any}, "
         "{exposed: "
         "credential}" +
         (premise.empty() ? "" : ", {" + premise + "}") + "]\n    gives: " + gives + "\n    reference: r\n" +
         more;
}

TEST(StepsSchema, AgreesWithTheReader) {
  for (const auto& [name, text] : embeddedSteps()) EXPECT_TRUE(schemaAccepts(std::string(text))) << name;
  const auto check = [](const std::string& text, bool good) {
    const auto read = StepTemplates::parse({{"s", text}});
    EXPECT_EQ(read.has_value(), good) << text;
    EXPECT_EQ(schemaAccepts(text), good) << text;
  };
  check(with(""), true);
  for (const auto& form : kPremiseForms) {
    if (form.name == "asset" || form.name == "exposed") continue;
    const std::string name(form.name);
    for (const std::string value :
         {"host", "asset", "product", "credential", "zone", "user", "admin", "any", "windows", "[rtu]",
          "password", "[pin, key]", "{}", "{services: [dns]}", "{behaviours: [database]}", "{behaviours: []}",
          "[]", "7", "confidentiality"}) {
      const auto text = with(name + ": " + value, "{impact: availability}");
      EXPECT_EQ(StepTemplates::parse({{"s", text}}).has_value(), schemaAccepts(text)) << text;
    }
  }
  for (const auto& form : kConclusionForms) {
    for (const std::string value : {"host", "credential", "asset", "integrity", "any"}) {
      const auto text = with("", "{" + std::string(form.name) + ": " + value + "}");
      EXPECT_EQ(StepTemplates::parse({{"s", text}}).has_value(), schemaAccepts(text)) << text;
    }
  }
  for (const auto& form : kFailureForms) {
    check(with("people: zone", "{code: host}", "    fails: " + std::string(form.name) + "\n"), true);
  }
  check(with("", "{code: host}", "    fails: hardware\n"), false);
  check(with("", "{code: host}", "    covers: [T0836]\n    countered-by: D3-NTF\n    blocked-by: flows\n"),
        true);
  check(with("", "{code: host}", "    covers: [X]\n"), false);
  check(with("", "{code: host}", "    countered-by: [NTF]\n"), false);
  check(with("", "{code: host, admin: host}"), false);
  check(with("", "{code: host}", "    colour: red\n"), false);
  for (const auto domain : {Framework::attackEnterprise, Framework::attackIcs}) {
    const std::string name = domain == Framework::attackIcs ? "ics" : "enterprise";
    for (const auto other : {Framework::attackEnterprise, Framework::attackIcs}) {
      for (const auto tactic : tacticsOf(other)) {
        const auto known = tacticsOf(domain);
        check("tactic: " + std::string(tactic) + "\ndomain: " + name + "\nsteps: []\n",
              std::ranges::find(known, tactic) != known.end());
      }
    }
  }
  check("tactic: impact\ndomain: ics\n", false);
}
#else
TEST(StepsSchema, AgreesWithTheReader) { GTEST_SKIP() << "valijson is not installed"; }
#endif

}  // namespace
}  // namespace vauban::attack
