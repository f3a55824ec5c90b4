// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/avx2.h"
#include "backends/cpu/kernels/simd/simd_probe.h"

namespace tn {

const SimdProbe& simd_probe_avx2() {
  return SimdCases<Avx2>::kProbe;
}

}  // namespace tn
