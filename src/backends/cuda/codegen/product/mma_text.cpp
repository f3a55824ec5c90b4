// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// Tiles of A (TILE_M rows) and B (TILE_N columns) of TILE_K elements travel through STAGES buffers of shared memory in
// 16-byte chunks whose place in their row is swizzled. Warps share a tile along M, N and K; sums of the warps along K
// are added when results leave through shared memory, eight columns per thread. Forms: PIPELINE refills the buffers;
// SLAB has a buffer for every block of K, waits once and has no barrier in its loop; HALO (3x3 windows, stride 1) loads
// the pixels under a tile once and takes all nine taps from there.
const std::string_view kMmaText =
    R"cuda(extern "C" __global__ void __launch_bounds__(kThreads, MIN_BLOCKS) ENTRY(PARAMETERS) {
  extern __shared__ __align__(1024) char shared[];
  const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
  const int warp_m = warp % WARPS_M, warp_n = warp / WARPS_M % WARPS_N, warp_k = warp / (WARPS_M * WARPS_N);
  const int tiles_n = (COLUMNS + TILE_N - 1) / TILE_N;
  const int first_row = blockIdx.x / tiles_n * TILE_M, first_column = blockIdx.x % tiles_n * TILE_N;
  const int group = blockIdx.y, batch = blockIdx.z;
  const int blocks = (DEPTH + TILE_K - 1) / TILE_K;
  const element_t* a = in0 + index_t(group) * A_GROUP + a_batch(batch, ARGUMENTS);
  const element_t* b = in1 + index_t(group) * B_GROUP + b_batch(batch, ARGUMENTS);
  const u32 buffers = shared_address(shared);
  const auto tile_a = [&](int stage) { return buffers + stage * kStageBytes; };
  const auto tile_b = [&](int stage) { return buffers + stage * kStageBytes + TILE_M * TILE_K * kSize; };

  // Loading. Threads that load one row hold neighbouring chunks of it.
  constexpr int kRowsAtOnce = kThreads / kChunks;
  static_assert(kThreads % kChunks == 0, "loading");
  const int load_row = thread / kChunks, load_at = thread % kChunks;

  const auto load_b = [&](int block, int stage) {
#if B_TRANSPOSED
    constexpr int kRow = TILE_N / kChunk;
#pragma unroll
    for (int i = 0; i < (TILE_K * kRow + kThreads - 1) / kThreads; ++i) {
      const int at = thread + i * kThreads, row = at / kRow, chunk = at % kRow;
      if (TILE_K * kRow % kThreads != 0 && at >= TILE_K * kRow) break;
      const int k = block * TILE_K + row, column = first_column + chunk * kChunk;
      load_chunk<B_VECTOR>(tile_b(stage) + swizzled<kRow>(row, chunk), [&](int piece) {
        const int n = column + piece * B_VECTOR;
        return Piece{b + (index_t(k) * B_DEPTH + n), k < DEPTH && n < COLUMNS};
      });
    }
#else
    const int k = block * TILE_K + load_at * kChunk;
#pragma unroll
    for (int i = 0; i < (TILE_N + kRowsAtOnce - 1) / kRowsAtOnce; ++i) {
      const int row = load_row + i * kRowsAtOnce, column = first_column + row;
      if (TILE_N % kRowsAtOnce != 0 && row >= TILE_N) break;
      const bool exists = COLUMNS % TILE_N == 0 || column < COLUMNS;
      load_chunk<B_VECTOR>(tile_b(stage) + swizzled<kChunks>(row, load_at), [&](int piece) {
        const int at = k + piece * B_VECTOR;
        return Piece{b + (index_t(column) * B_COLUMN + at), exists && (B_LIMIT % TILE_K == 0 || at < B_LIMIT)};
      });
    }
#endif
  };
#if FORM == HALO
  // All nine taps of the columns, [tap][column][channel].
  constexpr int kHaloRows = TILE_M + 2 * IN_W + 2;  // pixels under the tile; the one behind them is zero
  constexpr int kHaloBytes = ((kHaloRows + 1) * TILE_K * kSize + 1023) / 1024 * 1024;
  const u32 taps = buffers + kHaloBytes;
#pragma unroll
  for (int tap = 0; tap < 9; ++tap) {
#pragma unroll
    for (int i = 0; i < (TILE_N + kRowsAtOnce - 1) / kRowsAtOnce; ++i) {
      const int row = load_row + i * kRowsAtOnce, column = first_column + row;
      if (TILE_N % kRowsAtOnce != 0 && row >= TILE_N) break;
      copy_async<16>(taps + tap * TILE_N * TILE_K * kSize + swizzled<kChunks>(row, load_at),
                     b + index_t(column) * B_COLUMN + tap * CHANNELS + load_at * kChunk,
                     COLUMNS % TILE_N == 0 || column < COLUMNS);
    }
  }
