// The state of one read of a model, and the stages that fill it; for the files of this room only.
//
// First `declareNames` gives every named thing its id, so that the sections may refer to each other in any
// order; then each stage reads one concept. A stage reports and goes on: whatever could not be read is left
// out, and with any error the whole model is thrown away. The sections come merged over all files
// (model_files.h).
#pragma once

#include <map>
#include <set>
#include <string>

#include "model/model.h"
#include "model/model_reader.h"
#include "model/node_reader.h"
#include "model/service_words.h"

namespace vauban::model {

template <class Id>
using Names = std::map<std::string, Id, std::less<>>;

template <class Id>
Words wordsOf(const Names<Id>& names) {
  Words words;
  for (const auto& [name, id] : names) words.push_back(name);
  return words;
}

struct ModelReading : NodeReader {
  ModelReading(const Vocabulary& vocabulary_, const ReadLimits& limits_)
      : NodeReader(limits_.diagnostics), vocabulary(vocabulary_), behaviours(*vocabulary_.behaviours) {}

  const Vocabulary& vocabulary;
  const BehaviourCatalogue& behaviours;
  std::string folder;  // of the model; "" for a text in memory
  Model model;

  Names<ZoneId> zones;
  Names<HostId> hosts;
  Names<DeviceId> devices;
  Names<ConditionId> conditions;
  Names<std::size_t> assets;
  Names<std::size_t> accounts;
  ServiceNames services;
  // A name -> where it was given, over zones and hosts.
  std::map<std::string, Place, std::less<>> placeNames;
  // Sections that have entries but could not be declared keep their entries out of `model`.
  std::vector<const yaml::Node*> zoneNodes, hostNodes, deviceNodes, conditionNodes, assetNodes, accountNodes;

  // Which words a list of places may hold besides `any`, zones, hosts and addresses.
  enum class Domains { refused, accepted };
  enum class Empty { refused, accepted };
  PlaceTerms places(const yaml::Node& node, Empty empty = Empty::refused, Domains domains = Domains::refused);
  std::optional<PlaceTerm> place(const yaml::Node& node, Domains domains);
  std::optional<ZoneId> zone(const yaml::Node& node);
  std::optional<HostId> host(const yaml::Node& node);
  std::vector<HostId> hostList(const yaml::Node& node, bool someAtLeast);
  std::optional<DeviceId> device(const yaml::Node& node);
  std::optional<ConditionId> condition(const yaml::Node& node);
  std::optional<std::string> asset(const yaml::Node& node);
  std::optional<space::AddressRange> addressRange(const yaml::Node& node);
  std::optional<space::AddressSet> addressSet(const yaml::Node& node);
  std::optional<space::ServiceSet> serviceSet(const yaml::Node& node);  // not empty
  std::optional<std::string> outside(const yaml::Node& node, std::string_view what,
                                     const std::set<std::string>& names);  // a word of the vocabulary
};

void declareNames(ModelReading& reading, Fields& root);
void readZones(ModelReading& reading);
void readHosts(ModelReading& reading);
void readServiceInstances(ModelReading& reading, HostId host, const yaml::Node& node);
void readFlows(ModelReading& reading, const yaml::Node& node);
void readEnforcement(ModelReading& reading, Fields& fields, Enforcement& enforcement);
void readLinks(ModelReading& reading, const yaml::Node& node);
void readDevices(ModelReading& reading);
void readFailsWith(ModelReading& reading, const yaml::Node& node);
void readConditions(ModelReading& reading);
void readClaims(ModelReading& reading, const yaml::Node& node);
void readAssets(ModelReading& reading);
void readCredentials(ModelReading& reading, const yaml::Node& node);
void readAccounts(ModelReading& reading);
void readCountermeasures(ModelReading& reading, const yaml::Node& node);
void readOperations(ModelReading& reading, const yaml::Node& node);
void readEvidence(ModelReading& reading, const yaml::Node& node);
void readThreats(ModelReading& reading, const yaml::Node& node);
void readBudget(ModelReading& reading, const yaml::Node& node);

// The keys of a model file and of the mappings that several stages share; modelSchema uses them too.
const Words& modelKeys();
const Words& enforcementKeys();
const Words& ruleKinds();

}  // namespace vauban::model
