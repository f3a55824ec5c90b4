// SPDX-License-Identifier: Apache-2.0
// The inner routines of attention, one table per instruction set. Everything is f32 but the ends, whose storage is F32,
// F16 or BF16 (float_index()).
#pragma once

#include <array>
#include <cstdint>

#include "backends/cpu/kernels/simd/isa.h"

namespace tn {

struct AttentionKernels {
  int rows;   ///< queries of one register tile
  int width;  ///< keys or value columns of one register tile, and of one packed panel

  /// scores[r * width_stride + c] = sum over d of query[r * dim + d] * panel[d * width + c] for a whole tile.
  void (*scores)(const float* queries, const float* panel, int64_t dim, float* scores, int64_t stride) noexcept;
  /// sums[r * stride + c] = sums * factors[r] + sum over k < keys of weights[r * weights_stride + k] * panel[k * width
  /// + c].
  void (*values)(const float* weights, int64_t weights_stride, const float* panel, int64_t keys, const float* factors,
                 float* sums, int64_t stride) noexcept;
  /// One step of an online softmax over `count` scores: adds the mask (may be null), raises `top`, replaces the scores
  /// by exponentials, updates `sum`; returns the factor by which all that was summed up before must be multiplied.
  float (*softmax)(float* scores, int64_t count, const float* mask, float& top, float& sum) noexcept;

  /// out[i] = in[i] * scale, from and to storage.
  std::array<void (*)(const void* in, float scale, float* out, int64_t count) noexcept, 3> load;
  std::array<void (*)(const float* in, float scale, void* out, int64_t count) noexcept, 3> store;
  /// For few queries, on keys and values as they lie: scores[k] = query * key row k, and
  /// sums[c] = sums[c] * factor + sum over keys of weights[k] * value row k.
  std::array<void (*)(const float* query, const void* keys, int64_t stride, int64_t count, int64_t dim,
                      float* scores) noexcept,
             3>
      row_scores;
  std::array<void (*)(const float* weights, const void* values, int64_t stride, int64_t count, int64_t dim,
                      float factor, float* sums) noexcept,
             3>
      row_values;
};

/// The table of the best set that is not newer than `isa`.
const AttentionKernels& attention_kernels(Isa isa) noexcept;

const AttentionKernels& attention_kernels_generic() noexcept;
const AttentionKernels& attention_kernels_avx2() noexcept;
const AttentionKernels& attention_kernels_avx512() noexcept;

}  // namespace tn
