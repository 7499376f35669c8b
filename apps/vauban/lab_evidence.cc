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

LabEvidence judge(const std::string& status, const std::string& when) {
  if (status == "agrees") return {State::confirmed, "predicted = observed in the lab (" + when + ")"};
  if (status == "DISAGREES")
    return {State::refuted, "predicted and observed differ in the lab (" + when + ")"};
  return {State::open, status + " in the lab (" + when + ")"};
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
        here = judge(textOf(claim, "status"), when);
        if (textOf(claim, "predicted") != channel::toString(result.judgement.verdict))
          here = {State::isVoid, "the lab record is void: the verdict was another then (" + when + ")"};
        break;
      }
      if (here.state != State::none && here.state != State::isVoid) break;
    }
    evidence.push_back(std::move(here));
  }
  return evidence;
}

}  // namespace vauban
