// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tuning/graph_lowering.h"

namespace tn {

/// Part of every key of the timing cache: to be raised when measured times would no longer compare.
inline constexpr int kTimingMethod = 3;

/// Measures ways of running a region.
class RegionTimer {
 public:
  virtual ~RegionTimer() = default;
  /// Microseconds of one run in each of the ways.
  virtual std::vector<double> measure(const Region& region, std::span<const Choice> ways) = 0;
};

/// The one for what `target` builds for. `opt`: values of the symbols; `repeats`: measurements of each way at least,
/// unless runs are long.
std::unique_ptr<RegionTimer> make_region_timer(const Backend& backend, const Target& target,
                                               std::map<std::string, int64_t> opt, int repeats);

}  // namespace tn
