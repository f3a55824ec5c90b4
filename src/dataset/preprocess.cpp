// SPDX-License-Identifier: Apache-2.0
#include "dataset/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "dataset/decoders.h"
#include "dataset/resize.h"

namespace tn {
namespace {

struct Size {
  int height = 0;
  int width = 0;
};

/// Size after resize (before crop and, for letterbox, before padding).
Size resized(const Preprocess& p, int height, int width) {
  switch (p.resize) {
    case Preprocess::Resize::None:
      return {height, width};
    case Preprocess::Resize::Exact:
      return {p.resize_height, p.resize_width};
    case Preprocess::Resize::ShortSide: {
      const int64_t side = p.resize_height;
      const int64_t longer = side * std::max(height, width) / std::min(height, width);
      check_image_size(longer, side);
      if (width <= height) return {static_cast<int>(longer), static_cast<int>(side)};
      return {static_cast<int>(side), static_cast<int>(longer)};
    }
    case Preprocess::Resize::Letterbox: {
      const double ratio =
          std::min(static_cast<double>(p.resize_height) / height, static_cast<double>(p.resize_width) / width);
      return {std::clamp(static_cast<int>(std::lround(height * ratio)), 1, p.resize_height),
              std::clamp(static_cast<int>(std::lround(width * ratio)), 1, p.resize_width)};
    }
  }
  return {height, width};
}

/// The image as the spec resizes and crops it, in `color`'s number of channels.
Image fit(const Preprocess& p, const Image& image) {
  const Image colored = p.color == Color::Gray ? to_gray(image) : to_rgb(image);
  const Size size = resized(p, image.height, image.width);
  Image out = resize_bilinear(colored, size.height, size.width);
  if (p.resize == Preprocess::Resize::Letterbox) {
    out = pad(out, (p.resize_height - size.height) / 2, (p.resize_width - size.width) / 2, p.resize_height,
              p.resize_width, p.pad_value);
  }
  if (p.crop_height == 0) return out;
  // nearbyint rounds halves to even, as torchvision's CenterCrop does.
  const int top = static_cast<int>(std::nearbyint((out.height - p.crop_height) / 2.0));
  const int left = static_cast<int>(std::nearbyint((out.width - p.crop_width) / 2.0));
  return crop(out, top, left, p.crop_height, p.crop_width);
}

double value_of(const std::vector<double>& values, int channel, double otherwise) {
  if (values.empty()) return otherwise;
  return values.size() == 1 ? values[0] : values[static_cast<size_t>(channel)];
}

/// The float of every pixel value in output channel `channel`.
std::array<float, 256> normalization(const Preprocess& p, int channel) {
  std::array<float, 256> table{};
  const double mean = value_of(p.mean, channel, 0), std = value_of(p.std, channel, 1);
  for (int value = 0; value < 256; ++value) {
    table[static_cast<size_t>(value)] = static_cast<float>((value * p.scale - mean) / std);
  }
  return table;
}

Shape arrange(const Preprocess& p, int height, int width) {
  return p.layout == ImageLayout::Nchw ? Shape{p.channels(), height, width} : Shape{height, width, p.channels()};
}

}  // namespace

std::optional<Shape> Preprocess::item_shape() const {
  if (crop_height != 0) return arrange(*this, crop_height, crop_width);
  if (resize == Resize::Exact || resize == Resize::Letterbox) return arrange(*this, resize_height, resize_width);
  return std::nullopt;
}

Shape Preprocess::item_shape(int image_height, int image_width) const {
  Size size = resized(*this, image_height, image_width);
  if (resize == Resize::Letterbox) size = {resize_height, resize_width};
  if (crop_height > size.height || crop_width > size.width) {
    throw Error(ErrorCode::InvalidArgument,
                "preprocess: crop={}x{} is larger than the image of {}x{}; put a resize before it", crop_height,
                crop_width, size.height, size.width);
  }
  if (crop_height != 0) size = {crop_height, crop_width};
  return arrange(*this, size.height, size.width);
}

void Preprocess::apply(const Image& image, std::span<float> out) const {
  const Shape shape = item_shape(image.height, image.width);
  if (static_cast<int64_t>(out.size()) != shape.elements()) {
    throw Error(ErrorCode::InvalidArgument, "preprocess makes {} of an image of {}x{}, but {} elements are wanted",
                tn::to_string(shape), image.height, image.width, out.size());
  }
  const Image pixels = fit(*this, image);
  const auto count = static_cast<size_t>(channels());
  const size_t plane = out.size() / count;
  const size_t channel_stride = layout == ImageLayout::Nchw ? plane : 1;
  const size_t pixel_stride = layout == ImageLayout::Nchw ? 1 : count;
  for (size_t channel = 0; channel < count; ++channel) {
    const auto table = normalization(*this, static_cast<int>(channel));
    const uint8_t* in = pixels.pixels.data() + (color == Color::Bgr ? count - 1 - channel : channel);
    float* to = out.data() + channel * channel_stride;
    for (size_t i = 0; i < plane; ++i) to[i * pixel_stride] = table[in[i * count]];
  }
}

}  // namespace tn
