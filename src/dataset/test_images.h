// SPDX-License-Identifier: Apache-2.0
// Images for the tests of this room, and writers to have them as files.
#pragma once

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "dataset/image.h"

namespace tn {

/// A texture without symmetry.
inline Image texture(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        image.row(y)[x * channels + c] = static_cast<uint8_t>(x * 37 + y * 91 + c * 53 + x * y * 7);
      }
    }
  }
  return image;
}

/// Slow gradients, which JPEG keeps well.
inline Image gradient(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        image.row(y)[x * channels + c] = static_cast<uint8_t>(40 + 2 * x + (c == 1 ? 2 * y : y) + 10 * c);
      }
    }
  }
  return image;
}

/// A whole number, its lowest byte first unless `big_endian`.
inline void append(std::string& file, uint32_t value, int bytes, bool big_endian = false) {
  for (int i = 0; i < bytes; ++i)
    file.push_back(static_cast<char>(value >> 8 * (big_endian ? bytes - 1 - i : i) & 0xff));
}

/// A bitmap of RGB in 24 or 32 bits; gray ones have 8 bits and a palette of all grays.
inline std::string as_bmp(const Image& image, int bits, bool from_top) {
  const uint32_t palette = bits == 8 ? 256 : 0, begin = 54 + 4 * palette;
  std::string file = "BM";
  for (const uint32_t value : {0u, 0u, begin, 40u, static_cast<uint32_t>(image.width)}) append(file, value, 4);
  append(file, static_cast<uint32_t>(from_top ? -image.height : image.height), 4);
  append(file, 1, 2);
  append(file, static_cast<uint32_t>(bits), 2);
  for (const uint32_t value : {0u, 0u, 0u, 0u, palette, 0u}) append(file, value, 4);
  for (uint32_t gray = 0; gray < palette; ++gray) append(file, gray * 0x10101, 4);
  for (int i = 0; i < image.height; ++i) {
    const uint8_t* row = image.row(from_top ? i : image.height - 1 - i);
    for (int x = 0; x < image.width; ++x) {
      for (int c = image.channels; c-- > 0;) file.push_back(static_cast<char>(row[x * image.channels + c]));
      if (bits == 32) file.push_back(0);
    }
    while ((file.size() - begin) % 4 != 0) file.push_back(0);
  }
  return file;
}

/// A TIFF of at least three rows, in strips of two, plain or packed by PackBits in runs and single bytes.
inline std::string as_tiff(const Image& image, bool packed, bool big_endian = false) {
  std::vector<std::string> strips;
  for (int y = 0; y < image.height; y += 2) {
    const size_t size = image.row_bytes() * static_cast<size_t>(std::min(2, image.height - y));
    const std::string plain(reinterpret_cast<const char*>(image.row(y)), size);
    std::string& strip = strips.emplace_back(packed ? "" : plain);
    for (size_t at = 0; packed && at < size;) {
      const size_t run = std::min<size_t>(plain.find_first_not_of(plain[at], at), std::min(size, at + 128)) - at;
      strip.push_back(static_cast<char>(run == 1 ? 0 : 1 - static_cast<int>(run)));
      strip.push_back(plain[at]);
      at += run;
    }
  }
  const auto samples = static_cast<uint32_t>(image.channels), count = static_cast<uint32_t>(strips.size());
  const std::vector<std::array<uint32_t, 2>> fields = {{256, static_cast<uint32_t>(image.width)},
                                                       {257, static_cast<uint32_t>(image.height)},
                                                       {258, 8},
                                                       {259, packed ? 32773u : 1u},
                                                       {262, samples == 3 ? 2u : 1u},
                                                       {277, samples},
                                                       {278, 2}};
  const auto lists = static_cast<uint32_t>(8 + 2 + 12 * (fields.size() + 2) + 4);
  std::string file = big_endian ? "MM" : "II";
  const auto add = [&](uint32_t value, int bytes) { append(file, value, bytes, big_endian); };
  add(42, 2);
  add(8, 4);
  add(static_cast<uint32_t>(fields.size() + 2), 2);
  const auto field = [&](uint32_t tag, uint32_t number, uint32_t value) {
    add(tag, 2);
    add(4, 2);
    add(number, 4);
    add(value, 4);
  };
  for (const auto& [tag, value] : fields) field(tag, 1, value);
  field(273, count, lists);
  field(279, count, lists + 4 * count);
  add(0, 4);
  uint32_t place = lists + 8 * count;
  for (const std::string& strip : strips) {
    add(place, 4);
    place += static_cast<uint32_t>(strip.size());
  }
  for (const std::string& strip : strips) add(static_cast<uint32_t>(strip.size()), 4);
  for (const std::string& strip : strips) file += strip;
  return file;
}

inline std::string as_png(const Image& image, int format) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = static_cast<png_uint_32>(format);
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&png, nullptr, &size, 0, image.pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  EXPECT_NE(png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr), 0) << png.message;
  return bytes;
}

inline std::string as_png(const Image& image) {
  return as_png(image, image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB);
}

inline std::string as_jpeg(const Image& image) {
  const tjhandle handle = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const bool gray = image.channels == 1;
  EXPECT_EQ(tjCompress2(handle, image.pixels.data(), image.width, 0, image.height, gray ? TJPF_GRAY : TJPF_RGB, &out,
                        &size, gray ? TJSAMP_GRAY : TJSAMP_444, 95, 0),
            0);
  std::string bytes(reinterpret_cast<const char*>(out), size);
  tjFree(out);
  tjDestroy(handle);
  return bytes;
}

/// A folder of its own for each test, removed afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            (std::string("tenon_") + test->test_suite_name() + "_" + test->name() + "_" +
             std::to_string(testing::UnitTest::GetInstance()->random_seed()) + "_" + std::to_string(unique()));
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

 private:
  static long unique() { return static_cast<long>(std::chrono::steady_clock::now().time_since_epoch().count()); }
  std::filesystem::path path_;
};

}  // namespace tn
