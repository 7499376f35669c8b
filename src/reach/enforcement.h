// What the files of this room share about enforcement points; for this room only.
#pragma once

#include <string>
#include <vector>

#include "reach/network.h"

namespace vauban::reach {

// The statement that holds at a point: the link's own, or else the model's.
template <class T>
const model::Stated<T>& statement(const model::Model& model, const Point& point,
                                  model::Stated<T> model::Enforcement::* key) {
  if (point.own != nullptr && (point.own->*key)) return point.own->*key;
  return model.enforcement.*key;
}

// Ports on which a connection-tracking helper listens for conversations that name further ones; null: any
// helper.
space::ServiceSet helperPorts(const std::vector<std::string>* helpers);

}  // namespace vauban::reach
