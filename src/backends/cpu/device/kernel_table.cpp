// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernel_table.h"

#include "backends/cpu/device/kernels.h"

namespace tn::cpu {

const KernelEntry* find_kernel(std::string_view name) {
  static constexpr KernelEntry kTable[] = {
      {"copy", create_copy},
      {"interpreted", create_interpreted},
      {"reference", create_reference},
  };
  for (const KernelEntry& entry : kTable) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace tn::cpu
