// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernel_table.h"

#include "backends/cpu/device/kernels.h"

namespace tn::cpu {

const KernelEntry* find_kernel(std::string_view name) {
  static constexpr KernelEntry kTable[] = {
      {"attention", create_attention},
      {"conv", create_conv, conv_features},
      {"conv_int8", create_conv_int8, int8_conv_features},
      {"copy", create_copy},
      {"depthwise", create_depthwise, conv_features},
      {"depthwise_f16", create_depthwise_f16, conv_features},
      {"depthwise_int8", create_depthwise_int8, int8_conv_features},
      {"elementwise", create_elementwise},
      {"extents", create_extents},
      {"gather", create_gather},
      {"gemm", create_gemm, product_features},
      {"gemm_int8", create_gemm_int8, int8_gemm_features},
      {"interpreted", create_interpreted},
      {"matmul", create_matmul, product_features},
      {"norm", create_norm},
      {"pool", create_pool},
      {"put_slice", create_put_slice},
      {"reduce", create_reduce},
      {"reference", create_reference},
      {"resize", create_resize},
      {kResultExtentsKernel, create_result_extents},
      {"softmax", create_softmax},
      {"take_slice", create_take_slice},
      {"winograd", create_winograd, conv_features},
  };
  for (const KernelEntry& entry : kTable) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace tn::cpu
