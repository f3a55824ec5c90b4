// SPDX-License-Identifier: Apache-2.0
#include "ops/image/reference/image_decoder.h"

#include <array>
#include <vector>

#include "base/error.h"
#include "dataset/image.h"

namespace tn::ops {
namespace {

using Views = std::span<const TensorView>;

// What cannot be decoded is an empty image, as ONNX has it; what its formats have but Tenon does not read is an error.
Image decode(const TensorView& file) {
  require(file.rank() == 1 && file.type == DataType::U8, "an image file is {}", to_string(file.dims));
  std::vector<std::byte> bytes;
  bytes.reserve(static_cast<size_t>(file.dims[0]));
  for (int64_t i = 0; i < file.dims[0]; ++i)
    bytes.push_back(static_cast<std::byte>(load_int64(file, i * file.strides[0])));
  try {
    return decode_image(bytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument) throw;
    return {};
  }
}

std::array<int64_t, 3> rgb_of(const uint8_t* pixel, int channels) {
  if (channels == 1) return {pixel[0], pixel[0], pixel[0]};
  return {pixel[0], pixel[1], pixel[2]};
}

// ITU-R 601-2, in 16 fractional bits.
int64_t gray_of(const std::array<int64_t, 3>& rgb) {
  return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16;
}

void extents(const ImageDecoderAttributes& attributes, Views inputs, std::span<Shape> shapes) {
  const Image image = decode(inputs[0]);
  constexpr int64_t kMost = ImageDecoderAttributes::kMostSide;
  require(image.width <= kMost && image.height <= kMost, "an image of {} x {} pixels; at most {} a side are possible",
          image.width, image.height, kMost);
  shapes[0] = {image.height, image.width, attributes.channels()};
}

void run(const ImageDecoderAttributes& attributes, Views inputs, Views outputs) {
  const Image image = decode(inputs[0]);
  const TensorView& y = outputs[0];
  const Shape dims{image.height, image.width, attributes.channels()};
  require(y.dims == dims, "an image of {} for {}", to_string(dims), to_string(y.dims));
  const bool reversed = attributes.pixel_format == "BGR";
  for (int64_t row = 0; row < dims[0]; ++row) {
    for (int64_t column = 0; column < dims[1]; ++column) {
      const auto rgb = rgb_of(image.row(static_cast<int>(row)) + column * image.channels, image.channels);
      const int64_t at = row * y.strides[0] + column * y.strides[1];
      if (dims[2] == 1) {
        store_int64(y, at, gray_of(rgb));
        continue;
      }
      for (size_t c = 0; c < 3; ++c)
        store_int64(y, at + static_cast<int64_t>(c) * y.strides[2], rgb[reversed ? 2 - c : c]);
    }
  }
}

}  // namespace

extern const ReferenceEntry image_decoder_reference =
    make_reference_with_extents<ImageDecoderAttributes, run, extents>("ImageDecoder");

}  // namespace tn::ops
