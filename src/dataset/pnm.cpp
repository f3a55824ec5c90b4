// SPDX-License-Identifier: Apache-2.0
// PGM and PPM, plain (P2, P3) and binary (P5, P6), as netpbm describes them.
#include <cctype>

#include "base/error.h"
#include "dataset/decoders.h"

namespace tn {
namespace {

class Text {
 public:
  explicit Text(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The next unsigned number; comments run from '#' to the end of a line.
  int number(int limit) {
    while (!at_end() && (std::isspace(peek()) || peek() == '#')) {
      if (peek() == '#') {
        while (!at_end() && peek() != '\n') ++at_;
      } else {
        ++at_;
      }
    }
    if (at_end() || !std::isdigit(peek())) damaged();
    int value = 0;
    for (; !at_end() && std::isdigit(peek()); ++at_) {
      value = value * 10 + (peek() - '0');
      if (value > limit) damaged();
    }
    return value;
  }

  /// What follows the one white space behind the header.
  std::span<const std::byte> raster(size_t size) {
    if (at_end() || !std::isspace(peek()) || bytes_.size() - at_ - 1 < size) damaged();
    return bytes_.subspan(at_ + 1, size);
  }
  size_t left() const { return bytes_.size() - at_; }

  [[noreturn]] static void damaged() {
    throw Error(ErrorCode::InvalidArgument, "damaged PPM or PGM: the header is wrong or the file ends early");
  }

 private:
  bool at_end() const { return at_ == bytes_.size(); }
  int peek() const { return static_cast<int>(bytes_[at_]); }
  std::span<const std::byte> bytes_;
  size_t at_ = 2;
};

uint8_t to_8_bits(int value, int maximum) {
  if (value > maximum) Text::damaged();
  return static_cast<uint8_t>((value * 255 + maximum / 2) / maximum);
}

}  // namespace

Image decode_pnm(std::span<const std::byte> bytes) {
  const char kind = static_cast<char>(bytes[1]);
  const bool plain = kind == '2' || kind == '3';
  Text text(bytes);
  const int width = text.number(1 << 27), height = text.number(1 << 27), maximum = text.number(65535);
  check_image_size(width, height);
  if (maximum < 1) Text::damaged();
  const int channels = kind == '3' || kind == '6' ? 3 : 1;
  const size_t samples = static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels);
  if (text.left() < samples) Text::damaged();

  if (plain) {
    Image image(width, height, channels);
    for (uint8_t& pixel : image.pixels) pixel = to_8_bits(text.number(65535), maximum);
    return image;
  }
  const size_t sample_bytes = maximum > 255 ? 2 : 1;
  const auto raster = text.raster(samples * sample_bytes);
  Image image(width, height, channels);
  for (size_t i = 0; i < samples; ++i) {
    int value = static_cast<int>(raster[i * sample_bytes]);
    if (sample_bytes == 2) value = value * 256 + static_cast<int>(raster[2 * i + 1]);
    image.pixels[i] = to_8_bits(value, maximum);
  }
  return image;
}

}  // namespace tn
