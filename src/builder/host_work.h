// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/plan.h"

namespace tn {

/// For the selection report of a plan for a device with memory of its own: a line for each step that the host runs and
/// for each copy between the two memories, or one that says that there are none.
std::string describe_host_work(const plan::ProfileT& profile);

}  // namespace tn
