// Conversations that the filters of a lab hold as established, for what is forged into them or quotes them.
#pragma once

#include "lab/attempts.h"

namespace vauban::lab {

// Opens the flow that the attempt needs, and fills in its numbers. TCP: a conversation that stands for as
// long as the descriptor, whose numbers are told to whoever forges (the worst: his other end knows them);
// else a datagram has passed, and there is no descriptor. A failure: nobody answers there, so there is no
// such flow.
Result<os::FileDescriptor> openFlow(RunningLab& lab, Attempt& attempt);

}  // namespace vauban::lab
