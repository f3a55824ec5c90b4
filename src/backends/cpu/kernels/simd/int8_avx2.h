// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "backends/cpu/kernels/simd/avx2.h"
#include "backends/cpu/kernels/simd/int8_places.h"

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
  [[gnu::always_inline]] static void store_bytes(char* p, Sums x, int64_t n) {
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    const __m128i bytes = low_bytes(words, words);
    if (n == kLanes) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
      return;
    }
    alignas(16) char buffer[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(buffer), bytes);
    for (int64_t i = 0; i < n; ++i) p[i] = buffer[i];
  }
  [[gnu::always_inline]] static void store_bytes(char* p, const Sums (&x)[4]) {
    const __m256i mask = _mm256_set1_epi16(0xff), order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i a = _mm256_and_si256(_mm256_packs_epi32(x[0], x[1]), mask);
    const __m256i b = _mm256_and_si256(_mm256_packs_epi32(x[2], x[3]), mask);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order));
  }

  static constexpr int kLookup = 32;
  /// A shuffle for each sixteen entries: those that are not meant see an index with the sign bit, which gives zero.
  [[gnu::always_inline]] static void look_up(const uint8_t* table, uint8_t* p, int64_t n) {
    for (int64_t i = 0; i < n; i += kLookup) {
      const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i));
      __m256i found = _mm256_setzero_si256();
#pragma GCC unroll 16
      for (int row = 0; row < 16; ++row) {
        const __m256i entries =
            _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * row)));
        // 0x70 more, saturated, has the sign bit unless the index was below 16.
        const __m256i index = _mm256_xor_si256(x, _mm256_set1_epi8(static_cast<char>(16 * row)));
        found = _mm256_or_si256(found, _mm256_shuffle_epi8(entries, _mm256_adds_epu8(index, _mm256_set1_epi8(0x70))));
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + i), found);
    }
  }

 protected:
  [[gnu::always_inline]] static __m256i four(const char* p) {
    int32_t x;
    std::memcpy(&x, p, 4);
    return _mm256_set1_epi32(x);
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
  [[gnu::always_inline]] static __m128i low_bytes(__m128i a, __m128i b) {
    const __m128i mask = _mm_set1_epi16(0xff);
    return _mm_packus_epi16(_mm_and_si128(a, mask), _mm_and_si128(b, mask));
  }
};

/// Products of bytes by AVX2's instruction, whose sums of two saturate at 16 bits: where weights are such that they
/// could, the product takes two steps.
struct Avx2Int8 : Avx2Sums {
  static constexpr bool kSaturates = true;
  static constexpr int kSignedOffset = 128;
  using Spread = __m256i;
  using Weights = __m256i;

  template <bool kSigned, Places kPlaces>
  [[gnu::always_inline]] static Spread spread(const char* p) {
    return chosen<kSigned, kPlaces>(four(p));
  }
  template <bool kSigned, Places kPlaces>
  [[gnu::always_inline]] static Spread spread(const char* p, int n) {
    return chosen<kSigned, kPlaces>(four(p, n));
  }
  [[gnu::always_inline]] static Weights load_weights(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static Sums dot(Sums sums, Spread x, Weights w) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)));
  }

 private:
  template <bool kSigned, Places kPlaces>
  [[gnu::always_inline]] static __m256i chosen(__m256i x) {
    if (kSigned) x = _mm256_xor_si256(x, _mm256_set1_epi8(-128));
    if (kPlaces == Places::Even) return _mm256_and_si256(x, _mm256_set1_epi16(0xff));
    if (kPlaces == Places::Odd) return _mm256_andnot_si256(_mm256_set1_epi16(0xff), x);
    return x;
  }
};

}  // namespace tn
