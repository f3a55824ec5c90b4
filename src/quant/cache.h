// SPDX-License-Identifier: Apache-2.0
// Calibration caches: scales by tensor name, as text that TensorRT of any version reads and writes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quant/histogram.h"
#include "quant/plan.h"

namespace tn::quant {

inline constexpr std::string_view kCacheHeader = "TRT-8600-EntropyCalibration2";

/// The first line, "TRT-<version>-<algorithm>", then a line "name: bits" for each tensor: the bits of the f32 scale in
/// hexadecimal without leading zeros.
struct Cache {
  std::string header = std::string(kCacheHeader);
  std::vector<std::pair<std::string, float>> scales;
};

/// Any header is taken; names may contain ": ". Throws Error(InvalidArgument) naming a line that is none, or a scale
/// that is negative, infinite or no number.
Cache parse_cache(std::string_view text);
std::string to_text(const Cache& cache);

/// A scale of 0 stands for a tensor of zeros.
Plan plan_of(const Cache& cache);
/// By name; of an unsigned tensor the scale that it has as a signed one. What has a zero point is left out.
Cache cache_of(const Plan& plan);

/// A name of a cache that no tensor has, and the most similar one that there is; empty if none is similar.
struct Unmatched {
  std::string name, nearest;
};
std::vector<Unmatched> unmatched(const Cache& cache, const std::set<std::string, std::less<>>& tensors);

/// What stands beside a cache: what TensorRT's text has no place for.
struct SideCar {
  std::string calibrator;  ///< that the scales come from
  std::string data;        ///< hash of the names and contents of the files that were seen, in their order
  int64_t samples = 0;
  Plan plan;
  std::map<std::string, Histogram, std::less<>> histograms;
};
/// JSON.
std::string to_text(const SideCar& side_car);
/// Throws Error(InvalidArgument).
SideCar parse_side_car(std::string_view text);

}  // namespace tn::quant
