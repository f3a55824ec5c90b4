// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/texts.h"

namespace tn::cuda {

// Any type, any strides, any window, one multiplication at a time. 256 threads share a tile of TILE_M rows and 64
// columns: each has 8 neighbouring columns of TILE_M / 32 rows.
const std::string_view kSimtText = R"cuda(
constexpr int kTileN = 64, kTileK = 16, kThreads = 256;
constexpr int kRowsEach = TILE_M / 32, kLoadsA = TILE_M * kTileK / kThreads, kLoadsB = kTileN * kTileK / kThreads;

extern "C" __global__ void __launch_bounds__(kThreads) ENTRY(PARAMETERS) {
  __shared__ sum_t tile_a[kTileK][TILE_M + 1];
  __shared__ __align__(16) sum_t tile_b[kTileK][kTileN + 4];
  const int thread = threadIdx.x, group = blockIdx.y, batch = blockIdx.z;
  const int tiles_n = (COLUMNS + kTileN - 1) / kTileN;
  const int first_row = blockIdx.x / tiles_n * TILE_M, first_column = blockIdx.x % tiles_n * kTileN;
  const element_t* a = in0 + index_t(group) * A_GROUP + a_batch(batch, ARGUMENTS);
  const element_t* b = in1 + index_t(group) * B_GROUP + b_batch(batch, ARGUMENTS);

  // A thread loads one k of several rows and columns.
  const int load_k = thread % kTileK, load_row = thread / kTileK;
  index_t base[kLoadsA];
  int from_d[kLoadsA], from_h[kLoadsA], from_w[kLoadsA];
#pragma unroll
  for (int i = 0; i < kLoadsA; ++i) {
    const int row = first_row + load_row + i * (kThreads / kTileK);
    const int w = row % OUT_W, line = row / OUT_W, h = line % OUT_H, plane = line / OUT_H, d = plane % OUT_D;
    base[i] = index_t(plane / OUT_D) * A_N;
#if TRANSPOSED_WINDOW
    from_d[i] = d + PAD_D, from_h[i] = h + PAD_H, from_w[i] = w + PAD_W;
#else
    from_d[i] = d * STRIDE_D - PAD_D, from_h[i] = h * STRIDE_H - PAD_H, from_w[i] = w * STRIDE_W - PAD_W;
#endif
    if (row >= ROWS) from_w[i] = -(1 << 30);
  }
  // The input's coordinate at a tap, negative where there is none.
  const auto point = [](int from, int offset, int stride, int extent) {
#if TRANSPOSED_WINDOW
    const int at = from - offset;
    return at >= 0 && at % stride == 0 && at / stride < extent ? at / stride : -1;
#else
    const int at = from + offset;
    return at < extent ? at : -1;
#endif
  };
  sum_t of_a[kLoadsA], of_b[kLoadsB];
  const auto load = [&](int first_k) {
    const int k = first_k + load_k, tap = k / CHANNELS, channel = k % CHANNELS;
    const int tap_w = tap % KERNEL_W, tap_h = tap / KERNEL_W % KERNEL_H, tap_d = tap / (KERNEL_W * KERNEL_H);
#pragma unroll
    for (int i = 0; i < kLoadsA; ++i) {
      const int d = point(from_d[i], tap_d * DILATION_D, STRIDE_D, IN_D);
      const int h = point(from_h[i], tap_h * DILATION_H, STRIDE_H, IN_H);
      const int w = point(from_w[i], tap_w * DILATION_W, STRIDE_W, IN_W);
      const bool exists = k < DEPTH && (d | h | w) >= 0;
      of_a[i] = exists ? convert<sum_t>(a[base[i] + index_t(d) * A_D + index_t(h) * A_H + index_t(w) * A_W + index_t(channel) * A_DEPTH]) : sum_t(0);
    }
#pragma unroll
    for (int i = 0; i < kLoadsB; ++i) {
      const int column = first_column + load_row + i * (kThreads / kTileK);
      of_b[i] = k < DEPTH && column < COLUMNS ? convert<sum_t>(b[index_t(column) * B_COLUMN + index_t(k) * B_DEPTH]) : sum_t(0);
    }
  };
  wait_for_inputs();
  const int band = thread % 8 * 8, row_in_tile = thread / 8;
  sum_t sums[kRowsEach][8] = {};
  load(0);
#pragma unroll 1
  for (int k = 0; k < DEPTH; k += kTileK) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kLoadsA; ++i) tile_a[load_k][load_row + i * (kThreads / kTileK)] = of_a[i];
#pragma unroll
    for (int i = 0; i < kLoadsB; ++i) tile_b[load_k][load_row + i * (kThreads / kTileK)] = of_b[i];
    __syncthreads();
    if (k + kTileK < DEPTH) load(k + kTileK);
#pragma unroll
    for (int j = 0; j < kTileK; ++j) {
      const vec<sum_t, 8> right = load_vec<8>(&tile_b[j][band]);
#pragma unroll
      for (int i = 0; i < kRowsEach; ++i) {
        const sum_t left = tile_a[j][row_in_tile + i * 32];
#pragma unroll
        for (int n = 0; n < 8; ++n) sums[i][n] += left * right[n];
      }
    }
  }
  let_next_start();
  const int column = group * COLUMNS + first_column + band, present = COLUMNS - first_column - band;
  if (present <= 0) return;
  Fixed fixed;
  load_fixed(fixed, column, present, ARGUMENTS);
#pragma unroll
  for (int i = 0; i < kRowsEach; ++i) {
    const int row = first_row + row_in_tile + i * 32;
    if (row >= ROWS) continue;
    Extra extra;
    load_extra(extra, batch, row, column, present, ARGUMENTS);
    finish(sums[i], fixed, extra, batch, row, column, present, ARGUMENTS);
  }
}
)cuda";

}  // namespace tn::cuda
