// SPDX-License-Identifier: Apache-2.0
// Damaged timing caches: never wrong numbers.
#include "tuning/timing_cache.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "base/os/file.h"

namespace tn {
namespace {

using Bytes = std::vector<std::byte>;

Bytes cut(const Bytes& bytes, size_t length) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)};
}

TimingCache numbers(int first, int last, double scale) {
  TimingCache cache;
  for (int i = first; i < last; ++i) cache.insert(hash_text(std::to_string(i)), scale * i);
  return cache;
}

TEST(TimingCacheTest, EveryTruncationIsRefused) {
  const Bytes bytes = numbers(0, 20, 1.5).serialize();
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(TimingCache::deserialize(cut(bytes, length))) << length;
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(TimingCache::deserialize(longer));
}

TEST(TimingCacheTest, EveryFlippedBitIsRefused) {
  const Bytes bytes = numbers(0, 20, 1.5).serialize();
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes damaged = bytes;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(TimingCache::deserialize(damaged)) << "bit " << bit;
  }
}

// With a right checksum, the body itself must be sound: counts that lie, times that are none.
TEST(TimingCacheTest, ResealedDamageGivesOnlySoundTimes) {
  const Bytes bytes = numbers(0, 20, 1.5).serialize();
  for (size_t bit = 0; bit < (bytes.size() - 8) * 8; ++bit) {
    Bytes damaged = bytes;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    const uint64_t seal = hash_bytes(std::span(damaged).first(damaged.size() - 8)).low;
    std::memcpy(damaged.data() + damaged.size() - 8, &seal, 8);
    const auto cache = TimingCache::deserialize(damaged);
    if (!cache) continue;
    for (int i = 0; i < 20; ++i) {
      const auto value = cache->find(hash_text(std::to_string(i)));
      EXPECT_TRUE(!value || (*value >= 0 && std::isfinite(*value))) << "bit " << bit;
    }
  }
}

TEST(TimingCacheTest, WhatADeviceRefusesIsAFiniteTime) {
  constexpr double kForever = std::numeric_limits<double>::infinity();
  const Hash key = hash_text("refused");
  TimingCache cache = numbers(0, 3, 1.0);
  cache.insert(key, kForever);
  const Bytes bytes = cache.serialize();
  const auto read = TimingCache::deserialize(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size(), 4u);
  EXPECT_EQ(read->find(key), TimingCache::kLongest);
}

// As caches were written before times had a limit.
TEST(TimingCacheTest, AnInfiniteTimeInAFileIsRead) {
  TimingCache one;
  one.insert(hash_text("refused"), TimingCache::kLongest);
  Bytes bytes = one.serialize();
  const double forever = std::numeric_limits<double>::infinity();
  std::memcpy(bytes.data() + bytes.size() - 16, &forever, 8);
  const uint64_t seal = hash_bytes(std::span(bytes).first(bytes.size() - 8)).low;
  std::memcpy(bytes.data() + bytes.size() - 8, &seal, 8);
  const auto read = TimingCache::deserialize(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->find(hash_text("refused")), TimingCache::kLongest);
}

TEST(TimingCacheTest, MergingKeepsWhatIsKnown) {
  TimingCache ours = numbers(0, 10, 1.0);
  EXPECT_EQ(ours.merge(numbers(0, 10, 1.0)), 0u);
  EXPECT_EQ(ours.merge(numbers(5, 15, 2.0)), 5u);
  EXPECT_EQ(ours.size(), 15u);
  EXPECT_EQ(ours.find(hash_text("7")), 7.0);
  EXPECT_EQ(ours.find(hash_text("12")), 24.0);
  const auto again = TimingCache::deserialize(ours.serialize());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->serialize(), ours.serialize());
}

TEST(TimingCacheTest, SavingMergesIntoTheFileAndReplacesDamage) {
  SilentLogger logger;
  const std::string path = testing::TempDir() + "hostile_timing.cache";
  write_file_atomically(path, std::string_view("not a cache"));
  EXPECT_EQ(load_timing_cache(path, logger).size(), 0u);
  save_timing_cache(path, numbers(0, 3, 1.0), logger);
  save_timing_cache(path, numbers(2, 6, 2.0), logger);
  const TimingCache cache = load_timing_cache(path, logger);
  EXPECT_EQ(cache.size(), 6u);
  EXPECT_EQ(cache.find(hash_text("2")), 2.0);
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".lock");
}

TEST(TimingCacheTest, AnUnwritablePathIsNamed) {
  SilentLogger logger;
  const std::string path = testing::TempDir() + "no_such_folder/timing.cache";
  try {
    save_timing_cache(path, numbers(0, 3, 1.0), logger);
    ADD_FAILURE() << "was written";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no_such_folder/timing.cache"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tn
