// SPDX-License-Identifier: Apache-2.0
// Tiles of bytes by the processor's products of matrices: sixteen rows times 64 k times sixteen channels.
#include <immintrin.h>

#include "backends/cpu/kernels/int8/requantize_kernel.h"
#include "backends/cpu/kernels/product/tile_kernel.h"
#include "backends/cpu/kernels/simd/int8_avx512.h"

namespace tn {
namespace {

struct AmxInt8 : Avx512Sums {};

constexpr int kHeight = 16, kDepth = 64, kMostRows = 2 * kHeight;

/// What the processor takes as the shape of its eight registers.
struct alignas(64) TileConfiguration {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};

  void set(int tile, int64_t height) {
    rows[tile] = static_cast<uint8_t>(height);
    row_bytes[tile] = height > 0 ? kDepth : 0;
  }
};

/// Registers 0 to 3 hold sums: of up to four vectors, or of two heights times two vectors, the lower in 2 and 3.
/// Activations are in 4 and, of the lower height, 5; weights in 5 to 7.
template <bool kTwoHeights>
[[gnu::always_inline]] inline void configure(int64_t rows) {
  const int64_t first = kTwoHeights ? kHeight : rows, second = rows - first;
  TileConfiguration c;
  for (int i = 0; i < 8; ++i) c.set(i, i < 5 ? first : kHeight);
  if constexpr (kTwoHeights) {
    for (const int lower : {2, 3, 5}) c.set(lower, second);
  }
  asm volatile("" : : "m"(c) : "memory");
  _tile_loadconfig(&c);
}

/// The intrinsics do not tell the compiler that they read memory.
[[gnu::always_inline]] inline void memory_is_written() {
  asm volatile("" ::: "memory");
}

/// 64 k of all rows, so many of which there are, and zeros behind them.
[[gnu::always_inline]] inline void stage(const char* const* rows, int64_t count, int64_t k, int64_t n, char* to) {
  const __mmask64 there = n >= kDepth ? ~__mmask64{0} : (__mmask64{1} << n) - 1;
  for (int64_t i = 0; i < count; ++i) _mm512_store_si512(to + i * kDepth, _mm512_maskz_loadu_epi8(there, rows[i] + k));
  memory_is_written();
}

/// The distance of offsets that follow each other evenly inside the image; otherwise 0.
[[gnu::always_inline]] inline int64_t distance_of(const int32_t* offsets, int64_t count) {
  const int32_t distance = count > 1 ? offsets[1] - offsets[0] : 0;
  if (offsets[0] < 0 || distance <= 0) return 0;
  const __m512i steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i first = _mm512_mullo_epi32(steps, _mm512_set1_epi32(distance));
  for (int64_t i = 0; i < count; i += 16) {
    const auto there = static_cast<__mmask16>(count - i >= 16 ? 0xffff : (1 << (count - i)) - 1);
    const __m512i want = _mm512_add_epi32(first, _mm512_set1_epi32(offsets[0] + static_cast<int32_t>(i) * distance));
    if (_mm512_mask_cmpneq_epi32_mask(there, _mm512_maskz_loadu_epi32(there, offsets + i), want) != 0) return 0;
  }
  return distance;
}

/// Adds products; the numbers of registers are part of the instructions.
#define TENON_TILE_DOT(sums, x, w) \
  if constexpr (kSigned) {         \
    _tile_dpbssd(sums, x, w);      \
  } else {                         \
    _tile_dpbusd(sums, x, w);      \
  }

template <bool kSigned, int kVectors, bool kTwoHeights>
[[gnu::always_inline]] inline void multiply(const char* rows, int64_t row_stride, const char* weights) {
  constexpr int64_t kLine = kVectors * 64;
  _tile_loadd(6, weights, kLine);
  _tile_loadd(4, rows, row_stride);
  TENON_TILE_DOT(0, 4, 6)
  if constexpr (kVectors >= 2) {
    _tile_loadd(7, weights + 64, kLine);
    TENON_TILE_DOT(1, 4, 7)
  }
  if constexpr (kTwoHeights) {
    static_assert(kVectors <= 2);
    _tile_loadd(5, rows + kHeight * row_stride, row_stride);
    TENON_TILE_DOT(2, 5, 6)
    if constexpr (kVectors == 2) {
      TENON_TILE_DOT(3, 5, 7)
    }
  }
  if constexpr (kVectors >= 3) {
    _tile_loadd(5, weights + 128, kLine);
    TENON_TILE_DOT(2, 4, 5)
  }
  if constexpr (kVectors == 4) {
    _tile_loadd(6, weights + 192, kLine);
    TENON_TILE_DOT(3, 4, 6)
  }
}
#undef TENON_TILE_DOT

template <int kVectors, bool kTwoHeights>
[[gnu::always_inline]] inline void store(const TileArgs& t) {
  const int64_t stride = t.out_stride * 4;
  float* const lower = t.out + kHeight * t.out_stride;
  _tile_stored(0, t.out, stride);
  if constexpr (kVectors >= 2) _tile_stored(1, t.out + 16, stride);
  if constexpr (kVectors >= 3) _tile_stored(2, t.out + 32, stride);
  if constexpr (kVectors == 4) _tile_stored(3, t.out + 48, stride);
  if constexpr (kTwoHeights) _tile_stored(2, lower, stride);
  if constexpr (kTwoHeights && kVectors == 2) _tile_stored(3, lower + 16, stride);
}

/// Where the next tile begins to fetch.
template <bool kSigned, int kVectors, bool kTwoHeights>
const char* one(const TileArgs& t, int64_t count) {
  // In turn: what is stored for one step is not yet read when the next is.
  alignas(64) char staged[4][kMostRows * kDepth];
  int turn = 0;
  const char* weights = t.weights;
  const char* prefetch = t.prefetch;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t tap = 0; tap < t.taps; ++tap) {
    const int32_t* offsets = t.offsets ? t.offsets + tap * count : nullptr;
    const int64_t distance = offsets ? distance_of(offsets, count) : t.row_stride;
    const char* rows[kMostRows];
    for (int64_t i = 0; i < count; ++i) {
      const int64_t offset = offsets ? offsets[i] : i * t.row_stride;
      rows[i] = offset >= 0 ? t.input + offset : t.aside + ~offset;
    }
    for (int64_t k = 0; k < t.depth; k += kDepth, weights += kVectors * 64 * kHeight) {
      for (int group = 0; group < kDepth / 4; ++group, prefetch += t.prefetch_step) AmxInt8::prefetch_l2(prefetch);
      if (distance > 0 && t.depth - k >= kDepth) {
        multiply<kSigned, kVectors, kTwoHeights>(rows[0] + k, distance, weights);
        continue;
      }
      char* const to = staged[turn++ % 4];
      stage(rows, count, k, t.depth - k, to);
      multiply<kSigned, kVectors, kTwoHeights>(to, kDepth, weights);
    }
  }
  store<kVectors, kTwoHeights>(t);
  return prefetch;
}

