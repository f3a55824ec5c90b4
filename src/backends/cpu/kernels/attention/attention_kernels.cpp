// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/attention/attention_kernels.h"

namespace tn {

const AttentionKernels& attention_kernels(Isa isa) noexcept {
  switch (isa) {
    case Isa::Generic:
      return attention_kernels_generic();
    case Isa::Avx2:
      return attention_kernels_avx2();
    default:
      return attention_kernels_avx512();
  }
}

}  // namespace tn
