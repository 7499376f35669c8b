// The testbed for real, on Linux: inside `runConfined`, whose processes, namespaces and files end with it.
#pragma once

#include <memory>

#include "os/confinement.h"
#include "os/testbed.h"

namespace vauban::os {

std::unique_ptr<Testbed> openTestbed(const Confinement& world);

}  // namespace vauban::os
