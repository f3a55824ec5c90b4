// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/kernel.h"

namespace tn::cpu {

/// The CPU's kernel of this name, or null. Kernels are adapters between steps of a plan and kernels/.
const KernelEntry* find_kernel(std::string_view name);

}  // namespace tn::cpu
