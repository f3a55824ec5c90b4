// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/int8/requantize_kernel.h"
#include "backends/cpu/kernels/product/tile_kernel.h"

namespace tn {

/// Bytes: four k per group. Writes sums, whole vectors.
template <typename V, int kRows, int kVectors, bool kSigned>
struct Int8Tile {
  using Sums = typename V::Sums;
  static constexpr int kLine = V::kLanes * 4;  ///< bytes of weights of one vector
  static constexpr int kPanelBytes = kVectors * kLine;
  /// The other vectors of a panel are read by each row anew where registers are few.
  static constexpr int kHeld = V::kSaturates ? 0 : V::kRegisters == 16 ? 1 : kVectors;

  static void run(const TileArgs& args) {
    TileArgs t = args;  // a copy, which stores to the output cannot change
    for (int64_t left = t.tiles;; advance_tile(t, kRows)) {
      t.prefetch = one(t);
      if (--left == 0) return;
    }
  }

 private:
  /// Where the next tile begins to fetch.
  [[gnu::always_inline]] static const char* one(const TileArgs& t) {
    Sums sums[kRows][kVectors];
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] = V::zero_sums();

    const char* weights = t.weights;
    const char* prefetch = t.prefetch;
    const uint8_t* wide = t.wide;
    const int64_t whole = t.depth / 4 * 4;
    const int tail = static_cast<int>(t.depth - whole);
    for (int64_t tap = 0; tap < t.taps; ++tap) {
      const char* rows[kRows];
      locate_rows(t, tap, rows);
      for (int64_t k = 0; k < whole; k += 4) {
        V::prefetch_l2(prefetch);
        prefetch += t.prefetch_step;
        step<false>(rows, k, 4, weights, wide, sums);
      }
      if (tail > 0) {
        prefetch += t.prefetch_step;
        step<true>(rows, whole, tail, weights, wide, sums);
      }
    }
    auto* out = reinterpret_cast<int32_t*>(t.out);
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) V::store_sums(out + i * t.out_stride + j * V::kLanes, sums[i][j]);
    return prefetch;
  }

  /// kTail: there are n activations, and nothing behind them is read.
  template <bool kTail>
  [[gnu::always_inline]] static void step(const char* const (&rows)[kRows], int64_t k, int n, const char*& weights,
                                          const uint8_t*& wide, Sums (&sums)[kRows][kVectors]) {
    if constexpr (V::kSaturates) {
      if (*wide++ != 0) {
        multiply_wide<kTail>(rows, k, n, weights, sums);
        weights += 2 * kPanelBytes;
        return;
      }
    }
    multiply<kTail>(rows, k, n, weights, sums);
    weights += kPanelBytes;
  }

  template <bool kTail>
  [[gnu::always_inline]] static typename V::Spread spread(const char* p, int n) {
    return kTail ? V::template spread<kSigned>(p, n) : V::template spread<kSigned>(p);
  }
  /// Otherwise one load of weights would serve all rows, for which there are no registers.
  [[gnu::always_inline]] static void forget_loads() {
    asm volatile("" ::: "memory");
  }

  template <bool kTail>
  [[gnu::always_inline]] static void multiply(const char* const (&rows)[kRows], int64_t k, int n, const char* weights,
                                              Sums (&sums)[kRows][kVectors]) {
    typename V::Weights panel[kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kHeld; ++j) panel[j] = V::load_weights(weights + j * kLine);
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i) {
      const typename V::Spread x = spread<kTail>(rows[i] + k, n);
      if constexpr (kHeld < kVectors) forget_loads();
#pragma GCC unroll 4
      for (int j = kHeld; j < kVectors; ++j) sums[i][j] = V::dot(sums[i][j], x, V::load_weights(weights + j * kLine));
#pragma GCC unroll 4
      for (int j = 0; j < kHeld; ++j) sums[i][j] = V::dot(sums[i][j], x, panel[j]);
    }
  }

  template <bool kTail>
  [[gnu::always_inline]] static void multiply_wide(const char* const (&rows)[kRows], int64_t k, int n,
                                                   const char* weights, Sums (&sums)[kRows][kVectors]) {
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i) {
      const typename V::Spread x = spread<kTail>(rows[i] + k, n), even = V::even(x), odd = V::odd(x);
      forget_loads();
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        sums[i][j] = V::dot_wide(sums[i][j], even, V::load_weights(weights + j * kLine));
        sums[i][j] = V::dot_wide(sums[i][j], odd, V::load_weights(weights + kPanelBytes + j * kLine));
      }
    }
  }
};

template <typename V, int kRows, int kVectors>
using U8Tile = Int8Tile<V, kRows, kVectors, false>;
template <typename V, int kRows, int kVectors>
using I8Tile = Int8Tile<V, kRows, kVectors, true>;

/// `finish` is that of the floats of this width.
template <template <typename, int, int> typename Tile, typename V>
constexpr ProductKernels make_int8_product_kernels(FinishFunction finish) {
  ProductKernels kernels{V::kLanes, 4, DataType::I32, {}, finish};
  kernels.saturates = V::kSaturates;
  kernels.signed_offset = V::kSignedOffset;
  kernels.requantize = &kRequantize<V>;
  fill_tiles<Tile, V>(kernels);
  return kernels;
}

}  // namespace tn
