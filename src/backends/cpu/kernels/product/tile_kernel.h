// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/product/finish_kernel.h"
#include "backends/cpu/kernels/product/tile.h"

namespace tn {

/// Where the rows of a tile begin for one tap.
template <int kRows>
[[gnu::always_inline]] inline void locate_rows(const TileArgs& t, int64_t tap, const char* (&rows)[kRows]) {
  if (t.offsets == nullptr) {
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i) rows[i] = t.input + i * t.row_stride;
    return;
  }
  const int32_t* offsets = t.offsets + tap * kRows;
#pragma GCC unroll 28
  for (int i = 0; i < kRows; ++i) rows[i] = offsets[i] >= 0 ? t.input + offsets[i] : t.aside + ~offsets[i];
}

/// f32: one k per group. The accumulators stay in registers over all taps. A core whose issue slots are shared (two
/// hardware threads) is bound by instructions, not by multiply-adds; hence the unrolled loop and operands from memory.
template <typename V, int kRows, int kVectors>
struct F32Tile {
  using Reg = typename V::Reg;
  static constexpr int kPanel = kVectors * V::kLanes;  ///< floats of weights per k
  /// The last vector of a panel is read by each row anew: 4 x 3 sums leave too few of 16 registers, and the load is
  /// part of the multiply-add.
  static constexpr bool kLastFromMemory = V::kRegisters == 16 && kVectors == 3;
  static constexpr int kUnroll = kLastFromMemory ? 4 : 2;  ///< of k; more is slower where nothing comes from memory

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
    Reg sums[kRows][kVectors];
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] = V::zero();

    const float* weights = reinterpret_cast<const float*>(t.weights);
    if (t.residual) fetch_residual(t);
    const char* prefetch = t.prefetch;
    const int64_t prefetch_step = t.prefetch_step;
    for (int64_t tap = 0; tap < t.taps; ++tap) {
      const char* rows[kRows];
      locate_rows(t, tap, rows);
      int64_t k = 0;
      for (; k + kUnroll <= t.depth; k += kUnroll) {
#pragma GCC unroll 4
        for (int u = 0; u < kUnroll; ++u) {
          V::prefetch_l2(prefetch);
          prefetch += prefetch_step;
          step(rows, k + u, weights + u * kPanel, sums);
        }
        weights += kUnroll * kPanel;
      }
      for (; k < t.depth; ++k, prefetch += prefetch_step, weights += kPanel) step(rows, k, weights, sums);
    }
    t.residual ? store<true>(t, sums) : store<false>(t, sums);
    return prefetch;
  }

  [[gnu::always_inline]] static void step(const char* const (&rows)[kRows], int64_t k, const float* weights,
                                          Reg (&sums)[kRows][kVectors]) {
    constexpr int kHeld = kLastFromMemory ? kVectors - 1 : kVectors;
    Reg panel[kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kHeld; ++j) panel[j] = V::load(weights + j * V::kLanes);
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i) {
      const Reg x = V::set1(reinterpret_cast<const float*>(rows[i])[k]);
#pragma GCC unroll 4
      for (int j = 0; j < kHeld; ++j) sums[i][j] = V::fma(x, panel[j], sums[i][j]);
      if constexpr (kLastFromMemory) {
        asm volatile("" ::: "memory");  // otherwise one load would serve all rows
        sums[i][kHeld] = V::fma(x, V::load(weights + kHeld * V::kLanes), sums[i][kHeld]);
      }
    }
  }

  [[gnu::always_inline]] static void fetch_residual(const TileArgs& t) {
    constexpr int kLine = 64 / sizeof(float);
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int c = 0; c < kPanel; c += kLine) V::prefetch_l1(t.residual + i * t.residual_stride + c);
  }

  template <bool kResidual>
  [[gnu::always_inline]] static void store(const TileArgs& t, const Reg (&sums)[kRows][kVectors]) {
    const Reg low = V::set1(t.low), high = V::set1(t.high);
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
      const int64_t left = t.channels - j * V::kLanes;
      if (left <= 0) return;
      if (left >= V::kLanes) {
        column<true, kResidual>(t, sums, j, V::kLanes, low, high);
      } else {
        column<false, kResidual>(t, sums, j, left, low, high);
      }
    }
  }

  template <bool kFull, bool kResidual>
  [[gnu::always_inline]] static void column(const TileArgs& t, const Reg (&sums)[kRows][kVectors], int j, int64_t n,
                                            Reg low, Reg high) {
    const auto load = [n](const float* p) __attribute__((always_inline)) {
      return kFull ? V::load(p) : V::load(p, n);
    };
    const Reg bias = t.bias ? load(t.bias + j * V::kLanes) : V::zero();
#pragma GCC unroll 28
    for (int i = 0; i < kRows; ++i) {
      Reg x = V::add(sums[i][j], bias);
      Reg residual = V::zero();
      if (kResidual) residual = load(t.residual + i * t.residual_stride + j * V::kLanes);
      if (kResidual && !t.residual_last) x = V::add(x, residual);
      x = V::min(high, V::max(low, x));
      if (kResidual && t.residual_last) x = V::add(x, residual);
      float* out = t.out + i * t.out_stride + j * V::kLanes;
      if (kFull) {
        V::store(out, x);
      } else {
        V::store(out, x, n);
      }
    }
  }
};

/// A tile of every height from 1 to kRows, for one width.
template <template <typename, int, int> typename Tile, typename V, int kVectors, int kRows>
constexpr void fill_tiles(ProductKernels& kernels) {
  kernels.tiles[kVectors - 1][kRows - 1] = Tile<V, kRows, kVectors>::run;
  if constexpr (kRows > 1) fill_tiles<Tile, V, kVectors, kRows - 1>(kernels);
}

/// Heights so that sums, one panel and one broadcast fit the registers.
template <template <typename, int, int> typename Tile, typename V>
constexpr void fill_tiles(ProductKernels& kernels) {
  if constexpr (V::kRegisters == 32) {
    fill_tiles<Tile, V, 1, 28>(kernels);
    fill_tiles<Tile, V, 2, 14>(kernels);
    fill_tiles<Tile, V, 3, 9>(kernels);
    fill_tiles<Tile, V, 4, 6>(kernels);
  } else {
    fill_tiles<Tile, V, 1, 12>(kernels);
    fill_tiles<Tile, V, 2, 6>(kernels);
    fill_tiles<Tile, V, 3, 4>(kernels);
  }
}

template <template <typename, int, int> typename Tile, typename V>
constexpr ProductKernels make_product_kernels(int group, DataType direct_type) {
  ProductKernels kernels{V::kLanes, group, direct_type, {}, Finish<V>::run};
  fill_tiles<Tile, V>(kernels);
  return kernels;
}

}  // namespace tn
