// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/attention/attention_templates.h"
#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

const AttentionKernels& attention_kernels_avx512() noexcept {
  return kAttentionKernels<Avx512>;
}

}  // namespace tn
