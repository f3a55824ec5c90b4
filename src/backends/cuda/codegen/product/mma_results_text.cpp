// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// Results of bytes that no other warp has a part of leave from registers. Else sums of the warps along K, and of the
// blocks of a cluster, are added when results leave through shared memory, eight columns per thread. Each block of a
// cluster makes the results of its share of the rows. Statistics of normalized rows leave the same way, behind the sums
// of a row: two numbers of each warp along N, or mean and factor where they are known.
const std::string_view kMmaResultsText = R"cuda(
#if DIRECT
  if (COMPLETE) wait_for_inputs();
  constexpr int kAtOnce = kRows < 4 ? kRows : 4;
#pragma unroll
  for (int n = 0; n < kGroups; ++n) {
    const int column = group * COLUMNS + run_column(n), present = COLUMNS - run_column(n);
    if (present <= 0) continue;
    Fixed fixed;
    load_fixed(fixed, column, present, ARGUMENTS);
#pragma unroll
    for (int first = 0; first < kRows; first += kAtOnce) {
      Extra extra[kAtOnce];
#pragma unroll
      for (int r = 0; r < kAtOnce; ++r)
        if (run_row(first + r) < ROWS) load_extra(extra[r], batch, run_row(first + r), column, present, ARGUMENTS);
#pragma unroll
      for (int r = 0; r < kAtOnce; ++r) {
        const int i = (first + r) / 2, half = (first + r) % 2;
        sum_t value[kRun];
#pragma unroll
        for (int j = 0; j < kRun; ++j) value[j] = sums[i][n * JOINED + j / 2][half * 2 + j % 2];
        if (run_row(first + r) < ROWS)
          finish(value, fixed, extra[r], batch, run_row(first + r), column, present, ARGUMENTS);
      }
    }
  }
}
#else
  if constexpr (!kEarlyExtras) load_fixed(fixed, result_column, present, ARGUMENTS);
  if (COMPLETE) {
    wait_for_inputs();
    if constexpr (kEarlyExtras) load_extras(0);
  }
  // Results leave through shared memory: [block of the cluster][warp along K][own row][column]. A block gets the sums of
  // its rows from all of them, once it has begun, or has read what lay there.
  sum_t* const place = reinterpret_cast<sum_t*>(shared + SUMS_AT);
  if constexpr (SUMS_AT == 0) {
    wait_for_copies<0>();
    __syncthreads();
    arrive_at_cluster();
  }
  wait_for_cluster();
#pragma unroll
  for (int i = 0; i < kFragmentsM; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = fragment_row(i) + half * 8 + (lane >> 2);
      const int owner = CLUSTER > 1 ? row / kOwnRows : 0, own = row - owner * kOwnRows;
      const int at = ((part * WARPS_K + warp_k) * kOwnRows + own) * kSumRow + warp_n * kWarpN + (lane & 3) * 2;
      const SumsOfBlock to(place + at, owner);
#pragma unroll
      for (int j = 0; j < kFragmentsN; ++j)
        to.store(j * 8, sums[i][j][half * 2], sums[i][j][half * 2 + 1]);
#if MAKES_STATISTICS
      if ((lane & 3) == lane >> 3) {  // the lane that has the row's place on the diagonal
        const float(&squares)[4] = statistics.squares[i][half];
        to.store(TILE_N + warp_n * (2 - kWarpN) - (lane & 3) * 2, statistics.sums[i][half * 2],
                 (lane >> 2) & 1 ? squares[half * 2 + 1] : squares[half * 2]);
      }
#endif
    }
  }
#if READS_MOMENTS
#pragma unroll
  for (int i = 0; i < kTeamRows; ++i) {
    const int own = thread / kRowTeam + i * kTeams;
    if (thread % kRowTeam == 0 && own < kOwnRows)
      *reinterpret_cast<float2*>(place + own * kSumRow + TILE_N) = of_rows[i];
  }
#endif
  if constexpr (CLUSTER > 1) {
    arrive_at_cluster();
    wait_for_cluster();
  } else
    __syncthreads();
#if NORMALIZES
  const auto normalize = [&](float (&value)[8], int row, const float* of_row) {
#if READS_MOMENTS
    const float2 statistics = *reinterpret_cast<const float2*>(of_row + TILE_N);
#else
    float sum = 0, squares = 0;
#pragma unroll
    for (int k = 0; k < CLUSTER * WARPS_K; ++k) {
#pragma unroll
      for (int n = 0; n < WARPS_N; ++n) {
        const float2 share = *reinterpret_cast<const float2*>(of_row + k * kOwnRows * kSumRow + TILE_N + n * 2);
        sum += share.x, squares += share.y;
      }
    }
    const float2 statistics = normalization_of(sum, squares);
#endif
    const float mean = statistics.x, scale = statistics.y;
#if GIVES_ROWS
    if (result_column == 0) row_factors[row] = scale, row_shifts[row] = -mean * scale;
#endif
#pragma unroll
    for (int i = 0; i < 8; ++i) value[i] = (value[i] - mean * COLUMN_SUMS.of[i]) * scale + COLUMN_SHIFTS.of[i];
  };
#endif
#if GIVES_MOMENTS
  // Threads of two neighbouring bands have a group of a row's columns. All threads of a warp come here.
  static_assert(MOMENTS_GROUP == 16, "two bands");
  const auto give_moments = [&](const float (&value)[8], int row) {
    float sum = 0, squares = 0;
#pragma unroll
    for (int i = 0; i < 8; ++i) sum += value[i], squares += value[i] * value[i];
    sum += __shfl_xor_sync(0xffffffffu, sum, 1);
    squares += __shfl_xor_sync(0xffffffffu, squares, 1);
    if (row >= 0 && thread % 2 == 0)
      reinterpret_cast<float2*>(row_moments)[index_t(row) * (COLUMNS / MOMENTS_GROUP) + result_column / MOMENTS_GROUP] =
          make_float2(sum, squares);
  };
#endif
#pragma unroll 1
  for (int first = 0; first < kResults; first += kExtras) {
    if constexpr (!kEarlyExtras) load_extras(first);
#pragma unroll
    for (int i = 0; i < kExtras; ++i) {
      const int row = first + i < kResults ? result_row(first + i) : -1;
      sum_t value[8] = {};
      if (row >= 0) {
        const sum_t* const of_row = place + (row - first_row - part * kOwnRows) * kSumRow;
        const sum_t* const from = of_row + band;
#pragma unroll
        for (int k = 0; k < CLUSTER * WARPS_K; ++k) {
          const sum4_t low = *reinterpret_cast<const sum4_t*>(from + k * kOwnRows * kSumRow);
          const sum4_t high = *reinterpret_cast<const sum4_t*>(from + k * kOwnRows * kSumRow + 4);
          value[0] += low.x, value[1] += low.y, value[2] += low.z, value[3] += low.w;
          value[4] += high.x, value[5] += high.y, value[6] += high.z, value[7] += high.w;
        }
#if NORMALIZES
        normalize(value, row, of_row);
#endif
        finish(value, fixed, extra[i], batch, row, result_column, present, ARGUMENTS);
      }
#if GIVES_MOMENTS
      give_moments(value, row);
#endif
    }
  }
}
#endif
)cuda";

}  // namespace tn::cuda
