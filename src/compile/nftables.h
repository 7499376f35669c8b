// The flow matrix of one enforcement point, with its enforcement properties, as a ruleset of nftables
// (semantics 2, 3; docs/stages/compile.md).
//
// The point is the ideal one, a device, or a link without one; the ruleset decides on what a router forwards
// between interfaces that lead to the zones. It holds one table of family inet, whose own earlier version it
// replaces, and touches no other (with ports of bridges, one of family bridge besides). What it accepts is
// exactly what reach says of the point, less ICMP messages of the other family (`foreignIcmp`, proof.h) and,
// inside a zone, less sources that the point drops on entry (`entrySources`, entry_sources.h).
//
// What the model does not state is compiled at its worst, which is what a verdict was about, and said in the
// header of the text and in `notes`. Same model, same options: same bytes.
//
// Reference: nft(8) of nftables 1.0.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace vauban::compile {

struct ZoneInterface {
  model::ZoneId zone;
  std::string name;
  bool operator==(const ZoneInterface&) const = default;
};

// An interface behind which one host or group stands: its sources are looked at on their own where
// anti-spoofing is `host`.
struct HostInterface {
  model::HostId host;
  model::ZoneId zone;  // of its legs, the one that this is
  std::string name;
  bool bridgePort = false;  // a port of the bridge that is the zone's interface, and no interface to route by
};

// What becomes of a key of `enforcement` that the model does not state.
enum class Unstated {
  worst,   // what the verifier assumes: it lets the most through
  best,    // as if the hardening line had been written
  refuse,  // an error, and so is whatever cannot be compiled exactly
};

struct CompileOptions {
  // Neither: the ideal point.
  std::optional<model::DeviceId> device;
  std::optional<model::LinkId> link;
  // By ConditionId; unset: the defaults of the model.
  std::optional<std::vector<bool>> openConditions;
  // Zones without any get one: of a link that names it, else by the zone's name (interface_names.h).
  std::vector<ZoneInterface> zoneInterfaces;
  std::vector<HostInterface> hostInterfaces;
  // Of hosts without a stated address, in one of their zones; hosts that are not here stand for all addresses
  // of their zones that no host has.
  std::map<model::HostId, std::vector<space::Address>> addresses;
  // Addresses of other routers on a zone's link that lie in none of its networks. They are let in, so that
  // neighbour discovery of IPv6 finds them, and may cross the point no more than any other.
  std::map<model::ZoneId, space::AddressSet> neighbours;
  // Helpers that the kernel has, as the model names them; unset: all that Linux has.
  std::optional<std::vector<std::string>> kernelHelpers;
  Unstated unstated = Unstated::worst;
  std::string table = "vauban";
  bool counters = false;  // every rule counts
};

// What whoever loads the ruleset has to know: a missing statement, or a difference from the model.
struct Note {
  enum class Kind { unstated, differs };
  Kind kind = Kind::unstated;
  Place place;
  std::string text;  // one sentence
  bool operator==(const Note&) const = default;
};

struct RuleLine {
  std::uint32_t line = 0;  // of the text, from 1
  Place place;             // in the model; unknown where no line of it stands behind the rule
};

struct Ruleset {
  std::string text;  // for nft -f
  std::vector<RuleLine> rules;
  std::vector<ZoneInterface> interfaces;  // that the text names, without ports of bridges
  std::vector<Note> notes;
};

// Fails where the options contradict the model, where the point's own rules were not read exactly or rewrite
// addresses, and, with Unstated::refuse, for every note.
Result<Ruleset> nftables(const model::Model& model, const CompileOptions& options = {});

}  // namespace vauban::compile
