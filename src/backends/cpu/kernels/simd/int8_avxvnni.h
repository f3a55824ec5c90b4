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

  template <bool kSigned>
  [[gnu::always_inline]] static Spread spread(const char* p) {
    return unsign<kSigned>(four(p));
  }
  template <bool kSigned>
  [[gnu::always_inline]] static Spread spread(const char* p, int n) {
    return unsign<kSigned>(four(p, n));
  }
  [[gnu::always_inline]] static Weights load_weights(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static Sums dot(Sums sums, Spread x, Weights w) { return _mm256_dpbusd_avx_epi32(sums, x, w); }

  static constexpr int kBytes = 32;
  using Bytes = __m256i;
  struct Interleaved {
    __m256i at[4];
  };
  [[gnu::always_inline]] static Bytes set1_bytes(uint8_t x) { return _mm256_set1_epi8(static_cast<char>(x)); }
  [[gnu::always_inline]] static Bytes load_raw(const char* p, int64_t n) {
    if (n == kBytes) return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    alignas(32) char bytes[kBytes] = {};
    for (int64_t i = 0; i < n; ++i) bytes[i] = p[i];
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
  }
  template <bool kSigned>
  [[gnu::always_inline]] static Interleaved interleave(Bytes a, Bytes b, Bytes c, Bytes d) {
    a = unsign<kSigned>(a), b = unsign<kSigned>(b), c = unsign<kSigned>(c), d = unsign<kSigned>(d);
    const __m256i low = _mm256_unpacklo_epi8(a, b), high = _mm256_unpackhi_epi8(a, b);
    const __m256i low2 = _mm256_unpacklo_epi8(c, d), high2 = _mm256_unpackhi_epi8(c, d);
    return {{_mm256_unpacklo_epi16(low, low2), _mm256_unpackhi_epi16(low, low2), _mm256_unpacklo_epi16(high, high2),
             _mm256_unpackhi_epi16(high, high2)}};
  }
  [[gnu::always_inline]] static Sums dot_each(Sums sums, const Interleaved& x, int v, Weights w) {
    return _mm256_dpbusd_avx_epi32(sums, x.at[v], w);
  }
  [[gnu::always_inline]] static void store_in_order(int32_t* p, const Sums (&x)[4]) {
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 4 * v), _mm256_castsi256_si128(x[v]));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 16 + 4 * v), _mm256_extracti128_si256(x[v], 1));
    }
  }

 private:
  template <bool kSigned>
  [[gnu::always_inline]] static __m256i unsign(__m256i x) {
    return kSigned ? _mm256_xor_si256(x, _mm256_set1_epi8(-128)) : x;
  }
};

}  // namespace tn
