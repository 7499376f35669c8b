#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "attack/step_template.h"
#include "attack/step_words.h"
#include "model/behaviour.h"
#include "model/diagnostic_text.h"
#include "space/service_set.h"

namespace vauban::attack {
namespace {

const std::string kSteps = R"(tactic: lateral-movement
domain: enterprise
steps:
  - id: ssh-login
    technique: T1021.004
    covers: [T1059.004]
    needs:
      - told: {behaviours: [ssh-server, bastion], services: [ssh]}
      - holds: user
      - credential: [password, key]
      - people: zone
    gives: {code: host}
    fails: [mfa, people]
    countered-by: [D3-ST, D3-NTF]
    countered-by-judgement: [D3-MFA]
    blocked-by: [flows, "shell: false"]
    reference: RFC 4252
  - id: anything
    technique: T1210
    needs:
      - reads: {}
      - leaves: {services: [dns]}
      - asset: availability
      - platform: [windows]
    gives: {impact: availability}
    reference: CWE-787
  - id: update
    technique: T1072
    needs: [{fetches: {behaviours: [update-mirror]}}, {asset: any}, {leaves: any}, {credential: any}]
    gives: {admin: host}
    reference: NIST SP 800-40
)";

std::string placed(const Diagnostics& diagnostics) {
  std::string all;
  for (const auto& d : diagnostics) {
    all += d.place.toString() + " " + d.message + (d.nearest.empty() ? "" : " -> " + d.nearest) + "\n";
  }
  return all;
}

TEST(StepReader, ReadsEveryPart) {
  const auto parsed = StepTemplates::parse({{"s.yaml", kSteps}});
  ASSERT_TRUE(parsed.has_value()) << placed(parsed.error());
  ASSERT_EQ(parsed->all().size(), 3U);
  const StepTemplate& any = parsed->all()[0];  // by id within the tactic
  EXPECT_EQ(any.id, "anything");
  EXPECT_EQ(any.needs[0].kind, PremiseKind::reads);
  EXPECT_TRUE(any.needs[0].behaviours.empty());
  EXPECT_TRUE(any.needs[0].services.empty());
  EXPECT_TRUE(any.needs[1].services.contains(space::Service{space::kUdp, 1, 53}));
  EXPECT_EQ(any.needs[2].words, std::vector<std::string>{"availability"});
  EXPECT_EQ(any.needs[3].words, std::vector<std::string>{"windows"});
  EXPECT_EQ(any.gives.kind, ConclusionKind::impact);
  EXPECT_EQ(any.gives.impact, "availability");
  const StepTemplate& ssh = parsed->all()[1];
  EXPECT_EQ(ssh.technique, "T1021.004");
  EXPECT_EQ(ssh.domain, catalog::Framework::attackEnterprise);
  EXPECT_EQ(ssh.tactic, "lateral-movement");
  EXPECT_EQ(ssh.covers, std::vector<std::string>{"T1059.004"});
  ASSERT_EQ(ssh.needs.size(), 4U);
  EXPECT_EQ(ssh.needs[0].behaviours, (std::vector<std::string>{"ssh-server", "bastion"}));
  EXPECT_TRUE(ssh.needs[0].services.contains(space::Service{space::kTcp, 1, 22}));
  EXPECT_EQ(ssh.needs[1].privilege, "user");
  EXPECT_EQ(ssh.needs[2].words, (std::vector<std::string>{"password", "key"}));
  EXPECT_EQ(ssh.gives.kind, ConclusionKind::code);
  EXPECT_EQ(ssh.fails, (std::vector{FailureKind::mfa, FailureKind::people}));
  EXPECT_EQ(ssh.counteredBy, (std::vector<std::string>{"D3-MFA", "D3-NTF", "D3-ST"}));
  EXPECT_EQ(ssh.judged, std::vector<std::string>{"D3-MFA"});
  EXPECT_EQ(ssh.blockedBy, (std::vector<std::string>{"flows", "shell: false"}));
  EXPECT_EQ(ssh.reference, "RFC 4252");
  const StepTemplate& update = parsed->all()[2];
  EXPECT_EQ(update.needs[0].behaviours, std::vector<std::string>{"update-mirror"});
  EXPECT_TRUE(update.needs[1].words.empty());
  EXPECT_TRUE(update.needs[2].services.empty());
  EXPECT_TRUE(update.needs[3].words.empty());
  EXPECT_EQ(parsed->at(TemplateId(1)).id, "ssh-login");
}

std::string mistakes(const std::string& right, const std::string& wrong) {
  std::string text = kSteps;
  const auto at = text.find(right);
  if (at == std::string::npos) return "the test is wrong";
  text.replace(at, right.size(), wrong);
  const auto parsed = StepTemplates::parse({{"s.yaml", text}});
  return parsed ? "" : placed(parsed.error());
}

TEST(StepReader, SaysWhichWordIsWrong) {
  EXPECT_EQ(mistakes("tactic: lateral-movement", "tactic: lateral-move"),
            "s.yaml:1:9 'lateral-move' is not a word that goes here -> lateral-movement\n");
  EXPECT_EQ(mistakes("domain: enterprise", "domain: enterprize"),
            "s.yaml:2:9 'enterprize' is not a word that goes here -> enterprise\n");
  // A tactic of the other domain.
  EXPECT_EQ(mistakes("domain: enterprise", "domain: ics"), "");
  EXPECT_EQ(mistakes("tactic: lateral-movement", "tactic: impair-process-control"),
            "s.yaml:1:9 'impair-process-control' is not a word that goes here\n");
  EXPECT_EQ(mistakes("[ssh-server, bastion]", "[ssh-sever]"),
            "s.yaml:8:29 'ssh-sever' is not a word that goes here -> ssh-server\n");
  EXPECT_EQ(mistakes("services: [ssh]}", "services: [shs]}"), "s.yaml:8:62 no service 'shs' -> ssh\n");
  EXPECT_EQ(mistakes("holds: user", "holds: usr"),
            "s.yaml:9:16 'usr' is not a word that goes here -> user\n");
  EXPECT_EQ(mistakes("holds: user", "hold: user"),
            "s.yaml:9:9 a premise has no key 'hold' -> holds\ns.yaml:9:9 a premise says nothing\n");
  EXPECT_EQ(mistakes("[password, key]", "[pasword]"),
            "s.yaml:10:22 'pasword' is not a word that goes here -> password\n");
  EXPECT_EQ(mistakes("people: zone", "people: host"), "s.yaml:11:17 'host' is not a word that goes here\n");
  EXPECT_EQ(mistakes("{code: host}", "{cod: host}"),
            "s.yaml:12:12 a conclusion says nothing\ns.yaml:12:13 a conclusion has no key 'cod' -> code\n");
  EXPECT_EQ(mistakes("fails: [mfa", "fails: [maf"),
            "s.yaml:13:13 'maf' is not a word that goes here -> mfa\n");
  EXPECT_EQ(mistakes("impact: availability", "impact: avail"),
            "s.yaml:25:21 'avail' is not a word that goes here\n");
  EXPECT_EQ(mistakes("platform: [windows]", "platform: [window]"),
            "s.yaml:24:20 'window' is not a word that goes here -> windows\n");
  EXPECT_EQ(mistakes("\"shell: false\"", "\"shell: flase\""),
            "s.yaml:16:26 no key or hardening property of a model 'shell: flase' -> shell: false\n");
  EXPECT_EQ(mistakes("\"shell: false\"", "\"shell: true\""),
            "s.yaml:16:26 no key or hardening property of a model 'shell: true'\n");
  EXPECT_EQ(mistakes("    reference: RFC 4252\n", ""), "s.yaml:4:5 a step lacks the key 'reference'\n");
  EXPECT_EQ(mistakes("covers:", "cover:"), "s.yaml:6:5 a step has no key 'cover' -> covers\n");
}

TEST(StepReader, SaysWhichIdIsWrong) {
  EXPECT_EQ(mistakes("technique: T1021.004", "technique: T102"),
            "s.yaml:5:16 'T102' cannot be a technique\n");
  EXPECT_EQ(mistakes("technique: T1021.004", "technique: TA0008"),
            "s.yaml:5:16 'TA0008' cannot be a technique\n");
  EXPECT_EQ(mistakes("[T1059.004]", "[T1021.004]"), "s.yaml:6:14 'T1021.004' is there twice\n");
  EXPECT_EQ(mistakes("[D3-MFA]", "[MFA]"), "s.yaml:15:30 'MFA' cannot be a technique of D3FEND\n");
  EXPECT_EQ(mistakes("[D3-MFA]", "[D3-ST]"), "s.yaml:15:30 'D3-ST' is there twice\n");
  EXPECT_EQ(mistakes("id: anything", "id: ssh-login"),
            "s.yaml:18:9 step 'ssh-login' is also at s.yaml:4:9\n");
  EXPECT_EQ(mistakes("id: anything", "id: -x"), "s.yaml:18:9 '-x' cannot be a name\n");
  const auto twice = StepTemplates::parse({{"a.yaml", kSteps}, {"b.yaml", kSteps}});
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error()[0].message, "step 'ssh-login' is also at a.yaml:4:9");
  EXPECT_EQ(twice.error()[0].place.toString(), "b.yaml:4:9");
}

