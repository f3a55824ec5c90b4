// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// The kernel of products on tensor cores stands in three texts: loads, one of two main loops, results.
// Tiles of A (TILE_M rows) and B (TILE_N columns) of TILE_K elements travel through STAGES buffers of shared memory in
// 16-byte chunks whose place in their row is swizzled. Forms: PIPELINE refills the buffers; SLAB has a buffer for every
// block of K, waits once and has no barrier in its loop; HALO (3x3 windows, stride 1) loads the pixels under a tile
// once and takes all nine taps from there; WARPGROUP refills the buffers and multiplies by wgmma (sm_90). The blocks of
// a cluster make one tile, each from its share of the depth.
const std::string_view kMmaLoadText =
    R"cuda(extern "C" __global__ void __launch_bounds__(kThreads, MIN_BLOCKS) ENTRY(PARAMETERS) {
  extern __shared__ __align__(1024) char shared[];
  const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
  const int warp_m = warp % WARPS_M, warp_n = warp / WARPS_M % WARPS_N, warp_k = warp / (WARPS_M * WARPS_N);
  const auto fragment_row = [&](int i) {
    return FORM == WARPGROUP ? warp_m / 4 * (4 * kWarpM) + i * 64 + warp_m % 4 * 16 : warp_m * kWarpM + i * 16;
  };
  const int tiles_n = (COLUMNS + TILE_N - 1) / TILE_N;
  const int tile = blockIdx.x / CLUSTER, part = blockIdx.x % CLUSTER;
  const int first_row = tile / tiles_n * TILE_M, first_column = tile % tiles_n * TILE_N;
  const int group = blockIdx.y, batch = blockIdx.z;
  const int all_blocks = (DEPTH + TILE_K - 1) / TILE_K, first_block = part * all_blocks / CLUSTER;
  const int blocks = (part + 1) * all_blocks / CLUSTER - first_block;
  const element_t* a = in0 + index_t(group) * A_GROUP + a_batch(batch, ARGUMENTS);
  const element_t* b = in1 + index_t(group) * B_GROUP + b_batch(batch, ARGUMENTS);
#if OUTSIDE
  const element_t* const outside = in1 + B_END;
#endif
  const u32 buffers = shared_address(shared);
  if constexpr (SUMS_AT > 0) arrive_at_cluster();  // sums may come from when this block has begun
  const auto tile_a = [&](int stage) { return buffers + stage * kStageBytes; };
  const auto tile_b = [&](int stage) { return buffers + stage * kStageBytes + TILE_M * TILE_K * kSize; };

  // Loading. Threads that load one row hold neighbouring chunks of it.
  constexpr int kRowsAtOnce = kThreads / kChunks;
  static_assert(kThreads % kChunks == 0, "loading");
  const int load_row = thread / kChunks, load_at = thread % kChunks;

  const auto load_b = [&](int number, int stage) {
    const int block = first_block + number;
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
      const int row = load_row + i * kRowsAtOnce, column = first_column + dealt(row);
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
      const int row = load_row + i * kRowsAtOnce, column = first_column + dealt(row);
      if (TILE_N % kRowsAtOnce != 0 && row >= TILE_N) break;
      copy_async<16>(taps + tap * TILE_N * TILE_K * kSize + swizzled<kChunks>(row, load_at),
                     b + index_t(column) * B_COLUMN + tap * CHANNELS + load_at * kChunk,
                     COLUMNS % TILE_N == 0 || column < COLUMNS);
    }
  }
#elif B_CONSTANT
  // Weights do not depend on earlier kernels.
#pragma unroll
  for (int i = 0; i < kAhead; ++i)
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
  const auto load_a = [&](int number, int stage) {
    const int block = first_block + number;
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
#if OUTSIDE
        return Piece{in ? a + (base[i] + offset[piece]) : outside, true};
#else
        return Piece{a + (base[i] + offset[piece]), in};
#endif
      });
    }
#endif
  };

