// What one enforcement point does, before it is written down: between which zones it stands, and for each two
// of them the rules and the properties that hold; for the files of this room and their tests.
//
// Keys that the model states not are resolved here, as CompileOptions::unstated says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compile/nftables.h"

namespace vauban::compile {

enum class Coverage { byRules, passes, drops };

// What holds between two zones: the same for all pairs of most points.
struct Policy {
  const model::FilterProgram* program = nullptr;  // of the model: `flows` or a link's own rules
  Coverage coverage[2] = {Coverage::byRules, Coverage::byRules};  // by family
  model::AntiSpoofing antiSpoofing = model::AntiSpoofing::off;
  bool established = false;
  model::Related related = model::Related::none;
  std::vector<std::string> helpers;  // as the model names them; none where nothing passes as related
  bool unmatchedRejects = false;
  bool operator==(const Policy&) const = default;

  Coverage of(space::Family family) const { return coverage[static_cast<std::size_t>(family)]; }
};

struct PointPlan {
  std::string name;                  // "the ideal point", of the device or of the link
  std::vector<model::ZoneId> zones;  // between which it stands, in the model's order
  std::vector<Policy> policies;
  // The policy for packets from one zone to another; pairs that are not here pass nothing.
  std::map<std::pair<model::ZoneId, model::ZoneId>, std::size_t> pairs;
  // Addresses that lie behind the interfaces of a zone (`anti-spoofing: zone`).
  std::map<model::ZoneId, space::AddressSet> behind;
  // By interface, where anti-spoofing is `host`: of the host behind it, or of those in the zone that have no
  // interface of their own.
  std::map<std::string, space::AddressSet> behindInterface;
  std::vector<ZoneInterface> interfaces;  // all to route by, those of hosts too; by zone, then as given
  std::vector<bool> openConditions;
  std::vector<Note> notes;

  // Sources that may enter by an interface.
  space::AddressSet sources(const Policy& policy, const ZoneInterface& interface) const;
  // Zones inside which `anti-spoofing: host` looks at sources here: those with an interface of a host.
  std::vector<model::ZoneId> lookedInside;
  // Traffic inside a zone is free unless the zone is isolated.
  static bool freeInside(const model::Model& model, model::ZoneId zone) { return !model.at(zone).isolated; }
};

Result<PointPlan> planPoint(const model::Model& model, const CompileOptions& options);

// Addresses for which a host stands (nftables.h, `addresses`), of one of its zones.
space::AddressSet addressesOf(const model::Model& model, const CompileOptions& options, model::HostId host,
                              model::ZoneId zone);

// The program with hosts replaced by their addresses, so that addresses alone decide.
model::FilterProgram withAddresses(const model::Model& model, const CompileOptions& options,
                                   const model::FilterProgram& program);

}  // namespace vauban::compile
