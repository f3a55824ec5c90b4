// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/product/f16_finish_kernel.h"
#include "backends/cpu/kernels/product/tile_kernel.h"

namespace tn {

/// fp16: two k per group, and vectors of channels in pairs whose channels alternate (ProductPacking). Products are
/// summed in fp16, even and odd k apart, and after at most kSpill groups the sums are added to f32 ones: with that the
/// error stays below that of bf16 products with f32 sums. Up to kDirect groups in all go to an fp16 output straight
/// from registers, in fp16. Without half_out the tile writes bare f32 sums, whole vectors.
template <typename V, int kRows, int kVectors>
struct F16Tile {
  using Reg = typename V::Reg;
  using Pairs = typename V::Pairs;
  static constexpr int kPanelBytes = kVectors * V::kLanes * 4;
  static constexpr int kPrefetchDistance = 10;  ///< in groups
  static constexpr int64_t kSpill = 64;         ///< in groups
  static constexpr int64_t kDirect = 96;        ///< in groups

  static void run(const TileArgs& args) {
    TileArgs t = args;
    const int64_t groups = (t.depth + 1) / 2;
    const bool direct = t.half_out && groups > 0 && t.taps * groups <= kDirect;
    for (int64_t left = t.tiles;; advance_tile(t, kRows)) {
      t.prefetch = direct ? multiply_and_finish(t) : one(t);
      if (--left == 0) return;
    }
  }

 private:
  using Sums = Pairs[kRows][kVectors];

  /// What is summed in fp16 at a stretch, and the f32 sums.
  struct Chunk {
    int64_t tap_begin = 0, tap_end = 0, begin = 0, end = 0;
    const char* weights = nullptr;
    const char* prefetch = nullptr;
    bool first = true;
    alignas(64) float zeros[kVectors * V::kLanes] = {};
    alignas(64) float sums[kRows][kVectors * V::kLanes];
  };

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
    t.half_out ? finish_memory(t, chunk) : store(t, chunk);
    return chunk.prefetch;
  }

