// SPDX-License-Identifier: Apache-2.0
// Windows bitmaps without compression, of 8 bits with a palette, 24 or 32 bits; Microsoft's page on BITMAPINFOHEADER.
#include <cstdlib>

#include "base/error.h"
#include "dataset/decoders.h"
#include "dataset/numbers.h"

namespace tn {
namespace {

constexpr size_t kFileHeader = 14;

struct Header {
  size_t pixels, palette;  ///< where they begin
  size_t colors;           ///< of the palette
  int32_t width, height;   ///< a negative height: the rows run from top to bottom
  size_t bits;             ///< of a pixel
};

Header read_header(const Numbers& file) {
  constexpr uint32_t kInfoHeader = 40, kPlain = 0, kMasks = 3;
  const uint32_t size = file.u32(kFileHeader);
  if (size < kInfoHeader) throw Error(ErrorCode::Unsupported, "a BMP of the kind of OS/2 is not read");
  Header header{.pixels = file.u32(10),
                .palette = kFileHeader + size,
                .colors = file.u32(kFileHeader + 32),
                .width = file.i32(kFileHeader + 4),
                .height = file.i32(kFileHeader + 8),
                .bits = file.u16(kFileHeader + 14)};
  const uint32_t compression = file.u32(kFileHeader + 16);
  if (header.colors == 0) header.colors = 256;
  check_image_size(header.width, std::abs(int64_t{header.height}));
  // The masks of 32 bits are those of B, G, R and alpha wherever they are written.
  const bool is_read = compression == kPlain ? header.bits == 8 || header.bits == 24 || header.bits == 32
                                             : compression == kMasks && header.bits == 32;
  if (!is_read)
    throw Error(ErrorCode::Unsupported, "a BMP of {} bits and compression {} is not read", header.bits, compression);
  return header;
}

}  // namespace

Image decode_bmp(std::span<const std::byte> bytes) {
  const Numbers file(bytes, false);
  const Header header = read_header(file);
  const auto height = static_cast<int>(std::abs(int64_t{header.height}));
  const size_t width = static_cast<size_t>(header.width), pixel = header.bits / 8;
  const size_t used = width * pixel, stride = (used + 3) / 4 * 4;
  file.part(header.pixels, stride * static_cast<size_t>(height));
  Image image(header.width, height, 3);
  for (int y = 0; y < height; ++y) {
    const auto from = static_cast<size_t>(header.height < 0 ? y : height - 1 - y);
    const auto row = file.part(header.pixels + from * stride, used);
    for (size_t x = 0; x < width; ++x) {
      const size_t color = static_cast<size_t>(row[x * pixel]);
      if (pixel == 1 && color >= header.colors) throw Error(ErrorCode::InvalidArgument, "damaged BMP: no such color");
      const auto bgr = pixel == 1 ? file.part(header.palette + 4 * color, 3) : row.subspan(x * pixel, 3);
      for (size_t c = 0; c < 3; ++c) image.row(y)[3 * x + c] = static_cast<uint8_t>(bgr[2 - c]);
    }
  }
  return image;
}

}  // namespace tn
