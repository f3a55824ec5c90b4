// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

/// Avx512 for source files that are compiled with AVX512-FP16 as well: f32 lanes as before, and Pairs of fp16, two in
/// each f32 lane, for arithmetic in fp16. A type of its own, so that no template instance is shared with plain AVX-512.
/// In tests EmulatedFp16 stands for it.
struct Avx512Fp16 : Avx512 {
  static constexpr Isa kIsa = Isa::Avx512Fp16;
  using Pairs = __m512i;

  [[gnu::always_inline]] static Pairs zero_pairs() { return _mm512_setzero_si512(); }
  [[gnu::always_inline]] static Pairs load_pairs(const void* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static Pairs set1_pair(const void* p) {
    int bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    return _mm512_set1_epi32(bits);
  }
  /// A pair with the half at p and zero.
  [[gnu::always_inline]] static Pairs set1_half(const void* p) {
    uint16_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    return _mm512_set1_epi32(bits);
  }
  [[gnu::always_inline]] static Pairs set1_halves(float x) {
    return _mm512_castph_si512(_mm512_set1_ph(static_cast<_Float16>(x)));
  }
  /// a * b + c in fp16, rounded once.
  [[gnu::always_inline]] static Pairs fma_pairs(Pairs a, Pairs b, Pairs c) {
    return _mm512_castph_si512(_mm512_fmadd_ph(halves(a), halves(b), halves(c)));
  }
  [[gnu::always_inline]] static Pairs add_halves(Pairs a, Pairs b) {
    return _mm512_castph_si512(_mm512_add_ph(halves(a), halves(b)));
  }
  [[gnu::always_inline]] static Pairs sub_halves(Pairs a, Pairs b) {
    return _mm512_castph_si512(_mm512_sub_ph(halves(a), halves(b)));
  }
  [[gnu::always_inline]] static Pairs mul_halves(Pairs a, Pairs b) {
    return _mm512_castph_si512(_mm512_mul_ph(halves(a), halves(b)));
  }
  /// To 1.2 units in the last place.
  [[gnu::always_inline]] static Pairs reciprocal_halves(Pairs x) {
    return _mm512_castph_si512(_mm512_rcp_ph(halves(x)));
  }
  /// 2^n for integral n in [-14, 15], from n + kHalfExponentBias.
  static constexpr float kHalfExponentBias = 1536 + 15;
  [[gnu::always_inline]] static Pairs half_power_of_two(Pairs biased) { return _mm512_slli_epi16(biased, 10); }
  /// As Generic's: b when a half of either is NaN.
  [[gnu::always_inline]] static Pairs min_halves(Pairs a, Pairs b) {
    return _mm512_castph_si512(_mm512_min_ph(halves(a), halves(b)));
  }
  [[gnu::always_inline]] static Pairs max_halves(Pairs a, Pairs b) {
    return _mm512_castph_si512(_mm512_max_ph(halves(a), halves(b)));
  }
  /// Of the pairs a0 a1 … and b0 b1 …: even becomes the first halves of a0 b0 a1 b1 …, odd the second ones.
  [[gnu::always_inline]] static void split_pairs(Pairs a, Pairs b, Pairs& even, Pairs& odd) {
    even = _mm512_mask_blend_epi16(0xaaaaaaaa, a, _mm512_slli_epi32(b, 16));
    odd = _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_srli_epi32(a, 16), b);
  }
  /// The first halves of all pairs, side by side; zeros behind.
  [[gnu::always_inline]] static Pairs compact_pairs(Pairs p) {
    return _mm512_zextsi256_si512(_mm512_cvtepi32_epi16(p));
  }
  /// Adds the first kLanes halves to low, the others to high.
  [[gnu::always_inline]] static void add_halves_to(Pairs p, Reg& low, Reg& high) {
    low = _mm512_add_ps(low, _mm512_cvtph_ps(_mm512_castsi512_si256(p)));
    high = _mm512_add_ps(high, _mm512_cvtph_ps(_mm512_extracti64x4_epi64(p, 1)));
  }
  /// n f32 values as halves, zeros behind; n at most 2 * kLanes.
  [[gnu::always_inline]] static Pairs narrow_halves(const float* p, int64_t n) {
    const Reg low = load(p, n < kLanes ? n : kLanes), high = n > kLanes ? load(p + kLanes, n - kLanes) : zero();
    return _mm512_inserti64x4(_mm512_castsi256_si512(to_half(low)), to_half(high), 1);
  }
  [[gnu::always_inline]] static Pairs load_halves(const Half* p, int64_t n) {
    return _mm512_maskz_loadu_epi16(first_halves(n), p);
  }
  [[gnu::always_inline]] static void store_halves(Half* p, Pairs x, int64_t n) {
    _mm512_mask_storeu_epi16(p, first_halves(n), x);
  }

 private:
  [[gnu::always_inline]] static __m512h halves(Pairs p) { return _mm512_castsi512_ph(p); }
  [[gnu::always_inline]] static __mmask32 first_halves(int64_t n) {
    return static_cast<__mmask32>((uint64_t{1} << n) - 1);
  }
};

}  // namespace tn
