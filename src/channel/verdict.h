// Claims and their verdicts (semantics 5): kept, conditional, broken, waived, undecided, each with what it
// rests on.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "channel/certificate.h"
#include "channel/solver.h"
#include "model/model.h"

namespace vauban::channel {

enum class Verdict { kept, waived, conditional, undecided, broken };  // from best to worst
const char* toString(Verdict verdict);

struct Shut {  // an edge out of the states reached, and why it is shut
  std::string from, to, reason;
  Place place;
};

struct Judgement {
  Verdict verdict = Verdict::kept;
  std::vector<Hop> witness;  // broken, conditional
  double bitsPerSecond = 0;
  bool direct = false;
  std::vector<reach::Atom> conditions;  // the least set of statements that would keep it
  std::vector<Statement> assumptions;
  std::vector<std::string> states;  // kept: the certificate
  std::vector<Shut> shut;
  std::string reason;  // undecided, waived
};

struct ClaimResult {
  const model::Claim* claim = nullptr;
  Judgement judgement;  // the worst over all values of the conditions
  // Where conditions of the model matter: the verdict for each of their values, all closed first.
  std::vector<std::pair<std::map<std::string, bool>, Verdict>> perCondition;
};

struct EgressCell {
  enum class Kind { shut, conditional, relayed, direct, undecided } kind = Kind::shut;
  bool viaRelay = false;  // of a conditional cell
  double bitsPerSecond = 0;
  std::vector<reach::Atom> conditions;
  std::string firstHop;
};
struct EgressRow {
  std::string place;
  bool isZone = false;
  std::vector<EgressCell> cells;  // by protocol
};
struct EgressTable {
  std::vector<std::string> protocols;
  std::vector<EgressRow> rows;
};

struct ReachEntry {  // of the effective flow matrix
  std::string from, to;
  space::ServiceSet services;
  bool assumed = false;  // rests on unstated keys
};

class Judge {
 public:
  // `today`: an ISO 8601 date, for waivers. The model and the catalogue outlive the judge.
  Judge(const model::Model& model, const model::BehaviourCatalogue& behaviours, std::string today,
        const SuffixLists& lists = SuffixLists::builtIn());
  ~Judge();

  ClaimResult judge(const model::Claim& claim) const;
  std::vector<ClaimResult> judgeAll() const;
  // The certificate of a claim that is kept as written, over all values of the conditions together; nullopt
  // where there is none to give (at-most claims with some channel, goals).
  std::optional<Certificate> certificate(const model::Claim& claim) const;
  EgressTable egress() const;
  std::vector<ReachEntry> reach(const model::PlaceTerms& from, const model::PlaceTerms& to) const;
  const Trust& trust() const { return trust_; }
  // Assumptions that every verdict rests on, said once.
  static const std::vector<std::string>& outsideTheModel();

 private:
  struct World;  // the network under some values of the conditions
  const World& world(const std::vector<std::vector<bool>>& values) const;
  std::vector<std::vector<bool>> conditionValues() const;
  std::optional<Query> queryOf(const model::Claim& claim, const World& world) const;
  Judgement judgeIn(const model::Claim& claim, const World& world) const;
  Judgement judgeChannel(const model::Claim& claim, const World& world) const;
  Judgement judgeAtMost(const model::Claim& claim, const World& world, const Query& query) const;
  Judgement judgeReach(const model::Claim& claim, const World& world) const;
  Judgement judgeAlways(const model::Claim& claim, const World& world) const;
  void addEnforcement(Judgement& judgement) const;
  void addCertificate(Judgement& judgement, const World& world, const Query& query,
                      const Outcome& outcome) const;

  const model::Model& model_;
  const model::BehaviourCatalogue& behaviours_;
  std::string today_;
  Trust trust_;
  mutable reach::Atoms atoms_;
  mutable std::map<std::vector<std::vector<bool>>, std::unique_ptr<World>> worlds_;
};

// Finds the least set of statements under which `attempt` no longer finds a way. `attempt` returns the gaps
// that the way it found needs (all of them together suffice for it), or nullopt. By implicit hitting sets:
// exact.
struct Least {
  enum class Kind {
    never,
    always,
    conditional
  } kind = Kind::never;  // reached: never, always, or unless `statements`
  reach::AtomIds statements;
};
Least leastStatements(const std::function<std::optional<reach::AtomIds>(const reach::Setting&)>& attempt);

}  // namespace vauban::channel
