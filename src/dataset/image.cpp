// SPDX-License-Identifier: Apache-2.0
#include "dataset/image.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/os/file.h"
#include "dataset/decoders.h"

namespace tn {
namespace {

constexpr std::string_view kRead = "JPEG, PNG, PPM, PGM, BMP and TIFF";

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin(),
                                                    [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
}

bool is_pnm(std::span<const std::byte> bytes) {
  constexpr std::array<std::string_view, 4> kMagics{"P2", "P3", "P5", "P6"};
  return std::any_of(kMagics.begin(), kMagics.end(), [&](auto magic) { return starts_with(bytes, magic); });
}

}  // namespace

void check_image_size(int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > kMaxImagePixels / height) {
    throw Error(ErrorCode::InvalidArgument, "an image of {} x {} pixels is refused; at most {} pixels are read", width,
                height, kMaxImagePixels);
  }
}

Image decode_image(std::span<const std::byte> bytes) {
  if (bytes.empty()) throw Error(ErrorCode::InvalidArgument, "the image file is empty");
  if (starts_with(bytes, "\xff\xd8\xff")) return decode_jpeg(bytes);
  if (starts_with(bytes, "\x89PNG")) return decode_png(bytes);
  if (is_pnm(bytes)) return decode_pnm(bytes);
  if (starts_with(bytes, "BM")) return decode_bmp(bytes);
  if (starts_with(bytes, {"II*\0", 4}) || starts_with(bytes, {"MM\0*", 4})) return decode_tiff(bytes);
  if (starts_with(bytes, "RIFF") && starts_with(bytes.subspan(std::min<size_t>(bytes.size(), 8)), "WEBP"))
    throw Error(ErrorCode::Unsupported, "images of WebP are not read; {} are", kRead);
  if (starts_with(bytes, {"\0\0\0\xcjP  ", 8}) || starts_with(bytes, "\xff\x4f\xff\x51"))
    throw Error(ErrorCode::Unsupported, "images of JPEG 2000 are not read; {} are", kRead);
  throw Error(ErrorCode::InvalidArgument, "not an image that is understood; {} are", kRead);
}

Image read_image(const std::filesystem::path& path) {
  const MappedFile file(path);
  try {
    return decode_image(file.bytes());
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

bool has_image_extension(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 9> kExtensions{".jpg", ".jpeg", ".png", ".ppm", ".pgm",
                                                        ".pnm", ".bmp",  ".tif", ".tiff"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace tn
