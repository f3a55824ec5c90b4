// SPDX-License-Identifier: Apache-2.0
#include "dataset/image.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "dataset/resize.h"
#include "dataset/test_images.h"

namespace tn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Image decode(const std::string& bytes) {
  return decode_image(std::as_bytes(std::span(bytes)));
}

/// A file of exactly these bytes on the heap, so that a sanitizer sees a read behind its end.
bool is_refused(const std::string& bytes) {
  const std::vector<std::byte> exact(std::as_bytes(std::span(bytes)).begin(), std::as_bytes(std::span(bytes)).end());
  try {
    decode_image(exact);
    return false;
  } catch (const Error&) {
    return true;
  }
}

TEST(DecodePng, KeepsEveryPixelOfRgbAndGray) {
  for (const int channels : {1, 3}) {
    const Image image = texture(13, 9, channels);
    const Image read = decode(as_png(image));
    EXPECT_EQ(read.width, 13);
    EXPECT_EQ(read.height, 9);
    EXPECT_EQ(read.channels, channels);
    EXPECT_EQ(read.pixels, image.pixels);
  }
}

TEST(DecodePng, DropsAlpha) {
  Image rgba(2, 1, 4);
  rgba.pixels = {10, 20, 30, 255, 40, 50, 60, 255};
  EXPECT_THAT(decode(as_png(rgba, PNG_FORMAT_RGBA)).pixels, ElementsAre(10, 20, 30, 40, 50, 60));
}

TEST(DecodeJpeg, ComesCloseToThePixels) {
  for (const int channels : {1, 3}) {
    const Image image = gradient(40, 24, channels);
    const Image read = decode(as_jpeg(image));
    ASSERT_EQ(read.pixels.size(), image.pixels.size());
    for (size_t i = 0; i < image.pixels.size(); ++i) EXPECT_NEAR(read.pixels[i], image.pixels[i], 4) << i;
  }
}

TEST(DecodePnm, PlainAndBinary) {
  EXPECT_THAT(decode("P2 # gray\n2 2\n# the maximum\n100\n0 50\n100 25\n").pixels, ElementsAre(0, 128, 255, 64));
  EXPECT_THAT(decode("P3\n1 2 255\n1 2 3 4 5 6").pixels, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(decode("P5 3 1 255\nabc").pixels, ElementsAre('a', 'b', 'c'));
  EXPECT_THAT(decode(std::string("P6 1 1 65535\n\xff\xff\x80\x00\x00\x00", 19)).pixels, ElementsAre(255, 128, 0));
}

TEST(DecodeBmp, RowsInBothDirectionsAndPalettes) {
  for (const bool from_top : {false, true}) {
    for (const int bits : {24, 32}) {
      const Image image = texture(5, 3, 3), read = decode(as_bmp(image, bits, from_top));
      EXPECT_EQ(read.width, 5);
      EXPECT_EQ(read.height, 3);
      EXPECT_EQ(read.pixels, image.pixels);
    }
    Image gray(2, 1, 1);
    gray.pixels = {7, 200};
    EXPECT_THAT(decode(as_bmp(gray, 8, from_top)).pixels, ElementsAre(7, 7, 7, 200, 200, 200));
  }
}

TEST(DecodeTiff, StripsPlainAndPacked) {
  for (const bool packed : {false, true}) {
    for (const int channels : {1, 3}) {
      const bool big_endian = packed != (channels == 1);
      Image image = texture(150, 5, channels);
      std::fill(image.pixels.begin(), image.pixels.begin() + 140, uint8_t{9});
      const Image read = decode(as_tiff(image, packed, big_endian));
      EXPECT_EQ(read.width, 150);
      EXPECT_EQ(read.height, 5);
      EXPECT_EQ(read.channels, channels);
      EXPECT_EQ(read.pixels, image.pixels);
    }
  }
}

TEST(DecodeImage, EveryTruncationIsRefused) {
  const Image image = texture(17, 11, 3);
  for (const auto& whole : {as_png(image), as_jpeg(image), "P6 17 11 255\n" + std::string(17 * 11 * 3, 'x'),
                            as_bmp(image, 24, false), as_tiff(image, false), as_tiff(image, true)}) {
    ASSERT_FALSE(is_refused(whole));
    const size_t end_marker = whole.starts_with("\x89PNG") ? 12 : 2;  // an image is whole before its end marker is
    for (size_t size = 0; size + end_marker < whole.size(); ++size) {
      EXPECT_TRUE(is_refused(whole.substr(0, size))) << whole.substr(0, 2) << " cut to " << size;
    }
  }
}

TEST(DecodeImage, AFlippedBitIsRefusedOrGivesPixels) {
  const Image image = texture(9, 7, 3);
  for (const auto& whole :
       {as_png(image), as_jpeg(image), as_bmp(image, 32, true), as_tiff(image, false), as_tiff(image, true)}) {
    // The pixels of a PNG are under a checksum.
    const size_t checked_begin = whole.find("IDAT"), checked_end = whole.find("IEND") - 4;
    for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      std::string damaged = whole;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const bool refused = is_refused(damaged);
      if (whole.starts_with("\x89PNG") && bit / 8 >= checked_begin && bit / 8 < checked_end) {
        EXPECT_TRUE(refused) << "bit " << bit;
      }
    }
  }
}

