// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/attention/attention_body.h"

namespace tn::cuda {

std::string_view attention_body() {
  return R"cuda(
constexpr int kThreads = 32 * ROW_WARPS * KEY_WARPS, kRows = 16 * ROW_WARPS;
constexpr int kWarpKeys = TILE_KEYS / KEY_WARPS, kScoreTiles = kWarpKeys / 8, kOutTiles = PADDED_VALUE / 8;
constexpr int kStep = sizeof(element) == 2 ? 16 : 8;        // elements that one product sums
constexpr int kChunk = 16 / sizeof(element);
// Rows in shared memory begin at an odd multiple of 16 bytes: eight of them lie in different banks.
constexpr int kKeyPitch = PADDED_HEAD + kChunk, kValuePitch = PADDED_VALUE + kChunk;
constexpr int kHeadSteps = PADDED_HEAD / kStep;
constexpr bool kQueriesStay = kHeadSteps * 4 <= 32;          // in registers
constexpr float kLog2E = 1.4426950408889634f;
// Scores that nothing is done to are scaled where their exponential is taken; a negative scale would turn the order.
#define SCALES_LATE (!SOFTCAP && !MASKED && SCALE_IS_POSITIVE)
constexpr float kLateScale = SCALES_LATE ? SCALE * kLog2E : 1.f;
#define NOTHING __uint_as_float(0xff800000u)  // minus infinity

// Fragments of Q, K, P and V as mma.sync takes them. For f32 the sum over keys runs over pairs (2c, 2c + 1) where the
// instruction has (c, c + 4), on both sides: so weights need not change lanes.
__device__ __forceinline__ void query_fragment(unsigned (&a)[4], const element* at, int lane) {
#if ELEMENT_F32
  const element* from = at + lane / 4 * kKeyPitch + lane % 4;
  a[0] = __float_as_uint(from[0]), a[1] = __float_as_uint(from[8 * kKeyPitch]);
  a[2] = __float_as_uint(from[4]), a[3] = __float_as_uint(from[8 * kKeyPitch + 4]);
#else
  load_matrices(a, at + lane % 16 * kKeyPitch + lane / 16 * 8);
#endif
}
// Two neighbouring groups of eight keys.
__device__ __forceinline__ void key_fragments(unsigned (&b)[4], const element* at, int lane) {
#if ELEMENT_F32
  const element* from = at + lane / 4 * kKeyPitch + lane % 4;
  b[0] = __float_as_uint(from[0]), b[1] = __float_as_uint(from[4]);
  b[2] = __float_as_uint(from[8 * kKeyPitch]), b[3] = __float_as_uint(from[8 * kKeyPitch + 4]);
#else
  load_matrices(b, at + (lane / 16 * 8 + lane % 8) * kKeyPitch + lane / 8 % 2 * 8);
#endif
}
// Two neighbouring groups of eight elements of kStep values.
__device__ __forceinline__ void value_fragments(unsigned (&b)[4], const element* at, int lane) {
#if ELEMENT_F32
  const element* from = at + lane % 4 * 2 * kValuePitch + lane / 4;
  b[0] = __float_as_uint(from[0]), b[1] = __float_as_uint(from[kValuePitch]);
  b[2] = __float_as_uint(from[8]), b[3] = __float_as_uint(from[kValuePitch + 8]);
#else
  load_transposed(b, at + (lane / 8 % 2 * 8 + lane % 8) * kValuePitch + lane / 16 * 8);
#endif
}
__device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#if ELEMENT_F16
  mma_f16(c, a, b0, b1);
#elif ELEMENT_BF16
  mma_bf16(c, a, b0, b1);
#else
  unsigned high[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) high[i] = round_tf32(__uint_as_float(a[i]));
  const unsigned h0 = round_tf32(__uint_as_float(b0)), h1 = round_tf32(__uint_as_float(b1));
#if EXACT
  // What rounding left over goes in by two more products.
  unsigned low[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) low[i] = round_tf32(__uint_as_float(a[i]) - __uint_as_float(high[i]));
  mma_tf32(c, low, h0, h1);
  mma_tf32(c, high, round_tf32(__uint_as_float(b0) - __uint_as_float(h0)),
           round_tf32(__uint_as_float(b1) - __uint_as_float(h1)));
#endif
  mma_tf32(c, high, h0, h1);
#endif
}

// kCount rows of kSize elements; what lies beyond the rows that exist, or beyond kSize, is zero.
template <int kCount, int kSize, int kPadded, int kPitch>
__device__ __forceinline__ void load_rows(element* to, const element* from, offset_t row_stride, offset_t stride,
                                          int rows) {
#if VECTORS
  constexpr int kChunks = kPadded / kChunk;
#pragma unroll 4
  for (int i = 0; i < (kCount * kChunks + kThreads - 1) / kThreads; ++i) {
    const int at = i * kThreads + threadIdx.x, row = at / kChunks, column = at % kChunks * kChunk;
    const bool valid = row < rows && column < kSize;
    if (kCount * kChunks % kThreads == 0 || row < kCount)
      copy_async(to + row * kPitch + column, valid ? from + row * row_stride + column : from, valid);
  }
#else
  for (int at = threadIdx.x; at < kCount * kPadded; at += kThreads) {
    const int row = at / kPadded, column = at % kPadded;
    to[row * kPitch + column] = row < rows && column < kSize ? from[row * row_stride + column * stride] : element(0);
  }
#endif
}

__device__ __forceinline__ float quad_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}
__device__ __forceinline__ float quad_sum(float x) {
  x += __shfl_xor_sync(0xffffffffu, x, 1);
  return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

__device__ __forceinline__ void store_pair(element* out, int column, float a, float b) {
#if ELEMENT_F32
  const uint2 pair = {__float_as_uint(a), __float_as_uint(b)};
  if (PAIRS) {
    *reinterpret_cast<uint2*>(out + column) = pair;
    return;
  }
  const element first = a, second = b;
#else
#if ELEMENT_F16
  const unsigned pair = pack_f16(a, b);
#else
  const unsigned pair = pack_bf16(a, b);
#endif
  if (PAIRS) {
    *reinterpret_cast<unsigned*>(out + column) = pair;
    return;
  }
  const element first = pair & 0xffffu, second = pair >> 16;
#endif
  if (column < VALUE_SIZE) out[column * static_cast<offset_t>(OUT_E)] = first;
  if (column + 1 < VALUE_SIZE) out[(column + 1) * static_cast<offset_t>(OUT_E)] = second;
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) ENTRY(const element* __restrict__ query,
    const element* __restrict__ key, const element* __restrict__ value, MASK_PARAMETER element* __restrict__ out
    SCALARS) {
  extern __shared__ __align__(16) unsigned char memory[];
  element* const keys = reinterpret_cast<element*>(memory);
  element* const values = keys + STAGES * TILE_KEYS * kKeyPitch;
  element* const queries = values + STAGES * TILE_KEYS * kValuePitch;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int row_warp = warp % ROW_WARPS, key_warp = warp / ROW_WARPS;

  const int query_count = QUERIES, key_count = KEYS, row_blocks = (query_count + kRows - 1) / kRows;
  const int first_row = static_cast<int>(blockIdx.x % row_blocks) * kRows;
  const int rest = static_cast<int>(blockIdx.x / row_blocks), head = rest % HEADS, batch = rest / HEADS;
  const int shared_head = head / GROUP;
  query += batch * static_cast<long long>(QUERY_N) + head * static_cast<long long>(QUERY_H) +
           first_row * static_cast<long long>(QUERY_S);
  key += batch * static_cast<long long>(KEY_N) + shared_head * static_cast<long long>(KEY_H);
  value += batch * static_cast<long long>(VALUE_N) + shared_head * static_cast<long long>(VALUE_H);
  out += batch * static_cast<long long>(OUT_N) + head * static_cast<long long>(OUT_H);
#if MASKED
  mask += batch * static_cast<long long>(MASK_N) + head * static_cast<long long>(MASK_H);
#endif
  // The last key that any row of the block sees, and beyond it nothing is read.
  const int shift = CAUSAL_SHIFT;
  const int limit = CAUSAL ? min(key_count, first_row + kRows + shift) : key_count;
  const int tiles = limit > 0 ? (limit + TILE_KEYS - 1) / TILE_KEYS : 0;
  const auto load_tile = [&](int tile) {
    const int stage = tile % STAGES, first = tile * TILE_KEYS;
    load_rows<TILE_KEYS, HEAD_SIZE, PADDED_HEAD, kKeyPitch>(
        keys + stage * TILE_KEYS * kKeyPitch, key + first * static_cast<offset_t>(KEY_T), KEY_T, KEY_D,
        key_count - first);
    load_rows<TILE_KEYS, VALUE_SIZE, PADDED_VALUE, kValuePitch>(
        values + stage * TILE_KEYS * kValuePitch, value + first * static_cast<offset_t>(VALUE_T), VALUE_T, VALUE_E,
        key_count - first);
  };

  grid_wait();
  load_rows<kRows, HEAD_SIZE, PADDED_HEAD, kKeyPitch>(queries, query, QUERY_S, QUERY_D, query_count - first_row);
  if (tiles > 0) load_tile(0);
  commit_copies();
  grid_release();

  unsigned q[kQueriesStay ? kHeadSteps : 1][4];
  float o[kOutTiles][4], highest[2] = {NOTHING, NOTHING}, total[2] = {0, 0};
#pragma unroll
  for (int i = 0; i < kOutTiles; ++i) o[i][0] = o[i][1] = o[i][2] = o[i][3] = 0;
  const int row0 = first_row + row_warp * 16 + lane / 4;  // and row0 + 8
  const element* const my_queries = queries + row_warp * 16 * kKeyPitch;

  for (int tile = 0; tile < tiles; ++tile) {
    if (STAGES == 2) {
      if (tile + 1 < tiles) load_tile(tile + 1);
      commit_copies();
    }
    await_copies<STAGES - 1>();
    __syncthreads();
    if (kQueriesStay && tile == 0) {
#pragma unroll
      for (int step = 0; step < (kQueriesStay ? kHeadSteps : 0); ++step)
        query_fragment(q[step], my_queries + step * kStep, lane);
    }
    const element* const my_keys = keys + (tile % STAGES * TILE_KEYS + key_warp * kWarpKeys) * kKeyPitch;
    const element* const my_values = values + (tile % STAGES * TILE_KEYS + key_warp * kWarpKeys) * kValuePitch;

    float s[kScoreTiles][4];
#pragma unroll
    for (int j = 0; j < kScoreTiles; ++j) s[j][0] = s[j][1] = s[j][2] = s[j][3] = 0;
#pragma unroll
    for (int step = 0; step < kHeadSteps; ++step) {
      unsigned fresh[4];
      if (!kQueriesStay) query_fragment(fresh, my_queries + step * kStep, lane);
      const unsigned(&a)[4] = kQueriesStay ? q[kQueriesStay ? step : 0] : fresh;
#pragma unroll
      for (int j = 0; j < kScoreTiles; j += 2) {
        unsigned b[4];
        key_fragments(b, my_keys + j * 8 * kKeyPitch + step * kStep, lane);
        multiply(s[j], a, b[0], b[1]);
        multiply(s[j + 1], a, b[2], b[3]);
      }
    }

    const int first_key = tile * TILE_KEYS + key_warp * kWarpKeys + lane % 4 * 2;
    const bool edge = (tile + 1) * TILE_KEYS > key_count || (CAUSAL && (tile + 1) * TILE_KEYS > first_row + shift + 1);
#pragma unroll
    for (int j = 0; j < kScoreTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int column = first_key + j * 8 + i % 2, row = row0 + i / 2 * 8;
        float score = s[j][i];
#if SOFTCAP
        score = tanhf(score * (SCALE / SOFTCAP_LIMIT)) * (SOFTCAP_LIMIT * kLog2E);
#elif !SCALES_LATE
        score *= SCALE * kLog2E;
#endif
#if MASKED
        if (column < key_count && row < query_count) {
          const auto* at = mask + row * static_cast<offset_t>(MASK_S) + column * static_cast<offset_t>(MASK_T);
#if MASK_BOOL
          if (!*at) score = NOTHING;
#else
          score += load_f32(at) * kLog2E;
#endif
        }
#endif
        if (edge && (column >= key_count || (CAUSAL && column > row + shift))) score = NOTHING;
        s[j][i] = score;
      }
    }

#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float top = NOTHING;
#pragma unroll
      for (int j = 0; j < kScoreTiles; ++j) top = fmaxf(top, fmaxf(s[j][2 * half], s[j][2 * half + 1]));
      top = fmaxf(quad_max(top), highest[half]);
      const float base = top == NOTHING ? 0.f : top * kLateScale;
      const float fade = exp2_fast(fmaf(highest[half], kLateScale, -base));
      highest[half] = top;
      total[half] *= fade;
#pragma unroll
      for (int i = 0; i < kOutTiles; ++i) o[i][2 * half] *= fade, o[i][2 * half + 1] *= fade;
#pragma unroll
      for (int j = 0; j < kScoreTiles; ++j) {
#pragma unroll
        for (int i = 0; i < 2; ++i)
          total[half] += s[j][2 * half + i] = exp2_fast(fmaf(s[j][2 * half + i], kLateScale, -base));
      }
    }

#pragma unroll
    for (int step = 0; step < kWarpKeys / kStep; ++step) {
      unsigned p[4];
#if ELEMENT_F32
      p[0] = __float_as_uint(s[step][0]), p[1] = __float_as_uint(s[step][2]);
      p[2] = __float_as_uint(s[step][1]), p[3] = __float_as_uint(s[step][3]);
#elif ELEMENT_F16
      p[0] = pack_f16(s[2 * step][0], s[2 * step][1]), p[1] = pack_f16(s[2 * step][2], s[2 * step][3]);
      p[2] = pack_f16(s[2 * step + 1][0], s[2 * step + 1][1]), p[3] = pack_f16(s[2 * step + 1][2], s[2 * step + 1][3]);
#else
      p[0] = pack_bf16(s[2 * step][0], s[2 * step][1]), p[1] = pack_bf16(s[2 * step][2], s[2 * step][3]);
      p[2] = pack_bf16(s[2 * step + 1][0], s[2 * step + 1][1]);
      p[3] = pack_bf16(s[2 * step + 1][2], s[2 * step + 1][3]);
#endif
#pragma unroll
      for (int i = 0; i < kOutTiles; i += 2) {
        unsigned b[4];
        value_fragments(b, my_values + step * kStep * kValuePitch + i * 8, lane);
        multiply(o[i], p, b[0], b[1]);
        multiply(o[i + 1], p, b[2], b[3]);
      }
    }
    __syncthreads();
    if (STAGES == 1 && tile + 1 < tiles) {
      load_tile(tile + 1);
      commit_copies();
    }
  }

  total[0] = quad_sum(total[0]), total[1] = quad_sum(total[1]);
