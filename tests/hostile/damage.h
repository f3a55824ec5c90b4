// SPDX-License-Identifier: Apache-2.0
// Ways to damage a file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

#include "builder/builder.h"

namespace tn::test {

using Bytes = std::vector<std::byte>;

/// Lengths below `size`: the first few, then evenly spread ones, then the last few.
inline std::vector<size_t> cut_lengths(size_t size, size_t count) {
  std::vector<size_t> lengths;
  for (size_t i = 0; i < std::min<size_t>(size, 8); ++i) lengths.push_back(i);
  for (size_t i = 1; i < count; ++i) lengths.push_back(size * i / count);
  for (size_t i = std::min<size_t>(size, 4); i > 0; --i) lengths.push_back(size - i);
  return lengths;
}

/// Flips one random bit in [begin, end).
inline void flip_bit(Bytes& bytes, size_t begin, size_t end, std::mt19937& random) {
  const size_t at = begin + random() % (end - begin);
  bytes[at] ^= std::byte{1} << (random() % 8);
}

inline Bytes cut(const Bytes& bytes, size_t length) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)};
}

/// The example's model without timing, for batches of 1 to 4.
inline BuilderConfig quick_config() {
  BuilderConfig config;
  config.threads = 1;
  config.timing = false;
  config.profiles = {{{"input", {Shape{1, 3, 32, 32}, Shape{2, 3, 32, 32}, Shape{4, 3, 32, 32}}}}};
  return config;
}

}  // namespace tn::test