TEST(DecodeImage, AHugeSizeIsRefusedBeforeItIsAllocated) {
  EXPECT_THAT([] { decode("P5 100000 100000 255\n"); },
              ThrowsMessage<Error>(HasSubstr("an image of 100000 x 100000 pixels is refused")));
}

TEST(DecodeImage, UnknownContentIsNamed) {
  EXPECT_THAT([] { decode("GIF89a"); }, ThrowsMessage<Error>(HasSubstr("PPM, PGM, BMP and TIFF are")));
  EXPECT_THAT([] { decode("RIFF....WEBPVP8 "); }, ThrowsMessage<Error>(HasSubstr("WebP are not read")));
  EXPECT_THAT([] { decode(std::string("\0\0\0\x0cjP  \r\n", 10)); },
              ThrowsMessage<Error>(HasSubstr("JPEG 2000 are not read")));
  EXPECT_THAT([] { decode(""); }, ThrowsMessage<Error>(HasSubstr("empty")));
}

TEST(ReadImage, ErrorsBeginWithThePath) {
  const TemporaryFolder folder;
  const auto path = folder.write("broken.png", as_png(texture(8, 8, 3)).substr(0, 60));
  EXPECT_THAT([&] { read_image(path); },
              ThrowsMessage<Error>(testing::AllOf(testing::StartsWith(path.string()), HasSubstr("ends early"))));
  EXPECT_THAT([&] { read_image(folder.path() / "absent.png"); }, ThrowsMessage<Error>(HasSubstr("absent.png")));
  EXPECT_THROW(read_image(folder.path()), Error);
}

// The expected numbers of the tests below were made with Pillow 13.
TEST(Resize, ShrinkingIsAntialiasedLikePillow) {
  EXPECT_THAT(resize_bilinear(texture(11, 7, 3), 3, 4).pixels,
              ElementsAre(109, 131, 142, 121, 134, 144, 121, 126, 136, 117, 128, 139, 123, 136, 130, 143, 138, 131, 137,
                          130, 123, 126, 131, 125, 112, 151, 120, 130, 133, 113, 140, 140, 120, 130, 132, 101));
}

TEST(Resize, GrowingIsBilinearWithHalfPixelCentres) {
  EXPECT_THAT(resize_bilinear(texture(3, 2, 1), 4, 5).pixels,
              ElementsAre(0, 15, 37, 59, 74, 23, 39, 62, 85, 100, 68, 86, 111, 136, 153, 91, 109, 135, 161, 179));
}

TEST(Resize, OneSideAlone) {
  EXPECT_THAT(resize_bilinear(texture(5, 6, 1), 2, 5).pixels,
              ElementsAre(82, 128, 109, 155, 105, 117, 117, 148, 115, 178));
}

TEST(ToGray, IsLuma) {
  EXPECT_THAT(to_gray(texture(4, 2, 3)).pixels, ElementsAre(43, 80, 117, 154, 134, 178, 193, 87));
}

}  // namespace
}  // namespace tn
