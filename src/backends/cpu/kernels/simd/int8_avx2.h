// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "backends/cpu/kernels/simd/avx2.h"

namespace tn {

/// What sums of bytes need besides their products, in eight lanes. The contract is GenericInt8's (int8_generic.h).
struct Avx2Sums : Avx2 {
  using Sums = __m256i;

  [[gnu::always_inline]] static Sums zero_sums() { return _mm256_setzero_si256(); }
  [[gnu::always_inline]] static Sums load_sums(const int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static Sums load_sums(const int32_t* p, int64_t n) {
    return _mm256_maskload_epi32(p, first_lanes(n));
  }
  [[gnu::always_inline]] static void store_sums(int32_t* p, Sums x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  [[gnu::always_inline]] static Sums set1_sums(int32_t x) { return _mm256_set1_epi32(x); }
  [[gnu::always_inline]] static Sums add_sums(Sums a, Sums b) { return _mm256_add_epi32(a, b); }
  [[gnu::always_inline]] static Sums sub_sums(Sums a, Sums b) { return _mm256_sub_epi32(a, b); }
  [[gnu::always_inline]] static Reg to_floats(Sums x) { return _mm256_cvtepi32_ps(x); }
  [[gnu::always_inline]] static Sums round_to_sums(Reg x) { return _mm256_cvtps_epi32(x); }

  template <bool kSigned>
  [[gnu::always_inline]] static Reg load_bytes(const char* p) {
    const __m128i x = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return to_floats(kSigned ? _mm256_cvtepi8_epi32(x) : _mm256_cvtepu8_epi32(x));
  }
  template <bool kSigned>
  [[gnu::always_inline]] static Reg load_bytes(const char* p, int64_t n) {
    alignas(8) char bytes[8] = {};
    for (int64_t i = 0; i < n; ++i) bytes[i] = p[i];
    return load_bytes<kSigned>(bytes);
  }
  /// Bytes saturate on their way through 16 bits; signed ones are 128 larger until they are stored.
  class ByteStep {
   public:
    [[gnu::always_inline]] ByteStep(int32_t zero_point, int32_t low, int32_t high)
        : most_(set1(static_cast<float>(high - zero_point))),
          flip_(_mm256_set1_epi8(low < 0 ? -128 : 0)),
          zero_point_(_mm256_set1_epi16(static_cast<int16_t>(zero_point + (low < 0 ? 128 : 0)))),
          low_(_mm256_set1_epi8(static_cast<char>(low + (low < 0 ? 128 : 0)))),
          high_(_mm256_set1_epi8(static_cast<char>(high + (low < 0 ? 128 : 0)))) {}
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[4]) const {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), in_order(bytes(words(t[0], t[1]), words(t[2], t[3]))));
    }
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[3]) const {
      const __m256i x = in_order(bytes(words(t[0], t[1]), words(t[2], t[2])));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(x));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p + 16), _mm256_extracti128_si256(x, 1));
    }
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[2]) const {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), two(t[0], t[1]));
    }
    [[gnu::always_inline]] void store(char* p, const Reg (&t)[1]) const {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p), two(t[0], t[0]));
    }
    /// What 16 bits and bytes are packed to is the order of interleaved channels.
    [[gnu::always_inline]] void store_interleaved(char* p, const Reg (&t)[4], int64_t n) const {
      const __m256i x = bytes(words(t[0], t[1]), words(t[2], t[3]));
      if (n >= 32) return _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
      alignas(32) char buffer[32];
      _mm256_store_si256(reinterpret_cast<__m256i*>(buffer), x);
      for (int64_t i = 0; i < n; ++i) p[i] = buffer[i];
    }
    [[gnu::always_inline]] void store(char* p, Reg t, int64_t n) const {
      alignas(16) char buffer[16];
      _mm_store_si128(reinterpret_cast<__m128i*>(buffer), two(t, t));
      for (int64_t i = 0; i < n; ++i) p[i] = buffer[i];
    }

   private:
    /// Too large floats would become negative integers.
    [[gnu::always_inline]] __m256i words(Reg a, Reg b) const {
      const __m256i x = _mm256_packs_epi32(round_to_sums(min(most_, a)), round_to_sums(min(most_, b)));
      return _mm256_adds_epi16(x, zero_point_);
    }
    [[gnu::always_inline]] __m256i bytes(__m256i a, __m256i b) const {
      const __m256i x = _mm256_packus_epi16(a, b);
      return _mm256_xor_si256(_mm256_min_epu8(high_, _mm256_max_epu8(low_, x)), flip_);
    }
    [[gnu::always_inline]] static __m256i in_order(__m256i x) {
      return _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    }
    [[gnu::always_inline]] __m128i two(Reg a, Reg b) const {
      const __m256i both = words(a, b), x = bytes(both, both);
      return _mm_unpacklo_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    }
    Reg most_;
    __m256i flip_, zero_point_, low_, high_;
  };

 protected:
  [[gnu::always_inline]] static __m256i four(const char* p) {
    return _mm256_castps_si256(_mm256_broadcast_ss(reinterpret_cast<const float*>(p)));  // one load
  }
  [[gnu::always_inline]] static __m256i four(const char* p, int n) {
    uint32_t x = 0;
    for (int i = 0; i < n; ++i) x |= static_cast<uint32_t>(static_cast<uint8_t>(p[i])) << (8 * i);
    return _mm256_set1_epi32(static_cast<int32_t>(x));
  }

 private:
  [[gnu::always_inline]] static __m256i first_lanes(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};

/// Products of bytes by AVX2's instruction, whose sums of two saturate at 16 bits: where weights are such that they
/// could, they are stored as 16 bits and multiplied as such.
struct Avx2Int8 : Avx2Sums {
  static constexpr bool kSaturates = true;
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
  [[gnu::always_inline]] static Sums dot(Sums sums, Spread x, Weights w) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)));
  }
  /// Loads are scarce: no mask from memory.
  [[gnu::always_inline]] static Spread even(Spread x) { return _mm256_srli_epi16(_mm256_slli_epi16(x, 8), 8); }
  [[gnu::always_inline]] static Spread odd(Spread x) { return _mm256_srli_epi16(x, 8); }
  [[gnu::always_inline]] static Sums dot_wide(Sums sums, Spread x, Weights w) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(x, w));
  }

 private:
  template <bool kSigned>
  [[gnu::always_inline]] static __m256i unsign(__m256i x) {
    return kSigned ? _mm256_xor_si256(x, _mm256_set1_epi8(-128)) : x;
  }
};

}  // namespace tn
