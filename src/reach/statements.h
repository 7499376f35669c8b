// Unstated hardening statements ("atoms") and how the solver looks at them.
//
// What a model does not say is taken at its worst. Each such gap that a statement could close is an atom. A
// Setting says which atoms are supposed to be stated at their best; the empty setting is the model as
// written. Everything computed under a setting is monotone: supposing more statements never opens anything.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/place.h"
#include "base/strong_id.h"

namespace vauban::reach {

using AtomId = StrongId<struct AtomTag>;
using AtomIds = std::vector<AtomId>;  // sorted, without repetition

struct Atom {
  std::string key;       // unique: "enforcement anti-spoofing zone"
  std::string line;      // what to write: "anti-spoofing: zone"
  std::string where;     // into what: "enforcement", "hosts.ws", "hosts.dns-int.services.dns"
  std::string text;      // what holds once it is written
  std::string test;      // how to test it on the real thing
  Place place;           // where the statement would go
  bool failure = false;  // the model does state it, but what states it may fail: a layer (semantics 8)
};

class Atoms {
 public:
  // The atom of that key, made on first use.
  AtomId intern(Atom atom);
  const Atom& at(AtomId id) const { return atoms_[id.index()]; }
  std::size_t size() const { return atoms_.size(); }
  // The order in which statements are proposed where several would do: enforcement first, mildest first, then
  // by key. It does not depend on the order in which they were met.
  bool before(AtomId a, AtomId b) const;

 private:
  std::vector<Atom> atoms_;
  std::map<std::string, AtomId> byKey_;
};

class Setting {
 public:
  Setting() = default;
  static Setting best() {
    Setting setting;
    setting.everything_ = true;
    return setting;
  }
  bool supposes(AtomId atom) const {
    return everything_ || (atom.index() < stated_.size() && stated_[atom.index()]);
  }
  bool supposesAny(const AtomIds& atoms) const;
  void suppose(AtomId atom) {
    if (stated_.size() <= atom.index()) stated_.resize(atom.index() + 1, false);
    stated_[atom.index()] = true;
  }
  // The same as far as the first `count` atoms go.
  Setting first(std::size_t count) const {
    Setting part;
    part.everything_ = everything_;
    part.stated_.assign(stated_.begin(),
                        stated_.begin() + static_cast<std::ptrdiff_t>(std::min(count, stated_.size())));
    while (!part.stated_.empty() && !part.stated_.back()) part.stated_.pop_back();
    return part;
  }
  auto operator<=>(const Setting&) const = default;

 private:
  bool everything_ = false;
  std::vector<bool> stated_;
};

AtomIds join(const AtomIds& a, const AtomIds& b);

}  // namespace vauban::reach
