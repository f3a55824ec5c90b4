// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>

#include "base/error.h"
#include "dataset/decoders.h"

namespace tn {
namespace {

/// What the C library's callbacks need. libpng reports errors by longjmp, so the functions that call setjmp below hold
/// no object with a destructor.
struct Source {
  const std::byte* data;
  size_t left;
  std::array<char, 160> message{};
};

void on_read(png_structp png, png_bytep out, size_t bytes) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (bytes > source->left) png_error(png, "the file ends early");
  std::memcpy(out, source->data, bytes);
  source->data += bytes;
  source->left -= bytes;
}

void on_error(png_structp png, png_const_charp message) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source->message.data(), message, source->message.size() - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

class Reader {
 public:
  explicit Reader(Source& source) : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, on_warning)) {
    if (png_) info_ = png_create_info_struct(png_);
    if (!info_) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw Error(ErrorCode::OutOfMemory, "no memory for a PNG decoder");
    }
    png_set_read_fn(png_, &source, on_read);
    png_set_user_limits(png_, static_cast<png_uint_32>(kMaxImagePixels), static_cast<png_uint_32>(kMaxImagePixels));
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Reads up to the pixels and asks for 8-bit gray or RGB. False after an error.
  bool read_header() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_info(png_, info_);
    png_set_expand(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool read_pixels(uint8_t* pixels, size_t row_bytes) {
    if (setjmp(png_jmpbuf(png_))) return false;
    for (int pass = 0; pass < passes_; ++pass) {
      for (png_uint_32 y = 0; y < height(); ++y) png_read_row(png_, pixels + y * row_bytes, nullptr);
    }
    png_read_end(png_, nullptr);
    return true;
  }

  png_uint_32 width() const { return png_get_image_width(png_, info_); }
  png_uint_32 height() const { return png_get_image_height(png_, info_); }
  int channels() const { return png_get_channels(png_, info_); }
  size_t row_bytes() const { return png_get_rowbytes(png_, info_); }

 private:
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
};

}  // namespace

Image decode_png(std::span<const std::byte> bytes) {
  Source source{bytes.data(), bytes.size()};
  Reader reader(source);
  const auto fail = [&] { throw Error(ErrorCode::InvalidArgument, "damaged PNG: {}", source.message.data()); };
  if (!reader.read_header()) fail();
  check_image_size(reader.width(), reader.height());
  Image image(static_cast<int>(reader.width()), static_cast<int>(reader.height()), reader.channels());
  internal_check(reader.row_bytes() == image.row_bytes(), "PNG rows of {} bytes, not {}", reader.row_bytes(),
                 image.row_bytes());
  if (!reader.read_pixels(image.pixels.data(), image.row_bytes())) fail();
  return image;
}

}  // namespace tn
