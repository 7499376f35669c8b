// ICMP messages by what connection tracking makes of them, for readers of rules that ask for states; for this
// room only.
#pragma once

#include "space/service_set.h"

namespace vauban::import {

// Messages to which connection tracking gives the state new only if they ask for an answer; the others are
// invalid unless a flow explains them (nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c).
space::ServiceSet neverNew();

// Neighbour discovery and listener reports, which are never tracked (the same file).
space::ServiceSet neverTracked();

}  // namespace vauban::import
