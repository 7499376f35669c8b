#include "lab_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/cone.h"
#include "os/whole_file.h"

namespace vauban {

using Json = nlohmann::json;
using State = LabEvidence::State;

namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

Diagnostic wrong(const std::string& file, std::string message, std::string expected) {
  return {Severity::error, {file, 0, 0}, 0, std::move(message), std::move(expected), ""};
}

std::string textOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag(const Json& json, const char* key, bool otherwise) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

// What nothing was seen of strengthens a verdict only if the whole lab did as predicted, and left nothing
// out.
LabEvidence judge(const Json& scenario, const Json& claim, const std::string& when) {
  const std::string status = textOf(claim, "status");
  if (status == "agrees" && textOf(claim, "predicted") == "kept") {
    if (!flag(scenario, "agrees", false) || flag(scenario, "inconclusive", true))
      return {State::open, "agrees in a lab that did not do as predicted elsewhere (" + when + ")"};
    if (const std::string note = textOf(claim, "note"); !note.empty())
      return {State::open, "agrees in the lab, but " + note + " (" + when + ")"};
  }
  if (status == "agrees") return {State::confirmed, "predicted = observed in the lab (" + when + ")"};
  if (status == "DISAGREES")
    return {State::refuted, "predicted and observed differ in the lab (" + when + ")"};
  return {State::open, status + " in the lab (" + when + ")"};
}

int weight(State state) {
  switch (state) {
    case State::none:
      return 0;
    case State::isVoid:
      return 1;
    case State::confirmed:
      return 2;
    case State::open:
      return 3;
    case State::refuted:
      break;
  }
  return 4;
}

}  // namespace

std::string verdictCone(const LoadedModel& loaded, const channel::Judge& judge,
                        const channel::ClaimResult& result) {
  if (result.judgement.verdict == channel::Verdict::kept)
    if (const auto certificate = judge.certificate(*result.claim)) return certificate->cone.hash;
  std::vector<std::string> parties;
  for (const channel::Hop& hop : result.judgement.witness) {
    parties.push_back(hop.from);
    parties.push_back(hop.to);
  }
  // Without a certificate and a witness nobody says what it rests on: then on everything.
  if (parties.empty()) {
    for (const model::Zone& zone : loaded.model.zones) parties.push_back("zone " + zone.name);
    for (const model::Host& host : loaded.model.hosts) parties.push_back("host " + host.name);
  }
  std::ranges::sort(parties);
  parties.erase(std::ranges::unique(parties).begin(), parties.end());
  return model::coneOf(loaded.model, loaded.behaviours, *result.claim, parties).hash;
}

Result<std::vector<LabEvidence>> labEvidence(const std::string& file, const LoadedModel& loaded,
                                             const channel::Judge& judge_,
                                             const std::vector<channel::ClaimResult>& results) {
  auto text = os::wholeFile(file, kMostBytes);
  if (!text) return std::unexpected(text.error());
  const Json record = Json::parse(*text, nullptr, false);
  if (record.is_discarded() || !record.is_object() || textOf(record, "format") != "vauban-lab-record")
    return failure(wrong(file, "this is no lab record", "what `vauban lab MODEL --record FILE` writes"));
  if (record.value("version", Json()) != 1)
    return failure(wrong(file, "a lab record of another version", "version 1"));
  const std::string when = textOf(record, "made").substr(0, 10) + ", " + textOf(record, "kernel");
  std::vector<LabEvidence> evidence;
  const Json scenarios = record.value("scenarios", Json::array());
  for (const channel::ClaimResult& result : results) {
    const std::string cone = verdictCone(loaded, judge_, result);
    LabEvidence here;
    for (const Json& scenario : scenarios) {
      if (!scenario.is_object()) continue;
      for (const Json& claim : scenario.value("claims", Json::array())) {
        if (!claim.is_object() || textOf(claim, "id") != result.claim->id) continue;
        if (textOf(claim, "cone") != cone) {
          if (here.state == State::none)
            here = {State::isVoid,
                    "the lab record is void: what the verdict rests on has changed since " + when};
          continue;
        }
        LabEvidence found = judge(scenario, claim, when);
        if (textOf(claim, "predicted") != channel::toString(result.judgement.verdict))
          found = {State::isVoid, "the lab record is void: the verdict was another then (" + when + ")"};
        // Of several runs the one that says least for the verdict.
        if (weight(found.state) > weight(here.state)) here = std::move(found);
      }
    }
    evidence.push_back(std::move(here));
  }
  return evidence;
}

}  // namespace vauban
