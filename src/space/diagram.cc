#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "space/diagram_node.h"

namespace vauban::space::diagram {
namespace {

std::uint64_t mixed(std::uint64_t value) {
  value *= 0x9E3779B97F4A7C15U;
  return value ^ (value >> 32);
}

std::uint64_t bits(NodeRef node) { return reinterpret_cast<std::uintptr_t>(node) >> 3; }

// Interning: shards by hash, each an open-addressing table and a bump arena under one spin lock that is held
// for a probe. Nothing is ever freed, so a pointer once given out stays good in every thread.
class Shard {
 public:
  NodeRef intern(std::uint32_t hash, unsigned level, unsigned ends, unsigned count, const NodeRef* children) {
    lock();
    std::size_t at = hash & mask_;
    for (; slots_[at] != nullptr; at = (at + 1) & mask_) {
      const NodeRef node = slots_[at];
      if (node->hash == hash && node->ends == ends && node->level == level &&
          std::memcmp(node->children(), children, count * sizeof(NodeRef)) == 0) {
        unlock();
        return node;
      }
    }
    const std::size_t size = sizeof(Node) + count * sizeof(NodeRef);
    auto* bytes = allocate(size);
    auto* node = new (bytes) Node{hash, static_cast<std::uint16_t>(ends), static_cast<std::uint8_t>(level),
                                  static_cast<std::uint8_t>(count)};
    std::memcpy(bytes + sizeof(Node), children, count * sizeof(NodeRef));
    slots_[at] = node;
    if (++used_ * 2 > mask_) grow();
    unlock();
    return node;
  }

 private:
  void lock() {
    while (busy_.exchange(true, std::memory_order_acquire)) {
      while (busy_.load(std::memory_order_relaxed)) {
      }
    }
  }
  void unlock() { busy_.store(false, std::memory_order_release); }

  std::byte* allocate(std::size_t size) {
    if (size > left_) {
      left_ = chunk_;
      if (chunk_ < (std::size_t{1} << 20)) chunk_ *= 2;
      next_ = static_cast<std::byte*>(std::malloc(left_));
      VAUBAN_CHECK(next_ != nullptr);
      chunks_.push_back(next_);
    }
    std::byte* bytes = next_;
    next_ += size;
    left_ -= size;
    return bytes;
  }

  void grow() {
    const std::size_t mask = mask_ * 2 + 1;
    std::vector<NodeRef> slots(mask + 1, nullptr);
    for (const NodeRef node : slots_) {
      if (node == nullptr) continue;
      std::size_t at = node->hash & mask;
      while (slots[at] != nullptr) at = (at + 1) & mask;
      slots[at] = node;
    }
    slots_ = std::move(slots);
    mask_ = mask;
  }

  std::atomic<bool> busy_{false};
  std::size_t mask_ = 255;
  std::size_t used_ = 0;
  std::vector<NodeRef> slots_ = std::vector<NodeRef>(256, nullptr);
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t chunk_ = 8192;
  std::vector<std::byte*> chunks_;
};

constexpr unsigned kShardBits = 6;

Shard& shard(std::uint64_t hash) {
  // Never destroyed: sets with static storage may outlive any order of destruction.
  static auto* const shards = new std::array<Shard, 1U << kShardBits>;
  return (*shards)[hash >> (64 - kShardBits)];
}

// Results already computed by this thread. Direct-mapped: a collision forgets, which costs time and never a
// wrong answer. Keys are two pointers with the operation in the low bits of the first.
enum Operation : std::uintptr_t { opJoin, opMeet, opMinus, opImage, opImageOfSource, opUnary };

class Cache {
 public:
  struct Entry {
    std::uintptr_t first;
    NodeRef second;
    NodeRef result;
  };
  Cache() : entries_(static_cast<Entry*>(std::calloc(kEntries, sizeof(Entry)))) {
    VAUBAN_CHECK(entries_ != nullptr);
  }
  ~Cache() { std::free(entries_); }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  Entry& at(Operation operation, NodeRef f, NodeRef g) {
    return entries_[mixed(bits(f) * 0xD6E8FEB86659FD93U + bits(g) * 8 + operation) & (kEntries - 1)];
  }

