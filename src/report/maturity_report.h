// Where a model stands (plan/maturity.h), for people and for programs (docs/formats/maturity.md).
#pragma once

#include <string>

#include "catalog/catalogue.h"
#include "plan/maturity.h"

namespace vauban::report {

struct MaturityReport {
  const plan::Maturity& maturity;
  const plan::PatternCatalogue& patterns;
  const catalog::Catalogue& catalogue;  // names of roles
  std::string model;
};

std::string maturityText(const MaturityReport& report, bool verbose);
std::string maturityJson(const MaturityReport& report);  // vauban-maturity-1; ends in a line break

}  // namespace vauban::report
