// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/product/tile_kernel.h"

namespace tn {

/// fp16: two k per group. Products are summed in fp16, even and odd k apart, and after at most kSpill groups the sums
/// are added to f32 ones: with that the error stays below that of bf16 products with f32 sums. Writes bare sums, whole
/// vectors.
template <typename V, int kRows, int kVectors>
struct F16Tile {
  using Reg = typename V::Reg;
  using Pairs = typename V::Pairs;
  static constexpr int kPanelBytes = kVectors * V::kLanes * 4;
  static constexpr int kPrefetchDistance = 10;  ///< in groups
  static constexpr int64_t kSpill = 64;         ///< in groups

  static void run(const TileArgs& args) {
    TileArgs t = args;
    for (int64_t left = t.tiles;; advance_tile(t, kRows)) {
      t.prefetch = one(t);
      if (--left == 0) return;
      if (t.prefetch > t.prefetch_last) t.prefetch = t.prefetch_last;
    }
  }

 private:
  /// Where the next tile begins to fetch.
  static const char* one(const TileArgs& t) {
    const int64_t groups = (t.depth + 1) / 2;
    Chunk chunk;
    chunk.weights = t.weights;
    chunk.prefetch = t.prefetch;
    if (groups <= kSpill) {
      const int64_t taps = groups > 0 ? kSpill / groups : t.taps;
      chunk.end = groups;
      for (int64_t tap = 0; tap < t.taps; tap += taps) {
        chunk.tap_begin = tap;
        chunk.tap_end = tap + taps < t.taps ? tap + taps : t.taps;
        multiply(t, chunk);
      }
    } else {
      for (int64_t tap = 0; tap < t.taps; ++tap) {
        chunk.tap_begin = tap;
        chunk.tap_end = tap + 1;
        for (chunk.begin = 0; chunk.begin < groups; chunk.begin += kSpill) {
          chunk.end = chunk.begin + kSpill < groups ? chunk.begin + kSpill : groups;
          multiply(t, chunk);
        }
      }
    }
    store(t, chunk);
    return chunk.prefetch;
  }

  /// What is summed in fp16 at a stretch, and the f32 sums: even and odd k of a vector's channels lie side by side.
  struct Chunk {
    int64_t tap_begin = 0, tap_end = 0, begin = 0, end = 0;
    const char* weights = nullptr;
    const char* prefetch = nullptr;
    bool first = true;
    alignas(64) float sums[kRows][kVectors][2][V::kLanes];
  };

  /// Not inlined: otherwise GCC 12 keeps the sums in memory.
  [[gnu::noinline]] static void multiply(const TileArgs& t, Chunk& chunk) {
    Pairs sums[kRows][kVectors];
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] = V::zero_pairs();
    const char* weights = chunk.weights;
    const char* prefetch = chunk.prefetch;
    const int64_t whole = chunk.end * 2 > t.depth ? chunk.end - 1 : chunk.end;
    for (int64_t tap = chunk.tap_begin; tap < chunk.tap_end; ++tap) {
      const char* rows[kRows];
      locate_rows(t, tap, rows);
      for (int64_t k = chunk.begin; k < whole; ++k) {
        step<false>(rows, k, weights, sums);
        V::prefetch_l2(prefetch);
        prefetch += 64;
        weights += kPanelBytes;
      }
      if (whole < chunk.end) {
        step<true>(rows, whole, weights, sums);
        prefetch += 64;
        weights += kPanelBytes;
      }
    }
    chunk.weights = weights;
    chunk.prefetch = prefetch;
    const bool first = chunk.first;
    chunk.first = false;
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        Reg low = first ? V::zero() : V::load(chunk.sums[i][j][0]),
            high = first ? V::zero() : V::load(chunk.sums[i][j][1]);
        V::add_pairs(sums[i][j], low, high);
        V::store(chunk.sums[i][j][0], low);
        V::store(chunk.sums[i][j][1], high);
      }
  }

  /// kHalf: the group has one k; nothing behind it is read.
  template <bool kHalf>
  [[gnu::always_inline]] static void step(const char* const (&rows)[kRows], int64_t k, const char* weights,
                                          Pairs (&sums)[kRows][kVectors]) {
    Pairs panel[kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) panel[j] = V::load_pairs(weights + j * V::kLanes * 4);
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) V::prefetch_l1(weights + kPrefetchDistance * kPanelBytes + j * 64);
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i) {
      const Pairs x = kHalf ? V::set1_half(rows[i] + k * 4) : V::set1_pair(rows[i] + k * 4);
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] = V::fma_pairs(x, panel[j], sums[i][j]);
    }
  }

  static void store(const TileArgs& t, const Chunk& chunk) {
    for (int i = 0; i < kRows; ++i) {
      for (int j = 0; j < kVectors; ++j) {
        const Reg sum = V::join_pairs(V::load(chunk.sums[i][j][0]), V::load(chunk.sums[i][j][1]));
        V::store(t.out + i * t.out_stride + j * V::kLanes, sum);
      }
    }
  }
};

}  // namespace tn
