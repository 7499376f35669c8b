// What is worth attacking and what stands in the way: assets, credentials, accounts, countermeasures.
#include <fmt/format.h>

#include "model/model_reading.h"

namespace vauban::model {

void readAssets(ModelReading& reading) {
  for (std::size_t i = 0; i < reading.assetNodes.size(); ++i) {
    Asset& asset = reading.model.assets[i];
    Fields fields(reading, *reading.assetNodes[i], "an asset", {"at", "value", "kinds"});
    if (const auto* at = fields.need("at")) asset.at = reading.places(*at);
    if (const auto* value = fields.find("value")) {
      asset.value = reading.word(*value, {"low", "medium", "high", "critical"}).value_or("");
    }
    if (const auto* kinds = fields.find("kinds")) {
      asset.kinds = reading.words(*kinds, {"confidentiality", "integrity", "availability"}, true);
    }
  }
}

void readCredentials(ModelReading& reading, const yaml::Node& node) {
  for (const auto& [key, value] : reading.entries(node, "credentials")) {
    if (!reading.name(*key)) continue;
    Credential credential;
    credential.name = key->text();
    credential.place = key->place();
    Fields fields(reading, *value, "a credential", {"kind", "mfa", "grants", "exposed-on"});
    if (const auto* kind = fields.find("kind")) credential.kind = reading.text(*kind).value_or("");
    if (const auto* mfa = fields.find("mfa")) credential.mfa = reading.boolean(*mfa);
    if (const auto* grants = fields.find("grants")) {
      for (const auto* item : reading.list(*grants, "grants")) {
        Fields grant(reading, *item, "a grant", {"hosts", "privilege"});
        Grant granted;
        if (const auto* hosts = grant.need("hosts")) granted.hosts = reading.hostList(*hosts, true);
        if (const auto* privilege = grant.need("privilege"))
          granted.privilege = reading.text(*privilege).value_or("");
        credential.grants.push_back(std::move(granted));
      }
    }
    if (const auto* exposed = fields.find("exposed-on"))
      credential.exposedOn = reading.hostList(*exposed, false);
    reading.model.credentials.push_back(std::move(credential));
  }
}

void readAccounts(ModelReading& reading) {
  for (std::size_t i = 0; i < reading.accountNodes.size(); ++i) {
    Fields fields(reading, *reading.accountNodes[i], "an account", {"count"});
    if (const auto* count = fields.find("count")) {
      reading.model.accounts[i].count = reading.integer(*count, 1, 1'000'000'000'000).value_or(1);
    }
  }
}

void readCountermeasures(ModelReading& reading, const yaml::Node& node) {
  for (const auto* item : reading.list(node, "countermeasures")) {
    Fields fields(reading, *item, "a countermeasure", {"technique", "pattern", "at", "coverage", "members"});
    Countermeasure countermeasure;
    countermeasure.place = item->place();
    const auto form = fields.oneOf({"technique", "pattern"});
    if (!form) continue;
    const auto& what = *fields.find(*form);
    const auto* members = fields.find("members");
    if (*form == "technique") {
      countermeasure.technique =
          reading.outside(what, "technique", reading.vocabulary.techniques).value_or("");
      if (const auto* at = fields.need("at")) countermeasure.at = reading.places(*at);
      if (members != nullptr) reading.error(*fields.keyOf("members"), "only a pattern has members");
    } else {
      countermeasure.pattern = reading.outside(what, "pattern", reading.vocabulary.patterns).value_or("");
      if (const auto* at = fields.find("at")) countermeasure.at = reading.places(*at);
    }
    if (const auto* coverage = fields.find("coverage"))
      countermeasure.coverage = reading.number(*coverage, 0, 1);
    if (members != nullptr) {
      for (const auto& [key, value] : reading.entries(*members, "members")) {
        if (!reading.name(*key)) continue;
        if (const auto host = reading.host(*value)) countermeasure.members.emplace(key->text(), *host);
      }
    }
    reading.model.countermeasures.push_back(std::move(countermeasure));
  }
}

}  // namespace vauban::model
