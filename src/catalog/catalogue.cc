#include "catalog/catalogue.h"

#include <algorithm>

namespace vauban::catalog {

const Attack* Catalogue::domain(Framework framework) const {
  const auto found = std::ranges::find(attack, framework, &Attack::domain);
  return found == attack.end() ? nullptr : &*found;
}

const Source* Catalogue::source(std::string_view id) const {
  const auto found = std::ranges::find(sources, id, &Source::id);
  return found == sources.end() ? nullptr : &*found;
}

}  // namespace vauban::catalog
