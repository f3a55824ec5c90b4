// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include "backends/cpu/kernels/simd/isa.h"
#include "base/half.h"

namespace tn {

/// Eight f32 lanes with AVX2, FMA and F16C. The contract is Generic's (generic.h).
struct Avx2 {
  static constexpr Isa kIsa = Isa::Avx2;
  static constexpr int kLanes = 8;
  static constexpr int kRegisters = 16;
  using Reg = __m256;
  using Mask = __m256;

  [[gnu::always_inline]] static Reg zero() { return _mm256_setzero_ps(); }
  [[gnu::always_inline]] static Reg set1(float x) { return _mm256_set1_ps(x); }

  [[gnu::always_inline]] static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static Reg load(const float* p, int64_t n) { return _mm256_maskload_ps(p, first(n)); }
  [[gnu::always_inline]] static void store(float* p, Reg x) { _mm256_storeu_ps(p, x); }
  [[gnu::always_inline]] static void store(float* p, Reg x, int64_t n) { _mm256_maskstore_ps(p, first(n), x); }
  [[gnu::always_inline]] static Reg load(const Half* p) { return _mm256_cvtph_ps(load8(p)); }
  [[gnu::always_inline]] static Reg load(const Half* p, int64_t n) { return _mm256_cvtph_ps(load8(p, n)); }
  [[gnu::always_inline]] static void store(Half* p, Reg x) { store8(p, to_half(x)); }
  [[gnu::always_inline]] static void store(Half* p, Reg x, int64_t n) { store8(p, to_half(x), n); }
  [[gnu::always_inline]] static Reg load(const BFloat16* p) { return from_bfloat16(load8(p)); }
  [[gnu::always_inline]] static Reg load(const BFloat16* p, int64_t n) { return from_bfloat16(load8(p, n)); }
  [[gnu::always_inline]] static void store(BFloat16* p, Reg x) { store8(p, to_bfloat16(x)); }
  [[gnu::always_inline]] static void store(BFloat16* p, Reg x, int64_t n) { store8(p, to_bfloat16(x), n); }

  [[gnu::always_inline]] static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  [[gnu::always_inline]] static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  [[gnu::always_inline]] static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  [[gnu::always_inline]] static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  [[gnu::always_inline]] static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static Reg fnma(Reg a, Reg b, Reg c) { return _mm256_fnmadd_ps(a, b, c); }
  [[gnu::always_inline]] static Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }
  [[gnu::always_inline]] static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
  [[gnu::always_inline]] static Reg sqrt(Reg x) { return _mm256_sqrt_ps(x); }
  [[gnu::always_inline]] static Reg abs(Reg x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
  [[gnu::always_inline]] static Reg round(Reg x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  [[gnu::always_inline]] static Reg ldexp(Reg x, Reg n) {
    const __m256i exponent = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(exponent, 1);
    return mul(mul(x, integer_power_of_two(half)), integer_power_of_two(_mm256_sub_epi32(exponent, half)));
  }
  static constexpr float kExponentBias = 0x1.8p23f + 127;
  [[gnu::always_inline]] static Reg power_of_two(Reg biased) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(biased), 23));
  }

  [[gnu::always_inline]] static Mask less(Reg a, Reg b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  [[gnu::always_inline]] static Mask is_nan(Reg a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
  [[gnu::always_inline]] static Reg select(Mask mask, Reg yes, Reg no) { return _mm256_blendv_ps(no, yes, mask); }

  [[gnu::always_inline]] static float reduce_add(Reg x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  [[gnu::always_inline]] static float reduce_max(Reg x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }
  [[gnu::always_inline]] static float reduce_min(Reg x) {
    __m128 s = _mm_min_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_min_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_min_ss(s, _mm_movehdup_ps(s)));
  }

  [[gnu::always_inline]] static void prefetch_l1(const void* p) {
    _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
  }
  [[gnu::always_inline]] static void prefetch_l2(const void* p) {
    _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1);
  }

 private:
  [[gnu::always_inline]] static __m256i first(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  [[gnu::always_inline]] static __m256 integer_power_of_two(__m256i n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
  }
  [[gnu::always_inline]] static __m128i load8(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
  [[gnu::always_inline]] static void store8(void* p, __m128i x) { _mm_storeu_si128(static_cast<__m128i*>(p), x); }
  [[gnu::always_inline]] static __m128i load8(const void* p, int64_t n) {
    alignas(16) uint16_t lanes[8] = {};
    for (int64_t i = 0; i < n; ++i) lanes[i] = static_cast<const uint16_t*>(p)[i];
    return _mm_load_si128(reinterpret_cast<const __m128i*>(lanes));
  }
  [[gnu::always_inline]] static void store8(void* p, __m128i x, int64_t n) {
    alignas(16) uint16_t lanes[8];
    _mm_store_si128(reinterpret_cast<__m128i*>(lanes), x);
    for (int64_t i = 0; i < n; ++i) static_cast<uint16_t*>(p)[i] = lanes[i];
  }
  [[gnu::always_inline]] static __m128i to_half(Reg x) { return _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT); }
  [[gnu::always_inline]] static Reg from_bfloat16(__m128i x) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
  }
  [[gnu::always_inline]] static __m128i to_bfloat16(Reg x) {
    const __m256i bits = _mm256_castps_si256(x), upper = _mm256_srli_epi32(bits, 16);
    const __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
    const __m256i rounded =
        _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
    const __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
    const __m256i result = _mm256_blendv_epi8(rounded, quiet, _mm256_castps_si256(is_nan(x)));
    return _mm_packus_epi32(_mm256_castsi256_si128(result), _mm256_extracti128_si256(result, 1));
  }
};

}  // namespace tn
