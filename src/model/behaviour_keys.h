// The configuration that services can take; which of them a service takes, its behaviour says.
#pragma once

#include "model/node_reader.h"

namespace vauban::model {

const Words& configurationKeys();

}  // namespace vauban::model
