// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/avx512fp16.h"
#include "backends/cpu/kernels/simd/simd_probe.h"

namespace tn {

const SimdProbe& simd_probe_avx512fp16() {
  return SimdCases<Avx512Fp16>::kProbe;
}

}  // namespace tn
