// SPDX-License-Identifier: Apache-2.0
#include "base/os/cpu.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace tn {
namespace {

#if defined(__x86_64__)
struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(uint32_t leaf, uint32_t sub = 0) {
  Registers r;
  if (!__get_cpuid_count(leaf, sub, &r.eax, &r.ebx, &r.ecx, &r.edx)) return {};
  return r;
}

uint64_t saved_state() {
  uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

bool bit(uint32_t value, int index) {
  return ((value >> index) & 1u) != 0;
}

/// Linux saves the registers of matrices for processes that ask for it.
bool may_use_tiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

uint32_t detect_features() {
  const Registers one = cpuid(1), seven = cpuid(7), seven_one = cpuid(7, 1);
  if (!bit(one.ecx, 27)) return 0;  // OSXSAVE
  const uint64_t state = saved_state();
  const bool ymm = (state & 0x6) == 0x6, zmm = (state & 0xe6) == 0xe6,
             tiles = (state & 0x60000) == 0x60000 && may_use_tiles();
  uint32_t features = 0;
  const auto add = [&](bool have, CpuFeature feature) {
    if (have) features |= static_cast<uint32_t>(feature);
  };
  add(ymm && bit(seven.ebx, 5) && bit(one.ecx, 12) && bit(one.ecx, 29), CpuFeature::Avx2Fma);
  const bool avx512 = zmm && bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 30) && bit(seven.ebx, 31);
  add(avx512, CpuFeature::Avx512);
  add(avx512 && bit(seven.ecx, 1), CpuFeature::Avx512Vbmi);
  add(avx512 && bit(seven.ecx, 11), CpuFeature::Avx512Vnni);
  add(avx512 && bit(seven_one.eax, 5), CpuFeature::Avx512Bf16);
  add(avx512 && bit(seven.edx, 23), CpuFeature::Avx512Fp16);
  add(ymm && bit(seven_one.eax, 4), CpuFeature::AvxVnni);
  add(tiles && bit(seven.edx, 25), CpuFeature::AmxInt8);
  add(tiles && bit(seven.edx, 22), CpuFeature::AmxBf16);
  return features;
}

std::string detect_model() {
  std::array<char, 49> name{};
  for (uint32_t i = 0; i < 3; ++i) {
    const Registers r = cpuid(0x80000002u + i);
    std::memcpy(name.data() + 16 * i, &r, 16);
  }
  std::string text(name.data());
  text.erase(0, text.find_first_not_of(' '));
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}
#else
uint32_t detect_features() {
  return 0;
}
std::string detect_model() {
  return "unknown";
}
#endif

std::vector<int> allowed_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> threads;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) threads.push_back(i);
    }
  }
  if (threads.empty()) threads.push_back(0);
  return threads;
}

// Hardware threads that share a core count once.
int cores_of(const std::vector<int>& threads) {
  std::set<std::string> cores;
  for (const int thread : threads) {
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(thread) + "/topology/thread_siblings_list");
    std::string siblings;
    cores.insert(file >> siblings ? siblings : std::to_string(thread));
  }
  return static_cast<int>(cores.size());
}

// The quota of a version 2 control group, in whole cores, or a large number.
int quota_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 1 << 20;
  return std::max(1, static_cast<int>(std::stod(quota) / period));
}

CpuInfo detect() {
  CpuInfo info;
  info.model = detect_model();
  info.features = detect_features();
  info.usable_cores = std::min(cores_of(allowed_threads()), quota_cores());
  const long l2 = ::sysconf(_SC_LEVEL2_CACHE_SIZE), l3 = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
  info.l2_bytes = l2 > 0 ? l2 : 512 << 10;
  info.l3_bytes = std::max(0l, l3);
  return info;
}

}  // namespace

const CpuInfo& cpu_info() {
  static const CpuInfo info = detect();
  return info;
}

std::string cpu_feature_names(uint32_t features) {
  static constexpr std::array<const char*, 9> kNames = {
      "avx2", "avx512", "avx512-vnni", "avx512-bf16", "avx512-fp16", "avx-vnni", "amx-int8", "amx-bf16", "avx512-vbmi"};
  std::string text;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (((features >> i) & 1u) == 0) continue;
    if (!text.empty()) text += ' ';
    text += kNames[i];
  }
  return text;
}

void pin_thread(int index) noexcept {
  cpu_set_t allowed, one;
  CPU_ZERO(&allowed);
  CPU_ZERO(&one);
  if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0) return;
  index %= CPU_COUNT(&allowed);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || index-- > 0) continue;
    CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

int current_core() noexcept {
  return sched_getcpu();
}

void leave_cores(std::span<const int> taken) noexcept {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  cpu_set_t free = allowed;
  for (const int core : taken) {
    if (core >= 0 && core < CPU_SETSIZE) CPU_CLR(core, &free);
  }
  if (CPU_COUNT(&free) == 0 || sched_setaffinity(0, sizeof free, &free) != 0) return;
  sched_setaffinity(0, sizeof allowed, &allowed);
}

void flush_denormals() noexcept {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040u);
#endif
}

uint32_t float_mode() noexcept {
#if defined(__x86_64__)
  return _mm_getcsr() & ~0x3fu;  // without the flags of what has happened
#else
  return 0;
#endif
}

void set_float_mode([[maybe_unused]] uint32_t mode) noexcept {
#if defined(__x86_64__)
  _mm_setcsr(mode);
#endif
}

void spin_hint() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace tn
