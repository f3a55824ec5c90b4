// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/rows/sweep.h"

namespace tn {

/// Position of the largest element; indices ride in f32 lanes, so axes stay below 2^24 elements.
template <typename V, typename T, bool Smallest, bool Last>
struct ArgSearch {
  using Reg = typename V::Reg;
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();

  // Larger is better afterwards, and NaN is best.
  static Reg rank(Reg x) {
    const Reg y = Smallest ? V::sub(V::zero(), x) : x;
    return V::select(V::is_nan(y), V::set1(kInfinity), y);
  }
  static float rank(float x) { return x != x ? kInfinity : Smallest ? -x : x; }

  static void update(Reg& best, Reg& at, Reg x, Reg index) {
    if constexpr (Last) {
      const auto worse = V::less(x, best);
      at = V::select(worse, at, index);
      best = V::select(worse, best, x);
    } else {
      const auto better = V::less(best, x);
      at = V::select(better, index, at);
      best = V::select(better, x, best);
    }
  }
  static void update(float& best, int64_t& at, float x, int64_t index) {
    if (x > best || (x == best && (Last ? index > at : index < at))) {
      best = x;
      at = index;
    }
  }

  static int64_t row(const T* in, int64_t count) {
    constexpr int64_t kL = V::kLanes;
    int64_t i = 0, at = 0;
    float best = rank(static_cast<float>(in[0]));
    if (count >= kL) {
      float lanes[V::kLanes];
      for (int k = 0; k < V::kLanes; ++k) lanes[k] = static_cast<float>(k);
      const Reg lane = V::load(lanes);
      Reg bests = rank(V::load(in)), ats = lane;
      for (i = kL; i + kL <= count; i += kL) {
        update(bests, ats, rank(V::load(in + i)), V::add(lane, V::set1(static_cast<float>(i))));
      }
      float values[V::kLanes], indices[V::kLanes];
      V::store(values, bests);
      V::store(indices, ats);
      best = values[0];
      at = static_cast<int64_t>(indices[0]);
      for (int k = 1; k < V::kLanes; ++k) update(best, at, values[k], static_cast<int64_t>(indices[k]));
    }
    for (; i < count; ++i) update(best, at, rank(static_cast<float>(in[i])), i);
    return at;
  }

  static void run(const void* in_pointer, int64_t stride, int64_t count, int64_t columns, int64_t* out,
                  int64_t out_stride) noexcept {
    const T* in = static_cast<const T*>(in_pointer);
    if (stride == 1 && columns == 1) {
      *out = row(in, count);
      return;
    }
    sweep<V>(columns, [&](int64_t c, int, auto n) {
      Reg best = rank(load<V>(in + c, n)), at = V::zero();
      for (int64_t i = 1; i < count; ++i) {
        update(best, at, rank(load<V>(in + c + i * stride, n)), V::set1(static_cast<float>(i)));
      }
      float indices[V::kLanes];
      V::store(indices, at);
      for (int64_t k = 0; k < V::kLanes && c + k < columns; ++k) {
        out[(c + k) * out_stride] = static_cast<int64_t>(indices[k]);
      }
    });
  }
};

}  // namespace tn
