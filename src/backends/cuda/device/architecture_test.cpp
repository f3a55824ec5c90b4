// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tn::cuda {
namespace {

using testing::ElementsAre;

TEST(Architecture, ArchitecturesAreNamesWithCommas) {
  EXPECT_THAT(architectures_in("sm_90"), ElementsAre("sm_90"));
  EXPECT_THAT(architectures_in("sm_80,sm_90a,sm_120"), ElementsAre("sm_80", "sm_90a", "sm_120"));
  EXPECT_THAT(architectures_in("sm_120,sm_90,sm_120"), ElementsAre("sm_90", "sm_120"));
  for (const char* wrong : {"", "sm_80,", ",sm_80", "90", "sm_", "sm_9", "sm_90aa", "sm_80 sm_90"})
    EXPECT_THROW(architectures_in(wrong), Error) << wrong;
}

TEST(Architecture, BlocksHaveSharedMemory) {
  EXPECT_EQ(most_shared_bytes("sm_75"), 64u * 1024);
  EXPECT_EQ(most_shared_bytes("sm_80"), 163u * 1024);
  EXPECT_EQ(most_shared_bytes("sm_86"), 99u * 1024);
  EXPECT_EQ(most_shared_bytes("sm_90a"), 227u * 1024);
  EXPECT_EQ(most_shared_bytes("sm_120"), 99u * 1024);
}

TEST(Architecture, LaterDevicesOfAGenerationRunEarlierCode) {
  EXPECT_TRUE(runs_on("sm_80", "sm_80"));
  EXPECT_TRUE(runs_on("sm_80", "sm_86"));
  EXPECT_FALSE(runs_on("sm_86", "sm_80"));
  EXPECT_FALSE(runs_on("sm_80", "sm_90"));
  EXPECT_TRUE(runs_on("sm_90a", "sm_90"));
  EXPECT_FALSE(runs_on("sm_100a", "sm_103"));
  EXPECT_FALSE(runs_on("compute", "sm_90"));
}

}  // namespace
}  // namespace tn::cuda
