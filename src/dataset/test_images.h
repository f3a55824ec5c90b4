// SPDX-License-Identifier: Apache-2.0
// Images for the tests of this room, and writers to have them as files.
#pragma once

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

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
