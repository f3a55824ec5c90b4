// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/cpu/kernels/pool/image_rows.h"
#include "backends/cpu/kernels/pool/pool_kernels.h"
#include "base/data_type.h"
#include "base/shape.h"

namespace tn {

enum class ResizeMode : uint8_t { Nearest, Linear, Cubic };
enum class ResizeCoordinates : uint8_t {
  HalfPixel,
  HalfPixelSymmetric,
  PytorchHalfPixel,
  AlignCorners,
  Asymmetric,
};
enum class ResizeRounding : uint8_t { PreferFloor, PreferCeil, Floor, Ceil };

/// How an output position becomes input positions and weights; the names are ONNX's (Resize-19 without antialias and
/// tf_crop_and_resize).
struct ResizeRule {
  ResizeMode mode = ResizeMode::Nearest;
  ResizeCoordinates coordinates = ResizeCoordinates::HalfPixel;
  ResizeRounding rounding = ResizeRounding::PreferFloor;
  float cubic_a = -0.75f;
  bool exclude_outside = false;  ///< cubic: taps outside get weight zero, and the others are scaled up

  /// Input elements that one output element is made of, per axis: 1, 2 or 4.
  int taps() const noexcept { return mode == ResizeMode::Nearest ? 1 : mode == ResizeMode::Linear ? 2 : 4; }
};

/// Writes taps() indices in [0, in) and as many weights for each of `out` output positions of one axis.
/// `scale` is output over input as the model gives it (out / in where it gives sizes).
void resize_axis(const ResizeRule& rule, int64_t in, int64_t out, float scale, std::span<int32_t> index,
                 std::span<float> weights) noexcept;

/// Resizes the 1 to 3 spatial axes of [batch, channels, spatial...] in any strides; fast where channels are contiguous
/// in both tensors (NHWC), good where the last spatial axis is (NCHW). A bound object may run on several lanes at once.
class Resize {
 public:
  /// `type` (F32, F16, BF16, any for Nearest; else Error(Unsupported)) is that of both tensors. `max_out` holds the
  /// largest output size of each spatial axis; memory for the tables is taken here.
  Resize(DataType type, const ResizeRule& rule, const Shape& max_out, Isa isa = best_isa());

  /// `scales` has one entry per spatial axis (see resize_axis). Allocates nothing.
  void bind(const Shape& dims, const Shape& in_strides, const Shape& out_dims, const Shape& out_strides,
            std::span<const float> scales) noexcept;
  void run(Lane& lane, const void* in, void* out) const noexcept;

 private:
  struct Axis {
    std::vector<int32_t> index;
    std::vector<float> weights;
    int64_t out = 1, in_stride = 0, out_stride = 0;
    int taps = 1;
  };
  void resize_row(const std::byte* in, std::byte* out, int64_t z, int64_t y) const noexcept;

  int64_t size_;
  ResizeRule rule_;
  int spatial_;
  PoolKernels::Blend blend_ = nullptr;  ///< null where elements are only copied, whatever their type
  PoolKernels::BlendRow blend_row_ = nullptr;

  std::array<Axis, 3> axes_;  // depth, height, width; those that do not exist have one output made of one element
  bool by_channels_ = true;
  ImageRows rows_;
  int64_t channels_ = 1;
  int64_t work_ = 0;
};

}  // namespace tn
