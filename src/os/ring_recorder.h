// The recorder for real: an AF_PACKET socket with a ring of memory shared with the kernel (packet(7),
// TPACKET_V3), read by a thread of its own. The ring belongs to the socket and counts against no limit of
// socket buffers, so it is as large without privileges.
#pragma once

#include <memory>

#include "base/result.h"
#include "os/net_namespace.h"
#include "os/packet_recorder.h"

namespace vauban::os {

// Frames are recorded from the return of this call on.
Result<std::unique_ptr<PacketRecorder>> startRecorder(const NetNamespace& network, const RecorderSpec& spec);

}  // namespace vauban::os
