// Step templates: what attackers do, as data (semantics 7). Each stands for all its instances in a model.
//
// A template speaks of one host class H, and of at most one service S on H, one credential C, one asset A and
// one neighbour G. Premises bind them and narrow them; the conclusion is one fact. Source:
// knowledge/steps/*.yaml, one tactic a file, compiled into the program; format in docs/formats/steps.md.
// Values after loading; safe to read from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "catalog/framework.h"
#include "space/service_set.h"

namespace vauban::model {
class BehaviourCatalogue;
}

namespace vauban::attack {

using TemplateId = StrongId<struct TemplateTag>;

enum class PremiseKind : std::uint8_t {
  // Facts that steps conclude.
  code,       // his code runs on H
  admin,      // with all privileges of H
  neighbour,  // his code runs on G, another machine in the broadcast domain of H
  told,       // bytes of his choice reach S, a service on H
  written,    // and S keeps them
  read,       // somebody or something on H has read bytes of his choice
  reads,      // his code, on any machine, gets what S answers
  holds,      // he holds C, which grants `privilege` on H
  leaves,     // bytes from H get out to him; with `services`: H itself speaks one of them on the way
  commanded,  // he and his code on H talk to each other
  found,      // he knows that H is there
  collected,  // he has read A, where it is
  supplied,   // the product that H runs was tampered with before it came here
  // What the model says.
  grants,      // C grants `privilege` on H (he need not hold it)
  exposed,     // C can be found on H
  credential,  // C is any credential, of one of `words` kinds where given
  asset,       // A lies at H, and has an impact of kind words[0] where given
  platform,    // H runs one of `words`
  people,      // people work in the zone of H
  fetches,  // H fetches from a service (of `behaviours`) of a machine where his code runs with all privileges
  rogue,    // H is not a machine of the model but one that somebody brings into its zone
};

struct Premise {
  PremiseKind kind = PremiseKind::code;
  std::vector<std::string>
      behaviours;                  // told, written, reads, fetches: S has one of these behaviours, or ...
  space::ServiceSet services;      // ... listens to some of these; leaves: H speaks some of these
  std::vector<std::string> words;  // platforms, kinds of credentials, kind of impact
  std::string privilege;           // holds, grants: "user" (any will do) or "admin"
};

enum class ConclusionKind : std::uint8_t { code, admin, holds, found, commanded, collected, data, impact };
struct Conclusion {
  ConclusionKind kind = ConclusionKind::code;
  std::string impact;  // of impact: integrity, availability, confidentiality
};

// What must fail for the step besides what reach and channel need (semantics 8).
enum class FailureKind : std::uint8_t {
  software,  // the integrity of what H runs
  people,    // the people of H's zone: somebody opens, types, plugs in, answers
  secrecy,   // that C is known to those it belongs to only
  mfa,       // the second factor of C, where it has one
  physical,  // that nobody brings anything into H's zone
};

struct StepTemplate {
  std::string id;         // "ssh-login"; unique over all files
  std::string technique;  // ATT&CK: "T1021.004"
  catalog::Framework domain = catalog::Framework::attackEnterprise;
  std::string tactic;  // the file's: "lateral-movement"
  std::vector<Premise> needs;
  Conclusion gives;
  std::vector<FailureKind> fails;
  // Techniques that the step stands for besides, of whatever tactic: parts of it, or other ways to do the
  // same that no architecture tells apart. Sorted.
  std::vector<std::string> covers;
  std::vector<std::string> counteredBy;  // D3FEND techniques: "D3-MFA"; sorted
  std::vector<std::string> judged;  // of counteredBy: this project's judgement, not the ontology's inference
  std::vector<std::string> blockedBy;  // what of an architecture takes it away, in words of the model file
  std::string reference;               // standard, manual or page that describes the step
};

class StepTemplates {
 public:
  // The templates compiled into the program.
  static Result<StepTemplates> builtIn();
  // From texts, each {file name, content}; all diagnostics at once. Limits: 1 MiB a file, 1,000 files, 1,000
  // templates. Behaviours and their properties are looked up in `behaviours`, or else in what is built in.
  static Result<StepTemplates> parse(const std::vector<std::pair<std::string, std::string>>& files,
                                     const model::BehaviourCatalogue* behaviours = nullptr);

  const StepTemplate& at(TemplateId id) const { return templates_[id.index()]; }
  const std::vector<StepTemplate>& all() const { return templates_; }  // by domain, tactic's order, id
  // Those that `keep` wants, in the same order; ids are their own.
  StepTemplates only(const std::function<bool(const StepTemplate&)>& keep) const;

 private:
  std::vector<StepTemplate> templates_;
};

}  // namespace vauban::attack