#elif B_CONSTANT
  // Weights do not depend on earlier kernels.
#pragma unroll
  for (int i = 0; i < STAGES - 1; ++i)
    if (i < blocks) load_b(i, i);
#endif

#if FORM != HALO && !A_TRANSPOSED
  // What a thread's rows of A begin with, and a bit for each row, column … of the window that lies inside.
  constexpr int kRowsA = (TILE_M + kRowsAtOnce - 1) / kRowsAtOnce;
  index_t base[kRowsA];
  u32 inside[kRowsA];
#pragma unroll
  for (int i = 0; i < kRowsA; ++i) {
    const int row = first_row + load_row + i * kRowsAtOnce;
    const bool exists = (TILE_M % kRowsAtOnce == 0 || load_row + i * kRowsAtOnce < TILE_M) && row < ROWS;
#if A_LINEAR
    base[i] = index_t(row) * A_W;
    inside[i] = exists;
#else
    const int w = row % OUT_W, line = row / OUT_W, h = line % OUT_H, plane = line / OUT_H, d = plane % OUT_D;
    const int from_d = d * STRIDE_D - PAD_D, from_h = h * STRIDE_H - PAD_H, from_w = w * STRIDE_W - PAD_W;
    base[i] = index_t(plane / OUT_D) * A_N + index_t(from_d) * A_D + index_t(from_h) * A_H + index_t(from_w) * A_W;
    inside[i] = exists;
#if WINDOW
    inside[i] = 0;
    if (exists) {
#pragma unroll
      for (int t = 0; t < KERNEL_D; ++t) inside[i] |= u32(u32(from_d + t * DILATION_D) < u32(IN_D)) << t;
#pragma unroll
      for (int t = 0; t < KERNEL_H; ++t) inside[i] |= u32(u32(from_h + t * DILATION_H) < u32(IN_H)) << (KERNEL_D + t);
#pragma unroll
      for (int t = 0; t < KERNEL_W; ++t)
        inside[i] |= u32(u32(from_w + t * DILATION_W) < u32(IN_W)) << (KERNEL_D + KERNEL_H + t);
    }
#endif
#endif
  }
#endif
  const auto load_a = [&](int block, int stage) {
#if FORM == HALO
#elif A_TRANSPOSED
    constexpr int kRow = TILE_M / kChunk;
#pragma unroll
    for (int i = 0; i < (TILE_K * kRow + kThreads - 1) / kThreads; ++i) {
      const int at = thread + i * kThreads, row = at / kRow, chunk = at % kRow;
      if (TILE_K * kRow % kThreads != 0 && at >= TILE_K * kRow) break;
      const int k = block * TILE_K + row, m = first_row + chunk * kChunk;
      load_chunk<A_VECTOR>(tile_a(stage) + swizzled<kRow>(row, chunk), [&](int piece) {
        const int at_m = m + piece * A_VECTOR;
        return Piece{a + (index_t(k) * A_DEPTH + at_m), k < DEPTH && at_m < ROWS};
      });
    }
#else
    constexpr int kPieces = kChunk / A_VECTOR;
    index_t offset[kPieces];
    u32 tap_d[kPieces], tap_h[kPieces], tap_w[kPieces];
    bool exists[kPieces];
#pragma unroll
    for (int piece = 0; piece < kPieces; ++piece) {
      const int k = block * TILE_K + load_at * kChunk + piece * A_VECTOR;
      exists[piece] = DEPTH % TILE_K == 0 || k < DEPTH;
#if WINDOW
      const int tap = CHANNELS % TILE_K == 0 ? block * TILE_K / CHANNELS : k / CHANNELS;
      tap_w[piece] = tap % KERNEL_W, tap_h[piece] = tap / KERNEL_W % KERNEL_H, tap_d[piece] = tap / (KERNEL_W * KERNEL_H);
      offset[piece] = index_t(tap_d[piece]) * (DILATION_D * A_D) + index_t(tap_h[piece]) * (DILATION_H * A_H) +
                      index_t(tap_w[piece]) * (DILATION_W * A_W) + (k - tap * CHANNELS);
#else
      offset[piece] = k;
#endif
    }
#pragma unroll
    for (int i = 0; i < kRowsA; ++i) {
      const int row = load_row + i * kRowsAtOnce;
      if (TILE_M % kRowsAtOnce != 0 && row >= TILE_M) break;
      load_chunk<A_VECTOR>(tile_a(stage) + swizzled<kChunks>(row, load_at), [&](int piece) {
#if WINDOW
        const u32 taps = inside[i];
        const bool in = exists[piece] && ((taps >> tap_d[piece]) & (taps >> (KERNEL_D + tap_h[piece])) &
                                          (taps >> (KERNEL_D + KERNEL_H + tap_w[piece])) & 1);
#else
        const bool in = exists[piece] && inside[i];
#endif
        return Piece{a + (base[i] + offset[piece]), in};
      });
    }
#endif
  };

  const int band = thread % kBands * 8, result_column = group * COLUMNS + first_column + band;
  const int present = COLUMNS - first_column - band;
  const auto result_row = [&](int i) {
    const int row = (thread + i * kThreads) / kBands;
    return row < TILE_M && first_row + row < ROWS && present > 0 ? first_row + row : -1;
  };
  Fixed fixed;
  load_fixed(fixed, result_column, present, ARGUMENTS);

  wait_for_inputs();
