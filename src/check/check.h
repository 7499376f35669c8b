// The independent checker: follows a certificate of a kept claim against the model it is about
// (docs/formats/certificate.md). It shares nothing with the solver but the reading of the model file.
//
// Not safe to run from several threads: its packet sets live in one library for the process (packets.h).
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "model/model.h"

namespace vauban::check {

struct Rejection {
  std::string reason;  // what cannot be believed: the state, the step, the statement
  std::string where;   // JSON pointer in the certificate
  Place place;         // in the model, where there is one
  auto operator<=>(const Rejection&) const = default;
};

struct Result {
  Diagnostics diagnostics;  // the certificate cannot be read: nothing was checked
  std::vector<Rejection> rejections;
  std::size_t states = 0, steps = 0, reasons = 0;  // looked at
  bool accepted() const { return diagnostics.empty() && rejections.empty(); }
};

Result check(const std::string& certificateText, const std::string& fileName, const model::Model& model,
             const model::BehaviourCatalogue& behaviours);

}  // namespace vauban::check
