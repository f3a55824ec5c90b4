// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// Convolutions whose pixels have few channels: all of one pixel are a 16-byte chunk, those that are missing zero. A
// block brings the pixels under TILE_H x TILE_W results to shared memory, from whatever strides they have, and takes
// every tap from there. In a line of the patch, pixels that are STRIDE_W apart are neighbours, so that the rows of an
// ldmatrix lie in different banks. B is [column][tap][chunk], with a tap of zeros where their number is odd. Four
// pixels of few bytes share a chunk, and a tap is all that it covers: a pixel lies in every chunk that begins with it
// or with one of the three before it.
const std::string_view kStemText = R"cuda(
constexpr int kTapsW = (KERNEL_W + PIXELS - 1) / PIXELS, kTaps = KERNEL_H * kTapsW, kTapSteps = (kTaps + 1) / 2;
constexpr int kPitchB = (2 * kTapSteps + 1) * 16;  // bytes: an odd number of chunks
constexpr int kPatchH = (TILE_H - 1) * STRIDE_H + (KERNEL_H - 1) * DILATION_H + 1;
constexpr int kPatchW = (TILE_W - 1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1;
constexpr int kNeighbours = (kPatchW + STRIDE_W - 1) / STRIDE_W, kLine = kNeighbours * STRIDE_W;
constexpr int kBegins = STRIDE_W % 4 == 0 ? 4 : STRIDE_W % 2 == 0 ? 2 : 1;  // pixels between the chunks of PIXELS
static_assert(TILE_M == TILE_H * TILE_W && CHANNELS * PIXELS <= kChunk, "tile");

TN_INLINE constexpr u32 place_of(int h, int w) {
  return (h * kLine + w % STRIDE_W * kNeighbours + w / STRIDE_W) * 16;
}
TN_INLINE constexpr u32 place_of_tap(int tap) {
  return place_of(tap / kTapsW * DILATION_H, tap % kTapsW * PIXELS * DILATION_W);
}
TN_INLINE u32 bits_of(float x) {
  u32 bits = __float_as_uint(x);
#if ROUNDS_TO_TF32
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
#endif
  return bits;
}
TN_INLINE u32 bits_of(f16_t x) { return x.bits; }
TN_INLINE u32 bits_of(bf16_t x) { return x.bits; }
TN_INLINE u32 bits_of(int8_t x) { return uint8_t(x); }
TN_INLINE u32 bits_of(uint8_t x) { return x; }

extern "C" __global__ void __launch_bounds__(kThreads) ENTRY(PARAMETERS) {
  extern __shared__ __align__(1024) char shared[];
  const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
  const int tiles_n = (COLUMNS + TILE_N - 1) / TILE_N, tiles_w = (OUT_W + TILE_W - 1) / TILE_W;
  const int tiles_h = (OUT_H + TILE_H - 1) / TILE_H;
  const int first_column = blockIdx.x % tiles_n * TILE_N, tile = blockIdx.x / tiles_n;
  const int first_w = tile % tiles_w * TILE_W, first_h = tile / tiles_w % tiles_h * TILE_H;
  const int image = tile / (tiles_w * tiles_h);
  const u32 patch = shared_address(shared), filter = patch + FILTER_AT, zero = filter + TILE_N * kPitchB;

  // Weights do not depend on earlier kernels.
  for (int i = thread; i < TILE_N * 2 * kTapSteps; i += kThreads) {
    const int column = i / (2 * kTapSteps), chunk = i % (2 * kTapSteps);
    copy_async<16>(filter + column * kPitchB + chunk * 16,
                   in1 + (index_t(first_column + dealt(column)) * (2 * kTapSteps) + chunk) * kChunk,
                   COLUMNS % TILE_N == 0 || first_column + dealt(column) < COLUMNS);
  }
  commit();
  if (thread == 0) asm volatile("st.shared.v4.u32 [%0], {%1, %1, %1, %1};" ::"r"(zero), "r"(0) : "memory");
#if !DIRECT
  const int band = thread % kBands * 8, result_column = first_column + band, present = COLUMNS - result_column;
  Fixed fixed;
  load_fixed(fixed, result_column, present, ARGUMENTS);
#endif

  if (!COMPLETE) wait_for_inputs();
  constexpr int kPixels = kPatchH * kPatchW, kAtOnce = 4;
  const int from_h = first_h * STRIDE_H - PAD_H, from_w = first_w * STRIDE_W - PAD_W;
#if QUADS
  // Bytes of a plane come by fours, from aligned words that are inside of the image or outside as a whole.
  constexpr int kShift = (4 - PAD_W % 4) % 4, kQuadsW = (kPatchW + kShift + 3) / 4, kQuads = kPatchH * kQuadsW;
#pragma unroll 1
  for (int first = thread; first < kQuads; first += kThreads * kAtOnce) {
    u32 planes[kAtOnce][CHANNELS];
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int quad = first + i * kThreads, h = from_h + quad / kQuadsW, w = from_w - kShift + quad % kQuadsW * 4;
      const bool inside = quad < kQuads && u32(h) < u32(IN_H) && u32(w) < u32(IN_W);
      const element_t* const from = in0 + (index_t(image) * A_N + index_t(h) * A_H + w);
#pragma unroll
      for (int c = 0; c < CHANNELS; ++c)
        planes[i][c] = inside ? *reinterpret_cast<const u32*>(from + index_t(c) * A_DEPTH) : (OUTSIDE & 255) * 0x01010101u;
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int quad = first + i * kThreads, line = quad / kQuadsW, begin = quad % kQuadsW * 4 - kShift;
      if (quad >= kQuads) break;
#pragma unroll
      for (int p = 0; p < 4; ++p) {
        u32 pixel = 0;
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) pixel |= (planes[i][c] >> (8 * p) & 255) << (8 * c);
#pragma unroll
        for (int j = 0; j < PIXELS; ++j)
          if ((p + 4 - kShift + 4 - j) % kBegins == 0 && begin + p >= j && begin + p < kPatchW)
            asm volatile("st.shared.u32 [%0], %1;" ::"r"(patch + place_of(line, begin + p - j) + 4 * j), "r"(pixel) : "memory");
      }
    }
  }
