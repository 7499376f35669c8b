// Claims and their verdicts (semantics 5): kept, conditional, broken, waived, undecided, each with what it
// rests on.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "channel/certificate.h"
#include "channel/least.h"
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
  std::vector<Hop> witness;        // broken, conditional
  std::vector<std::string> steps;  // of a claim about a goal: what he does, one line each
  double bitsPerSecond = 0;
  bool direct = false;
  std::vector<reach::Atom> conditions;                    // a least set of statements that would keep it
  std::vector<std::vector<reach::Atom>> otherConditions;  // least sets besides it
  bool allConditionsListed = true;                        // false: there may be more least sets
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

// A waiver that is in force on `today` (an ISO 8601 date) makes it waived, unless it is kept or undecided.
void honourWaiver(ClaimResult& result, const std::string& today);

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

// Every combination of the values of the conditions, all closed first; 2 to the power of their number.
std::vector<std::vector<bool>> everyConditionValue(const model::Model& model);

class Judge {
 public:
  // `today`: an ISO 8601 date, for waivers. The model and the catalogue outlive the judge.
  Judge(const model::Model& model, const model::BehaviourCatalogue& behaviours, std::string today,
        const SuffixLists& lists = SuffixLists::builtIn());
  ~Judge();

  // Claims that are not judged by then are undecided.
  void stopAt(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
  ClaimResult judge(const model::Claim& claim) const;
  // In the order of the model; on as many threads as `jobs` says, with the same results whatever their
  // number.
  std::vector<ClaimResult> judgeAll(unsigned jobs = 1) const;
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
  std::optional<Query> queryOf(const model::Claim& claim, const World& world) const;
  static Query backwardsOf(const model::Claim& claim, const World& world, const Query& query);
  Judgement judgeIn(const model::Claim& claim, const World& world) const;
  Judgement judgeChannel(const model::Claim& claim, const World& world) const;
  Judgement judgeAtMost(const model::Claim& claim, const World& world, const Query& query) const;
  Judgement judgeReach(const model::Claim& claim, const World& world) const;
  Judgement judgeAlways(const model::Claim& claim, const World& world) const;
  void addConditions(Judgement& judgement, const Least& least) const;
  static Judgement undecided(const Outcome& outcome);
  void addEnforcement(Judgement& judgement) const;
  void addCertificate(Judgement& judgement, const World& world, const Query& query,
                      const Outcome& outcome) const;

  const model::Model& model_;
  const model::BehaviourCatalogue& behaviours_;
  std::string today_;
  SuffixLists lists_;
  Trust trust_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  mutable reach::Atoms atoms_;
  mutable std::map<std::vector<std::vector<bool>>, std::unique_ptr<World>> worlds_;
};

}  // namespace vauban::channel
