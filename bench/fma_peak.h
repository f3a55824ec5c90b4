// SPDX-License-Identifier: Apache-2.0
// What the processor's multiply-adds reach when nothing else is in their way.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "backends/cpu/kernels/simd/isa.h"
#include "base/lane.h"

#define TN_FMA(op, reg, i) op " %%" reg "15, %%" reg "14, %%" reg #i "\n"
#define TN_FMA_LOOP(reg)                                                                                             \
  asm volatile("vxorps %%xmm14, %%xmm14, %%xmm14\n vxorps %%xmm15, %%xmm15, %%xmm15\n 1:\n" TN_FMA(                  \
                   "vfmadd231ps", reg, 0) TN_FMA("vfmadd231ps", reg, 1) TN_FMA("vfmadd231ps", reg, 2)                \
                   TN_FMA("vfmadd231ps", reg, 3) TN_FMA("vfmadd231ps", reg, 4) TN_FMA("vfmadd231ps", reg, 5)         \
                       TN_FMA("vfmadd231ps", reg, 6) TN_FMA("vfmadd231ps", reg, 7) TN_FMA("vfmadd231ps", reg, 8)     \
                           TN_FMA("vfmadd231ps", reg, 9) "sub $1, %0\n jnz 1b\n"                                     \
               : "+r"(rounds)::"cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
                 "xmm14", "xmm15")

namespace tn {

/// f32 multiply-adds in FLOP/s on all threads of the lane, the best of a few short tries.
inline double fma_peak(Lane& lane) {
  constexpr int64_t kRounds = 100000;
  const bool wide = best_isa() >= Isa::Avx512;
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    lane.run([&](int) {
      int64_t rounds = kRounds;
      if (wide) {
        TN_FMA_LOOP("zmm");
      } else {
        TN_FMA_LOOP("ymm");
      }
    });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    best = std::max(best, 10.0 * kRounds * 2 * (wide ? 16 : 8) * lane.size() / seconds);
  }
  return best;
}

}  // namespace tn

#undef TN_FMA
#undef TN_FMA_LOOP
