// A certificate as its file says it (docs/formats/certificate.md); nothing of it is believed yet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "check/names.h"

namespace vauban::check {

struct Reason {
  std::string kind, layer, file, text, about;  // `about`: the point, host or service
  std::uint32_t line = 0, column = 0;
  auto operator<=>(const Reason&) const = default;
};

struct WrittenState {
  std::string text;
  bool over = true;
  std::optional<Names> names;
  std::string where;  // JSON pointer
  bool far = false;   // behind the cut
};

struct WrittenCut {
  std::string from, to;
  bool fromOver = true, toOver = true;
  double bitsPerSecond = 0;
  std::string where;
};

struct WrittenStep {
  std::string from, to;
  std::vector<std::string> shut, because;
  std::string where;
};

struct Because {
  std::string about;  // host or service
  std::vector<std::string> because;
  std::string where;
};

struct Closure {
  std::vector<std::string> from;
  std::string role;
  bool backwards = false;
  std::vector<WrittenState> states;
  std::vector<WrittenStep> steps;
  std::vector<Because> hosts, services;
  std::vector<WrittenCut> cut;
  std::string where;
};

struct Pair {
  std::string from, to;
  std::vector<std::string> because;
  std::string where;
};

struct WrittenClaim {
  std::string id, kind, subject, over;
  std::vector<std::string> from, to, heldByAdversary, via;
  bool direct = false, bothWays = false;
  std::optional<double> atMost;
};

struct Certificate {
  std::string model;
  WrittenClaim claim;
  std::string hash;
  std::vector<std::string> coneZones, coneHosts;
  std::map<std::string, std::size_t> coneRules;
  std::map<std::string, Reason> reasons;
  std::vector<Closure> closures;
  std::vector<Pair> pairs;
};

// One clear error each for what cannot be followed, with a JSON pointer. Limits: 64 MiB, depth 64, a million
// states, steps and pairs together.
vauban::Result<Certificate> readCertificate(const std::string& text, const std::string& fileName);

}  // namespace vauban::check
