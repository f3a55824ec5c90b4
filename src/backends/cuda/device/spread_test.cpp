// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/spread.h"

#include <gtest/gtest.h>

namespace tn::cuda {
namespace {

constexpr Multiprocessors kHopper{132, 228 * 1024, 1024};

uint64_t at_once(const Multiprocessors& device, uint32_t shared_bytes) {
  return device.shared_bytes / (shared_bytes + device.reserved_bytes);
}

TEST(Spread, NoMultiprocessorHoldsMoreThanItsShare) {
  for (uint64_t blocks = 1; blocks <= 4 * 132; ++blocks)
    EXPECT_EQ(at_once(kHopper, spread_blocks(kHopper, blocks, 0)), (blocks + 131) / 132) << blocks;
}

TEST(Spread, KeepsWhatALaunchAsksFor) {
  EXPECT_EQ(spread_blocks(kHopper, 100, 200 * 1024), 200u * 1024);
  EXPECT_EQ(spread_blocks(kHopper, 100, 1000), most_to_spread(kHopper));
}

TEST(Spread, LeavesLargeAndEmptyGridsAlone) {
  EXPECT_EQ(spread_blocks(kHopper, 4 * 132 + 1, 1000), 1000u);
  EXPECT_EQ(spread_blocks(kHopper, 0, 1000), 1000u);
}

TEST(Spread, LeavesDevicesAloneThatDoNotTellTheirMemory) {
  EXPECT_EQ(spread_blocks({132, 0, 0}, 100, 1000), 1000u);
}

}  // namespace
}  // namespace tn::cuda
