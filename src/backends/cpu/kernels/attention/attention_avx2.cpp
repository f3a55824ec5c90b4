// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/attention/attention_templates.h"
#include "backends/cpu/kernels/simd/avx2.h"

namespace tn {

const AttentionKernels& attention_kernels_avx2() noexcept {
  return kAttentionKernels<Avx2>;
}

}  // namespace tn
