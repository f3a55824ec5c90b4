// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/pack.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/half.h"

namespace tn::cuda {
namespace {

// Half away from zero, as cvt.rna.tf32.
float round_to_tf32(float value) {
  return std::bit_cast<float>((std::bit_cast<uint32_t>(value) + 0x1000u) & ~0x1fffu);
}

/// Calls `take(column, tap, channel, element offset)` for all filters.
template <typename Take>
void for_each_weight(const TensorView& weights, Take&& take) {
  const Shape& dims = weights.dims;
  Shape taps;
  for (int axis = 2; axis < dims.rank(); ++axis) taps.push_back(dims[axis]);
  for (int64_t column = 0; column < dims[0]; ++column) {
    int64_t tap = 0;
    for (Walk walk(taps, {Shape(weights.strides.span().subspan(2))}); walk.more(); walk.next(), ++tap) {
      const int64_t begin = column * weights.strides[0] + walk.offset(0);
      for (int64_t channel = 0; channel < dims[1]; ++channel)
        take(column, tap, channel, begin + channel * weights.strides[1]);
    }
  }
}

template <typename From, typename To>
void pack_into(const TensorView& weights, int64_t depth, bool tf32, int64_t pitch, To* to) {
  const From* from = weights.as<const From>();
  for_each_weight(weights, [&](int64_t column, int64_t tap, int64_t channel, int64_t offset) {
    To& place = to[column * depth + tap * pitch + channel];
    if constexpr (std::is_same_v<From, To> && !std::is_same_v<To, float>) {
      place = from[offset];
    } else {
      const float value = static_cast<float>(from[offset]);
      place = To(tf32 ? round_to_tf32(value) : value);
    }
  });
}

template <typename To>
void pack_to(const TensorView& weights, int64_t depth, bool tf32, int64_t pitch, std::vector<std::byte>& packed) {
  packed.resize(static_cast<size_t>(weights.dims[0] * depth) * sizeof(To));
  To* const to = reinterpret_cast<To*>(packed.data());
  if constexpr (std::is_same_v<To, int8_t>) {
    internal_check(weights.type == DataType::I8, "weights of type {} are packed for products of bytes",
                   name_of(weights.type));
    return pack_into<int8_t>(weights, depth, tf32, pitch, to);
  }
  switch (weights.type) {
    case DataType::F32:
      return pack_into<float>(weights, depth, tf32, pitch, to);
    case DataType::F16:
      return pack_into<Half>(weights, depth, tf32, pitch, to);
    case DataType::BF16:
      return pack_into<BFloat16>(weights, depth, tf32, pitch, to);
    default:
      throw Error(ErrorCode::Internal, "weights of type {} are packed for products", name_of(weights.type));
  }
}

}  // namespace

std::vector<std::byte> pack_columns(const TensorView& weights, DataType type, int64_t depth, bool tf32, int64_t pitch) {
  std::vector<std::byte> packed;
  if (pitch == 0) pitch = weights.dims[1];
  if (type == DataType::F16)
    pack_to<Half>(weights, depth, tf32, pitch, packed);
  else if (type == DataType::BF16)
    pack_to<BFloat16>(weights, depth, tf32, pitch, packed);
  else if (type == DataType::I8 || type == DataType::U8)
    pack_to<int8_t>(weights, depth, tf32, pitch, packed);
  else
    pack_to<float>(weights, depth, tf32, pitch, packed);
  return packed;
}

NormalizedColumns pack_normalized(const TensorView& weights, const TensorView& scale, const TensorView* bias,
                                  DataType type, int64_t depth) {
  const int64_t columns = weights.dims[0], channels = weights.dims[1];
  std::vector<float> scaled(static_cast<size_t>(columns * channels)), sums(static_cast<size_t>(columns)),
      shifts(static_cast<size_t>(columns));
  for_each_weight(weights, [&](int64_t column, int64_t, int64_t channel, int64_t offset) {
    scaled[static_cast<size_t>(column * channels + channel)] =
        static_cast<float>(load_double(weights, offset) * load_double(scale, channel * scale.strides[0]));
  });
  const auto view = TensorView::dense(scaled.data(), DataType::F32, weights.dims);
  NormalizedColumns packed{pack_columns(view, type, depth, false), {}, {}};
  const auto rounded = TensorView::dense(packed.columns.data(), type, Shape({columns, depth}));
  for (int64_t column = 0; column < columns; ++column) {
    double sum = 0, shift = 0;
    for (int64_t k = 0; k < channels; ++k) {
      sum += load_double(rounded, column * depth + k);
      if (bias)
        shift += load_double(weights, column * weights.strides[0] + k * weights.strides[1]) *
                 load_double(*bias, k * bias->strides[0]);
    }
    sums[static_cast<size_t>(column)] = static_cast<float>(sum);
    shifts[static_cast<size_t>(column)] = static_cast<float>(shift);
  }
  const auto bytes_of = [](const std::vector<float>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    return std::vector(bytes.begin(), bytes.end());
  };
  packed.sums = bytes_of(sums);
  packed.shifts = bytes_of(shifts);
  return packed;
}

std::vector<std::byte> pack_pixels(const TensorView& weights, DataType type, bool tf32, int pixels) {
  const Shape& dims = weights.dims;
  const int64_t width = dims[dims.rank() - 1], lines = dims.elements() / (dims[0] * dims[1] * width);
  const int64_t chunks = lines * ((width + pixels - 1) / pixels), pitch = 16 / static_cast<int64_t>(size_of(type));
  const int64_t depth = (chunks + 1) / 2 * 2 * pitch;
  if (pixels == 1) return pack_columns(weights, type, depth, tf32, pitch);
  // Line by line, so that each begins with a chunk.
  std::vector<std::byte> packed(static_cast<size_t>(dims[0] * depth) * size_of(type));
  const size_t line_bytes = static_cast<size_t>(chunks / lines) * 16;
  for (int64_t line = 0; line < lines; ++line) {
    TensorView of_line = weights;
    of_line.dims = {dims[0], dims[1], width};
    of_line.strides = {weights.strides[0], weights.strides[1], weights.strides[dims.rank() - 1]};
    of_line.data = static_cast<std::byte*>(weights.data) +
                   static_cast<size_t>(line * width * weights.strides[dims.rank() - 1]) * size_of(weights.type);
    const auto bytes = pack_columns(of_line, type, chunks / lines * pitch, tf32, pitch / pixels);
    for (int64_t column = 0; column < dims[0]; ++column)
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(column) * line_bytes), line_bytes,
                  packed.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(column * depth) * size_of(type) +
                                                               static_cast<size_t>(line) * line_bytes));
  }
  return packed;
}

std::vector<std::byte> pack_taps(const TensorView& weights) {
  const int64_t channels = weights.dims[0], taps = weights.dims.elements() / channels;
  std::vector<std::byte> packed(static_cast<size_t>(channels * taps) * sizeof(float));
  float* const to = reinterpret_cast<float*>(packed.data());
  for_each_weight(weights, [&](int64_t column, int64_t tap, int64_t, int64_t offset) {
    to[tap * channels + column] = static_cast<float>(load_double(weights, offset));
  });
  return packed;
}

}  // namespace tn::cuda
