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

struct Requantization;

/// y = activation(sum + bias [+ residual]) [+ residual], rounded to the output type.
struct Epilogue {
  const float* bias = nullptr;  ///< per output channel
  Activation activation = Activation::None;
  float alpha = 0, beta = 0;
  const void* residual = nullptr;  ///< the output's shape; may be the output itself
  DataType residual_type = DataType::F32;
  ImageStrides residual_strides;
  bool residual_after_activation = false;
  /// Of integer sums: what makes them floats, before all else; or bytes, with the residual and instead of all else
  /// (int8/requantize.h).
  const Requantization* requantization = nullptr;
};

/// The residual from an element on, or null if there is none.
inline const char* residual_at(const Epilogue& epilogue, int64_t element) {
  if (!epilogue.residual) return nullptr;
  return static_cast<const char*>(epilogue.residual) + element * static_cast<int64_t>(size_of(epilogue.residual_type));
}

/// What is left of an epilogue for rows of sums; the bias is apart.
struct RowsEpilogue {
  Activation activation = Activation::None;
  float alpha = 0, beta = 0;
  const char* residual = nullptr;  ///< of the first row
  DataType residual_type = DataType::F32;
  int64_t residual_stride = 0;  ///< elements
  bool residual_last = false;

  /// Everything but where the residual begins.
  void take(const Epilogue& epilogue) {
    activation = epilogue.activation;
    alpha = epilogue.alpha;
    beta = epilogue.beta;
    residual_type = epilogue.residual_type;
    residual_stride = epilogue.residual_strides.axis[2];
    residual_last = epilogue.residual_after_activation;
  }
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
