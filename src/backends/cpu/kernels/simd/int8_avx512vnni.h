// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "backends/cpu/kernels/simd/int8_avx512.h"
#include "backends/cpu/kernels/simd/int8_places.h"

namespace tn {

/// Products of bytes by one instruction.
struct Avx512Vnni : Avx512Sums {
  static constexpr Isa kIsa = Isa::Avx512Vnni;
  static constexpr bool kSaturates = false;
  static constexpr int kSignedOffset = 128;
  using Spread = __m512i;
  using Weights = __m512i;

  template <bool kSigned, Places>
  [[gnu::always_inline]] static Spread spread(const char* p) {
    int32_t x;
    std::memcpy(&x, p, 4);
    return unsign<kSigned>(_mm512_set1_epi32(x));
  }
  template <bool kSigned, Places>
  [[gnu::always_inline]] static Spread spread(const char* p, int n) {
    uint32_t x = 0;
    for (int i = 0; i < n; ++i) x |= static_cast<uint32_t>(static_cast<uint8_t>(p[i])) << (8 * i);
    return unsign<kSigned>(_mm512_set1_epi32(static_cast<int32_t>(x)));
  }
  [[gnu::always_inline]] static Weights load_weights(const char* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static Sums dot(Sums sums, Spread x, Weights w) { return _mm512_dpbusd_epi32(sums, x, w); }

 private:
  template <bool kSigned>
  [[gnu::always_inline]] static __m512i unsign(__m512i x) {
    return kSigned ? _mm512_xor_si512(x, _mm512_set1_epi8(-128)) : x;
  }
};

}  // namespace tn
