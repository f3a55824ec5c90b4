// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/loop_nest.h"
#include "backends/cpu/kernels/rows/row_kernels.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

/// Group normalization of [batch, channels, spatial...] in any strides (instance normalization: as many groups as
/// channels): y = (x - mean) / sqrt(variance + epsilon) * scale[c] + bias[c] with mean and biased variance over the
/// channels of a group and all spatial positions. Fast where channels (NHWC) or spatial axes (NCHW) are contiguous in
/// both tensors. Computes in f32, in two passes. `out` may be `in`. bind() and run() never allocate; a bound object may
/// run on several lanes at once, each with its own workspace.
class GroupNorm {
 public:
  /// `type` (F32, F16, BF16; else Error(Unsupported)) is that of both tensors; `groups` divides the channels.
  GroupNorm(DataType type, int64_t groups, float epsilon, Isa isa = best_isa());

  /// Bytes that run() needs for up to `channels` on a lane of `threads`; aligned to 64.
  static size_t workspace_bytes(int64_t channels, int threads) noexcept;
  /// Strides in elements.
  void bind(const Shape& dims, const Shape& in_strides, const Shape& out_strides) noexcept;
  /// `scale` and `bias` are f32, one per channel; null where absent.
  void run(Lane& lane, const void* in, const float* scale, const float* bias, void* out,
           void* workspace) const noexcept;

 private:
  struct Pointers {
    const std::byte* in;
    const float *scale, *bias;
    std::byte* out;
  };
  void norm_columns(const Pointers& p, int64_t batch, int64_t first, int64_t channels, float* room) const noexcept;
  void norm_group(const Pointers& p, int64_t batch, int64_t group) const noexcept;

  size_t index_;
  int64_t size_, groups_;
  float epsilon_;
  const RowKernels& kernels_;

  bool by_channels_ = false;
  int64_t batch_ = 0, channels_ = 0, group_channels_ = 0, positions_ = 0;
  int64_t in_batch_ = 0, out_batch_ = 0, in_channel_ = 0, out_channel_ = 0;
  LoopNest<2> spatial_;       // in, out; without run_
  LoopNest<2>::Axis run_;     // the innermost spatial axis
  int64_t block_groups_ = 1;  // groups of one unit of work
};

}  // namespace tn
