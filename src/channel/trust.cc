#include "channel/trust.h"

#include <algorithm>
#include <set>

namespace vauban::channel {

using model::NameList;
using model::PlaceTerm;
using model::ServiceInstance;
using space::NameSet;

Trust Trust::of(const model::Model& model, const SuffixLists& lists) {
  Trust trust;
  const std::set<std::string> publicly(lists.publicly.begin(), lists.publicly.end());
  std::set<std::string> trusted, strangers(lists.shared.begin(), lists.shared.end());
  // A name on an allow-list, or written as an upstream: trusted, unless anybody may sit below it.
  auto listed = [&](const std::string& name, const Place& place) {
    const bool bare = name.find('.') == std::string::npos;
    if (bare || publicly.contains(name)) {
      trust.warnings.push_back({Severity::warning, place, 0,
                                "'" + name + "' is " + (bare ? "a top-level name" : "a public suffix") +
                                    ": anyone may register below it, so listing it trusts nobody",
                                "a registered name", ""});
    } else {
      trusted.insert(name);
    }
    if (std::ranges::find(lists.shared, name) != lists.shared.end()) {
      trust.warnings.push_back({Severity::warning, place, 0,
                                "'" + name + "' is shared by many tenants: the adversary can be one of them",
                                "the tenant's own name below it", ""});
    }
  };
  for (const ServiceInstance& service : model.services) {
    for (const std::string& answer : service.answers) trust.own = trust.own | NameSet::suffix(answer);
    if (service.names) {
      const NameList& list = *service.names;
      strangers.insert(list.delegated.begin(), list.delegated.end());
      strangers.insert(list.shared.begin(), list.shared.end());
      for (const std::string& name : list.allow.value_or(std::vector<std::string>{}))
        listed(name, list.place);
    }
    // Not a `resolver`: it hears the names themselves.
    if (!service.upstream) continue;
    for (const PlaceTerm& term : *service.upstream) {
      if (term.kind != PlaceTerm::Kind::name) continue;
      if (auto name = space::normaliseName(term.text)) listed(*name, term.place);
    }
  }
  // The longest suffix wins, so shorter ones are laid first; of equal ones the stranger's word is last.
  std::vector<std::pair<std::string, bool>> words;
  for (const std::string& name : trusted) words.emplace_back(name, false);
  for (const std::string& name : strangers) words.emplace_back(name, true);
  std::ranges::stable_sort(words, {}, [](const auto& word) { return std::ranges::count(word.first, '.'); });
  trust.hostile = NameSet::all();
  for (const auto& [name, hostile] : words) {
    trust.hostile = hostile ? trust.hostile | NameSet::suffix(name) : trust.hostile - NameSet::suffix(name);
  }
  trust.trusted.assign(trusted.begin(), trusted.end());
  return trust;
}

NameSet allowedNames(const ServiceInstance& service) {
  if (!service.names) return NameSet::all();
  NameSet names = service.names->allow ? NameSet::suffixes(*service.names->allow) : NameSet::all();
  return names - NameSet::suffixes(service.names->deny);
}

NameSet forwarded(const ServiceInstance& service, const NameSet& names) {
  return names - NameSet::suffixes(service.answers);
}

}  // namespace vauban::channel
