// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// Four warps multiply 64 rows of the tile by the columns of theirs, straight from shared memory. A block of K is
// multiplied while later ones arrive; its buffer is filled again when all warps have begun the next but one.
const std::string_view kWarpgroupLoopText = R"cuda(
  static_assert(TILE_K * kSize == 128 && STAGES >= 3, "a row of a tile is what the hardware swizzles");
  sum_t sums[kFragmentsM][kFragmentsN][4] = {};
  const auto hold_sums = [&] {
#pragma unroll
    for (int i = 0; i < kFragmentsM; ++i)
#pragma unroll
      for (int j = 0; j < kFragmentsN; ++j)
#pragma unroll
        for (int k = 0; k < 4; ++k) hold(sums[i][j][k]);
  };
#if MAKES_STATISTICS
  // While the block is multiplied, other instructions see its rows.
  RowStatistics statistics;
  const auto add_rows = [&](int stage) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      if (step % WARPS_N != warp_n) continue;
#pragma unroll
      for (int i = 0; i < kFragmentsM; ++i) {
        u32 rows[4];
        load_matrices(rows, tile_a(stage) + swizzled<kChunks>(fragment_row(i) + (lane & 15), step * 2 + (lane >> 4)));
        statistics.add(i, rows);
      }
    }
  };
#endif
  int stage = 0, fill = kAhead;
#pragma unroll 1
  for (int block = 0; block < blocks; ++block) {
    wait_for_copies<kAhead - 1>();
    show_copies_to_wgmma();
    __syncthreads();
    const u64 of_a = operand_of_wgmma(tile_a(stage) + fragment_row(0) / 64 * (64 * 128));
    const u64 of_b = operand_of_wgmma(tile_b(stage) + warp_n * kWarpN * 128);
    hold_sums();
    begin_wgmma();
#pragma unroll
    for (int step = 0; step < kSteps; ++step)
#pragma unroll
      for (int i = 0; i < kFragmentsM; ++i) multiply_async(sums[i], of_a + (i * 64 * 128 + step * 32) / 16, of_b + step * 2);
    commit_wgmma();
    hold_sums();
    if (block + kAhead < blocks) {
      load_a(block + kAhead, fill);
      load_b(block + kAhead, fill);
    }
    commit();
#if MAKES_STATISTICS
    add_rows(stage);
#endif
    if (++fill == STAGES) fill = 0;
    if (++stage == STAGES) stage = 0;
    wait_for_wgmma<1>();
  }
  wait_for_wgmma<0>();
  hold_sums();
)cuda";

}  // namespace tn::cuda
