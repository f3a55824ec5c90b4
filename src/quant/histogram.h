// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tn::quant {

/// How often which numbers were seen, by magnitude and sign. Bins are 2^exponent wide, with the smallest exponent for
/// which they hold the largest magnitude: growing adds neighbours. So a histogram follows from the numbers alone, not
/// from their order, nor from how they were cut into parts.
class Histogram {
 public:
  static constexpr int kBins = 8192;

  /// Numbers that are not finite are counted apart.
  void add(std::span<const float> values);
  void merge(const Histogram& other);

  /// Of numbers that are not zero; empty if there are none. Bin i holds magnitudes from i to i + 1 widths.
  std::span<const uint64_t> negative() const { return negative_; }
  std::span<const uint64_t> positive() const { return positive_; }
  /// Both signs together, up to the largest magnitude.
  std::vector<uint64_t> magnitudes() const;
  int exponent() const { return exponent_; }
  double width() const;
  uint64_t zeros() const { return zeros_; }
  uint64_t not_finite() const { return not_finite_; }
  /// Of the finite numbers, zeros among them.
  uint64_t count() const { return count_; }
  float min() const { return min_; }
  float max() const { return max_; }
  float largest_magnitude() const;

  /// What was seen elsewhere and written down. Throws Error(InvalidArgument) for what add() cannot have made.
  struct Parts {
    int exponent = 0;
    std::vector<uint64_t> negative, positive;  ///< up to the last bin that is not empty
    uint64_t zeros = 0;
    float min = 0, max = 0;
  };
  static Histogram from_parts(const Parts& parts);

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  void grow(float magnitude);
  void grow_to(int exponent);

  std::vector<uint64_t> negative_, positive_;
  int exponent_ = 0;
  uint64_t zeros_ = 0, not_finite_ = 0, count_ = 0;
  float min_ = 0, max_ = 0;
};

}  // namespace tn::quant
