// Any bytes as an Ethernet frame that a recorder saw: what is said of it lies within it, each part in the one
// before.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "lab/wire_frame.h"

namespace {

using Bytes = std::span<const std::uint8_t>;

bool within(Bytes inner, Bytes outer) {
  return inner.empty() ||
         (inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  const Bytes frame(data, size);
  const auto view = lab::readFrame(frame);
  if (!view) return 0;
  VAUBAN_CHECK(!view->packet.empty());
  VAUBAN_CHECK(within(view->packet, frame));
  VAUBAN_CHECK(within(view->message, view->packet));
  VAUBAN_CHECK(within(view->payload, view->message));
  VAUBAN_CHECK(view->source.ipv6 == view->destination.ipv6);
  // Without the bytes behind the packet, which are padding, it says the same.
  const auto again =
      lab::readFrame(frame.first(static_cast<std::size_t>(view->packet.data() - data) + view->packet.size()));
  VAUBAN_CHECK(again.has_value());
  VAUBAN_CHECK(again->source == view->source && again->destination == view->destination);
  VAUBAN_CHECK(again->protocol == view->protocol && again->fragment == view->fragment);
  VAUBAN_CHECK(again->sourcePort == view->sourcePort && again->destinationPort == view->destinationPort);
  VAUBAN_CHECK(again->payload.size() == view->payload.size());
  return 0;
}