#if KEY_WARPS > 1
  // Warps with the same rows and other keys hand theirs to the first of them.
  constexpr int kPart = 4 * kOutTiles + 4;
  float* const parts = reinterpret_cast<float*>(memory) + row_warp * 32 + lane;
  const auto part = [&](int of, int i) -> float& { return parts[((of - 1) * kPart + i) * ROW_WARPS * 32]; };
  await_copies<0>();
  __syncthreads();
  if (key_warp > 0) {
#pragma unroll
    for (int i = 0; i < 4 * kOutTiles; ++i) part(key_warp, i) = o[i / 4][i % 4];
#pragma unroll
    for (int half = 0; half < 2; ++half)
      part(key_warp, kPart - 4 + half) = highest[half], part(key_warp, kPart - 2 + half) = total[half];
  }
  __syncthreads();
  if (key_warp > 0) return;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float top = highest[half];
#pragma unroll
    for (int of = 1; of < KEY_WARPS; ++of) top = fmaxf(top, part(of, kPart - 4 + half));
    const float base = top == NOTHING ? 0.f : top * kLateScale;
    const float fade = exp2_fast(fmaf(highest[half], kLateScale, -base));
    total[half] *= fade;
#pragma unroll
    for (int i = 0; i < kOutTiles; ++i) o[i][2 * half] *= fade, o[i][2 * half + 1] *= fade;
#pragma unroll
    for (int of = 1; of < KEY_WARPS; ++of) {
      const float weight = exp2_fast(fmaf(part(of, kPart - 4 + half), kLateScale, -base));
      total[half] += weight * part(of, kPart - 2 + half);
#pragma unroll
      for (int i = 0; i < kOutTiles; ++i) {
        o[i][2 * half] += weight * part(of, 4 * i + 2 * half);
        o[i][2 * half + 1] += weight * part(of, 4 * i + 2 * half + 1);
      }
    }
  }
#endif

#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = row0 + 8 * half;
    if (row >= query_count) continue;
    element* const to = out + row * static_cast<long long>(OUT_S);
    const float factor = total[half] == 0 ? 0.f : 1 / total[half];  // no key was seen: zeros
#pragma unroll
    for (int i = 0; i < kOutTiles; ++i) {
      const int column = i * 8 + lane % 4 * 2;
      if (column < VALUE_SIZE) store_pair(to, column, o[i][2 * half] * factor, o[i][2 * half + 1] * factor);
    }
  }
}
)cuda";
}

}  // namespace tn::cuda
