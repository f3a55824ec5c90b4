// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "backends/cpu/kernels/pool/image_rows.h"
#include "backends/cpu/kernels/pool/pool_kernels.h"
#include "base/data_type.h"
#include "base/shape.h"

namespace tn {

/// The sliding window of a pooling over 1 to 3 spatial axes; each Shape has one entry per spatial axis.
struct PoolWindow {
  Shape kernel, stride, dilation, pad_before, pad_after;
  /// Whether an average divides by the window's size inside the padded tensor (true) or inside the tensor (false).
  bool count_include_pad = false;
};

/// Max and average pooling of [batch, channels, spatial...] in any strides; fast where channels (NHWC) or the last
/// spatial axis (NCHW) are contiguous in both tensors. The caller computes the output's dimensions, so floor, ceil and
/// auto_pad rules are its own. bind() and run() never allocate; a bound object may run on several lanes at once.
class Pool {
 public:
  enum class Kind : uint8_t { Max, Average };
  /// `type` (F32, F16, BF16, and for a maximum I8 and U8; else Error(Unsupported)) is that of both tensors. Throws
  /// Error(Unsupported) for more than three spatial axes.
  Pool(DataType type, Kind kind, const PoolWindow& window, Isa isa = best_isa());

  /// `dims` and `out_dims` are [batch, channels, spatial...]; strides in elements.
  void bind(const Shape& dims, const Shape& in_strides, const Shape& out_dims, const Shape& out_strides) noexcept;
  void run(Lane& lane, const void* in, void* out) const noexcept;

 private:
  /// One spatial axis; axes that do not exist have sizes one.
  struct Axis {
    int64_t kernel = 1, stride = 1, dilation = 1, pad_before = 0, pad_after = 0;
    int64_t in = 1, out = 1, in_stride = 0, out_stride = 0;

    int64_t first(int64_t o) const noexcept { return o * stride - pad_before; }
    /// Taps [begin, end) of output o that lie inside the tensor.
    int64_t begin(int64_t o) const noexcept;
    int64_t end(int64_t o) const noexcept;
    /// What output o counts for the average.
    int64_t counted(int64_t o, bool include_pad) const noexcept;
  };
  enum class Layout : uint8_t { Channels, Width, Any };

  void pool_row(const std::byte* in, std::byte* out, int64_t z, int64_t y) const noexcept;
  void pool_row_by_pixels(const std::byte* in, std::byte* out, PoolTaps taps, int64_t counted) const noexcept;
  void pool_row_by_width(const std::byte* in, std::byte* out, const PoolTaps& taps, int64_t counted) const noexcept;

  int64_t size_;
  Kind kind_;
  bool include_pad_;
  int spatial_;
  PoolKernels::Pixel pixel_;
  PoolKernels::Vertical vertical_ = nullptr;  ///< null for integers
  PoolKernels::Horizontal horizontal_ = nullptr;

  std::array<Axis, 3> axes_;  // depth, height, width
  Layout layout_ = Layout::Any;
  ImageRows rows_;
  int64_t channels_ = 1;
  int64_t work_ = 0;
};

}  // namespace tn
