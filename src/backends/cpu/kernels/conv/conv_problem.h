// SPDX-License-Identifier: Apache-2.0
// For tests: a convolution with random data, its answer in double, and the comparison.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/kernels/conv/conv.h"
#include "base/half.h"

namespace tn {

/// Error allowed, relative to the sum of the absolute products: f32 rounding, and what the output type adds.
inline constexpr double kF32ProductTolerance = 2e-6;
inline constexpr double kF16ProductTolerance = 4e-3;
inline double rounding_of(DataType type) {
  return type == DataType::F32 ? 0 : type == DataType::F16 ? 0x1p-11 : 0x1p-8;
}

inline double activation_reference(Activation activation, double x, double alpha, double beta) {
  const auto clip = [](double v, double low, double high) { return std::fmin(std::fmax(v, low), high); };
  switch (activation) {
    case Activation::None:
      return x;
    case Activation::Relu:
      return std::fmax(x, 0.0);
    case Activation::Clip:
      return clip(x, alpha, beta);
    case Activation::LeakyRelu:
      return x < 0 ? alpha * x : x;
    case Activation::Sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::HardSigmoid:
      return clip(alpha * x + beta, 0, 1);
    case Activation::Silu:
      return x / (1 + std::exp(-x));
    case Activation::HardSwish:
      return x * clip(x / 6 + 0.5, 0, 1);
    case Activation::Gelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::GeluTanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::Tanh:
      return std::tanh(x);
  }
  return x;
}

/// One problem. Gaps between pixels (the strides' excess over the channels) hold NaN in inputs and a mark in outputs.
struct ConvProblem {
  ConvParams params;
  int64_t batch = 1;
  Extent in{1, 1, 1};
  int64_t gap = 0;      ///< unused channels behind each pixel of input, output and residual
  int64_t row_gap = 0;  ///< unused pixels behind each row of the output
  bool with_bias = true, with_residual = false, residual_last = false;
  Activation activation = Activation::None;
  float alpha = 0, beta = 0;

  static constexpr float kMark = -12345.0f;

  Extent out;
  ConvShape shape;
  ImageStrides residual_strides;
  std::vector<float> input, weights, bias, residual;  ///< input and residual already rounded to their types
  std::vector<double> want, scale;                    ///< dense answer, and sum of |products|

  void prepare(unsigned seed = 1) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(-1, 1);
    const ConvParams& p = params;
    out = p.out_extent(in);
    shape = {batch, in, ImageStrides::dense(in, p.in_channels + gap), {}};
    const Extent padded_out = {out[0], out[1], out[2] + row_gap};
    shape.out_strides = ImageStrides::dense(padded_out, p.out_channels + gap);
    residual_strides = ImageStrides::dense(out, p.out_channels + gap);
    const int64_t pixels = out[0] * out[1] * out[2];
    input.assign(static_cast<size_t>(batch * shape.in_strides.batch - gap), std::nanf(""));
    for (size_t i = 0; i < input.size(); ++i) {
      const float x = round_to(p.type, uniform(random));
      if (static_cast<int64_t>(i) % (p.in_channels + gap) < p.in_channels) input[i] = x;
    }
    weights.resize(
        static_cast<size_t>(p.out_channels * p.in_channels / p.groups * p.kernel[0] * p.kernel[1] * p.kernel[2]));
    for (float& x : weights) x = round_to(p.type, uniform(random));
    bias.resize(static_cast<size_t>(p.out_channels));
    for (float& x : bias) x = uniform(random);
    residual.resize(static_cast<size_t>(batch * pixels * (p.out_channels + gap) - gap));
    for (float& x : residual) x = round_to(p.out_type, uniform(random));
    reference();
  }

  static float round_to(DataType type, float x) {
    if (type == DataType::F16) return static_cast<float>(Half(x));
    if (type == DataType::BF16) return static_cast<float>(BFloat16(x));
    return x;
  }
  static std::vector<char> bytes_of(DataType type, const std::vector<float>& values) {
    std::vector<char> bytes(values.size() * size_of(type));
    const auto n = static_cast<int64_t>(values.size());
    copy(TensorView::dense(const_cast<float*>(values.data()), DataType::F32, {n}),
         TensorView::dense(bytes.data(), type, {n}));
    return bytes;
  }

  /// The answer for the data as they are.
  void reference() {
    want.clear();
    scale.clear();
    for (int64_t image = 0; image < batch; ++image)
      for (int64_t z = 0; z < out[0]; ++z)
        for (int64_t y = 0; y < out[1]; ++y)
          for (int64_t x = 0; x < out[2]; ++x)
            for (int64_t c = 0; c < params.out_channels; ++c) one(image, {z, y, x}, c);
  }

  TensorView weights_view() {
    const ConvParams& p = params;
    return TensorView::dense(weights.data(), DataType::F32,
                             {p.out_channels, p.in_channels / p.groups, p.kernel[0], p.kernel[1], p.kernel[2]});
  }