#else
#pragma unroll 1
  for (int first = thread; first < kPixels; first += kThreads * kAtOnce) {
    u32 words[kAtOnce][4] = {};
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int pixel = first + i * kThreads, h = from_h + pixel / kPatchW, w = from_w + pixel % kPatchW;
      if (pixel >= kPixels || u32(h) >= u32(IN_H) || u32(w) >= u32(IN_W)) {
#if OUTSIDE
#pragma unroll
        for (int j = 0; j < 4; ++j) words[i][j] = (OUTSIDE & 255) * 0x01010101u;
#endif
        continue;
      }
      const element_t* const from = in0 + (index_t(image) * A_N + index_t(h) * A_H + index_t(w) * A_W);
#pragma unroll
      for (int c = 0; c < CHANNELS; ++c)
        words[i][c * kSize / 4] |= bits_of(from[index_t(c) * A_DEPTH]) << (c * kSize % 4 * 8);
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int pixel = first + i * kThreads;
      if (pixel >= kPixels) break;
#if PIXELS > 1
      const int h = pixel / kPatchW, w = pixel % kPatchW;
#pragma unroll
      for (int j = 0; j < PIXELS; ++j)
        if (w >= j && (w - j) % kBegins == 0)
          asm volatile("st.shared.u32 [%0], %1;" ::"r"(patch + place_of(h, w - j) + 4 * j), "r"(words[i][0]) : "memory");
#else
      asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(
                       patch + place_of(pixel / kPatchW, pixel % kPatchW)),
                   "r"(words[i][0]), "r"(words[i][1]), "r"(words[i][2]), "r"(words[i][3]) : "memory");
#endif
    }
  }
#endif
  let_next_start();
  wait_for_copies<0>();
  __syncthreads();

  sum_t sums[kFragmentsM][kFragmentsN][4] = {};
  u32 of_a[2][kFragmentsM][4], of_b[2][kFragmentsN / 2][4];  // fragments of this step and of the next
  u32 points[kFragmentsM];
