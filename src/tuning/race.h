// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/plan.h"
#include "exec/step_runner.h"

namespace tn {

/// Microseconds of one run of each of several plans of the same network, which share `weights`, at the optimal shapes
/// of their first profile and with random data. They take turns, a burst each, so that what disturbs one disturbs all;
/// one that is clearly slower than another soon drops out.
std::vector<double> race(std::vector<plan::PlanT> plans, std::span<const std::byte> weights, KernelFinder kernels,
                         int threads);

}  // namespace tn
