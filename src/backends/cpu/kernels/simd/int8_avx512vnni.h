// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "backends/cpu/kernels/simd/int8_avx512.h"

namespace tn {

/// Products of bytes by one instruction.
struct Avx512Vnni : Avx512Sums {
  static constexpr Isa kIsa = Isa::Avx512Vnni;
  static constexpr bool kSaturates = false;
  static constexpr int kSignedOffset = 128;
  using Spread = __m512i;
  using Weights = __m512i;

  template <bool kSigned>
  [[gnu::always_inline]] static Spread spread(const char* p) {
    int32_t x;
    std::memcpy(&x, p, 4);
    return unsign<kSigned>(_mm512_set1_epi32(x));
  }
  template <bool kSigned>
  [[gnu::always_inline]] static Spread spread(const char* p, int n) {
    uint32_t x = 0;
    for (int i = 0; i < n; ++i) x |= static_cast<uint32_t>(static_cast<uint8_t>(p[i])) << (8 * i);
    return unsign<kSigned>(_mm512_set1_epi32(static_cast<int32_t>(x)));
  }
  [[gnu::always_inline]] static Weights load_weights(const char* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static Sums dot(Sums sums, Spread x, Weights w) { return _mm512_dpbusd_epi32(sums, x, w); }

  static constexpr int kBytes = 64;
  using Bytes = __m512i;
  struct Interleaved {
    __m512i at[4];
  };
  [[gnu::always_inline]] static Bytes set1_bytes(uint8_t x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  [[gnu::always_inline]] static Bytes load_raw(const char* p, int64_t n) {
    return _mm512_maskz_loadu_epi8(n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1, p);
  }
  template <bool kSigned>
  [[gnu::always_inline]] static Interleaved interleave(Bytes a, Bytes b, Bytes c, Bytes d) {
    a = unsign<kSigned>(a), b = unsign<kSigned>(b), c = unsign<kSigned>(c), d = unsign<kSigned>(d);
    const __m512i low = _mm512_unpacklo_epi8(a, b), high = _mm512_unpackhi_epi8(a, b);
    const __m512i low2 = _mm512_unpacklo_epi8(c, d), high2 = _mm512_unpackhi_epi8(c, d);
    return {{_mm512_unpacklo_epi16(low, low2), _mm512_unpackhi_epi16(low, low2), _mm512_unpacklo_epi16(high, high2),
             _mm512_unpackhi_epi16(high, high2)}};
  }
  [[gnu::always_inline]] static Sums dot_each(Sums sums, const Interleaved& x, int v, Weights w) {
    return _mm512_dpbusd_epi32(sums, x.at[v], w);
  }
  [[gnu::always_inline]] static void store_in_order(int32_t* p, const Sums (&x)[4]) {
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 4 * v), _mm512_castsi512_si128(x[v]));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 16 + 4 * v), _mm512_extracti32x4_epi32(x[v], 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 32 + 4 * v), _mm512_extracti32x4_epi32(x[v], 2));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 48 + 4 * v), _mm512_extracti32x4_epi32(x[v], 3));
    }
  }

 private:
  template <bool kSigned>
  [[gnu::always_inline]] static __m512i unsign(__m512i x) {
    return kSigned ? _mm512_xor_si512(x, _mm512_set1_epi8(-128)) : x;
  }
};

}  // namespace tn
