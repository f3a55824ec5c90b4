// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tn::cuda {
namespace {

std::vector<std::byte> bytes(size_t count, int value) {
  return std::vector<std::byte>(count, static_cast<std::byte>(value));
}

std::vector<std::byte> block() {
  const Image images[] = {{"sm_80", bytes(100, 1)}, {"sm_89", bytes(7, 2)}, {"sm_90a", bytes(300, 3)}};
  return join_images(images);
}

int image_of(const std::string& device, const std::vector<std::byte>& from) {
  const auto image = image_for(from, device);
  return static_cast<int>(image[0]) * 1000 + static_cast<int>(image.size());
}

TEST(Images, ADeviceTakesWhatFitsItBest) {
  EXPECT_EQ(image_of("sm_80", block()), 1100);
  EXPECT_EQ(image_of("sm_86", block()), 1100);
  EXPECT_EQ(image_of("sm_89", block()), 2007);
  EXPECT_EQ(image_of("sm_90", block()), 3300);
}

TEST(Images, WhereNoneFitsTheMessageNamesThem) {
  try {
    image_of("sm_120", block());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
    EXPECT_THAT(error.what(),
                testing::HasSubstr("there are images for sm_80, sm_89, sm_90a, and none for a device of architecture "
                                   "sm_120"));
  }
}

TEST(Images, OtherBytesAreAnImage) {
  EXPECT_EQ(image_of("sm_120", bytes(50, 9)), 9050);
}

TEST(Images, ADamagedBlockIsRefused) {
  const auto whole = block();
  for (size_t size = 19; size < whole.size(); ++size)
    EXPECT_THROW(image_of("sm_90", {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), Error) << size;
}

}  // namespace
}  // namespace tn::cuda