  /// `run(input, epilogue, output)` with memory of exactly the sizes needed; then every output value is compared.
  template <typename Run>
  void check(Run&& run, double tolerance, const std::string& name) {
    const ConvParams& p = params;
    const std::vector<char> in_bytes = bytes_of(p.type, input), residual_bytes = bytes_of(p.out_type, residual);
    const int64_t tail = gap + row_gap * shape.out_strides.axis[2];
    std::vector<float> marks(static_cast<size_t>(batch * shape.out_strides.batch - tail), kMark);
    std::vector<char> output = bytes_of(p.out_type, marks);
    Epilogue e;
    e.bias = with_bias ? bias.data() : nullptr;
    e.activation = activation;
    e.alpha = alpha;
    e.beta = beta;
    e.residual = with_residual ? residual_bytes.data() : nullptr;
    e.residual_type = p.out_type;
    e.residual_strides = residual_strides;
    e.residual_after_activation = residual_last;
    run(in_bytes.data(), e, output.data());

    std::vector<float> got(marks.size());
    const auto n = static_cast<int64_t>(got.size());
    copy(TensorView::dense(output.data(), p.out_type, {n}), TensorView::dense(got.data(), DataType::F32, {n}));
    const float mark = round_to(p.out_type, kMark);
    size_t index = 0, touched = 0;
    for (int64_t image = 0; image < batch; ++image)
      for (int64_t z = 0; z < out[0]; ++z)
        for (int64_t y = 0; y < out[1]; ++y)
          for (int64_t x = 0; x < out[2]; ++x)
            for (int64_t c = 0; c < p.out_channels; ++c, ++index) {
              const ImageStrides& s = shape.out_strides;
              float& value =
                  got[static_cast<size_t>(image * s.batch + z * s.axis[0] + y * s.axis[1] + x * s.axis[2] + c)];
              const double allowed = tolerance * scale[index] + rounding_of(p.out_type) * std::fabs(want[index]);
              ASSERT_NEAR(value, want[index], allowed + 1e-30)
                  << name << " image " << image << " at " << z << "," << y << "," << x << " channel " << c;
              value = mark;
              ++touched;
            }
    for (float value : got) ASSERT_EQ(value, mark) << name << ": wrote between the pixels";
    ASSERT_EQ(touched, want.size());
  }

 private:
  void one(int64_t image, const Extent& at, int64_t c) {
    const ConvParams& p = params;
    const int64_t depth = p.in_channels / p.groups, group = c / (p.out_channels / p.groups);
    double sum = with_bias ? bias[static_cast<size_t>(c)] : 0, size = std::fabs(sum) + 1;
    for (int64_t kz = 0; kz < p.kernel[0]; ++kz)
      for (int64_t ky = 0; ky < p.kernel[1]; ++ky)
        for (int64_t kx = 0; kx < p.kernel[2]; ++kx) {
          const int64_t z = at[0] * p.stride[0] - p.pad_before[0] + kz * p.dilation[0];
          const int64_t y = at[1] * p.stride[1] - p.pad_before[1] + ky * p.dilation[1];
          const int64_t x = at[2] * p.stride[2] - p.pad_before[2] + kx * p.dilation[2];
          if (z < 0 || y < 0 || x < 0 || z >= in[0] || y >= in[1] || x >= in[2]) continue;
          const ImageStrides& s = shape.in_strides;
          const int64_t from = image * s.batch + z * s.axis[0] + y * s.axis[1] + x * s.axis[2] + group * depth;
          for (int64_t k = 0; k < depth; ++k) {
            const int64_t w = (((c * depth + k) * p.kernel[0] + kz) * p.kernel[1] + ky) * p.kernel[2] + kx;
            const double product =
                static_cast<double>(input[static_cast<size_t>(from + k)]) * weights[static_cast<size_t>(w)];
            sum += product;
            size += std::fabs(product);
          }
        }
    double r = 0;
    if (with_residual) {
      const ImageStrides& s = residual_strides;
      r = residual[static_cast<size_t>(image * s.batch + at[0] * s.axis[0] + at[1] * s.axis[1] + at[2] * s.axis[2] +
                                       c)];
    }
    if (!residual_last) sum += r;
    sum = activation_reference(activation, sum, alpha, beta);
    if (residual_last) sum += r;
    want.push_back(sum);
    scale.push_back(size);
  }
};

/// One filter per channel on a plane.
inline ConvProblem depthwise_plane(int64_t channels, int64_t height, int64_t width, int64_t kernel, int64_t stride,
                                   int64_t pad) {
  ConvProblem problem;
  problem.params.in_channels = problem.params.out_channels = problem.params.groups = channels;
  problem.params.kernel = {1, kernel, kernel};
  problem.params.stride = {1, stride, stride};
  problem.params.pad_before = problem.params.pad_after = {0, pad, pad};
  problem.in = {1, height, width};
  return problem;
}

}  // namespace tn