 private:
  static constexpr std::size_t kEntries = std::size_t{1} << 18;
  Entry* entries_;
};

Cache& cache() {
  thread_local Cache instance;
  return instance;
}

std::uintptr_t tagged(Operation operation, NodeRef f) {
  return reinterpret_cast<std::uintptr_t>(f) | operation;
}

// Looks up (operation, f, g), else computes and remembers. The slot is looked up again afterwards because the
// computation may have used it.
template <class Compute>
NodeRef cached(Operation operation, NodeRef f, NodeRef g, Compute compute) {
  Cache::Entry& entry = cache().at(operation, f, g);
  const std::uintptr_t key = tagged(operation, f);
  if (entry.first == key && entry.second == g) return entry.result;
  const NodeRef result = compute();
  entry = {key, g, result};
  return result;
}

// Walks the common refinement of two nodes at the earlier of their levels: call(f', g') by interval.
struct Refinement {
  unsigned level;
  unsigned ends;
};

Refinement refine(NodeRef f, NodeRef g) {
  if (f->level == g->level) return {f->level, static_cast<unsigned>(f->ends | g->ends)};
  return f->level < g->level ? Refinement{f->level, f->ends} : Refinement{g->level, g->ends};
}

template <class Call>
void forPairs(NodeRef f, NodeRef g, Refinement refinement, Call call) {
  const bool readF = f->level == refinement.level;
  const bool readG = g->level == refinement.level;
  const NodeRef* nextF = f->children();
  const NodeRef* nextG = g->children();
  for (unsigned left = refinement.ends; left != 0; left &= left - 1) {
    const unsigned end = left & (~left + 1);
    if (!call(readF ? *nextF : f, readG ? *nextG : g)) return;
    if (readF && (f->ends & end) != 0) ++nextF;
    if (readG && (g->ends & end) != 0) ++nextG;
  }
}

template <class Operate>
NodeRef pointwise(NodeRef f, NodeRef g, Operate operate) {
  const Refinement refinement = refine(f, g);
  NodeRef children[16];
  unsigned count = 0;
  forPairs(f, g, refinement, [&](NodeRef left, NodeRef right) {
    children[count++] = operate(left, right);
    return true;
  });
  return make(refinement.level, refinement.ends, children);
}

template <class Map>
NodeRef mapChildren(NodeRef f, unsigned level, Map map) {
  NodeRef children[16];
  for (unsigned i = 0; i < f->count; ++i) children[i] = map(f->children()[i]);
  return make(level, f->ends, children);
}

// Static nodes whose addresses name unary operations in the cache.
constexpr Node kExistsKeys[4] = {};
constexpr Node kExchangeKeys[4] = {};

struct Levels {
  unsigned first;
  unsigned digits;
};

Levels levelsOf(Field field) {
  switch (field) {
    case Field::source:
      return {kSource, kAddressDigits};
    case Field::destination:
      return {kDestination, kAddressDigits};
    case Field::sourcePort:
      return {kSourcePort, kPortDigits};
    case Field::destinationPort:
      return {kDestinationPort, kPortDigits};
  }
  return {kTerminal, 0};
}

NodeRef digitRange(unsigned level, unsigned first, unsigned last) {
  return range(level, 1, first, last, kTrue);
}

NodeRef exchangeIn(NodeRef f, Levels levels, const Node& key, NodeRef (*leaf)(NodeRef)) {
  if (f == kFalse) return kFalse;
  if (f->level >= levels.first + 2 * levels.digits) return leaf == nullptr ? f : leaf(f);
  return cached(opUnary, f, &key, [&]() -> NodeRef {
    const auto below = [&](NodeRef child) { return exchangeIn(child, levels, key, leaf); };
    if (f->level < levels.first) return mapChildren(f, f->level, below);
    if (f->level >= levels.first + levels.digits) return mapChildren(f, f->level - levels.digits, below);
    // The digit moves below the levels of the other field: it becomes a condition on what is found there.
    NodeRef result = kFalse;
    unsigned first = 0;
    for (unsigned digit = 0, i = 0; digit < 16; ++digit) {
      if (((f->ends >> digit) & 1U) == 0) continue;
      result =
          join(result, meet(below(f->children()[i++]), digitRange(f->level + levels.digits, first, digit)));
      first = digit + 1;
    }
    return result;
  });
}

}  // namespace

NodeRef make(unsigned level, unsigned ends, const NodeRef* children) {
  NodeRef kept[16];
  unsigned count = 0;
  unsigned keptEnds = 0;
  std::uint64_t hash = level;
  for (unsigned left = ends; left != 0; left &= left - 1, ++children) {
    const unsigned end = left & (~left + 1);
    const NodeRef child = *children;
    if (count != 0 && kept[count - 1] == child) {
      keptEnds ^= 1U << (31 - std::countl_zero(keptEnds));  // the interval goes on: its end moves
    } else {
      kept[count++] = child;
      hash = (std::rotl(hash, 23) ^ bits(child)) * 0x9E3779B97F4A7C15U;
    }
    keptEnds |= end;
  }
  if (count == 1) return kept[0];
  hash = mixed(hash ^ keptEnds);
  return shard(hash).intern(static_cast<std::uint32_t>(hash), level, keptEnds, count, kept);
}

NodeRef join(NodeRef f, NodeRef g) {
  if (f == g || g == kFalse || f == kTrue) return f;
  if (f == kFalse || g == kTrue) return g;
  if (f > g) std::swap(f, g);
  return cached(opJoin, f, g, [&] { return pointwise(f, g, join); });
}

NodeRef meet(NodeRef f, NodeRef g) {
  if (f == g || g == kTrue || f == kFalse) return f;
  if (f == kTrue || g == kFalse) return g;
  if (f > g) std::swap(f, g);
  return cached(opMeet, f, g, [&] { return pointwise(f, g, meet); });
}

NodeRef minus(NodeRef f, NodeRef g) {
  if (f == g || f == kFalse || g == kTrue) return kFalse;
  if (g == kFalse) return f;
  return cached(opMinus, f, g, [&] { return pointwise(f, g, minus); });
}

NodeRef range(unsigned level, unsigned digits, Bits128 first, Bits128 last, NodeRef inside) {
  const auto digitOf = [digits](Bits128 value, unsigned i) {
    return static_cast<unsigned>(value >> (4 * (digits - 1 - i))) & 15U;
  };
  // FALSE, atLow at `low`, between, atHigh at `high`, FALSE; make() joins what is equal.
  const auto node = [&](unsigned i, unsigned low, NodeRef atLow, NodeRef between, unsigned high,
                        NodeRef atHigh) {
    NodeRef children[5];
    unsigned count = 0;
    unsigned ends = 0x8000U | (1U << low) | (1U << high);
    if (low > 0) {
      children[count++] = kFalse;
      ends |= 1U << (low - 1);
    }
    children[count++] = atLow;
    if (high > low + 1) {
      children[count++] = between;
      ends |= 1U << (high - 1);
    }
    if (high > low) children[count++] = atHigh;
    if (high < 15) children[count++] = kFalse;
    return make(level + i, ends, children);
  };
  unsigned split = 0;
  while (split < digits && digitOf(first, split) == digitOf(last, split)) ++split;
  NodeRef fromFirst = inside;
  NodeRef upToLast = inside;
  for (unsigned i = digits; i > split + 1; --i) {
    const unsigned low = digitOf(first, i - 1);
    const unsigned high = digitOf(last, i - 1);
    fromFirst = low == 15 ? node(i - 1, 15, fromFirst, inside, 15, fromFirst)
                          : node(i - 1, low, fromFirst, inside, 15, inside);
    upToLast = high == 0 ? node(i - 1, 0, upToLast, inside, 0, upToLast)
                         : node(i - 1, 0, inside, inside, high, upToLast);
  }
  NodeRef result = inside;
  unsigned above = digits;
  if (split < digits) {
    result = node(split, digitOf(first, split), fromFirst, inside, digitOf(last, split), upToLast);
    above = split;
  }
  for (unsigned i = above; i > 0; --i) {
    const unsigned digit = digitOf(first, i - 1);
    result = node(i - 1, digit, result, inside, digit, result);
  }
  return result;
}

NodeRef exists(NodeRef f, Field field) {
  const Levels levels = levelsOf(field);
  if (f->level >= levels.first + levels.digits) return f;
  return cached(opUnary, f, &kExistsKeys[static_cast<unsigned>(field)], [&]() -> NodeRef {
    if (f->level < levels.first)
      return mapChildren(f, f->level, [&](NodeRef child) { return exists(child, field); });
    NodeRef result = kFalse;
    for (unsigned i = 0; i < f->count && result != kTrue; ++i)
      result = join(result, exists(f->children()[i], field));
    return result;
  });
}

NodeRef exchange(NodeRef f, Field field, NodeRef (*leaf)(NodeRef)) {
  return exchangeIn(f, levelsOf(field), kExchangeKeys[static_cast<unsigned>(field)], leaf);
}

NodeRef image(NodeRef f, NodeRef g) {
  if (f == kFalse || g == kFalse) return kFalse;
  if (f->level >= kProtocol && g->level >= kProtocol) return meet(f, g);
  if (f > g) std::swap(f, g);
  return cached(opImage, f, g, [&] {
    NodeRef result = kFalse;
    forPairs(f, g, refine(f, g), [&](NodeRef left, NodeRef right) {
      result = join(result, image(left, right));
      return result != kTrue;
    });
    return result;
  });
}

NodeRef imageOfSource(NodeRef f, NodeRef g) {
  if (f == kFalse || g == kFalse) return kFalse;
  if (f->level >= kDestination && g->level >= kDestination) return meet(f, g);
  if (f > g) std::swap(f, g);
  return cached(opImageOfSource, f, g, [&]() -> NodeRef {
    const Refinement refinement = refine(f, g);
    if (refinement.level < kSource) return pointwise(f, g, imageOfSource);
    NodeRef result = kFalse;
    forPairs(f, g, refinement, [&](NodeRef left, NodeRef right) {
      result = join(result, imageOfSource(left, right));
      return result != kTrue;
    });
    return result;
  });
}

NodeRef remembered(NodeRef f, const Node& key, NodeRef (*apply)(NodeRef)) {
  return cached(opUnary, f, &key, [&] { return apply(f); });
}

bool wellFormed(NodeRef f) {
  std::unordered_set<NodeRef> seen;
  std::vector<NodeRef> open{f};
  while (!open.empty()) {
    const NodeRef node = open.back();
    open.pop_back();
    if (node == kFalse || node == kTrue || !seen.insert(node).second) continue;
    if (node->level >= kTerminal || node->count < 2 || (node->ends & 0x8000U) == 0) return false;
    if (std::popcount(node->ends) != node->count) return false;
    for (unsigned i = 0; i < node->count; ++i) {
      const NodeRef child = node->children()[i];
      if (child->level <= node->level || (i > 0 && child == node->children()[i - 1])) return false;
      open.push_back(child);
    }
    if (make(node->level, node->ends, node->children()) != node) return false;  // it is the interned one
  }
  return true;
}

}  // namespace vauban::space::diagram
