// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tn {

/// Instruction sets that kernels ask for. A set bit means the CPU has it and the operating system saves its registers.
enum class CpuFeature : uint32_t {
  Avx2Fma = 1u << 0,  ///< AVX2, FMA and F16C together
  Avx512 = 1u << 1,   ///< AVX-512 F, BW, DQ, VL together
  Avx512Vnni = 1u << 2,
  Avx512Bf16 = 1u << 3,
  Avx512Fp16 = 1u << 4,
  AvxVnni = 1u << 5,
  AmxInt8 = 1u << 6,
  AmxBf16 = 1u << 7,
  Avx512Vbmi = 1u << 8,
};

struct CpuInfo {
  std::string model;      ///< "AMD EPYC", as the processor names itself
  uint32_t features = 0;  ///< CpuFeature bits
  int usable_cores = 1;   ///< what affinity mask and cgroup quota leave
  int64_t l2_bytes = 0;   ///< per core; a cautious guess where unknown
  int64_t l3_bytes = 0;   ///< shared; 0 where unknown

  bool has(CpuFeature feature) const { return (features & static_cast<uint32_t>(feature)) != 0; }
};

/// Read once from the processor and the operating system.
const CpuInfo& cpu_info();

/// Names of the bits: "avx2 avx512 avx512-vnni".
std::string cpu_feature_names(uint32_t features);

/// Binds the calling thread to one of the cores that the process may use (index modulo their number).
void pin_thread(int index) noexcept;
/// The core that the calling thread runs on; -1 where that cannot be told.
int current_core() noexcept;
/// Moves the calling thread to a core that is not among `taken`, if there is one that it may use.
void leave_cores(std::span<const int> taken) noexcept;
/// Flush-to-zero and denormals-are-zero for the calling thread.
void flush_denormals() noexcept;
/// How the calling thread rounds and whether it flushes denormals; 0 where that cannot be told.
uint32_t float_mode() noexcept;
void set_float_mode(uint32_t mode) noexcept;
/// Tells the processor that the caller spins.
void spin_hint() noexcept;

}  // namespace tn
