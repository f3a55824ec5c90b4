// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "backends/cpu/kernels/int8/look_up.h"

namespace tn {

void look_up_avx512vbmi(const uint8_t* table, uint8_t* bytes, int64_t blocks) {
  const __m512i a = _mm512_loadu_si512(table), b = _mm512_loadu_si512(table + 64);
  const __m512i c = _mm512_loadu_si512(table + 128), d = _mm512_loadu_si512(table + 192);
  for (uint8_t* p = bytes; p != bytes + blocks * kLookUpBlock; p += 64) {
    const __m512i x = _mm512_loadu_si512(p);
    const __m512i low = _mm512_permutex2var_epi8(a, x, b), high = _mm512_permutex2var_epi8(c, x, d);
    _mm512_storeu_si512(p, _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high));
  }
}

}  // namespace tn
