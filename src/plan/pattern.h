// Patterns: compositions that make a claim provable, as data (semantics 11).
//
// A pattern names its *members* (places of a model, and what each must be), says what it *changes* in a model
// file, and which claims it *guarantees* where it is applied. It promises nothing by itself: a guarantee is
// credited only after the verifier has judged the changed model (effect.h). Source:
// knowledge/patterns/*.yaml, one pattern a file, compiled into the program; format in
// docs/formats/pattern.md. A *single* (knowledge/singles) is one countermeasure in the same form, so that
// what catalogues list is weighed beside compositions and judged alike. Values after loading; safe to read
// from many threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/place.h"
#include "base/result.h"
#include "base/strong_id.h"
#include "catalog/framework.h"
#include "model/yaml.h"
#include "space/service_set.h"

namespace vauban::model {
class BehaviourCatalogue;
}

namespace vauban::plan {

using PatternId = StrongId<struct PatternTag>;

enum class MemberKind : std::uint8_t { zone, host, asset, credential, names };
std::string_view word(MemberKind kind);

// What two members must be to each other. Only members written before may be named.
struct Relation {
  enum class Kind : std::uint8_t {
    reachedBy,  // the other can open a conversation to this one with some packet of `services`
    reaches,    // the other way round
    in,         // a host in the other, a zone
    notIn,      // a host or zone that is not in the other
    differs,    // another than the other
    holds,      // a host where the other, an asset, lies
    grantedBy,  // a host on which the other, a credential, grants something
  };
  Kind kind = Kind::reachedBy;
  std::string other;
  space::ServiceSet services;
};

struct Member {
  std::string name;
  MemberKind kind = MemberKind::host;
  std::string means;                                // the part it plays, for people
  bool all = false;                                 // as many as fit, one at least; else exactly one
  std::optional<bool> untrusted, isolated, people;  // of a zone
  std::vector<std::string> behaviours;              // of a host: it runs a service of one of these
  std::optional<bool> offers;                       // of a host: false: a client, `services: {}`
  std::optional<bool> opaque;                       // of a host: has no `services` key
  std::vector<std::string> names;                   // of names: where the call says nothing
  std::vector<Relation> relations;
};

// A statement that is put into the model file. Values may hold "$member".
struct Change {
  enum class Kind : std::uint8_t {
    zone,            // of each zone of `of`
    host,            // of each host
    service,         // of each service with one of `behaviours` of each host
    credential,      // of each credential
    enforcement,     // of the ideal point and of every link that states the key: raised, never lowered
    allow,           // a flow before all others, in the order of the file
    deny,            // the same; left out where nothing of it can happen anyway
    newHost,         // `name` in the zone member `of`, with the lowest free address
    condition,       // `name`
    countermeasure,  // deployed
    sensor,          // `state`: sensors by name, added where there is none of the name
    analysts,        // as many more as `state` says, once: the entry of the pattern says that it was done
  };
  Kind kind = Kind::host;
  std::string of;
  std::vector<std::string> behaviours;
  std::string name;
  model::yaml::NodePtr state;   // mapping: takes the place of what is stated
  model::yaml::NodePtr unless;  // mapping `default`: stated where the key is absent
  Place place;
};

// Effort of one role, in person-days: a judgement of this project, no measurement.
struct Effort {
  std::string role;  // NICE
  double days = 0;
};

struct Pattern {
  std::string id, title, summary, reference;
  bool single = false;          // one countermeasure and no composition: it may promise nothing
  std::vector<Member> members;  // in the order of the file, which is the order of choosing
  std::vector<Change> changes;
  std::vector<model::yaml::NodePtr> guarantees;   // claims of a model file; `id` without the pattern's
  std::vector<std::string> dependsOn, conflicts;  // patterns
  std::vector<Effort> effort;
  std::string accountable;                                            // NICE
  std::vector<std::string> d3fend;                                    // techniques it is composed of
  std::vector<std::pair<catalog::Framework, std::string>> standards;  // controls it goes towards
  unsigned maturity = 1;                                              // implementation group, 1 to 3
  Place place;

  double effortDays() const;
  const Member* member(std::string_view name) const;
};

class PatternCatalogue {
 public:
  // The patterns and singles compiled into the program.
  static Result<PatternCatalogue> builtIn();
  // From texts, each {file name, content}; all diagnostics at once. Limits: 256 KiB a file, 500 patterns, 20
  // members, 100 changes, 50 guarantees each. Behaviours are looked up in `behaviours`, or else in what is
  // built in.
  static Result<PatternCatalogue> parse(const std::vector<std::pair<std::string, std::string>>& files,
                                        const model::BehaviourCatalogue* behaviours = nullptr);

  std::optional<PatternId> find(std::string_view id) const;
  // The same; where there is none, an error that names `option` as its place, with the nearest.
  Result<PatternId> named(std::string_view id, const std::string& option) const;
  const Pattern& at(PatternId id) const { return patterns_[id.index()]; }
  const std::vector<Pattern>& all() const { return patterns_; }  // sorted by id

 private:
  std::vector<Pattern> patterns_;
};

}  // namespace vauban::plan
