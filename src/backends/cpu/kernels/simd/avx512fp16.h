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
  /// a * b + c in fp16, rounded once.
  [[gnu::always_inline]] static Pairs fma_pairs(Pairs a, Pairs b, Pairs c) {
    return _mm512_castph_si512(_mm512_fmadd_ph(_mm512_castsi512_ph(a), _mm512_castsi512_ph(b), _mm512_castsi512_ph(c)));
  }
  /// x + (float)lower + (float)upper of each pair, in f32. Drops fp16 denormals where denormals are flushed.
  [[gnu::always_inline]] static Reg add_pairs(Reg x, Pairs p) {
    return add_upper(add_upper(x, p), _mm512_slli_epi32(p, 16));
  }

 private:
  /// The 16 bits shifted into f32's exponent and mantissa are the value times 2^-112.
  [[gnu::always_inline]] static Reg add_upper(Reg x, Pairs p) {
    const __m512i bits = _mm512_and_si512(_mm512_srai_epi32(p, 3), _mm512_set1_epi32(static_cast<int>(0x8fffe000)));
    return _mm512_fmadd_ps(_mm512_castsi512_ps(bits), _mm512_set1_ps(0x1p112f), x);
  }
};

}  // namespace tn
