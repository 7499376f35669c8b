// Strong ids: an index into one kind of table that cannot be mixed up with another kind's.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace vauban {

template <class Tag>
struct StrongId {
  std::uint32_t value = UINT32_MAX;

  constexpr StrongId() = default;
  constexpr explicit StrongId(std::size_t index) : value(static_cast<std::uint32_t>(index)) {}
  constexpr bool valid() const { return value != UINT32_MAX; }
  constexpr std::size_t index() const { return value; }
  constexpr auto operator<=>(const StrongId&) const = default;
};

}  // namespace vauban

template <class Tag>
struct std::hash<vauban::StrongId<Tag>> {
  std::size_t operator()(vauban::StrongId<Tag> id) const noexcept { return id.value; }
};
