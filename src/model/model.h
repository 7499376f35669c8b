// The checked architecture: what the model file says, every name resolved, every statement with its place.
//
// Built only by readModel (model_reader.h); afterwards a value, safe to read from many threads. An absent
// statement stays absent here: taking it at its worst is the business of reach and channel.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/place.h"
#include "base/strong_id.h"
#include "model/behaviour.h"
#include "model/filter_program.h"
#include "space/address.h"
#include "space/name_set.h"
#include "space/service_set.h"

namespace vauban::model {

using ZoneId = StrongId<struct ZoneTag>;
using ServiceId = StrongId<struct ServiceTag>;
using DeviceId = StrongId<struct DeviceTag>;
using LinkId = StrongId<struct LinkTag>;

// A statement of the model, or its absence.
template <class T>
struct Stated {
  std::optional<T> value;
  Place place;
  explicit operator bool() const { return value.has_value(); }
};

// One word of a `from`, `to`, `at`, `upstream`, ... list.
struct PlaceTerm {
  enum class Kind { any, zone, host, addresses, name };  // name: a domain name (upstream, resolver only)
  Kind kind = Kind::any;
  ZoneId zone;
  HostId host;
  space::AddressSet addresses;
  std::string text;  // as written
  Place place;
};
using PlaceTerms = std::vector<PlaceTerm>;

struct Zone {
  std::string name;
  Place place;
  space::AddressSet networks;   // as written; an untrusted zone's addresses are these less all other zones'
  space::AddressSet addresses;  // what it really claims: see above
  bool untrusted = false;
  bool isolated = false;
  bool people = false;
  bool onPath = false;
  std::optional<int> level;                // Purdue
  std::optional<int> securityLevelTarget;  // IEC 62443
};

// `names: {allow, deny, delegated, shared}`. Suffixes are normalised (space::normaliseName).
struct NameList {
  std::optional<std::vector<std::string>> allow;
  std::vector<std::string> deny, delegated, shared;
  Place place;
};

struct AddressList {
  std::optional<space::AddressSet> allow;
  space::AddressSet deny;
  Place place;
};

struct ServiceInstance {
  std::string name;
  HostId host;
  BehaviourId behaviour;
  Place place;
  space::ServiceSet listens;  // `port`, or the behaviour's default
  std::optional<PlaceTerms> upstream, resolver, pool, from, readers;
  std::optional<NameList> names;
  std::optional<AddressList> addresses;
  std::vector<std::string> answers;
  // Properties of the behaviour that are stated: name -> values (one, or the list's), as text ("false",
  // "never").
  std::map<std::string, Stated<std::vector<std::string>>> properties;
};

struct Host {
  std::string name;
  Place place;
  ZoneId zone;
  std::vector<ZoneId> alsoIn;
  std::vector<space::Address> addresses;  // `address`: one or a list (an address of each family)
  std::uint64_t count = 1;
  std::string platform, software;
  std::vector<std::string> accounts;
  Stated<bool> clientIsolated;  // `client: isolated` is true; absent otherwise
  bool servicesStated = false;  // false: opaque
  Place servicesPlace;
  std::vector<ServiceId> services;
};

enum class AntiSpoofing { off, zone, host };

struct Enforcement {
  Stated<AntiSpoofing> antiSpoofing;
  Stated<std::vector<space::Family>> families;
  Stated<bool> uncoveredPasses;
  Stated<bool> established;
  Stated<Related> related;
  Stated<std::vector<std::string>> helpers;
  Stated<bool> unmatchedRejects;
};

struct RuleSource {
  std::string kind;  // iptables, csv, nft-json, ...
  std::string file;  // resolved against the model's folder
  std::string chain = "FORWARD";
  std::map<std::string, std::string> columns;  // csv: ours -> the file's heading
  Place place;
};

struct Link {
  std::string name;  // "clients - dmz"
  Place place;
  ZoneId from, to;
  std::optional<DeviceId> device;
  std::optional<RuleSource> rules;  // none: `flows` apply
  // Which interface of the device looks to which zone: zone -> interface names. Optional.
  std::map<ZoneId, std::vector<std::string>> interfaces;
  Enforcement enforcement;  // only what the link states itself
};

struct Device {
  std::string name;
  Place place;
  std::string op;  // operator
  std::string product;
  std::optional<PlaceTerms> managedFrom;
};

struct Condition {
  std::string name;
  Place place;
  bool defaultOpen = false;
  std::string openedBy;
};

enum class ClaimKind { never, always, only, atMost, onlyVia, depth, tripwire };
enum class ClaimSubject { reach, channel, goal };

struct Goal {
  std::string asset;     // of data: or impact:
  std::string controls;  // a host
  bool impact = false;
  std::string kind;  // integrity, availability, confidentiality
};

struct Claim {
  std::string id;
  Place place;
  ClaimKind kind = ClaimKind::never;
  ClaimSubject subject = ClaimSubject::channel;
  PlaceTerms from, to, heldByAdversary;
  space::ServiceSet over;  // `over` or `service`
  std::string overText;    // as written
  bool direct = false, bothWays = false;
  std::vector<HostId> via;
  double bitsPerSecond = 0;
  Goal goal;
  std::uint64_t atLeast = 0;
  std::string waivedUntil;  // ISO 8601 date, or empty
  std::string because;
};

// The parts that later stages use; checked now, kept as facts.
struct Asset {
  std::string name;
  Place place;
  PlaceTerms at;
  std::string value;
  std::vector<std::string> kinds;
};
struct Grant {
  std::vector<HostId> hosts;
  std::string privilege;
};
struct Credential {
  std::string name;
  Place place;
  std::string kind;
  std::optional<bool> mfa;
  std::vector<Grant> grants;
  std::vector<HostId> exposedOn;
};
struct Account {
  std::string name;
  Place place;
  std::uint64_t count = 1;
};
struct Countermeasure {
  Place place;
  std::string technique, pattern;
  PlaceTerms at;
  std::optional<double> coverage;
  std::map<std::string, HostId> members;
};
struct Sensor {
  std::string name;
  Place place;
  std::optional<double> alertsPerDay, falsePositiveShare, coversShare;
  std::vector<std::string> coversTechniques;
};
struct Operations {
  Place place;
  std::optional<double> analysts, minutesPerAlert;
  std::vector<Sensor> sensors;
};
struct EvidenceRecord {
  Place place;
  std::string countermeasure, against, source, date;
  PlaceTerms at;
  std::uint64_t trials = 0, stopped = 0;
};
struct Threats {
  Place place;
  PlaceTerms start;
  std::vector<HostId> insiders;
  std::vector<std::string> groups, goals;
};
struct Budget {
  Place place;
  std::optional<double> effortDays;
  std::map<std::string, double> roles;
};

struct Model {
  std::string name;
  std::string file;  // the main file as given
  std::vector<Zone> zones;
  std::vector<Host> hosts;
  std::vector<ServiceInstance> services;
  FilterProgram flows;  // one chain, policy drop
  Enforcement enforcement;
  std::vector<Link> links;
  bool unlistedIdeal = true;
  std::vector<Device> devices;
  std::vector<std::vector<std::string>> failsWith;
  std::vector<Condition> conditions;
  std::vector<Claim> claims;

  std::vector<Asset> assets;
  std::vector<Credential> credentials;
  std::vector<Account> accounts;
  std::vector<Countermeasure> countermeasures;
  std::optional<Operations> operations;
  std::vector<EvidenceRecord> evidence;
  Threats threats;
  std::optional<Budget> budget;
  std::string accountable;

  // `services:` of the file: names for packet sets besides the built-in ones.
  std::map<std::string, space::ServiceSet, std::less<>> declaredServices;

  // Per link: the program of its own rules, filled in by import::loadRules; nullopt where `flows` apply.
  std::vector<std::optional<FilterProgram>> linkPrograms;
  Diagnostics warnings;

  const Zone& at(ZoneId id) const { return zones[id.index()]; }
  const Host& at(HostId id) const { return hosts[id.index()]; }
  const ServiceInstance& at(ServiceId id) const { return services[id.index()]; }
  // What each condition is where nobody says otherwise, by ConditionId.
  std::vector<bool> conditionDefaults() const {
    std::vector<bool> open;
    for (const Condition& condition : conditions) open.push_back(condition.defaultOpen);
    return open;
  }
  const Link& at(LinkId id) const { return links[id.index()]; }
};

}  // namespace vauban::model