#pragma unroll
  for (int i = 0; i < kFragmentsM; ++i) {
    const int point = warp * kWarpM + i * 16 + (lane & 15);
    points[i] = patch + place_of(point / TILE_W * STRIDE_H, point % TILE_W * STRIDE_W);
  }
  const u32 columns = filter + ((lane & 7) + ((lane >> 4) << 3)) * kPitchB + ((lane >> 3) & 1) * 16;
  const bool second = lane >= 16;
  const auto fragments = [&](int set, int step) {
    const bool even = 2 * step + 1 < kTaps;
    const u32 tap = second ? (even ? place_of_tap(2 * step + 1) : 0) : place_of_tap(2 * step);
#pragma unroll
    for (int i = 0; i < kFragmentsM; ++i) load_matrices(of_a[set][i], second && !even ? zero : points[i] + tap);
#pragma unroll
    for (int j = 0; j < kFragmentsN / 2; ++j) load_matrices(of_b[set][j], columns + j * 16 * kPitchB + step * 32);
  };
  fragments(0, 0);
#pragma unroll
  for (int step = 0; step < kTapSteps; ++step) {
    if (step + 1 < kTapSteps) fragments((step + 1) & 1, step + 1);
    const int set = step & 1;
#pragma unroll
    for (int i = 0; i < kFragmentsM; ++i)
#pragma unroll
      for (int j = 0; j < kFragmentsN; ++j)
        multiply(sums[i][j], of_a[set][i], of_b[set][j / 2][j % 2 * 2], of_b[set][j / 2][j % 2 * 2 + 1]);
  }

#if DIRECT
  if (COMPLETE) wait_for_inputs();
#pragma unroll
  for (int n = 0; n < kFragmentsN / JOINED; ++n) {
    const int column = first_column + (n * 4 + (lane & 3)) * kRun, present = COLUMNS - column;
    if (present <= 0) continue;
    Fixed fixed;
    load_fixed(fixed, column, present, ARGUMENTS);
#pragma unroll
    for (int r = 0; r < 2 * kFragmentsM; ++r) {
      const int point = warp * kWarpM + r * 8 + (lane >> 2), h = first_h + point / TILE_W, w = first_w + point % TILE_W;
      if (h >= OUT_H || w >= OUT_W) continue;
      const int row = (image * OUT_H + h) * OUT_W + w;
      sum_t value[kRun];
#pragma unroll
      for (int j = 0; j < kRun; ++j) value[j] = sums[r / 2][n * JOINED + j / 2][r % 2 * 2 + j % 2];
      Extra extra;
      load_extra(extra, 0, row, column, present, ARGUMENTS);
      finish(value, fixed, extra, 0, row, column, present, ARGUMENTS);
    }
  }
}
#else
  // Results leave through the patch's memory: [row][column].
  __syncthreads();
  sum_t* const place = reinterpret_cast<sum_t*>(shared);
#pragma unroll
  for (int i = 0; i < kFragmentsM; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      sum_t* const to = place + (warp * kWarpM + i * 16 + half * 8 + (lane >> 2)) * kSumRow + (lane & 3) * 2;
#pragma unroll
      for (int j = 0; j < kFragmentsN; ++j)
        *reinterpret_cast<sum2_t*>(to + j * 8) = sum2_t{sums[i][j][half * 2], sums[i][j][half * 2 + 1]};
    }
  }
  if (COMPLETE) wait_for_inputs();
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kResults; ++i) {
    const int point = (thread + i * kThreads) / kBands, h = first_h + point / TILE_W, w = first_w + point % TILE_W;
    if (point >= TILE_M || h >= OUT_H || w >= OUT_W || present <= 0) continue;
    const int row = (image * OUT_H + h) * OUT_W + w;
    __align__(16) sum_t value[8];
    *reinterpret_cast<sum4_t*>(value) = *reinterpret_cast<const sum4_t*>(place + point * kSumRow + band);
    *reinterpret_cast<sum4_t*>(value + 4) = *reinterpret_cast<const sum4_t*>(place + point * kSumRow + band + 4);
    Extra extra;
    load_extra(extra, 0, row, result_column, present, ARGUMENTS);
    finish(value, fixed, extra, 0, row, result_column, present, ARGUMENTS);
  }
}
#endif
)cuda";

}  // namespace tn::cuda
