// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/int8/look_up.h"

#include <array>

#include "base/os/cpu.h"

namespace tn {

std::span<const LookUpFunction> available_look_ups() {
  static constexpr std::array<LookUpFunction, 3> all = {look_up_generic, look_up_avx2, look_up_avx512vbmi};
  const CpuInfo& cpu = cpu_info();
  if (!cpu.has(CpuFeature::Avx2Fma)) return std::span(all).first(1);
  return std::span(all).first(cpu.has(CpuFeature::Avx512Vbmi) ? 3 : 2);
}

}  // namespace tn