  /// Neither is inlined: otherwise GCC 12 keeps the sums in memory.
  [[gnu::noinline]] static void multiply(const TileArgs& t, Chunk& chunk) {
    Sums sums;
    chunk.prefetch =
        products(t, chunk.tap_begin, chunk.tap_end, chunk.begin, chunk.end, chunk.weights, chunk.prefetch, sums);
    const float* before = chunk.first ? chunk.zeros : chunk.sums[0];
    const int64_t before_row = chunk.first ? 0 : kVectors * V::kLanes;
    chunk.first = false;
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; j += 2) {
        const bool paired = j + 1 < kVectors;
        const float* from = before + i * before_row + j * V::kLanes;
        Reg low = V::load(from), high = paired ? V::load(from + V::kLanes) : V::zero();
        Pairs even, odd;
        V::split_pairs(sums[i][j], paired ? sums[i][j + 1] : V::zero_pairs(), even, odd);
        if (!paired) even = V::compact_pairs(even), odd = V::compact_pairs(odd);
        V::add_halves_to(even, low, high);
        V::add_halves_to(odd, low, high);
        float* at = chunk.sums[i] + j * V::kLanes;
        V::store(at, low);
        if (paired) V::store(at + V::kLanes, high);
      }
  }

  /// All taps as one chunk; where the next tile begins to fetch.
  [[gnu::noinline]] static const char* multiply_and_finish(const TileArgs& t) {
    Sums sums;
    const char* weights = t.weights;
    const char* prefetch = products(t, 0, t.taps, 0, (t.depth + 1) / 2, weights, t.prefetch, sums);
    t.half_residual ? finish<true>(t, sums) : finish<false>(t, sums);
    return prefetch;
  }

  /// Returns the address to prefetch next.
  [[gnu::always_inline]] static const char* products(const TileArgs& t, int64_t tap_begin, int64_t tap_end,
                                                     int64_t begin, int64_t end, const char*& panels,
                                                     const char* prefetch, Sums& sums) {
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] = V::zero_pairs();
    const char* weights = panels;
    const int64_t whole = end * 2 > t.depth ? end - 1 : end;
    for (int64_t tap = tap_begin; tap < tap_end; ++tap) {
      const char* rows[kRows];
      locate_rows(t, tap, rows);
      for (int64_t k = begin; k < whole; ++k) {
        step<false>(rows, k, weights, sums);
        V::prefetch_l2(prefetch);
        prefetch += t.prefetch_step;
        weights += kPanelBytes;
      }
      if (whole < end) {
        step<true>(rows, whole, weights, sums);
        prefetch += t.prefetch_step;
        weights += kPanelBytes;
      }
    }
    panels = weights;
    return prefetch;
  }

  /// kHalf: the group has one k; nothing behind it is read.
  template <bool kHalf>
  [[gnu::always_inline]] static void step(const char* const (&rows)[kRows], int64_t k, const char* weights,
                                          Sums& sums) {
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

  template <bool kResidual>
  [[gnu::always_inline]] static void finish(const TileArgs& t, const Sums& sums) {
    const Pairs lowest = V::set1_halves(t.low), highest = V::set1_halves(t.high);
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; j += 2) {
      const bool paired = j + 1 < kVectors;
      const int64_t c = j * V::kLanes, left = t.channels - c, most = paired ? 2 * V::kLanes : V::kLanes;
      if (left <= 0) return;
      const int64_t n = left < most ? left : most;
      const Pairs bias = t.bias ? V::narrow_halves(t.bias + c, n) : V::zero_pairs();
#pragma GCC unroll 28
      for (int i = 0; i < kRows; ++i) {
        Pairs even, odd;
        V::split_pairs(sums[i][j], paired ? sums[i][j + 1] : V::zero_pairs(), even, odd);
        Pairs x = V::add_halves(even, odd);
        if (!paired) x = V::compact_pairs(x);
        x = V::add_halves(x, bias);
        Pairs residual = V::zero_pairs();
        if (kResidual) residual = V::load_halves(t.half_residual + i * t.residual_stride + c, n);
        if (kResidual && !t.residual_last) x = V::add_halves(x, residual);
        x = V::min_halves(highest, V::max_halves(lowest, x));
        if (kResidual && t.residual_last) x = V::add_halves(x, residual);
        V::store_halves(t.half_out + i * t.out_stride + c, x, n);
      }
    }
  }

  /// Several chunks: from f32 sums.
  static void finish_memory(const TileArgs& t, const Chunk& chunk) {
    const Reg lowest = V::set1(t.low), highest = V::set1(t.high);
    for (int64_t c = 0; c < t.channels; c += V::kLanes) {
      const int64_t n = t.channels - c < V::kLanes ? t.channels - c : V::kLanes;
      const Reg bias = t.bias ? V::load(t.bias + c, n) : V::zero();
      for (int i = 0; i < kRows; ++i) {
        Reg x = V::add(V::load(chunk.sums[i] + c), bias), residual = V::zero();
        if (t.half_residual) residual = V::load(t.half_residual + i * t.residual_stride + c, n);
        if (!t.residual_last) x = V::add(x, residual);
        x = V::min(highest, V::max(lowest, x));
        if (t.residual_last) x = V::add(x, residual);
        V::store(t.half_out + i * t.out_stride + c, x, n);
      }
    }
  }

  static void store(const TileArgs& t, const Chunk& chunk) {
    for (int i = 0; i < kRows; ++i)
      for (int j = 0; j < kVectors; ++j)
        V::store(t.out + i * t.out_stride + j * V::kLanes, V::load(chunk.sums[i] + j * V::kLanes));
  }
};

template <typename V>
constexpr ProductKernels make_f16_product_kernels() {
  ProductKernels kernels = make_product_kernels<F16Tile, V>(2, DataType::F16);
  kernels.finish_halves = F16Finish<V>::run;
  return kernels;
}

}  // namespace tn
