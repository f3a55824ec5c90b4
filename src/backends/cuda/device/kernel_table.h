// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "device/kernel.h"

namespace tn::cuda {

/// The kernels that steps on a CUDA device run; null for an unknown name.
const KernelEntry* find_kernel(std::string_view name);

}  // namespace tn::cuda
