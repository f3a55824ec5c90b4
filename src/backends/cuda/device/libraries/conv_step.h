// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cuda/device/libraries/matmul_step.h"

namespace tn::cuda {

/// Kernel of the runtime that has cuDNN compute y = activation(convolution(x, w) + bias + residual). Inputs of its
/// step: x, w, the bias (f32, one number per channel) if there is one, the residual if there is one.
inline constexpr std::string_view kCudnnKernel = "cuda.cudnn";

struct ConvStep {
  using Activation = MatmulStep::Activation;

  DataType type = DataType::F16;    ///< of x and w
  DataType result = DataType::F16;  ///< of y and the residual
  std::vector<int64_t> x, w, y;     ///< extents: N, C, spatial axes; filters, channels of one group, spatial axes
  std::vector<int64_t> x_strides, y_strides, residual_strides;  ///< in elements; w is channels-last without gaps
  std::vector<int64_t> pads_before, pads_after, strides, dilations;
  int64_t alignment = 16;  ///< bytes that all addresses are multiples of
  bool has_bias = false, has_residual = false;
  Activation activation = Activation::None;
  std::string library;                           ///< version that knows the engine: "9.14.0"
  int64_t engine = 0;                            ///< cuDNN's number of it
  std::vector<int64_t> knob_types, knob_values;  ///< how it is set

  template <typename V>
  void fields(V& v) {
    v("type", type);
    v("result", result);
    v("x", x);
    v("w", w);
    v("y", y);
    v("x_strides", x_strides);
    v("y_strides", y_strides);
    v("residual_strides", residual_strides);
    v("pads_before", pads_before);
    v("pads_after", pads_after);
    v("strides", strides);
    v("dilations", dilations);
    v("alignment", alignment);
    v("has_bias", has_bias);
    v("has_residual", has_residual);
    v("activation", activation);
    v("library", library);
    v("engine", engine);
    v("knob_types", knob_types);
    v("knob_values", knob_values);
  }
};

}  // namespace tn::cuda