template <int kRows, int kVectors, bool kSigned>
struct AmxTile {
  static void run(const TileArgs& args) {
    TileArgs t = args;
    configure<(kRows > kHeight)>(kRows);
    for (int64_t left = t.tiles; left > 0; --left, advance_tile(t, kRows))
      t.prefetch = one<kSigned, kVectors, (kRows > kHeight)>(t, kRows);
    _tile_release();
  }
};

template <typename, int kRows, int kVectors>
using U8Tile = AmxTile<kRows, kVectors, false>;
template <typename, int kRows, int kVectors>
using I8Tile = AmxTile<kRows, kVectors, true>;

template <template <typename, int, int> typename Tile>
constexpr ProductKernels make_kernels() {
  ProductKernels kernels{AmxInt8::kLanes, 4, DataType::I32, {}, finish_avx512};
  kernels.requantize = &kRequantize<AmxInt8>;
  kernels.depth_multiple = kDepth;
  fill_tiles<Tile, AmxInt8, 1, kMostRows>(kernels);
  fill_tiles<Tile, AmxInt8, 2, kMostRows>(kernels);
  fill_tiles<Tile, AmxInt8, 3, kHeight>(kernels);
  fill_tiles<Tile, AmxInt8, 4, kHeight>(kernels);
  return kernels;
}

}  // namespace

constexpr ProductKernels kU8ProductAmxInt8 = make_kernels<U8Tile>();
constexpr ProductKernels kI8ProductAmxInt8 = make_kernels<I8Tile>();

}  // namespace tn