#if DIRECT
  // Runs of columns of a row, that a thread has: the n-th of its groups of fragments, row r.
  constexpr int kRows = 2 * kFragmentsM, kGroups = kFragmentsN / JOINED;
  const auto run_column = [&](int n) { return first_column + warp_n * kWarpN + (n * 4 + (lane & 3)) * kRun; };
  const auto run_row = [&](int r) { return first_row + fragment_row(r / 2) + r % 2 * 8 + (lane >> 2); };
#else
  const int band = thread % kBands * 8, result_column = group * COLUMNS + first_column + band;
  const int present = COLUMNS - first_column - band;
  const auto result_row = [&](int i) {
    const int own = (thread + i * kWriters) / kBands, row = part * kOwnRows + own;
    const bool exists = thread < kWriters && own < kOwnRows && row < TILE_M && first_row + row < ROWS && present > 0;
    return exists ? first_row + row : -1;
  };
  Fixed fixed;
  if constexpr (kEarlyExtras) load_fixed(fixed, result_column, present, ARGUMENTS);
#endif

  if (!COMPLETE) wait_for_inputs();
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
  for (int i = 0; i < kAhead; ++i) {
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
#if READS_MOMENTS
  // While tiles arrive: mean and factor of the rows that this block makes, a team of threads for each.
  constexpr int kMomentPairs = DEPTH / (2 * MOMENTS_GROUP);
  constexpr int kPairsOfThread = (kMomentPairs + kRowTeam - 1) / kRowTeam;
  constexpr int kTeams = kThreads / kRowTeam, kTeamRows = (kOwnRows + kTeams - 1) / kTeams;
  float2 of_rows[kTeamRows];
#pragma unroll
  for (int i = 0; i < kTeamRows; ++i) {
    const int own = thread / kRowTeam + i * kTeams, row = first_row + part * kOwnRows + own;
    const bool exists = own < kOwnRows && row < ROWS;
    const float4* const pairs = reinterpret_cast<const float4*>(moments) + index_t(exists ? row : 0) * kMomentPairs;
    float sum = 0, squares = 0;
#pragma unroll 12
    for (int j = 0; j < kPairsOfThread; ++j) {
      const int k = thread % kRowTeam + j * kRowTeam;
      float4 pair = {};
      if (kMomentPairs % kRowTeam == 0 || k < kMomentPairs) pair = pairs[k];
      sum += pair.x + pair.z, squares += pair.y + pair.w;
    }
#pragma unroll
    for (int distance = kRowTeam / 2; distance > 0; distance /= 2) {
      sum += __shfl_xor_sync(0xffffffffu, sum, distance);
      squares += __shfl_xor_sync(0xffffffffu, squares, distance);
    }
    of_rows[i] = normalization_of(sum, squares);
  }
#endif
#if DIRECT
  if (!COMPLETE) {
#pragma unroll
    for (int n = 0; n < kGroups; ++n)
#pragma unroll
      for (int r = 0; r < kRows; ++r)
        if (run_column(n) < COLUMNS && run_row(r) < ROWS)
          prefetch_extra(batch, run_row(r), group * COLUMNS + run_column(n), COLUMNS - run_column(n), ARGUMENTS);
  }
#else
  Extra extra[kExtras];
  const auto load_extras = [&](int first) {
#pragma unroll
    for (int i = 0; i < kExtras; ++i) {
      const int row = first + i < kResults ? result_row(first + i) : -1;
      if (row >= 0) load_extra(extra[i], batch, row, result_column, present, ARGUMENTS);
    }
  };
  if (!COMPLETE) {
    if constexpr (kEarlyExtras) {
      load_extras(0);
    } else if constexpr (kMostExtras > 4) {  // the largest tiles have no registers left for addresses
#pragma unroll
      for (int i = 0; i < kResults; ++i)
        if (result_row(i) >= 0) prefetch_extra(batch, result_row(i), result_column, present, ARGUMENTS);
    }
  }
#endif

)cuda";

}  // namespace tn::cuda
