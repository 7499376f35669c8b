// Which names are the adversary's (semantics 4, Names). He can register names, so every name that no
// allow-list mentions is his; below an allow-listed suffix nobody is hostile, unless it is delegated, shared
// or public.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"
#include "space/name_set.h"

namespace vauban::channel {

struct SuffixLists {
  std::vector<std::string> shared;  // well-known multi-tenant suffixes (knowledge/shared-suffixes.yaml)
  std::vector<std::string>
      publicly;  // suffixes under which anyone registers (knowledge/public-suffixes.yaml)
  static const SuffixLists& builtIn();
};

struct Trust {
  space::NameSet hostile;            // names that may lead to the adversary
  space::NameSet own;                // names below some service's `answers`: our own hosts
  std::vector<std::string> trusted;  // suffixes that verdicts rest on, sorted
  Diagnostics warnings;              // listed suffixes that trust nobody, and why

  static Trust of(const model::Model& model, const SuffixLists& lists);
};

// The names that pass a service's own list; `answers` of a DNS service stay at home and are taken off by
// `forwarded`.
space::NameSet allowedNames(const model::ServiceInstance& service);
space::NameSet forwarded(const model::ServiceInstance& service, const space::NameSet& names);

}  // namespace vauban::channel
