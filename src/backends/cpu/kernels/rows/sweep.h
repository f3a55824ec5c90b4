// SPDX-License-Identifier: Apache-2.0
// Loops over a run of elements by whole vectors and one partial vector, for the row kernels.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

namespace tn {

struct Whole {};  ///< stands where a partial vector has its number of elements

template <typename V, typename T>
[[gnu::always_inline]] inline typename V::Reg load(const T* p, Whole) {
  return V::load(p);
}
template <typename V, typename T>
[[gnu::always_inline]] inline typename V::Reg load(const T* p, int64_t n) {
  return V::load(p, n);
}
template <typename V, typename T>
[[gnu::always_inline]] inline void store(T* p, typename V::Reg x, Whole) {
  V::store(p, x);
}
template <typename V, typename T>
[[gnu::always_inline]] inline void store(T* p, typename V::Reg x, int64_t n) {
  V::store(p, x, n);
}

/// x where the lane is one of the n loaded ones, else `other`.
template <typename V>
[[gnu::always_inline]] inline typename V::Reg keep(typename V::Reg x, Whole, float) {
  return x;
}
template <typename V>
[[gnu::always_inline]] inline typename V::Reg keep(typename V::Reg x, int64_t n, float other) {
  alignas(64) static constexpr float kLane[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return V::select(V::less(V::load(kLane), V::set1(static_cast<float>(n))), x, V::set1(other));
}

/// Calls body(position, slot, Whole or count) for all of [0, n). Slots in [0, 4) are for independent accumulators.
template <typename V, typename Body>
[[gnu::always_inline]] inline void sweep(int64_t n, Body&& body) {
  constexpr int64_t kL = V::kLanes;
  int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) {
    body(i, 0, Whole());
    body(i + kL, 1, Whole());
    body(i + 2 * kL, 2, Whole());
    body(i + 3 * kL, 3, Whole());
  }
  for (; i + kL <= n; i += kL) body(i, 0, Whole());
  if (i < n) body(i, 1, n - i);
}

/// Calls body(position, number of vectors as a constant, Whole or count) for all of [0, n): `Wide` vectors at a time,
/// then one, then a part of one.
template <typename V, int Wide, typename Body>
[[gnu::always_inline]] inline void sweep_wide(int64_t n, Body&& body) {
  constexpr int64_t kL = V::kLanes;
  int64_t i = 0;
  for (; i + Wide * kL <= n; i += Wide * kL) body(i, std::integral_constant<int, Wide>(), Whole());
  for (; i + kL <= n; i += kL) body(i, std::integral_constant<int, 1>(), Whole());
  if (i < n) body(i, std::integral_constant<int, 1>(), n - i);
}

template <typename V>
struct Sums {
  typename V::Reg slots[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
  typename V::Reg& operator[](int slot) { return slots[slot]; }
  float total() const { return V::reduce_add(V::add(V::add(slots[0], slots[1]), V::add(slots[2], slots[3]))); }
};

}  // namespace tn
