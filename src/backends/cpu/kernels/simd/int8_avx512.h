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
  /// Bytes saturate on their way through 16 bits; signed ones are 128 larger until they are stored.
  class ByteStep {
   public:
    [[gnu::always_inline]] ByteStep(int32_t zero_point, int32_t low, int32_t high)
        : most_(set1(static_cast<float>(high - zero_point))),
          flip_(_mm512_set1_epi8(low < 0 ? -128 : 0)),
          zero_point_(_mm512_set1_epi16(static_cast<int16_t>(zero_point + (low < 0 ? 128 : 0)))),
          low_(_mm512_set1_epi8(static_cast<char>(low + (low < 0 ? 128 : 0)))),
          high_(_mm512_set1_epi8(static_cast<char>(high + (low < 0 ? 128 : 0)))) {}
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[4]) const {
      _mm512_storeu_si512(p, bytes(words(t[0], t[1]), words(t[2], t[3])));
    }
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[3]) const {
      _mm512_mask_storeu_epi8(p, (__mmask64{1} << 48) - 1, bytes(words(t[0], t[1]), words(t[2], t[2])));
    }
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[2]) const {
      const __m512i x = words(t[0], t[1]);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_castsi512_si256(bytes(x, x)));
    }
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[1]) const {
      const __m512i x = words(t[0], t[0]);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_castsi512_si128(bytes(x, x)));
    }
    /// What 16 bits and bytes are packed to is the order of interleaved channels.
    [[gnu::always_inline]] void store_interleaved(char* p, const Reg (&t)[4], int64_t n) const {
      const __m512i x = bounded(_mm512_packus_epi16(words(t[0], t[1]), words(t[2], t[3])));
      _mm512_mask_storeu_epi8(p, n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1, x);
    }
    [[gnu::always_inline]] void store(char* p, Reg t, int64_t n) const {
      const __m512i x = words(t, t);
      _mm_mask_storeu_epi8(p, first(n), _mm512_castsi512_si128(bytes(x, x)));
    }

   private:
    /// Too large floats would become negative integers.
    [[gnu::always_inline]] __m512i words(Reg a, Reg b) const {
      const __m512i x = _mm512_packs_epi32(round_to_sums(min(most_, a)), round_to_sums(min(most_, b)));
      return _mm512_adds_epi16(x, zero_point_);
    }
    /// In the order of the vectors of sums.
    [[gnu::always_inline]] __m512i bytes(__m512i a, __m512i b) const {
      const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
      return bounded(_mm512_permutexvar_epi32(order, _mm512_packus_epi16(a, b)));
    }
    [[gnu::always_inline]] __m512i bounded(__m512i x) const {
      return _mm512_xor_si512(_mm512_min_epu8(high_, _mm512_max_epu8(low_, x)), flip_);
    }
    Reg most_;
    __m512i flip_, zero_point_, low_, high_;
  };

 private:
  template <bool kSigned>
  [[gnu::always_inline]] static Reg bytes_to_floats(__m128i x) {
    return _mm512_cvtepi32_ps(kSigned ? _mm512_cvtepi8_epi32(x) : _mm512_cvtepu8_epi32(x));
  }
};

}  // namespace tn
