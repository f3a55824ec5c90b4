// SPDX-License-Identifier: Apache-2.0
// The inner routines of pooling and resizing, one table per instruction set. Storage is F32, F16 or BF16
// (float_index()), arithmetic f32. Maxima are also taken of integers of 8 bits.
#pragma once

#include <array>
#include <cstdint>

#include "backends/cpu/kernels/simd/isa.h"

namespace tn {

/// The taps of a window that lie in the tensor: counts and strides (in elements) by depth, height, width.
struct PoolTaps {
  std::array<int64_t, 3> count{1, 1, 1};
  std::array<int64_t, 3> stride{0, 0, 0};
};

struct PoolKernels {
  /// out[c] = scale * (the maximum or sum over the taps of in[tap + c]).
  using Pixel = void (*)(const void* in, const PoolTaps& taps, void* out, int64_t channels, float scale) noexcept;
  /// row[x] = the maximum or sum over depth and height taps of in[tap + x]; the width taps are not used.
  using Vertical = void (*)(const void* in, const PoolTaps& taps, float* row, int64_t columns) noexcept;
  /// out[x] = scales[x] * (the maximum or sum of row[x * step + t * dilation] over t < taps).
  using Horizontal = void (*)(const float* row, int64_t taps, int64_t dilation, int64_t step, const float* scales,
                              void* out, int64_t columns) noexcept;
  /// out[c] = sum over t < taps of weights[t] * in[offsets[t] + c].
  using Blend = void (*)(const void* in, const int64_t* offsets, const float* weights, int64_t taps, void* out,
                         int64_t channels) noexcept;
  /// out[x] = sum over r < rows, t < taps of row_weights[r] * weights[x * taps + t] * in[row_offsets[r] + index[x *
  /// taps + t]].
  using BlendRow = void (*)(const void* in, const int64_t* row_offsets, const float* row_weights, int64_t rows,
                            const int32_t* index, const float* weights, int64_t taps, void* out,
                            int64_t columns) noexcept;

  std::array<Pixel, 3> max_pixel, average_pixel;
  Pixel max_pixel_i8, max_pixel_u8;
  std::array<Vertical, 3> max_vertical, average_vertical;
  std::array<Horizontal, 3> max_horizontal, average_horizontal;
  std::array<Blend, 3> blend;
  std::array<BlendRow, 3> blend_row;
};

/// The table of the best set that is not newer than `isa`.
const PoolKernels& pool_kernels(Isa isa) noexcept;

const PoolKernels& pool_kernels_generic() noexcept;
const PoolKernels& pool_kernels_avx2() noexcept;
const PoolKernels& pool_kernels_avx512() noexcept;

}  // namespace tn
