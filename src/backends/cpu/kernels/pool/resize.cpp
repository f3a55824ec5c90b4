// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backends/cpu/kernels/float_type.h"
#include "base/stored_float.h"

namespace tn {
namespace {

// In float, as the models' authors' frameworks compute it: where a position falls on a boundary decides nearest.
float coordinate(const ResizeRule& rule, int64_t o, int64_t in, int64_t out, float scale) {
  const float x = static_cast<float>(o), size = static_cast<float>(in), out_size = static_cast<float>(out);
  switch (rule.coordinates) {
    case ResizeCoordinates::HalfPixel:
      return (x + 0.5f) / scale - 0.5f;
    case ResizeCoordinates::HalfPixelSymmetric: {
      const float adjustment = out_size / (scale * size), center = size / 2;
      return center * (1 - adjustment) + (x + 0.5f) / scale - 0.5f;
    }
    case ResizeCoordinates::PytorchHalfPixel:
      return out > 1 ? (x + 0.5f) / scale - 0.5f : 0.0f;
    case ResizeCoordinates::AlignCorners:
      return out > 1 ? x * (size - 1) / (out_size - 1) : 0.0f;
    case ResizeCoordinates::Asymmetric:
      return x / scale;
  }
  return x;
}

int64_t nearest(ResizeRounding rounding, float x) {
  switch (rounding) {
    case ResizeRounding::PreferFloor:
      return static_cast<int64_t>(std::ceil(x - 0.5f));
    case ResizeRounding::PreferCeil:
      return static_cast<int64_t>(std::floor(x + 0.5f));
    case ResizeRounding::Floor:
      return static_cast<int64_t>(std::floor(x));
    case ResizeRounding::Ceil:
      return static_cast<int64_t>(std::ceil(x));
  }
  return 0;
}

// Keys' cubic convolution kernel.
float cubic(float distance, float a) {
  const float d = std::fabs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0.0f;
}

}  // namespace

void resize_axis(const ResizeRule& rule, int64_t in, int64_t out, float scale, std::span<int32_t> index,
                 std::span<float> weights) noexcept {
  const int taps = rule.taps();
  for (int64_t o = 0; o < out; ++o) {
    const float x = coordinate(rule, o, in, out, scale);
    const int64_t first = taps == 1   ? nearest(rule.rounding, x)
                          : taps == 2 ? static_cast<int64_t>(std::floor(x))
                                      : static_cast<int64_t>(std::floor(x)) - 1;
    float sum = 0;
    for (int t = 0; t < taps; ++t) {
      const int64_t at = first + t;
      const float distance = x - static_cast<float>(at);
      float weight = taps == 1 ? 1.0f : taps == 2 ? 1.0f - std::fabs(distance) : cubic(distance, rule.cubic_a);
      if (taps == 4 && rule.exclude_outside && (at < 0 || at >= in)) weight = 0.0f;
      const auto slot = static_cast<size_t>(o * taps + t);
      index[slot] = static_cast<int32_t>(std::clamp<int64_t>(at, 0, in - 1));
      weights[slot] = weight;
      sum += weight;
    }
    if (!rule.exclude_outside || taps != 4) continue;
    for (int t = 0; t < taps; ++t) weights[static_cast<size_t>(o * taps + t)] /= sum;
  }
}

Resize::Resize(DataType type, const ResizeRule& rule, const Shape& max_out, Isa isa)
    : size_(static_cast<int64_t>(size_of(type))), rule_(rule), spatial_(max_out.rank()) {
  if (is_stored_float(type) || rule.mode != ResizeMode::Nearest) {
    blend_ = pool_kernels(isa).blend[float_index(type)];
    blend_row_ = pool_kernels(isa).blend_row[float_index(type)];
  }
  if (spatial_ < 1 || spatial_ > 3) {
    throw Error(ErrorCode::Unsupported, "resizing of {} axes; it works on 1 to 3", spatial_);
  }
  for (int i = 0; i < 3; ++i) {
    Axis& axis = axes_[static_cast<size_t>(i)];
    const bool exists = i >= 3 - spatial_;
    axis.taps = exists ? rule.taps() : 1;
    const auto slots = exists ? static_cast<size_t>(max_out[i - (3 - spatial_)] * axis.taps) : size_t{1};
    axis.index.assign(slots, 0);
    axis.weights.assign(slots, 1.0f);
  }
}

void Resize::bind(const Shape& dims, const Shape& in_strides, const Shape& out_dims, const Shape& out_strides,
                  std::span<const float> scales) noexcept {
  work_ = out_dims.elements();
  if (work_ == 0) return;
  for (int i = 0; i < spatial_; ++i) {
    Axis& axis = axes_[static_cast<size_t>(3 - spatial_ + i)];
    axis.out = out_dims[2 + i];
    axis.in_stride = in_strides[2 + i];
    axis.out_stride = out_strides[2 + i];
    resize_axis(rule_, dims[2 + i], axis.out, scales[static_cast<size_t>(i)], axis.index, axis.weights);
    work_ *= axis.taps;
  }
  const Axis& width = axes_[2];
  const bool contiguous = dims[1] == 1 || (in_strides[1] == 1 && out_strides[1] == 1);
  const bool by_width = blend_row_ && width.in_stride == 1 && width.out_stride == 1;
  by_channels_ = !by_width || (contiguous && dims[1] > 1);
  channels_ = by_channels_ && contiguous ? dims[1] : 1;
  rows_ = ImageRows(dims, in_strides, out_strides, channels_ > 1, axes_[0].out, axes_[1].out);
}

void Resize::run(Lane& lane, const void* in, void* out) const noexcept {
  if (work_ == 0) return;
  rows_.run(lane, work_, in, out, size_,
            [this](const std::byte* from, std::byte* to, int64_t z, int64_t y) { resize_row(from, to, z, y); });
}

void Resize::resize_row(const std::byte* in, std::byte* out, int64_t z, int64_t y) const noexcept {
  const Axis &depth = axes_[0], &height = axes_[1], &width = axes_[2];
  // The input rows that make this output row.
  int64_t offsets[64], row_offsets[16];
  float weights[64], row_weights[16];
  int64_t rows = 0;
  for (int i = 0; i < depth.taps; ++i) {
    for (int k = 0; k < height.taps; ++k, ++rows) {
      const auto a = static_cast<size_t>(z * depth.taps + i), b = static_cast<size_t>(y * height.taps + k);
      row_offsets[rows] = depth.index[a] * depth.in_stride + height.index[b] * height.in_stride;
      row_weights[rows] = depth.weights[a] * height.weights[b];
    }
  }
  out += (z * depth.out_stride + y * height.out_stride) * size_;
  if (!by_channels_) {
    blend_row_(in, row_offsets, row_weights, rows, width.index.data(), width.weights.data(), width.taps, out,
               width.out);
    return;
  }
  for (int64_t x = 0; x < width.out; ++x, out += width.out_stride * size_) {
    int64_t taps = 0;
    for (int64_t r = 0; r < rows; ++r) {
      for (int t = 0; t < width.taps; ++t) {
        const auto slot = static_cast<size_t>(x * width.taps + t);
        const float weight = row_weights[r] * width.weights[slot];
        if (weight == 0 && taps > 0) continue;
        offsets[taps] = row_offsets[r] + width.index[slot] * width.in_stride;
        weights[taps++] = weight;
      }
    }
    if (rule_.mode == ResizeMode::Nearest) {
      std::memcpy(out, in + offsets[0] * size_, static_cast<size_t>(channels_ * size_));
    } else {
      blend_(in, offsets, weights, taps, out, channels_);
    }
  }
}

}  // namespace tn
