// The inside of the diagrams, for the files of this room only.
//
// Fields are cut into digits of four bits, most significant first; a level is one digit. A node is an ordered
// partition of 0..15 into intervals with a child each. Cutting matters: a filter of thousands of rules
// changes few digits of its diagram per rule, so what did not change is shared instead of copied, which a
// node that held a whole address field could not do.
//
// Levels may be skipped: a set that does not depend on a digit has no node for it, and TRUE stands for the
// whole universe of what is below. Digits that a family or protocol does not have (the upper 24 digits of an
// IPv4 address, the ports of ICMP and of portless protocols) are always skipped, so no point outside of the
// universe can tell two nodes apart and one set has one node.
#pragma once

#include <bit>
#include <cstdint>

#include "space/diagram.h"

namespace vauban::space {

struct alignas(8) Node {
  std::uint32_t hash;
  std::uint16_t ends;  // bit d: an interval ends with digit d; bit 15 is always set
  std::uint8_t level;
  std::uint8_t count;  // intervals; 0 for terminals, else at least 2

  const NodeRef* children() const { return reinterpret_cast<const NodeRef*>(this + 1); }
  NodeRef child(unsigned digit) const { return children()[std::popcount(ends & ((1U << digit) - 1U))]; }
};

namespace diagram {

inline constexpr unsigned kFamily = 0;
inline constexpr unsigned kSource = 1;
inline constexpr unsigned kDestination = 33;
inline constexpr unsigned kProtocol = 65;
inline constexpr unsigned kSourcePort = 67;
inline constexpr unsigned kDestinationPort = 71;
inline constexpr unsigned kIcmpType = 73;  // the lower half of the destination port
inline constexpr unsigned kTerminal = 75;
inline constexpr unsigned kAddressDigits = 32;
inline constexpr unsigned kPortDigits = 4;

inline constexpr Node kFalseNode{0x5bd1e995U, 0, kTerminal, 0};
inline constexpr Node kTrueNode{0x1b873593U, 0, kTerminal, 0};
inline constexpr NodeRef kFalse = &kFalseNode;
inline constexpr NodeRef kTrue = &kTrueNode;

// The one node that sends each interval to its child; neighbours with one child are joined, and a node that
// would have one interval is that child. `ends` and `children` as in Node. Children are of later levels.
NodeRef make(unsigned level, unsigned ends, const NodeRef* children);

NodeRef join(NodeRef f, NodeRef g);
NodeRef meet(NodeRef f, NodeRef g);
NodeRef minus(NodeRef f, NodeRef g);

// `inside` where the field of `digits` digits that begins at `level` lies in first..last, else FALSE.
// Precondition: first <= last < 16^digits, and `inside` is of later levels.
NodeRef range(unsigned level, unsigned digits, Bits128 first, Bits128 last, NodeRef inside);

// Fields that can be forgotten (exists) or exchanged with their neighbour (exchange).
enum class Field { source, destination, sourcePort, destinationPort };

// The points that are in f for some value of the field.
NodeRef exists(NodeRef f, Field field);

// With `source`: source and destination address change places, and services become answers as `leaf` says.
// With `sourcePort`: source and destination port change places; `leaf` is not used.
NodeRef exchange(NodeRef f, Field field, NodeRef (*leaf)(NodeRef services));

// The services x for which some (addresses, x) is in both f and g. Either may begin at any level.
NodeRef image(NodeRef f, NodeRef g);

// As `image`, over the source only: a diagram of the family, the destination and the services.
NodeRef imageOfSource(NodeRef f, NodeRef g);

// A cache slot for unary operations defined elsewhere: `apply(f)`, remembered by thread under the name `key`,
// which must have static storage and stand for one function only.
NodeRef remembered(NodeRef f, const Node& key, NodeRef (*apply)(NodeRef));

// The digits of f where it does not read `level`: f itself; else the child.
inline NodeRef step(NodeRef f, unsigned level, unsigned digit) {
  return f->level == level ? f->child(digit) : f;
}

// f followed along the digits of one field value.
inline NodeRef follow(NodeRef f, unsigned level, unsigned digits, Bits128 value) {
  for (unsigned i = 0; i < digits; ++i) {
    f = step(f, level + i, static_cast<unsigned>(value >> (4 * (digits - 1 - i))) & 15U);
  }
  return f;
}

// Shape alone: levels grow, partitions are proper, neighbours differ, every node is the interned one.
bool wellFormed(NodeRef f);

// The maximal intervals of one field of f, in order: call(first, last, child) with child of later levels;
// FALSE included. Precondition: f reads no level before `level`.
template <class Call>
class IntervalWalk {
 public:
  IntervalWalk(unsigned level, unsigned digits, Call& call)
      : level_(level), end_(level + digits), call_(call) {}

  void run(NodeRef f) {
    walk(f, level_, 0);
    if (pending_) call_(first_, last_, child_);
  }

 private:
  void walk(NodeRef f, unsigned level, Bits128 prefix) {
    if (f->level >= end_) {  // covers all that is left of the field
      const unsigned bits = 4 * (end_ - level);
      if (bits == 128) return emit(0, ~Bits128{0}, f);
      return emit(prefix << bits, ((prefix + 1) << bits) - 1, f);
    }
    for (unsigned digit = 0; digit < 16; ++digit)
      walk(step(f, level, digit), level + 1, (prefix << 4) | digit);
  }
  void emit(Bits128 first, Bits128 last, NodeRef child) {
    if (pending_ && child == child_) {
      last_ = last;
      return;
    }
    if (pending_) call_(first_, last_, child_);
    pending_ = true;
    first_ = first;
    last_ = last;
    child_ = child;
  }

  unsigned level_, end_;
  Call& call_;
  bool pending_ = false;
  Bits128 first_ = 0, last_ = 0;
  NodeRef child_ = nullptr;
};

template <class Call>
void forIntervals(NodeRef f, unsigned level, unsigned digits, Call call) {
  IntervalWalk<Call>(level, digits, call).run(f);
}

}  // namespace diagram
}  // namespace vauban::space
