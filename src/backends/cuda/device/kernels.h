// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/kernel.h"

namespace tn::cuda {

using KernelPtr = std::unique_ptr<Kernel>;

// Creators of the kernels that a plan may name; kernel_table.cpp lists them. Each throws Error(InvalidEngine).
KernelPtr create_launch(const KernelSpec& spec);
KernelPtr create_transfer(const KernelSpec& spec);

}  // namespace tn::cuda
