// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace tn {

/// 8-bit pixels: rows from top to bottom, dense, channels interleaved. One channel is gray, three are R, G, B.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int image_width, int image_height, int image_channels)
      : width(image_width),
        height(image_height),
        channels(image_channels),
        pixels(static_cast<size_t>(image_width) * static_cast<size_t>(image_height) *
               static_cast<size_t>(image_channels)) {}
  size_t row_bytes() const { return static_cast<size_t>(width) * static_cast<size_t>(channels); }
  const uint8_t* row(int y) const { return pixels.data() + static_cast<size_t>(y) * row_bytes(); }
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * row_bytes(); }
};

/// Larger images are refused, so that a few hostile bytes cannot ask for all memory.
inline constexpr int64_t kMaxImagePixels = int64_t{1} << 27;

/// Decodes JPEG, PNG, PPM, PGM, and the plain kinds of BMP and TIFF, told apart by their first bytes. Alpha is dropped,
/// 16-bit samples keep their high byte, palettes and CMYK become RGB; an orientation tag is not obeyed. Throws
/// Error(InvalidArgument) for anything that is unknown, damaged, truncated or larger than kMaxImagePixels,
/// Error(Unsupported) for other kinds of BMP and TIFF, for WebP and JPEG 2000.
Image decode_image(std::span<const std::byte> bytes);

/// decode_image() of a file; every error begins with the path.
Image read_image(const std::filesystem::path& path);

/// Whether the name ends like an image that decode_image() reads: .jpg .jpeg .png .ppm .pgm .pnm .bmp .tif .tiff, in
/// any case.
bool has_image_extension(const std::filesystem::path& path);

}  // namespace tn
