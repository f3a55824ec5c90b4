// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/simd/int8_avx2.h"

namespace tn {

/// Products of bytes by one instruction, in eight lanes. The contract is GenericInt8's (int8_generic.h).
struct AvxVnni : Avx2Sums {
  static constexpr Isa kIsa = Isa::AvxVnni;
  static constexpr bool kSaturates = false;
  static constexpr int kSignedOffset = 128;
  using Spread = __m256i;
  using Weights = __m256i;

  template <bool kSigned, Places>
  [[gnu::always_inline]] static Spread spread(const char* p) {
    return unsign<kSigned>(four(p));
  }
  template <bool kSigned, Places>
  [[gnu::always_inline]] static Spread spread(const char* p, int n) {
    return unsign<kSigned>(four(p, n));
  }
  [[gnu::always_inline]] static Weights load_weights(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static Sums dot(Sums sums, Spread x, Weights w) { return _mm256_dpbusd_avx_epi32(sums, x, w); }

 private:
  template <bool kSigned>
  [[gnu::always_inline]] static __m256i unsign(__m256i x) {
    return kSigned ? _mm256_xor_si256(x, _mm256_set1_epi8(-128)) : x;
  }
};

}  // namespace tn
