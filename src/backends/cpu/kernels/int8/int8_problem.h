// SPDX-License-Identifier: Apache-2.0
// For tests: a convolution of bytes with random data, its answer in plain integers, and the comparison to the last bit.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/int8/requantize.h"

namespace tn {

struct Int8Problem {
  ConvParams params;  ///< with zero_point
  int64_t batch = 1;
  Extent in{1, 1, 1};
  int64_t gap = 0;       ///< unused channels behind each pixel of all images
  bool extreme = false;  ///< only the largest and smallest values
  bool with_residual = false, with_table = false;
  bool again = false;  ///< the residual is added to the quantized result, which is quantized again
  DataType residual_type = DataType::U8;
  int32_t out_zero_point = 3, low = 3, high = 255;

  Extent out;
  ConvShape shape;
  ImageStrides residual_strides;
  std::vector<uint8_t> input, residual, table;
  std::vector<int8_t> weights;
  std::vector<int32_t> correction, sums;  ///< sums: dense, without what the zero point adds
  std::vector<float> scale, offset, want_float;
  std::vector<int> want;
  Requantization requantization;

  void prepare(unsigned seed = 1) {
    std::mt19937 random(seed);
    const ConvParams& p = params;
    out = p.out_extent(in);
    shape = {batch, in, ImageStrides::dense(in, p.in_channels + gap), ImageStrides::dense(out, p.out_channels + gap)};
    residual_strides = ImageStrides::dense(out, p.out_channels + 2 * gap);
    const auto bytes = [&](int64_t count) {
      std::vector<uint8_t> values(static_cast<size_t>(count));
      for (uint8_t& x : values) x = static_cast<uint8_t>(extreme ? (random() % 4 ? largest() : smallest()) : random());
      return values;
    };
    input = bytes(batch * shape.in_strides.batch - gap);
    residual = bytes(batch * residual_strides.batch - 2 * gap);
    table = bytes(256);
    weights.resize(static_cast<size_t>(p.out_channels * depth() * taps()));
    for (int8_t& w : weights)
      w = static_cast<int8_t>(extreme ? (random() % 4 ? 127 : -128) : static_cast<int>(random() % 256) - 128);
    scale.resize(static_cast<size_t>(p.out_channels));
    offset.resize(scale.size());
    const double spread = std::sqrt(static_cast<double>(depth() * taps())) * 5000;
    for (size_t c = 0; c < scale.size(); ++c) {
      scale[c] = static_cast<float>(100 / spread * (0.5 + static_cast<double>(random() % 1000) / 1000));
      offset[c] = static_cast<float>(static_cast<int>(random() % 2000) - 500) * 0.03f;
    }
    requantization.residual_scale = 0.37f;
    requantization.zero_point = out_zero_point;
    requantization.low = low;
    requantization.high = high;
    requantization.table = with_table ? table.data() : nullptr;
    requantization.look_up = best_look_up();
    requantization.again = {again, 0.71f, -3.25f, low + 4, low + 2, high - 1};
    reference();
  }

  /// What a kernel takes from its sums, whose signed activations are `signed_offset` too large.
  void correct_for(int signed_offset) {
    const int64_t zero = params.zero_point + (params.type == DataType::I8 ? signed_offset : 0);
    const int64_t per_channel_weights = depth() * taps();
    correction.assign(scale.size(), 0);
    for (size_t i = 0; i < weights.size(); ++i)
      correction[i / static_cast<size_t>(per_channel_weights)] += static_cast<int32_t>(zero * weights[i]);
    requantization.correction = correction.data();
    requantization.scale = scale.data();
    requantization.offset = offset.data();
  }

  TensorView weights_view() {
    const ConvParams& p = params;
    return TensorView::dense(weights.data(), DataType::I8,
                             {p.out_channels, depth(), p.kernel[0], p.kernel[1], p.kernel[2]});
  }

