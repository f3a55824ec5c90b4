// SPDX-License-Identifier: Apache-2.0
// What product kernels (convolution, GEMM, depthwise, Winograd) do with a sum before it leaves the cache.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "base/data_type.h"

namespace tn {

/// Depth, height, width; axes that a tensor does not have are 1 (a 1-D convolution has height 1).
using Extent = std::array<int64_t, 3>;

/// Where the pixels of channels-last images lie, in elements. The channel stride is 1, so a slice of channels or one
/// part of a concatenation is a pointer with a pixel stride larger than its channel count.
struct ImageStrides {
  int64_t batch = 0;
  Extent axis{};  ///< from slice to slice, row to row, pixel to pixel

  static ImageStrides dense(const Extent& extent, int64_t channels) {
    return {extent[0] * extent[1] * extent[2] * channels,
            {extent[1] * extent[2] * channels, extent[2] * channels, channels}};
  }
};

enum class Activation : uint8_t {
  None,
  Relu,
  Clip,         ///< min(max(x, alpha), beta)
  LeakyRelu,    ///< x < 0 ? alpha * x : x
  Sigmoid,      ///< 1 / (1 + e^-x)
  HardSigmoid,  ///< min(max(alpha * x + beta, 0), 1)
  Silu,         ///< x * sigmoid(x)
  HardSwish,    ///< x * min(max(x / 6 + 0.5, 0), 1)
  Gelu,         ///< x / 2 * (1 + erf(x / sqrt 2))
  GeluTanh,     ///< x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
  Tanh,
};

/// Whether an activation is min(max(x, low), high) for the bounds that clip_of gives.
constexpr bool is_clip(Activation activation) {
  return activation == Activation::None || activation == Activation::Relu || activation == Activation::Clip;
}

/// Called on `count` channels of an output pixel just written; `row` points at channel `first_channel` in the output,
/// in the output's type. `pixel` counts batch, depth, height and width (for GEMM: batch and row) without gaps.
/// Called by several threads at once, on disjoint parts.
using RowFunction = void (*)(void* context, void* row, int64_t pixel, int64_t first_channel, int64_t count);

/// y = activation(sum + bias [+ residual]) [+ residual], rounded to the output type, then `post`.
struct Epilogue {
  const float* bias = nullptr;  ///< per output channel
  Activation activation = Activation::None;
  float alpha = 0, beta = 0;
  const void* residual = nullptr;  ///< the output's shape; may be the output itself
  DataType residual_type = DataType::F32;
  ImageStrides residual_strides;
  bool residual_after_activation = false;
  RowFunction post = nullptr;
  void* post_context = nullptr;
};

/// Infinite where nothing is cut off, as for activations that are no clip.
struct ClipBounds {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
};
constexpr ClipBounds clip_of(const Epilogue& epilogue) {
  ClipBounds clip;
  if (epilogue.activation == Activation::Relu) clip.low = 0;
  if (epilogue.activation == Activation::Clip) clip = {epilogue.alpha, epilogue.beta};
  return clip;
}

}  // namespace tn
