// SPDX-License-Identifier: Apache-2.0
#include <turbojpeg.h>

#include <memory>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "dataset/decoders.h"

namespace tn {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Decompressor = std::unique_ptr<std::remove_pointer_t<tjhandle>, Destroy>;

[[noreturn]] void fail(tjhandle handle) {
  throw Error(ErrorCode::InvalidArgument, "damaged JPEG: {}", tjGetErrorStr2(handle));
}

/// Stray bytes between segments are common in photographs and harmless; every other warning means lost pixels.
bool harmless(tjhandle handle) {
  return tjGetErrorCode(handle) == TJERR_WARNING &&
         std::string_view(tjGetErrorStr2(handle)).find("extraneous bytes") != std::string_view::npos;
}

void decompress(tjhandle handle, std::span<const std::byte> bytes, TJPF format, Image& image) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const int result = tjDecompress2(handle, data, static_cast<unsigned long>(bytes.size()), image.pixels.data(),
                                   image.width, 0, image.height, format, TJFLAG_LIMITSCANS);
  if (result != 0 && !harmless(handle)) fail(handle);
}

/// Inverted CMYK, as every common writer stores it.
Image rgb_from_cmyk(const Image& cmyk) {
  Image rgb(cmyk.width, cmyk.height, 3);
  const size_t pixels = rgb.pixels.size() / 3;
  for (size_t i = 0; i < pixels; ++i) {
    const int black = cmyk.pixels[4 * i + 3];
    for (size_t c = 0; c < 3; ++c) {
      rgb.pixels[3 * i + c] = static_cast<uint8_t>((cmyk.pixels[4 * i + c] * black + 127) / 255);
    }
  }
  return rgb;
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes) {
  const Decompressor handle(tjInitDecompress());
  if (!handle) throw Error(ErrorCode::OutOfMemory, "no JPEG decoder: {}", tjGetErrorStr2(nullptr));
  int width = 0, height = 0, subsampling = 0, colors = 0;
  if (tjDecompressHeader3(handle.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                          static_cast<unsigned long>(bytes.size()), &width, &height, &subsampling, &colors) != 0) {
    fail(handle.get());
  }
  check_image_size(width, height);
  if (colors == TJCS_CMYK || colors == TJCS_YCCK) {
    Image cmyk(width, height, 4);
    decompress(handle.get(), bytes, TJPF_CMYK, cmyk);
    return rgb_from_cmyk(cmyk);
  }
  const bool gray = colors == TJCS_GRAY;
  Image image(width, height, gray ? 1 : 3);
  decompress(handle.get(), bytes, gray ? TJPF_GRAY : TJPF_RGB, image);
  return image;
}

}  // namespace tn
