// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// Warps share a tile along M, N and K and multiply by mma.sync.
const std::string_view kMmaLoopText = R"cuda(
  sum_t sums[kFragmentsM][kFragmentsN][4] = {};
#if MAKES_STATISTICS
  RowStatistics statistics;
#endif
  u32 of_a[2][kFragmentsM][4], of_b[2][kFragmentsN / 2][4];  // fragments of this step and of the next
  const int a_row = fragment_row(0) + (lane & 15), a_chunk = lane >> 4;
  const int b_row = warp_n * kWarpN + (lane & 7) + ((lane >> 4) << 3), b_chunk = (lane >> 3) & 1;
  const auto fragments_b = [&](int set, u32 tile, int step) {
#pragma unroll
    for (int j = 0; j < kFragmentsN / 2; ++j) {
#if B_TRANSPOSED
      constexpr int kRow = TILE_N / kChunk;
      const int n = warp_n * kWarpN + j * 16;
      if constexpr (kSize == 2) {
        const int k = step * kStep + (lane & 7) + (((lane >> 3) & 1) << 3);
        load_transposed(of_b[set][j], tile + swizzled<kRow>(k, n / kChunk + (lane >> 4)));
      } else {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int k = step * kStep + (lane & 3) + (i & 1) * 4, at = n + (i >> 1) * 8 + (lane >> 2);
          of_b[set][j][i] = load_word(tile + swizzled<kRow>(k, at / kChunk) + at % kChunk * kSize);
        }
      }
#else
      load_matrices(of_b[set][j], tile + swizzled<kChunks>(b_row + j * 16, step * 2 + b_chunk));
#endif
      if constexpr (!B_CONSTANT) round_operand(of_b[set][j]);
    }
  };
  const auto fragments = [&](int set, int stage, int step) {
    const int k = warp_k * kSteps + step;
#pragma unroll
    for (int i = 0; i < kFragmentsM; ++i) {
#if A_TRANSPOSED
      constexpr int kRow = TILE_M / kChunk;
      const int m = warp_m * kWarpM + i * 16;
      if constexpr (kSize == 2) {
        const int at = k * kStep + (lane & 7) + ((lane >> 4) << 3);
        load_transposed(of_a[set][i], tile_a(stage) + swizzled<kRow>(at, m / kChunk + ((lane >> 3) & 1)));
      } else {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          const int at = k * kStep + (lane & 3) + (j >> 1) * 4, row = m + (j & 1) * 8 + (lane >> 2);
          of_a[set][i][j] = load_word(tile_a(stage) + swizzled<kRow>(at, row / kChunk) + row % kChunk * kSize);
        }
      }
#else
      load_matrices(of_a[set][i], tile_a(stage) + swizzled<kChunks>(a_row + i * 16, k * 2 + a_chunk));
#endif
      round_operand(of_a[set][i]);
    }
    fragments_b(set, tile_b(stage), k);
  };
  const auto multiply_all = [&](int set, int step) {
#if MAKES_STATISTICS
    if (step % WARPS_N == warp_n) {
#pragma unroll
      for (int i = 0; i < kFragmentsM; ++i) statistics.add(i, of_a[set][i]);
    }
#endif
#pragma unroll
    for (int i = 0; i < kFragmentsM; ++i)
#pragma unroll
      for (int j = 0; j < kFragmentsN; ++j)
        multiply(sums[i][j], of_a[set][i], of_b[set][j / 2][j % 2 * 2], of_b[set][j / 2][j % 2 * 2 + 1]);
  };

#if FORM == HALO
  u32 in_window[kFragmentsM];  // taps that lie inside, of the row whose chunks this lane addresses
#pragma unroll
  for (int i = 0; i < kFragmentsM; ++i) {
    const int row = first_row + a_row + i * 16, w = row % OUT_W, h = row / OUT_W % OUT_H;
    in_window[i] = 0;
#pragma unroll
    for (int tap = 0; tap < 9; ++tap)
      if (row < ROWS && u32(h + tap / 3 - 1) < u32(IN_H) && u32(w + tap % 3 - 1) < u32(IN_W)) in_window[i] |= 1u << tap;
  }
  const auto tap_fragments = [&](int set, int tap, int step) {
    const int k = warp_k * kSteps + step;
#pragma unroll
    for (int i = 0; i < kFragmentsM; ++i) {
      const int pixel = in_window[i] >> tap & 1 ? a_row + i * 16 + tap / 3 * IN_W + tap % 3 : kHaloRows;
      load_matrices(of_a[set][i], buffers + swizzled<kChunks>(pixel, k * 2 + a_chunk));
      round_operand(of_a[set][i]);
    }
    fragments_b(set, taps + tap * TILE_N * TILE_K * kSize, k);
  };
  wait_for_copies<0>();
  __syncthreads();
  tap_fragments(0, 0, 0);
#pragma unroll
  for (int i = 0; i < 9 * kSteps; ++i) {
    if (i + 1 < 9 * kSteps) tap_fragments((i + 1) & 1, (i + 1) / kSteps, (i + 1) % kSteps);
    multiply_all(i & 1, i);
  }
#elif FORM == SLAB
  wait_for_copies<0>();
  __syncthreads();
  fragments(0, 0, 0);
#pragma unroll
  for (int i = 0; i < (STAGES - 1) * kSteps; ++i) {
    if (i + 1 < (STAGES - 1) * kSteps) fragments((i + 1) & 1, (i + 1) / kSteps, (i + 1) % kSteps);
    multiply_all(i & 1, i);
  }
#else
  int stage = 0, fill = STAGES - 1;
  wait_for_copies<STAGES - 2>();
  __syncthreads();
  if (blocks > 0) fragments(0, 0, 0);
#pragma unroll 1
  for (int block = 0; block < blocks; ++block) {
    if (block + STAGES - 1 < blocks) {
      load_a(block + STAGES - 1, fill);
      load_b(block + STAGES - 1, fill);
    }
    commit();
    if (++fill == STAGES) fill = 0;
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      if (step + 1 < kSteps) {
        fragments((step + 1) & 1, stage, step + 1);
      } else {
        wait_for_copies<STAGES - 2>();
        __syncthreads();
        if (++stage == STAGES) stage = 0;
        if (block + 1 < blocks) fragments((step + 1) & 1, stage, 0);
      }
      multiply_all(step & 1, step);
    }
    if constexpr (kSteps % 2 == 1) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < kFragmentsM; ++j) of_a[0][j][i] = of_a[1][j][i];
#pragma unroll
        for (int j = 0; j < kFragmentsN / 2; ++j) of_b[0][j][i] = of_b[1][j][i];
      }
    }
  }
#endif

)cuda";

}  // namespace tn::cuda
