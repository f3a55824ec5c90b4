// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tn::cuda {
namespace {

TEST(Devices, WithoutADeviceOneLineSaysSo) {
  const int count = device_count();
  if (count > 0) GTEST_SKIP() << "there is a device";
  try {
    open_device(0);
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_THAT(message, testing::AnyOf(testing::StartsWith("there is no CUDA device to be used: "),
                                        testing::StartsWith("the NVIDIA driver is too old: ")));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST(Devices, AnIndexOutOfRangeIsRefused) {
  const int count = device_count();
  if (count == 0) GTEST_SKIP() << "no device";
  for (const int index : {-1, count}) {
    try {
      open_device(index);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
      EXPECT_EQ(error.what(), fmt::format("there is no CUDA device {}: this machine has {}", index, count));
    }
  }
}

}  // namespace
}  // namespace tn::cuda
