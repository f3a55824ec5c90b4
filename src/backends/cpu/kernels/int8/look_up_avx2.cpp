// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "backends/cpu/kernels/int8/look_up.h"

namespace tn {

/// A shuffle finds one of sixteen entries, by the low bits of an index, or zero where it is negative. For each half of
/// the table an index goes down by sixteen from row to row, and what each row differs by from the one before it adds
/// up to the entry, until the index is negative.
void look_up_avx2(const uint8_t* table, uint8_t* bytes, int64_t blocks) {
  constexpr int kRows = 8;
  __m256i low_rows[kRows], high_rows[kRows];
  __m128i low_before = _mm_setzero_si128(), high_before = low_before;
  for (int i = 0; i < kRows; ++i) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 128 + 16 * i));
    low_rows[i] = _mm256_broadcastsi128_si256(_mm_xor_si128(low, low_before));
    high_rows[i] = _mm256_broadcastsi128_si256(_mm_xor_si128(high, high_before));
    low_before = low;
    high_before = high;
  }
  const __m256i sixteen = _mm256_set1_epi8(16);
  for (uint8_t* p = bytes; p != bytes + blocks * kLookUpBlock; p += 32) {
    __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    __m256i high = _mm256_xor_si256(low, _mm256_set1_epi8(-128)), found = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      found = _mm256_xor_si256(found, _mm256_shuffle_epi8(low_rows[i], low));
      found = _mm256_xor_si256(found, _mm256_shuffle_epi8(high_rows[i], high));
      low = _mm256_subs_epi8(low, sixteen);
      high = _mm256_subs_epi8(high, sixteen);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), found);
  }
}

}  // namespace tn
