// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/avx512.h"
#include "backends/cpu/kernels/simd/simd_probe.h"

namespace tn {

const SimdProbe& simd_probe_avx512() {
  return SimdCases<Avx512>::kProbe;
}

}  // namespace tn
