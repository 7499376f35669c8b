// What is in force: frameworks, versions, counts, licences, hashes (`vauban knowledge info`).
#pragma once

#include <string>

#include "catalog/catalogue.h"

namespace vauban::report {

std::string knowledgeText(const catalog::Catalogue& catalogue);
std::string knowledgeJson(const catalog::Catalogue& catalogue);

}  // namespace vauban::report
