// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "base/log.h"
#include "builder/builder.h"
#include "builder/held_out.h"

namespace tn {

/// How much of the accuracy that `budget` measures is lost, and whether that is too much.
bool is_within(const AccuracyBudget& budget, const Comparison& comparison);

/// The products to leave in floats so that the rounded network stays within the budget: those that lose most for what
/// they gain, by what each does alone. Logs what was lost and gained, and the layer precisions that mean the same.
std::set<std::string> fit_to_budget(const Graph& graph, const quant::Plan& plan, const AccuracyBudget& budget,
                                    const OptimizationProfile& profile, const HeldOut& held_out, Logger& logger);

}  // namespace tn
