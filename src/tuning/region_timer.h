// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "tuning/graph_lowering.h"

namespace tn {

/// Part of every key of the timing cache: to be raised when measured times would no longer compare.
inline constexpr int kTimingMethod = 3;

/// "conv.mma 64x64"
std::string name_of(const Choice& choice);

/// What measuring a way gave: microseconds of one run, or why there are none.
struct Timing {
  double microseconds = 0;
  Status status;
};

/// Measures ways of running a region.
class RegionTimer {
 public:
  virtual ~RegionTimer() = default;
  /// Says that these will be measured, so that what takes others' time can begin.
  virtual void expect(const Region&, std::span<const Choice>) {}
  /// Of each of the ways. Throws Error if what they run on takes no more work.
  virtual std::vector<Timing> measure(const Region& region, std::span<const Choice> ways) = 0;
};

/// The one for what `target` builds for. `opt`: values of the symbols; `repeats`: measurements of each way at least,
/// unless runs are long.
std::unique_ptr<RegionTimer> make_region_timer(const Backend& backend, const Target& target,
                                               std::map<std::string, int64_t> opt, int repeats);

}  // namespace tn
