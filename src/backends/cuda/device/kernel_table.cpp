// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/kernel_table.h"

#include "backends/cuda/device/kernels.h"
#include "backends/cuda/device/launch_step.h"
#include "backends/cuda/device/libraries/conv_step.h"

namespace tn::cuda {

const KernelEntry* find_kernel(std::string_view name) {
  static constexpr KernelEntry kTable[] = {
      {kLaunchKernel, create_launch},
      {kTransferKernel, create_transfer},
      {kCublasLtKernel, create_cublaslt, nullptr, library_of_cublaslt},
      {kCudnnKernel, create_cudnn, nullptr, library_of_cudnn},
  };
  for (const KernelEntry& entry : kTable) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace tn::cuda
