// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "exec/step_runner.h"

namespace tn {

/// Microseconds of one run of each engine of the same network, at the optimal shapes of its first profile and with
/// random data. They take turns, a burst each, so that what disturbs one disturbs all.
std::vector<double> race(std::span<const std::vector<std::byte>> engines, KernelFinder kernels, int threads);

}  // namespace tn