TEST(StepReader, SaysWhatMakesNoSense) {
  EXPECT_EQ(mistakes("{code: host}", "{data: asset}"),
            "s.yaml:12:12 no premise says which asset 'data' is about\n");
  EXPECT_EQ(mistakes("{code: host}", "{holds: credential}"),
            "s.yaml:12:12 the step concludes what it needs: 'holds'\n");
  EXPECT_EQ(mistakes("      - people: zone\n", ""),
            "s.yaml:4:5 no premise says that there are people who fail\n");
  EXPECT_EQ(mistakes("      - people: zone\n", "      - code: host\n      - people: zone\n"),
            "s.yaml:13:12 the step concludes what it needs: 'code'\n");
  EXPECT_EQ(mistakes("      - people: zone\n", "      - people: zone\n      - written: {}\n"),
            "s.yaml:12:9 a step speaks of one service\n");
  EXPECT_EQ(mistakes("      - people: zone\n", "      - people: zone\n      - holds: admin\n"),
            "s.yaml:12:9 'holds' is there twice\n");
  EXPECT_EQ(
      mistakes("[{fetches: {behaviours: [update-mirror]}}, {asset: any}, {leaves: any}, {credential: any}]",
               "[]"),
      "s.yaml:29:12 the step needs nothing\n");
  EXPECT_EQ(mistakes("{fetches: {behaviours: [update-mirror]}}", "{fetches: {}}"),
            "s.yaml:29:23 `fetches` lacks the key 'behaviours'\n");
  EXPECT_EQ(mistakes("{leaves: any}", "{leaves: {}}"), "s.yaml:29:78 `leaves` lacks the key 'services'\n");
  EXPECT_EQ(mistakes("- reads: {}", "- told: {}\n        reads: {}"),
            "s.yaml:22:9 a premise cannot be both 'told' and 'reads'\n");
  // Of a credential alone it is not known on which host it is used.
  EXPECT_EQ(
      mistakes("[{fetches: {behaviours: [update-mirror]}}, {asset: any}, {leaves: any}, {credential: any}]",
               "[{credential: any}]"),
      "s.yaml:30:12 no premise says which host 'admin' is about\n");
  EXPECT_EQ(mistakes("      - holds: user\n      - credential: [password, key]\n", ""),
            "s.yaml:4:5 no premise says whose secret fails\n");
}

