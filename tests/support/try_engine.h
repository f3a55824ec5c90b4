// SPDX-License-Identifier: Apache-2.0
// Runs engines that may lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace tn::test {

/// What trying an engine may cost.
struct TryLimits {
  uint64_t binding_bytes = 64 << 20;
  uint64_t arena_bytes = UINT64_MAX;  ///< of a profile; an engine that wants more is refused
  int64_t elements = INT64_MAX;       ///< of any tensor at its largest; profiles with more only work out their shapes
  int64_t iterations = 1000;          ///< of loops
};

/// Loads an engine and runs each profile at its smallest and largest shapes, in buffers of exactly the size that the
/// context asks for. Returns what came of each run; throws Error where the engine or a profile is refused.
std::vector<Status> try_engine(std::span<const std::byte> bytes, const TryLimits& limits = {});

}  // namespace tn::test
