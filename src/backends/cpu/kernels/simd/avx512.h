// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include "backends/cpu/kernels/simd/isa.h"
#include "base/half.h"

namespace tn {

/// Sixteen f32 lanes with AVX-512 F, BW, DQ, VL. The contract is Generic's (generic.h).
struct Avx512 {
  static constexpr Isa kIsa = Isa::Avx512;
  static constexpr int kLanes = 16;
  static constexpr int kRegisters = 32;
  using Reg = __m512;
  using Mask = __mmask16;

  [[gnu::always_inline]] static Reg zero() { return _mm512_setzero_ps(); }
  [[gnu::always_inline]] static Reg set1(float x) { return _mm512_set1_ps(x); }

  [[gnu::always_inline]] static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static Reg load(const float* p, int64_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
  [[gnu::always_inline]] static void store(float* p, Reg x) { _mm512_storeu_ps(p, x); }
  [[gnu::always_inline]] static void store(float* p, Reg x, int64_t n) { _mm512_mask_storeu_ps(p, first(n), x); }
  [[gnu::always_inline]] static Reg load(const Half* p) { return _mm512_cvtph_ps(load16(p)); }
  [[gnu::always_inline]] static Reg load(const Half* p, int64_t n) { return _mm512_cvtph_ps(load16(p, n)); }
  [[gnu::always_inline]] static void store(Half* p, Reg x) { store16(p, to_half(x)); }
  [[gnu::always_inline]] static void store(Half* p, Reg x, int64_t n) { store16(p, to_half(x), n); }
  [[gnu::always_inline]] static Reg load(const BFloat16* p) { return from_bfloat16(load16(p)); }
  [[gnu::always_inline]] static Reg load(const BFloat16* p, int64_t n) { return from_bfloat16(load16(p, n)); }
  [[gnu::always_inline]] static void store(BFloat16* p, Reg x) { store16(p, to_bfloat16(x)); }
  [[gnu::always_inline]] static void store(BFloat16* p, Reg x, int64_t n) { store16(p, to_bfloat16(x), n); }

  [[gnu::always_inline]] static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  [[gnu::always_inline]] static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  [[gnu::always_inline]] static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  [[gnu::always_inline]] static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  [[gnu::always_inline]] static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static Reg fnma(Reg a, Reg b, Reg c) { return _mm512_fnmadd_ps(a, b, c); }
  [[gnu::always_inline]] static Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }
  [[gnu::always_inline]] static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  [[gnu::always_inline]] static Reg sqrt(Reg x) { return _mm512_sqrt_ps(x); }
  [[gnu::always_inline]] static Reg abs(Reg x) { return _mm512_abs_ps(x); }
  [[gnu::always_inline]] static Reg round(Reg x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  [[gnu::always_inline]] static Reg ldexp(Reg x, Reg n) { return _mm512_scalef_ps(x, n); }
  static constexpr float kExponentBias = 0x1.8p23f + 127;
  [[gnu::always_inline]] static Reg power_of_two(Reg biased) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(biased), 23));
  }

  [[gnu::always_inline]] static Mask less(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  [[gnu::always_inline]] static Mask is_nan(Reg a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  [[gnu::always_inline]] static Reg select(Mask mask, Reg yes, Reg no) { return _mm512_mask_blend_ps(mask, no, yes); }

  [[gnu::always_inline]] static float reduce_add(Reg x) { return _mm512_reduce_add_ps(x); }
  [[gnu::always_inline]] static float reduce_max(Reg x) { return _mm512_reduce_max_ps(x); }
  [[gnu::always_inline]] static float reduce_min(Reg x) { return _mm512_reduce_min_ps(x); }

  [[gnu::always_inline]] static void prefetch_l1(const void* p) {
    _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
  }
  [[gnu::always_inline]] static void prefetch_l2(const void* p) {
    _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1);
  }

 protected:
  [[gnu::always_inline]] static __mmask16 first(int64_t n) { return static_cast<__mmask16>((1u << n) - 1); }
  [[gnu::always_inline]] static __m256i load16(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static __m256i load16(const void* p, int64_t n) {
    return _mm256_maskz_loadu_epi16(first(n), p);
  }
  [[gnu::always_inline]] static void store16(void* p, __m256i x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }
  [[gnu::always_inline]] static void store16(void* p, __m256i x, int64_t n) {
    _mm256_mask_storeu_epi16(p, first(n), x);
  }
  [[gnu::always_inline]] static __m256i to_half(Reg x) { return _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT); }
  [[gnu::always_inline]] static Reg from_bfloat16(__m256i x) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
  }
  [[gnu::always_inline]] static __m256i to_bfloat16(Reg x) {
    const __m512i bits = _mm512_castps_si512(x), upper = _mm512_srli_epi32(bits, 16);
    const __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
    const __m512i quiet = _mm512_or_si512(upper, _mm512_set1_epi32(0x40));
    return _mm512_cvtepi32_epi16(_mm512_mask_blend_epi32(is_nan(x), rounded, quiet));
  }
};

}  // namespace tn
