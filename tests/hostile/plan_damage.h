// SPDX-License-Identifier: Apache-2.0
// Plans that lie: one field or list of a plan, any of them, gets a value that is wrong in an interesting way.
#pragma once

#include <random>

#include "engine/plan.h"

namespace tn::test {

/// Changes one thing.
void spoil_plan(plan::PlanT& plan, std::mt19937& random);

}  // namespace tn::test
