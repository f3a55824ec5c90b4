// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// One filter per channel, [tap][channel] in f32. A thread computes LINES × STRIP results, along height and width, of
// VECTOR neighbouring channels; neighbouring threads have neighbouring channels. A line of the input is loaded once for
// all results that see it, and small filters stay in registers.
const std::string_view kDepthwiseText = R"cuda(
constexpr int kThreads = 128;
constexpr int kPoints = (STRIP - 1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1;
constexpr int kLinesIn = (LINES - 1) * STRIDE_H + (KERNEL_H - 1) * DILATION_H + 1;
constexpr bool kKeepsTaps = LINES > 1 && KERNEL_D == 1 && KERNEL_H * KERNEL_W <= 9;
typedef vec<float, VECTOR> Taps[KERNEL_W];

TN_INLINE void load_taps(Taps& taps, const float* filter) {
#pragma unroll
  for (int t = 0; t < KERNEL_W; ++t) taps[t] = load_vec<VECTOR>(filter + t * CHANNELS);
}

TN_INLINE element_t outside() {
#if OUTSIDE
  return OUTSIDE;
#else
  return element_t();
#endif
}

extern "C" __global__ void __launch_bounds__(kThreads) ENTRY(PARAMETERS) {
  const index_t item = index_t(blockIdx.x) * kThreads + threadIdx.x;
  const int bands = CHANNELS / VECTOR, strips = (OUT_W + STRIP - 1) / STRIP, groups = (OUT_H + LINES - 1) / LINES;
  const int band = item % bands, channel = band * VECTOR;
  const index_t place = item / bands, group = place / strips;
  const int first_w = int(place % strips) * STRIP, first_h = int(group % groups) * LINES;
  const int plane = group / groups, d = plane % OUT_D, image = plane / OUT_D;
  const bool exists = plane < ROWS / (OUT_W * OUT_H);
  const int from_d = d * STRIDE_D - PAD_D, from_h = first_h * STRIDE_H - PAD_H, from_w = first_w * STRIDE_W - PAD_W;
  Fixed fixed;
  Taps kept[kKeepsTaps ? KERNEL_H : 1];
  if (exists) {
    load_fixed(fixed, channel, VECTOR, ARGUMENTS);
    if constexpr (kKeepsTaps)
#pragma unroll
      for (int t = 0; t < KERNEL_H; ++t) load_taps(kept[t], in1 + (t * KERNEL_W * CHANNELS + channel));
  }
  wait_for_inputs();
  let_next_start();
  if (!exists) return;
  float sums[LINES][STRIP][VECTOR] = {};
#pragma unroll
  for (int tap_d = 0; tap_d < KERNEL_D; ++tap_d) {
    const int at_d = from_d + tap_d * DILATION_D;
    if (at_d < 0 || at_d >= IN_D) continue;
    const element_t* const from = in0 + (index_t(image) * A_N + index_t(at_d) * A_D + channel);
#pragma unroll
    for (int line = 0; line < kLinesIn; ++line) {
      const int at_h = from_h + line;
      vec<element_t, VECTOR> values[kPoints];
#pragma unroll
      for (int point = 0; point < kPoints; ++point) {
        const int at_w = from_w + point;
        if (at_h >= 0 && at_h < IN_H && at_w >= 0 && at_w < IN_W)
          values[point] = load_vec<VECTOR>(from + index_t(at_h) * A_H + index_t(at_w) * A_W);
        else
#pragma unroll
          for (int c = 0; c < VECTOR; ++c) values[point][c] = outside();
      }
#pragma unroll
      for (int tap_h = 0; tap_h < KERNEL_H; ++tap_h) {
        const int l = (line - tap_h * DILATION_H) / STRIDE_H;
        if (line < tap_h * DILATION_H || (line - tap_h * DILATION_H) % STRIDE_H != 0 || l >= LINES) continue;
        Taps loaded;
        if constexpr (!kKeepsTaps)
          load_taps(loaded, in1 + ((tap_d * KERNEL_H + tap_h) * KERNEL_W * CHANNELS + channel));
        const Taps& taps = kKeepsTaps ? kept[kKeepsTaps ? tap_h : 0] : loaded;
#pragma unroll
        for (int s = 0; s < STRIP; ++s)
#pragma unroll
          for (int t = 0; t < KERNEL_W; ++t)
#pragma unroll
            for (int c = 0; c < VECTOR; ++c)
              sums[l][s][c] += to_f32(values[s * STRIDE_W + t * DILATION_W][c]) * taps[t][c];
      }
    }
  }
#pragma unroll
  for (int l = 0; l < LINES; ++l) {
#pragma unroll
    for (int s = 0; s < STRIP; ++s) {
      if (first_h + l >= OUT_H || first_w + s >= OUT_W) continue;
      const int row = (plane * OUT_H + first_h + l) * OUT_W + first_w + s;
      Extra extra;
      load_extra(extra, 0, row, channel, VECTOR, ARGUMENTS);
      finish(sums[l][s], fixed, extra, 0, row, channel, VECTOR, ARGUMENTS);
    }
  }
}
)cuda";

}  // namespace tn::cuda
