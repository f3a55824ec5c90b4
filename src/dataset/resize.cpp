// SPDX-License-Identifier: Apache-2.0
#include "dataset/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace tn {
namespace {

/// Fixed point of the weights: 8 bits of pixel, 2 of headroom.
constexpr int kWeightBits = 32 - 8 - 2;

/// For each output position: the first input position and `taps` weights, zero-filled.
struct Weights {
  int taps = 0;
  std::vector<int> first;
  std::vector<int> count;
  std::vector<int32_t> values;
};

Weights make_weights(int input, int output) {
  const double scale = static_cast<double>(input) / output;
  const double support = std::max(scale, 1.0);
  Weights weights;
  weights.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  weights.values.resize(static_cast<size_t>(output) * static_cast<size_t>(weights.taps));
  std::vector<double> taps(static_cast<size_t>(weights.taps));
  for (int x = 0; x < output; ++x) {
    const double center = (x + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int count = std::min(static_cast<int>(center + support + 0.5), input) - first;
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      taps[static_cast<size_t>(i)] = std::max(0.0, 1.0 - std::abs((i + first - center + 0.5) * (1.0 / support)));
      sum += taps[static_cast<size_t>(i)];
    }
    int32_t* out = weights.values.data() + static_cast<size_t>(x) * static_cast<size_t>(weights.taps);
    for (int i = 0; i < count; ++i) {
      out[i] = static_cast<int32_t>(0.5 + taps[static_cast<size_t>(i)] / sum * (1 << kWeightBits));
    }
    weights.first.push_back(first);
    weights.count.push_back(count);
  }
  return weights;
}

uint8_t round_to_8_bits(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

template <int kChannels>
void resize_row(const uint8_t* in, uint8_t* out, int width, const Weights& weights) {
  for (int x = 0; x < width; ++x) {
    const int32_t* w = weights.values.data() + static_cast<size_t>(x) * static_cast<size_t>(weights.taps);
    const uint8_t* pixel = in + static_cast<size_t>(weights.first[static_cast<size_t>(x)]) * kChannels;
    int32_t sums[kChannels];
    std::fill_n(sums, kChannels, 1 << (kWeightBits - 1));
    for (int i = 0; i < weights.count[static_cast<size_t>(x)]; ++i, pixel += kChannels) {
      for (int c = 0; c < kChannels; ++c) sums[c] += pixel[c] * w[i];
    }
    for (int c = 0; c < kChannels; ++c) out[x * kChannels + c] = round_to_8_bits(sums[c]);
  }
}

Image resize_width(const Image& image, int width) {
  const Weights weights = make_weights(image.width, width);
  Image out(width, image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    image.channels == 1 ? resize_row<1>(image.row(y), out.row(y), width, weights)
                        : resize_row<3>(image.row(y), out.row(y), width, weights);
  }
  return out;
}

Image resize_height(const Image& image, int height) {
  const Weights weights = make_weights(image.height, height);
  Image out(image.width, height, image.channels);
  const size_t samples = image.row_bytes();
  std::vector<int32_t> sums(samples);
  for (int y = 0; y < height; ++y) {
    const auto position = static_cast<size_t>(y);
    const int32_t* w = weights.values.data() + position * static_cast<size_t>(weights.taps);
    std::fill(sums.begin(), sums.end(), 1 << (kWeightBits - 1));
    for (int i = 0; i < weights.count[position]; ++i) {
      const uint8_t* in = image.row(weights.first[position] + i);
      for (size_t x = 0; x < samples; ++x) sums[x] += in[x] * w[i];
    }
    std::transform(sums.begin(), sums.end(), out.row(y), round_to_8_bits);
  }
  return out;
}

}  // namespace

Image resize_bilinear(const Image& image, int height, int width) {
  if (width == image.width && height == image.height) return image;
  if (height == image.height) return resize_width(image, width);
  if (width == image.width) return resize_height(image, height);
  return resize_height(resize_width(image, width), height);
}

Image crop(const Image& image, int top, int left, int height, int width) {
  Image out(width, height, image.channels);
  const size_t skip = static_cast<size_t>(left) * static_cast<size_t>(image.channels);
  for (int y = 0; y < height; ++y) std::memcpy(out.row(y), image.row(top + y) + skip, out.row_bytes());
  return out;
}

Image pad(const Image& image, int top, int left, int height, int width, uint8_t value) {
  Image out(width, height, image.channels);
  std::fill(out.pixels.begin(), out.pixels.end(), value);
  const size_t skip = static_cast<size_t>(left) * static_cast<size_t>(image.channels);
  for (int y = 0; y < image.height; ++y) std::memcpy(out.row(top + y) + skip, image.row(y), image.row_bytes());
  return out;
}

Image to_gray(const Image& image) {
  if (image.channels == 1) return image;
  Image out(image.width, image.height, 1);
  const uint8_t* in = image.pixels.data();
  for (uint8_t& pixel : out.pixels) {
    pixel = static_cast<uint8_t>((in[0] * 19595 + in[1] * 38470 + in[2] * 7471 + 0x8000) >> 16);
    in += 3;
  }
  return out;
}

Image to_rgb(const Image& image) {
  if (image.channels == 3) return image;
  Image out(image.width, image.height, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) std::fill_n(out.pixels.data() + 3 * i, 3, image.pixels[i]);
  return out;
}

}  // namespace tn
