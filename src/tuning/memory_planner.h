// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace tn {

/// A piece of the arena that is in use from step `first` to step `last`, both included.
struct Lifetime {
  uint64_t bytes = 0;
  int first = 0, last = 0;
};

struct MemoryPlan {
  std::vector<uint64_t> offsets;  ///< one per lifetime, multiples of 64
  uint64_t peak = 0;              ///< bytes of the arena
  uint64_t lower_bound = 0;       ///< the largest sum of bytes alive at one step: no plan can be smaller
};

/// Places lifetimes so that those that overlap in time do not overlap in memory: the largest first, each into the
/// lowest gap that fits.
MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes);

}  // namespace tn