TEST(StepReader, HasLimits) {
  std::string many = "tactic: discovery\ndomain: enterprise\nsteps:\n";
  const std::string head = many;
  for (int i = 0; i < 1001; ++i) {
    many += "  - {id: s" + std::to_string(i) +
            ", technique: T1046, needs: [{told: {}}], gives: {found: host}, reference: r}\n";
  }
  const auto tooMany = StepTemplates::parse({{"s.yaml", many}, {"t.yaml", many}});
  ASSERT_FALSE(tooMany.has_value());
  EXPECT_EQ(placed(tooMany.error()), "s.yaml:1004:5 more than 1000 steps\n");
  EXPECT_FALSE(StepTemplates::parse({{"s.yaml", head + std::string(1U << 20U, ' ')}}).has_value());
  EXPECT_FALSE(StepTemplates::parse({{"s.yaml", ""}}).has_value());
  EXPECT_FALSE(
      StepTemplates::parse(std::vector<std::pair<std::string, std::string>>(1001, {"s", ""})).has_value());
}

TEST(StepReader, LooksBehavioursUpInWhatItIsGiven) {
  const auto own = model::BehaviourCatalogue::parse(
      {{"b.yaml", "behaviour: abacus\nsummary: s\nreference: r\nlistens: ssh\n"}});
  ASSERT_TRUE(own.has_value());
  const auto parsed = StepTemplates::parse({{"s.yaml", kSteps}}, &*own);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(placed(parsed.error()).find("8:29 'ssh-server' is not a word"), std::string::npos);
}

TEST(StepReader, KeepsTheOrderOfAPath) {
  std::string other = kSteps;
  for (const std::string id : {"ssh-login", "anything", "update"})
    other.replace(other.find("id: " + id), 4 + id.size(), "id: x-" + id);
  other.replace(other.find("lateral-movement"), 16, "execution");
  const auto parsed = StepTemplates::parse({{"a.yaml", kSteps}, {"b.yaml", other}});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->all()[0].tactic, "execution");
  EXPECT_EQ(parsed->all()[3].tactic, "lateral-movement");
}

}  // namespace
}  // namespace vauban::attack
