// SPDX-License-Identifier: Apache-2.0
// The instruction sets that kernels are compiled for. A kernel is one template over a vector type (generic.h, avx2.h,
// avx512.h, avx512fp16.h, int8_*.h), instantiated in one source file per set: NAME_generic.cpp, NAME_avx2.cpp,
// NAME_avx512.cpp, NAME_avx512fp16.cpp, NAME_avxvnni.cpp, NAME_avx512vnni.cpp, NAME_amxint8.cpp get their flags from
// cmake/TenonIsa.cmake. Such a file instantiates templates with its own vector
// type only and calls no inline function of the standard library that could be emitted out of line: the linker keeps
// one copy of an inline function, and it must not be one that needs a newer CPU.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tn {

enum class Isa : uint8_t { Generic, Avx2, Avx512, Avx512Fp16, AvxVnni, Avx512Vnni, AmxInt8 };

/// The sets for floats that this CPU can run, best last; Generic is always there.
std::span<const Isa> available_isas();
inline Isa best_isa() {
  return available_isas().back();
}
/// The sets for products of bytes that this CPU can run, best last but for that which multiplies matrices.
std::span<const Isa> available_int8_isas();
/// The best of those that multiply vectors.
Isa best_int8_isa();
/// Whether this CPU has all of a set; false for what is no set.
bool has_isa(Isa isa);
/// CpuFeature bits that a set consists of.
uint32_t features_of(Isa isa);
/// "generic", "avx2", "avx512", "avx512fp16", "avxvnni", "avx512vnni", "amxint8".
std::string_view name_of(Isa isa);

}  // namespace tn