#if FORM == HALO
  for (int row = load_row; row <= kHaloRows; row += kRowsAtOnce) {
    const int pixel = first_row - IN_W - 1 + row;
    const bool exists = row < kHaloRows && pixel >= 0 && pixel < ROWS;
    copy_async<16>(buffers + swizzled<kChunks>(row, load_at), a + (exists ? index_t(pixel) * A_W : 0) + load_at * kChunk,
                   exists);
  }
  commit();
#else
#pragma unroll
  for (int i = 0; i < STAGES - 1; ++i) {
    if (i < blocks) {
#if !B_CONSTANT
      load_b(i, i);
#endif
      load_a(i, i);
    }
    commit();
  }
#endif
  let_next_start();
  Extra extra[kEarlyExtras ? kResults : 1];
  if constexpr (kEarlyExtras) {
#pragma unroll
    for (int i = 0; i < kResults; ++i)
      if (result_row(i) >= 0) load_extra(extra[i], batch, result_row(i), result_column, present, ARGUMENTS);
  }

  float sums[kFragmentsM][kFragmentsN][4] = {};
  u32 of_a[2][kFragmentsM][4], of_b[2][kFragmentsN / 2][4];  // fragments of this step and of the next
  const int a_row = warp_m * kWarpM + (lane & 15), a_chunk = lane >> 4;
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
  const auto multiply_all = [&](int set) {
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
    multiply_all(i & 1);
  }
#elif FORM == SLAB
  wait_for_copies<0>();
  __syncthreads();
  fragments(0, 0, 0);
#pragma unroll
  for (int i = 0; i < (STAGES - 1) * kSteps; ++i) {
    if (i + 1 < (STAGES - 1) * kSteps) fragments((i + 1) & 1, (i + 1) / kSteps, (i + 1) % kSteps);
    multiply_all(i & 1);
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
      multiply_all(step & 1);
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

  // Results leave through shared memory: [warp along K][row][column].
  float* const place = reinterpret_cast<float*>(shared + SUMS_AT);
  if constexpr (SUMS_AT == 0) {
    wait_for_copies<0>();
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kFragmentsM; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = warp_m * kWarpM + i * 16 + half * 8 + (lane >> 2);
      float* const to = place + (warp_k * TILE_M + row) * kSumRow + warp_n * kWarpN + (lane & 3) * 2;
#pragma unroll
      for (int j = 0; j < kFragmentsN; ++j)
        *reinterpret_cast<float2*>(to + j * 8) = make_float2(sums[i][j][half * 2], sums[i][j][half * 2 + 1]);
    }
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kResults; ++i) {
    const int row = result_row(i);
    if (row < 0) continue;
    float value[8] = {};
    const float* const from = place + (row - first_row) * kSumRow + band;
#pragma unroll
    for (int k = 0; k < WARPS_K; ++k) {
      const float4 low = *reinterpret_cast<const float4*>(from + k * TILE_M * kSumRow);
      const float4 high = *reinterpret_cast<const float4*>(from + k * TILE_M * kSumRow + 4);
      value[0] += low.x, value[1] += low.y, value[2] += low.z, value[3] += low.w;
      value[4] += high.x, value[5] += high.y, value[6] += high.z, value[7] += high.w;
    }
    if constexpr (!kEarlyExtras) load_extra(extra[0], batch, row, result_column, present, ARGUMENTS);
    finish(value, fixed, extra[kEarlyExtras ? i : 0], batch, row, result_column, present, ARGUMENTS);
  }
}
)cuda";

}  // namespace tn::cuda
