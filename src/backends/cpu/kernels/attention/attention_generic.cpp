// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/attention/attention_templates.h"
#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

const AttentionKernels& attention_kernels_generic() noexcept {
  return kAttentionKernels<Generic>;
}

}  // namespace tn
