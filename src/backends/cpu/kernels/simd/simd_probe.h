// SPDX-License-Identifier: Apache-2.0
// Lets the tests, which are compiled for the oldest CPU, call every vector type: one table per instruction set.
#pragma once

#include "backends/cpu/kernels/simd/generic.h"
#include "backends/cpu/kernels/simd/math.h"

namespace tn {

enum class SimdOp { Exp, Sigmoid, Silu, Tanh, Erf, Round, Sqrt, Abs, Half, BFloat16 };

struct SimdProbe {
  int lanes;
  /// out[i] = op(in[i]) for i < count, full vectors first, then one partial one. Half and BFloat16 go through memory.
  void (*unary)(SimdOp op, const float* in, float* out, int64_t count);
  /// sum, max, min of one full vector.
  void (*reduce)(const float* in, float* out);
  /// Per lane: a*b+c, c-a*b, min(a,b), max(a,b), a<b ? a : b; a, b, c, out hold one, one, one and five vectors.
  void (*ternary)(const float* a, const float* b, const float* c, float* out);
};

const SimdProbe& simd_probe_generic();
const SimdProbe& simd_probe_avx2();
const SimdProbe& simd_probe_avx512();
const SimdProbe& simd_probe_avx512fp16();

template <typename V>
struct SimdCases {
  using Reg = typename V::Reg;

  template <typename Narrow>
  static Reg through(Reg x, int64_t n) {
    Narrow memory[V::kLanes];
    if (n == V::kLanes) {
      V::store(memory, x);
      return V::load(memory);
    }
    V::store(memory, x, n);
    return V::load(memory, n);
  }

  static Reg apply(SimdOp op, Reg x, int64_t n) {
    switch (op) {
      case SimdOp::Exp:
        return simd::exp<V>(x);
      case SimdOp::Sigmoid:
        return simd::sigmoid<V>(x);
      case SimdOp::Silu:
        return simd::silu<V>(x);
      case SimdOp::Tanh:
        return simd::tanh<V>(x);
      case SimdOp::Erf:
        return simd::erf<V>(x);
      case SimdOp::Round:
        return V::round(x);
      case SimdOp::Sqrt:
        return V::sqrt(x);
      case SimdOp::Abs:
        return V::abs(x);
      case SimdOp::Half:
        return through<Half>(x, n);
      case SimdOp::BFloat16:
        return through<BFloat16>(x, n);
    }
    return x;
  }

  static void unary(SimdOp op, const float* in, float* out, int64_t count) {
    int64_t i = 0;
    for (; i + V::kLanes <= count; i += V::kLanes) V::store(out + i, apply(op, V::load(in + i), V::kLanes));
    if (i < count) V::store(out + i, apply(op, V::load(in + i, count - i), count - i), count - i);
  }

  static void reduce(const float* in, float* out) {
    const Reg x = V::load(in);
    out[0] = V::reduce_add(x);
    out[1] = V::reduce_max(x);
    out[2] = V::reduce_min(x);
  }

  static void ternary(const float* pa, const float* pb, const float* pc, float* out) {
    const Reg a = V::load(pa), b = V::load(pb), c = V::load(pc);
    V::store(out, V::fma(a, b, c));
    V::store(out + V::kLanes, V::fnma(a, b, c));
    V::store(out + 2 * V::kLanes, V::min(a, b));
    V::store(out + 3 * V::kLanes, V::max(a, b));
    V::store(out + 4 * V::kLanes, V::select(V::less(a, b), a, b));
  }

  static constexpr SimdProbe kProbe = {V::kLanes, unary, reduce, ternary};
};

}  // namespace tn
