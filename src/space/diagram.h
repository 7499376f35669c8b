// The engine under PacketSet and ServiceSet: hash-consed interval decision diagrams.
//
// Fields stand in the order family, source, destination, protocol, source port, destination port (or ICMP
// type); each is cut into digits of four bits, a level each. A node partitions 0..15 into intervals, each
// leading to a node of a later level or to one of the two terminals. Nodes are interned, and a node never has
// two neighbouring intervals with the same child nor all its digits leading to one, so two sets are equal iff
// their pointers are. Nodes are immutable and live as long as the process; interning and the operation caches
// are safe to use from many threads, and no result depends on the order in which threads come. Pointers
// differ from run to run: nothing that is printed may be ordered by them.
#pragma once

#include "space/address.h"

namespace vauban::space {

struct Node;  // defined in diagram_node.h, which is not for other rooms
using NodeRef = const Node*;

}  // namespace vauban::space
