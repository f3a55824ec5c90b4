// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

/// What sums of bytes need besides their products, in sixteen lanes. The contract is GenericInt8's (int8_generic.h).
struct Avx512Sums : Avx512 {
  using Sums = __m512i;

  [[gnu::always_inline]] static Sums zero_sums() { return _mm512_setzero_si512(); }
  [[gnu::always_inline]] static Sums load_sums(const int32_t* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static Sums load_sums(const int32_t* p, int64_t n) {
    return _mm512_maskz_loadu_epi32(first(n), p);
  }
  [[gnu::always_inline]] static void store_sums(int32_t* p, Sums x) { _mm512_storeu_si512(p, x); }
  [[gnu::always_inline]] static Sums set1_sums(int32_t x) { return _mm512_set1_epi32(x); }
  [[gnu::always_inline]] static Sums add_sums(Sums a, Sums b) { return _mm512_add_epi32(a, b); }
  [[gnu::always_inline]] static Sums sub_sums(Sums a, Sums b) { return _mm512_sub_epi32(a, b); }
  [[gnu::always_inline]] static Reg to_floats(Sums x) { return _mm512_cvtepi32_ps(x); }
  [[gnu::always_inline]] static Sums round_to_sums(Reg x) { return _mm512_cvtps_epi32(x); }

  template <bool kSigned>
  [[gnu::always_inline]] static Reg load_bytes(const char* p) {
    return bytes_to_floats<kSigned>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  template <bool kSigned>
  [[gnu::always_inline]] static Reg load_bytes(const char* p, int64_t n) {
    return bytes_to_floats<kSigned>(_mm_maskz_loadu_epi8(first(n), p));
  }
  [[gnu::always_inline]] static void store_bytes(char* p, Sums x, int64_t n) {
    _mm_mask_storeu_epi8(p, first(n), _mm512_cvtepi32_epi8(x));
  }
  [[gnu::always_inline]] static void store_bytes(char* p, const Sums (&x)[4]) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + i * kLanes), _mm512_cvtepi32_epi8(x[i]));
  }

  static constexpr int kLookup = 64;
  [[gnu::always_inline]] static void look_up(const uint8_t* table, uint8_t* p, int64_t n) {
    for (int64_t i = 0; i < n; i += kLookup) {
      const __m512i x = _mm512_loadu_si512(p + i);
      __m512i found = _mm512_setzero_si512();
#pragma GCC unroll 16
      for (int row = 0; row < 16; ++row) {
        const __m512i entries =
            _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * row)));
        const __m512i index = _mm512_xor_si512(x, _mm512_set1_epi8(static_cast<char>(16 * row)));
        found = _mm512_or_si512(found, _mm512_shuffle_epi8(entries, _mm512_adds_epu8(index, _mm512_set1_epi8(0x70))));
      }
      _mm512_storeu_si512(p + i, found);
    }
  }

 private:
  template <bool kSigned>
  [[gnu::always_inline]] static Reg bytes_to_floats(__m128i x) {
    return _mm512_cvtepi32_ps(kSigned ? _mm512_cvtepi8_epi32(x) : _mm512_cvtepu8_epi32(x));
  }
};

}  // namespace tn
