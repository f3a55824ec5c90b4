// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/generic.h"
#include "backends/cpu/kernels/simd/simd_probe.h"

namespace tn {

const SimdProbe& simd_probe_generic() {
  return SimdCases<Generic>::kProbe;
}

}  // namespace tn