  /// `run(input, epilogue, output)` with memory of exactly the sizes needed; then every result is compared.
  template <typename Run>
  void check(Run&& run, const std::string& name) {
    Epilogue e;
    e.requantization = &requantization;
    if (with_residual) e.residual = residual.data();
    e.residual_type = residual_type;
    e.residual_strides = residual_strides;
    const auto elements = static_cast<size_t>(batch * shape.out_strides.batch - gap);
    constexpr uint8_t kMark = 0xa5;
    std::vector<uint8_t> output(elements * size_of(params.out_type), kMark);
    run(input.data(), e, output.data());
    size_t index = 0;
    for (size_t i = 0; i < elements; ++i) {
      const bool between = static_cast<int64_t>(i) % (params.out_channels + gap) >= params.out_channels;
      if (between) {
        ASSERT_EQ(output[i * size_of(params.out_type)], kMark) << name << ": wrote between the pixels";
      } else if (params.out_type == DataType::F32) {
        float got;
        std::memcpy(&got, output.data() + i * sizeof(float), sizeof got);
        ASSERT_EQ(got, want_float[index++]) << name << " at " << i;
      } else {
        ASSERT_EQ(output[i], want[index++] & 0xff) << name << " at " << i;
      }
    }
    ASSERT_EQ(index, want.size());
  }

 private:
  int64_t depth() const { return params.in_channels / params.groups; }
  int64_t taps() const { return params.kernel[0] * params.kernel[1] * params.kernel[2]; }
  int largest() const { return params.type == DataType::I8 ? 127 : 255; }
  int smallest() const { return params.type == DataType::I8 ? -128 : 0; }
  static int value(uint8_t byte, DataType type) { return type == DataType::I8 ? static_cast<int8_t>(byte) : byte; }

  void reference() {
    want.clear();
    want_float.clear();
    for (int64_t image = 0; image < batch; ++image)
      for (int64_t z = 0; z < out[0]; ++z)
        for (int64_t y = 0; y < out[1]; ++y)
          for (int64_t x = 0; x < out[2]; ++x)
            for (int64_t c = 0; c < params.out_channels; ++c) one(image, {z, y, x}, c);
  }

  void one(int64_t image, const Extent& at, int64_t c) {
    const ConvParams& p = params;
    const int64_t group = c / (p.out_channels / p.groups);
    int64_t sum = 0;
    for (int64_t kz = 0; kz < p.kernel[0]; ++kz)
      for (int64_t ky = 0; ky < p.kernel[1]; ++ky)
        for (int64_t kx = 0; kx < p.kernel[2]; ++kx) {
          const int64_t z = at[0] * p.stride[0] - p.pad_before[0] + kz * p.dilation[0];
          const int64_t y = at[1] * p.stride[1] - p.pad_before[1] + ky * p.dilation[1];
          const int64_t x = at[2] * p.stride[2] - p.pad_before[2] + kx * p.dilation[2];
          if (z < 0 || y < 0 || x < 0 || z >= in[0] || y >= in[1] || x >= in[2]) continue;
          const ImageStrides& s = shape.in_strides;
          const int64_t from = image * s.batch + z * s.axis[0] + y * s.axis[1] + x * s.axis[2] + group * depth();
          for (int64_t k = 0; k < depth(); ++k) {
            const int64_t w = (((c * depth() + k) * p.kernel[0] + kz) * p.kernel[1] + ky) * p.kernel[2] + kx;
            sum +=
                (value(input[static_cast<size_t>(from + k)], p.type) - p.zero_point) * weights[static_cast<size_t>(w)];
          }
        }
    ASSERT_EQ(sum, static_cast<int32_t>(sum));
    const auto channel = static_cast<size_t>(c);
    float t = std::fmaf(static_cast<float>(sum), scale[channel], offset[channel]);
    float r = 0;
    if (with_residual) {
      const ImageStrides& s = residual_strides;
      const int64_t from = image * s.batch + at[0] * s.axis[0] + at[1] * s.axis[1] + at[2] * s.axis[2] + c;
      r = static_cast<float>(value(residual[static_cast<size_t>(from)], residual_type));
      if (!again) t = std::fmaf(r, requantization.residual_scale, t);
    }
    want_float.push_back(t);
    int q = step(t, out_zero_point, low, high);
    if (again) {
      const Requantization::Again& a = requantization.again;
      t = std::fmaf(r, requantization.residual_scale, std::fmaf(static_cast<float>(q), a.scale, a.offset));
      q = step(t, a.zero_point, a.low, a.high);
    }
    want.push_back(with_table ? table[static_cast<size_t>(q & 0xff)] : q);
  }

  static int step(float t, int zero_point, int least, int most) {
    const float rounded = std::nearbyintf(t) + static_cast<float>(zero_point);
    return static_cast<int>(std::clamp(rounded, static_cast<float>(least), static_cast<float>(most)));
  }
};

}  // namespace tn
