// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/plan.h"

namespace tn::test {

/// Empty, or what is wrong with the order of steps and the memory of a profile's network at its largest shapes: a step
/// reads memory of the arena that no step before it has written for that tensor, or writes where it reads or has its
/// workspace. Knows no kernels: operands are taken as the plan names them. Plans with control flow are not followed
/// into their lists.
std::string schedule_fault(const plan::ProfileT& profile);

}  // namespace tn::test
