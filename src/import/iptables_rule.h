// What one rule of an iptables file says, before it is known where it stands; for the files of this room
// only.
//
// The match is a superset of what the rule matches: equal to it where `reasons` is empty. States and TCP
// flags are kept apart, because what they mean for opening packets depends on the rest of the file and on the
// action.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/iptables_text.h"
#include "model/filter_program.h"

namespace vauban::import {

// Sets of connection-tracking states (xt_conntrack). `translated` stands for the virtual states SNAT and
// DNAT.
enum StateBits : unsigned {
  kNew = 1,
  kEstablished = 2,
  kRelated = 4,
  kInvalid = 8,
  kUntracked = 16,
  kTranslated = 32,
  kAllStates = 31
};

// Which packets a test of TCP flags lets through: those that open a conversation (SYN without ACK, RST, FIN)?
enum class Flags { any, openers, maybeOpeners, noOpeners };

enum class TargetKind {
  none,        // no -j: the rule counts, at most
  noDecision,  // LOG, MARK, ...: goes on to the next rule
  accept,
  drop,
  reject,
  doReturn,
  jump,
  goTo,
  mayAccept,  // QUEUE and what is not known: it may be accepted, or dropped, or go on
  noTrack,
  rewriteSource,
  rewriteDestination,
  redirect,
};

struct IptablesRule {
  const IptablesLine* line = nullptr;
  space::AddressSet source, destination;
  space::ServiceSet services;
  std::optional<model::InterfaceMatch> in, out;
  Flags flags = Flags::any;
  std::optional<unsigned> states;  // StateBits
  bool tracked = false;            // a match that only tracked packets can pass
  bool dependsOnFlow = false;      // a match that packets of existing flows may pass and opening ones not
  std::vector<std::string> reasons;
  TargetKind target = TargetKind::none;
  std::string_view targetName;
  std::uint32_t targetColumn = 0;
  std::string targetReason;  // why the target is not exact; empty where it is
  space::Rewrite rewrite;
};

struct RuleContext {
  const IptablesFile& file;
  const IptablesTable& table;
  space::Family family;
  bool rewritesDestination;  // the file has rules that change destinations before the wanted chain
  std::size_t mostDiagnostics;
};

// nullopt with a diagnostic where the rule is broken, and without one where it is of the other family (-4,
// -6).
std::optional<IptablesRule> readIptablesRule(const RuleContext& context, const IptablesLine& line,
                                             Diagnostics& diagnostics);

}  // namespace vauban::import
