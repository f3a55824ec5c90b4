// SPDX-License-Identifier: Apache-2.0
// The inner kernels of every matrix product: a tile of `rows` pixels times `vectors` registers of output channels.
#pragma once

#include <array>
#include <cstdint>

#include "backends/cpu/kernels/int8/requantize.h"
#include "backends/cpu/kernels/product/f16_finish.h"
#include "backends/cpu/kernels/simd/isa.h"

namespace tn {

/// Rows (pixels) and vectors of output channels that one kernel call keeps in registers.
struct TileShape {
  int rows = 0, vectors = 0;
  friend bool operator==(const TileShape&, const TileShape&) = default;
};

/// One tile: sum over taps and k of input[row][tap][k] * weights[tap][k][channel].
/// Weights are packed [tap][k-group][vectors * lanes][group] (ProductPacking).
struct TileArgs {
  const char* input = nullptr;
  const int32_t* offsets =
      nullptr;                  ///< [tap][row], bytes from input; negative: ~offset bytes from aside. Null: one tap,
  int64_t row_stride = 0;       ///< row i at input + i * row_stride bytes
  const char* aside = nullptr;  ///< zeros, for pixels in the padding
  int64_t taps = 1, depth = 0;  ///< depth: elements of k per tap
  const char* weights = nullptr;
  const uint8_t* wide = nullptr;   ///< of bytes, for each tap and k-group: not zero where its weights have 16 bits
  const char* prefetch = nullptr;  ///< brought to L2 while the tile runs; a further tile of the call goes on from there
  int64_t prefetch_step = 64;      ///< bytes of it per k-group
  int64_t tiles = 1;  ///< tiles of the same height that follow each other in input or offsets, output and residual

  float* out = nullptr;             ///< of bytes: s32 sums
  int64_t out_stride = 0;           ///< floats from row to row
  int64_t channels = 0;             ///< columns to write, at most vectors * lanes
  const float* bias = nullptr;      ///< or null
  const float* residual = nullptr;  ///< or null
  int64_t residual_stride = 0;      ///< floats
  bool residual_last = false;       ///< added after the clip
  float low = 0, high = 0;          ///< the clip; -inf and inf for none
  /// F16 tiles may write these instead of `out`; strides count their elements.
  Half* half_out = nullptr;
  const Half* half_residual = nullptr;
};
using TileFunction = void (*)(const TileArgs&);

/// Goes on to the next tile of a call.
inline void advance_tile(TileArgs& t, int64_t rows) {
  if (t.offsets) {
    t.offsets += rows * t.taps;
  } else {
    t.input += rows * t.row_stride;
  }
  if (t.out) t.out += rows * t.out_stride;
  if (t.half_out) t.half_out += rows * t.out_stride;
  if (t.residual) t.residual += rows * t.residual_stride;
  if (t.half_residual) t.half_residual += rows * t.residual_stride;
}

/// Sums of a tile on their way to the output.
struct FinishArgs : RowsEpilogue {
  const float* sums = nullptr;
  int64_t sums_stride = 0;
  int64_t rows = 0, channels = 0;
  const float* bias = nullptr;
  char* out = nullptr;
  DataType out_type = DataType::F32;
  int64_t out_stride = 0;  ///< elements
};
using FinishFunction = void (*)(const FinishArgs&);

/// Sums to bytes, through floats where there is an activation.
inline void requantize_rows(const RequantizeKernels& kernels, FinishFunction finish, RequantizeArgs& args,
                            const Epilogue& epilogue) {
  if (epilogue.activation == Activation::None) return kernels.to_bytes(args);
  const SumKind kind = args.kind;
  kernels.to_floats(args);
  FinishArgs f;
  f.sums = reinterpret_cast<const float*>(args.sums);
  f.out = reinterpret_cast<char*>(args.sums);
  f.sums_stride = f.out_stride = args.sums_stride;
  f.rows = args.rows;
  f.channels = args.channels;
  f.activation = epilogue.activation;
  f.alpha = epilogue.alpha;
  f.beta = epilogue.beta;
  finish(f);
  args.kind = SumKind::Activated;
  kernels.to_bytes(args);
  args.kind = kind;
}

inline constexpr int kMaxTileRows = 32;
inline constexpr int kMaxTileVectors = 4;
inline constexpr int kMaxTileFloats = 1024;

struct ProductKernels {
  int lanes;             ///< f32 lanes of a vector; a vector of output channels
  int group;             ///< elements of k that are multiplied at once
  DataType direct_type;  ///< tiles honour bias, residual and clip for an output and residual of this type; for others
                         ///< they write bare f32 sums
  std::array<std::array<TileFunction, kMaxTileRows>, kMaxTileVectors> tiles;  ///< [vectors - 1][rows - 1], null: none
  FinishFunction finish;
  F16FinishFunction finish_halves = nullptr;  ///< where direct_type is F16: any activation, in place
  /// Of bytes: what comes before `finish`, or instead of it where results are bytes; and what tiles add to each signed
  /// activation.
  const RequantizeKernels* requantize = nullptr;
  int signed_offset = 0;
  int depth_multiple = 0;  ///< k of a tap is stored as a multiple of this, filled up with zeros; 0: of `group`
  bool saturates = false;  ///< tiles of bytes need TileArgs::wide

  TileFunction tile(int64_t rows, int64_t vectors) const {
    return tiles[static_cast<size_t>(vectors - 1)][static_cast<size_t>(rows - 1)];
  }
  /// The most rows of a tile so wide.
  int max_rows(int vectors) const;
};

/// Kernels whose operands are of `type` (F32 or F16; U8 or I8, with weights of I8), or null where the set cannot.
const ProductKernels* product_kernels(Isa isa, DataType type);

extern const ProductKernels kF32ProductGeneric, kF32ProductAvx2, kF32ProductAvx512, kF16ProductAvx512Fp16;
extern const ProductKernels kU8ProductGeneric, kU8ProductAvx2, kU8ProductAvxVnni, kU8ProductAvx512Vnni,
    kU8ProductAmxInt8;
extern const ProductKernels kI8ProductGeneric, kI8ProductAvx2, kI8ProductAvxVnni, kI8ProductAvx512Vnni,
    kI8ProductAmxInt8;
void finish_generic(const FinishArgs& args);
void finish_avx2(const FinishArgs& args);
void finish_avx512(const FinishArgs& args);

}  // namespace tn
