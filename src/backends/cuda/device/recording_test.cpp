// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/recording.h"

#include <gtest/gtest.h>

namespace tn::cuda {
namespace {

/// Calls that read and write pieces of a memory; the last argument says whether a call reads early.
struct RecordingTest : testing::Test {
  std::vector<std::byte> memory = std::vector<std::byte>(64);
  Recording recording;

  MemoryRange piece(size_t from, size_t to) const { return std::span(memory).subspan(from, to - from); }
  void call(MemoryRange reads, MemoryRange writes, bool overlaps = true) {
    const std::vector<uint64_t> arguments{7, 0};
    Launch launch;
    launch.overlaps = overlaps;
    launch.arguments = arguments;
    ASSERT_TRUE(recording.launch(launch, std::span(&writes, 1), reads));
  }
  bool reads_early(size_t i) const {
    const Recording::Call& call = recording.calls()[i];
    EXPECT_EQ(recording.arguments(call)[0], 7u);
    EXPECT_EQ(recording.arguments(call)[1], call.reads_early ? 1u : 0u);
    return call.reads_early;
  }
};

TEST_F(RecordingTest, WhatTheCallBeforeWroteIsNotReadEarly) {
  call({}, piece(0, 8));
  call(piece(0, 8), piece(8, 16));
  call(piece(15, 20), piece(20, 24));
  EXPECT_FALSE(reads_early(1));
  EXPECT_FALSE(reads_early(2));
}

TEST_F(RecordingTest, WhatWasThereOrWrittenEarlierIs) {
  call(piece(32, 40), piece(0, 8));  // the first: everything before has ended
  call({}, piece(8, 16));
  call(piece(0, 8), piece(16, 24));  // 1 waited for 0, then let this one start
  EXPECT_TRUE(reads_early(0));
  EXPECT_TRUE(reads_early(2));
}

TEST_F(RecordingTest, ACallThatReadsEarlyLetsTheNextStartBeforeItHasWaited) {
  call({}, piece(0, 8));
  call({}, piece(8, 16));
  call(piece(0, 8), piece(16, 24));   // starts when 0 has ended
  call(piece(8, 16), piece(24, 32));  // so this one, too: 1 may still write
  call(piece(0, 8), piece(32, 40));
  call(piece(8, 16), piece(40, 48));
  EXPECT_TRUE(reads_early(2));
  EXPECT_FALSE(reads_early(3));
  EXPECT_TRUE(reads_early(4));
  EXPECT_TRUE(reads_early(5));  // 3 waited before it let 4 start: 0 to 2 had ended by then
}

TEST_F(RecordingTest, BehindACopyOrWithoutOverlapAllHasEnded) {
  call({}, piece(0, 8));
  ASSERT_TRUE(recording.copy(memory.data() + 8, memory.data(), 8));
  call(piece(0, 16), piece(16, 24));
  call({}, piece(24, 32), false);
  call(piece(24, 32), piece(32, 40));
  call(piece(16, 24), piece(40, 48), false);
  EXPECT_TRUE(reads_early(2));
  EXPECT_FALSE(reads_early(4));  // 3 may still write
  EXPECT_FALSE(reads_early(5));  // does not overlap: there is nothing to gain
}

TEST_F(RecordingTest, ACallThatDoesNotTellMayWriteAnywhere) {
  Launch launch;
  launch.overlaps = true;
  call({}, piece(0, 8));
  ASSERT_TRUE(recording.launch(launch));
  call(piece(32, 40), piece(8, 16));
  call({}, piece(16, 24));
  call(piece(32, 40), piece(24, 32));
  EXPECT_FALSE(reads_early(2));
  EXPECT_TRUE(reads_early(4));
}

TEST_F(RecordingTest, BeginsAnewWhenCleared) {
  call({}, piece(0, 8));
  recording.clear();
  call(piece(0, 8), piece(8, 16));
  EXPECT_TRUE(reads_early(0));
}

}  // namespace
}  // namespace tn::cuda
