// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/rows/row_kernels.h"
#include "backends/cpu/kernels/rows/sweep.h"
#include "backends/cpu/kernels/simd/math.h"

namespace tn {

/// One way to reduce: the neutral value, how an element enters, how two results join.
template <typename V, ReduceStep Step>
struct Reducer {
  using Reg = typename V::Reg;
  static constexpr bool kIsSum = Step != ReduceStep::Max && Step != ReduceStep::Min && Step != ReduceStep::Product;
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  static constexpr float kNeutral = Step == ReduceStep::Max       ? -kInfinity
                                    : Step == ReduceStep::Min     ? kInfinity
                                    : Step == ReduceStep::Product ? 1.0f
                                                                  : 0.0f;

  static Reg map(Reg x, Reg shift) {
    if constexpr (Step == ReduceStep::SumAbs)
      return V::abs(x);
    else if constexpr (Step == ReduceStep::SumSquare)
      return V::mul(x, x);
    else if constexpr (Step == ReduceStep::SumExp)
      return simd::exp<V>(V::sub(x, shift));
    else
      return x;
  }
  // The newer value stands second: a NaN in it comes through max and min.
  static Reg join(Reg a, Reg b) {
    if constexpr (kIsSum)
      return V::add(a, b);
    else if constexpr (Step == ReduceStep::Max)
      return V::select(V::is_nan(a), a, V::max(a, b));
    else if constexpr (Step == ReduceStep::Min)
      return V::select(V::is_nan(a), a, V::min(a, b));
    else
      return V::mul(a, b);
  }
  static float across(Reg x) {
    if constexpr (kIsSum) return V::reduce_add(x);
    float lanes[V::kLanes];
    V::store(lanes, x);
    float result = lanes[0];
    for (int i = 1; i < V::kLanes; ++i) {
      const float y = lanes[i];
      if constexpr (Step == ReduceStep::Product)
        result *= y;
      else if constexpr (Step == ReduceStep::Max)
        result = y > result || y != y ? y : result;
      else
        result = y < result || y != y ? y : result;
    }
    return result;
  }
};

template <typename V, typename T, ReduceStep Step>
float reduce_row(const void* in_pointer, int64_t count, float shift) noexcept {
  using R = Reducer<V, Step>;
  const T* in = static_cast<const T*>(in_pointer);
  const auto down = V::set1(shift);
  typename V::Reg acc[4] = {V::set1(R::kNeutral), V::set1(R::kNeutral), V::set1(R::kNeutral), V::set1(R::kNeutral)};
  sweep<V>(count, [&](int64_t i, int slot, auto n) {
    acc[slot] = R::join(acc[slot], keep<V>(R::map(load<V>(in + i, n), down), n, R::kNeutral));
  });
  return R::across(R::join(R::join(acc[0], acc[1]), R::join(acc[2], acc[3])));
}

// Registers * kLanes columns down all rows, even and odd rows apart.
template <typename V, typename T, ReduceStep Step, int Registers, typename Count>
[[gnu::always_inline]] inline void reduce_column_block(const T* in, int64_t stride, int64_t rows, float* acc,
                                                       const float* shift, Count n) {
  using R = Reducer<V, Step>;
  constexpr int64_t kL = V::kLanes;
  typename V::Reg even[Registers], odd[Registers], down[Registers];
  for (int i = 0; i < Registers; ++i) {
    even[i] = odd[i] = V::set1(R::kNeutral);
    down[i] = Step == ReduceStep::SumExp ? load<V>(shift + i * kL, n) : V::zero();
  }
  int64_t r = 0;
  for (; r + 2 <= rows; r += 2, in += 2 * stride) {
    for (int i = 0; i < Registers; ++i) {
      even[i] = R::join(even[i], R::map(load<V>(in + i * kL, n), down[i]));
      odd[i] = R::join(odd[i], R::map(load<V>(in + stride + i * kL, n), down[i]));
    }
  }
  for (int i = 0; i < Registers; ++i) {
    if (r < rows) even[i] = R::join(even[i], R::map(load<V>(in + i * kL, n), down[i]));
    store<V>(acc + i * kL, R::join(load<V>(acc + i * kL, n), R::join(even[i], odd[i])), n);
  }
}

template <typename V, typename T>
void divide(const float* in, float divisor, int64_t count, void* out_pointer) noexcept {
  T* out = static_cast<T*>(out_pointer);
  sweep<V>(count, [&](int64_t i, int, auto n) { store<V>(out + i, V::div(load<V>(in + i, n), V::set1(divisor)), n); });
}

template <typename V, typename T, ReduceStep Step>
void reduce_columns(const void* in_pointer, int64_t stride, int64_t rows, int64_t columns, float* acc,
                    const float* shift) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  sweep_wide<V, 4>(columns, [&](int64_t c, auto registers, auto n) {
    reduce_column_block<V, T, Step, registers()>(in + c, stride, rows, acc + c, shift + c, n);
  });
}

}  // namespace tn
