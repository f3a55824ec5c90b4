// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/isa.h"

#include <array>

#include "base/os/cpu.h"

namespace tn {

std::span<const Isa> available_isas() {
  static constexpr std::array all = {Isa::Generic, Isa::Avx2, Isa::Avx512, Isa::Avx512Fp16};
  const CpuInfo& cpu = cpu_info();
  size_t count = 1;
  if (cpu.has(CpuFeature::Avx2Fma)) count = 2;
  if (count == 2 && cpu.has(CpuFeature::Avx512)) count = 3;
  if (count == 3 && cpu.has(CpuFeature::Avx512Fp16)) count = 4;
  return std::span(all).first(count);
}

uint32_t features_of(Isa isa) {
  constexpr CpuFeature kSteps[] = {CpuFeature::Avx2Fma, CpuFeature::Avx512, CpuFeature::Avx512Fp16};
  uint32_t features = 0;
  for (int i = 0; i < static_cast<int>(isa) && i < 3; ++i) features |= static_cast<uint32_t>(kSteps[i]);
  return features;
}

std::string_view name_of(Isa isa) {
  static constexpr std::array<std::string_view, 4> names = {"generic", "avx2", "avx512", "avx512fp16"};
  return names[static_cast<size_t>(isa)];
}

}  // namespace tn
