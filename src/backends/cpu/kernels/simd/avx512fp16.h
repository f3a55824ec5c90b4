// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

/// Avx512 for source files that are compiled with AVX512-FP16 as well: f32 lanes as before, and Pairs of fp16, two in
/// each f32 lane, for products in fp16. A type of its own, so that no template instance is shared with plain AVX-512.
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
  /// a * b + c in fp16, rounded once.
  [[gnu::always_inline]] static Pairs fma_pairs(Pairs a, Pairs b, Pairs c) {
    return _mm512_castph_si512(_mm512_fmadd_ph(_mm512_castsi512_ph(a), _mm512_castsi512_ph(b), _mm512_castsi512_ph(c)));
  }
  /// Adds the 32 values to f32 sums: low takes pairs 0 to 7, high 8 to 15, both with the halves of a pair side by side.
  [[gnu::always_inline]] static void add_pairs(Pairs p, Reg& low, Reg& high) {
    low = _mm512_add_ps(low, _mm512_cvtph_ps(_mm512_castsi512_si256(p)));
    high = _mm512_add_ps(high, _mm512_cvtph_ps(_mm512_extracti64x4_epi64(p, 1)));
  }
  /// The sum of both halves of each of the 16 pairs.
  [[gnu::always_inline]] static Reg join_pairs(Reg low, Reg high) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
    return _mm512_add_ps(_mm512_permutex2var_ps(low, even, high), _mm512_permutex2var_ps(low, odd, high));
  }
};

}  // namespace tn
