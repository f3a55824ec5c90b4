// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/int8/look_up.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace tn {
namespace {

TEST(LookUp, EveryByteOfRandomTables) {
  std::mt19937 random(1);
  for (const LookUpFunction look_up : available_look_ups())
    for (int round = 0; round < 10; ++round) {
      std::array<uint8_t, 256> table;
      for (uint8_t& entry : table) entry = static_cast<uint8_t>(random());
      std::vector<uint8_t> bytes(5 * kLookUpBlock);
      for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 167);
      std::vector<uint8_t> want = bytes;
      for (size_t i = 0; i < 4 * kLookUpBlock; ++i) want[i] = table[bytes[i]];
      look_up(table.data(), bytes.data(), 4);  // the fifth block stays
      ASSERT_EQ(bytes, want);
    }
}

}  // namespace
}  // namespace tn
