// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/kernel.h"

namespace tn::cuda {

using KernelPtr = std::unique_ptr<Kernel>;

// Creators of the kernels that a plan may name; kernel_table.cpp lists them. Each throws Error(InvalidEngine).
KernelPtr create_cublaslt(const KernelSpec& spec);
KernelPtr create_cudnn(const KernelSpec& spec);
KernelPtr create_launch(const KernelSpec& spec);
KernelPtr create_transfer(const KernelSpec& spec);

// KernelEntry::library of the kernels that call one.
std::string library_of_cublaslt(std::span<const std::byte> parameters);
std::string library_of_cudnn(std::span<const std::byte> parameters);

}  // namespace tn::cuda
