// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// One filter per channel, [tap][channel] in f32. A thread computes STRIP results side by side along the width, of
// VECTOR neighbouring channels; neighbouring threads have neighbouring channels.
const std::string_view kDepthwiseText = R"cuda(
constexpr int kThreads = 128;
constexpr int kPoints = (STRIP - 1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1;

extern "C" __global__ void __launch_bounds__(kThreads) ENTRY(PARAMETERS) {
  const index_t item = index_t(blockIdx.x) * kThreads + threadIdx.x;
  const int bands = CHANNELS / VECTOR, strips = (OUT_W + STRIP - 1) / STRIP;
  const int band = item % bands, channel = band * VECTOR;
  const index_t place = item / bands, line = place / strips;
  const int first_w = int(place % strips) * STRIP;
  const int h = line % OUT_H, plane = line / OUT_H, d = plane % OUT_D, image = plane / OUT_D;
  const bool exists = line < index_t(ROWS / OUT_W);
  const int from_d = d * STRIDE_D - PAD_D, from_h = h * STRIDE_H - PAD_H, from_w = first_w * STRIDE_W - PAD_W;
  Fixed fixed;
  if (exists) load_fixed(fixed, channel, VECTOR, ARGUMENTS);
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
  if (!exists) return;
  float sums[STRIP][VECTOR] = {};
#pragma unroll
  for (int tap_d = 0; tap_d < KERNEL_D; ++tap_d) {
    const int at_d = from_d + tap_d * DILATION_D;
    if (at_d < 0 || at_d >= IN_D) continue;
#pragma unroll
    for (int tap_h = 0; tap_h < KERNEL_H; ++tap_h) {
      const int at_h = from_h + tap_h * DILATION_H;
      if (at_h < 0 || at_h >= IN_H) continue;
      const element_t* const from = in0 + (index_t(image) * A_N + index_t(at_d) * A_D + index_t(at_h) * A_H + channel);
      const float* const filter = in1 + ((tap_d * KERNEL_H + tap_h) * KERNEL_W * CHANNELS + channel);
      vec<float, VECTOR> taps[KERNEL_W];
#pragma unroll
      for (int t = 0; t < KERNEL_W; ++t) taps[t] = load_vec<VECTOR>(filter + t * CHANNELS);
#pragma unroll
      for (int point = 0; point < kPoints; ++point) {
        const int at_w = from_w + point;
        if (at_w < 0 || at_w >= IN_W) continue;
        const vec<element_t, VECTOR> values = load_vec<VECTOR>(from + index_t(at_w) * A_W);
#pragma unroll
        for (int s = 0; s < STRIP; ++s) {
#pragma unroll
          for (int t = 0; t < KERNEL_W; ++t) {
            if (s * STRIDE_W + t * DILATION_W != point) continue;
#pragma unroll
            for (int c = 0; c < VECTOR; ++c) sums[s][c] += to_f32(values[c]) * taps[t][c];
          }
        }
      }
    }
  }
#pragma unroll
  for (int s = 0; s < STRIP; ++s) {
    if (first_w + s >= OUT_W) break;
    const int row = int(line) * OUT_W + first_w + s;
    Extra extra;
    load_extra(extra, 0, row, channel, VECTOR, ARGUMENTS);
    finish(sums[s], fixed, extra, 0, row, channel, VECTOR, ARGUMENTS);
  }
}
)cuda";

}  // namespace tn::cuda
