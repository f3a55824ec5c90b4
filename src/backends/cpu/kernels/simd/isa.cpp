// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/isa.h"

#include <array>
#include <utility>

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

std::span<const Isa> available_int8_isas() {
  static const auto found = [] {
    std::pair<std::array<Isa, 5>, size_t> sets{};
    for (const Isa isa : {Isa::Generic, Isa::Avx2, Isa::AvxVnni, Isa::Avx512Vnni, Isa::AmxInt8}) {
      if (has_isa(isa)) sets.first[sets.second++] = isa;
    }
    return sets;
  }();
  return std::span(found.first).first(found.second);
}

Isa best_int8_isa() {
  const std::span<const Isa> isas = available_int8_isas();
  return has_isa(Isa::AmxInt8) ? isas[isas.size() - 2] : isas.back();
}

bool has_isa(Isa isa) {
  if (isa > Isa::AmxInt8) return false;
  const uint32_t needed = features_of(isa);
  return (cpu_info().features & needed) == needed;
}

uint32_t features_of(Isa isa) {
  constexpr auto kAvx2 = static_cast<uint32_t>(CpuFeature::Avx2Fma);
  constexpr auto kAvx512 = kAvx2 | static_cast<uint32_t>(CpuFeature::Avx512);
  constexpr auto kAvx512Vnni = kAvx512 | static_cast<uint32_t>(CpuFeature::Avx512Vnni);
  constexpr std::array<uint32_t, 7> kFeatures = {0,
                                                 kAvx2,
                                                 kAvx512,
                                                 kAvx512 | static_cast<uint32_t>(CpuFeature::Avx512Fp16),
                                                 kAvx2 | static_cast<uint32_t>(CpuFeature::AvxVnni),
                                                 kAvx512Vnni,
                                                 kAvx512Vnni | static_cast<uint32_t>(CpuFeature::AmxInt8)};
  return isa <= Isa::AmxInt8 ? kFeatures[static_cast<size_t>(isa)] : 0;
}

std::string_view name_of(Isa isa) {
  static constexpr std::array<std::string_view, 7> names = {"generic", "avx2",       "avx512", "avx512fp16",
                                                            "avxvnni", "avx512vnni", "amxint8"};
  return names[static_cast<size_t>(isa)];
}

}  // namespace tn
