// SPDX-License-Identifier: Apache-2.0
// Matrix products and convolutions as kernels: result[row, column] = epilogue(Σ A[row, k] · B[column, k]).
#pragma once

#include <array>
#include <optional>
#include <string>

#include "backends/cuda/codegen/kernel_text.h"
#include "backends/cuda/codegen/product/epilogue.h"

namespace tn::cuda {

/// Depth, height, width of a window's axes; leading ones that are not there are 1.
template <typename T>
using Spatial = std::array<T, 3>;

/// What the rows of A are taken from: the points of a convolution's result see a window of `kernel` taps each, and k
/// runs over taps, then channels. A matrix has windows of one tap.
struct Window {
  Spatial<int64_t> kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, pad{0, 0, 0};
  Spatial<Dim> in{1, 1, 1};  ///< extents of the input
  /// The window of a transposed convolution: tap t of output o reads the input at (o + pad − t·dilation) / stride where
  /// that is whole.
  bool transposed = false;
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  /// Whether each row is one point that lies inside, so that only strides matter.
  bool is_plain() const;
};

/// A product over groups of channels (or one group) and a batch of matrices. Strides are in elements.
struct Product {
  DataType type = DataType::F32;  ///< of A and B; of A where it is of bytes: B is i8
  ScalarType sums = ScalarType::F32;
  bool tf32 = false;                  ///< f32 operands may be rounded to 10 bits
  uint32_t most_shared = 227 * 1024;  ///< bytes of shared memory that a block may have
  Dims batch;                         ///< matrices; extents
  Spatial<Dim> rows{1, 1, 1};
  Dim images = 1;   ///< rows are images × rows[0] × rows[1] × rows[2]
  Dim columns = 1;  ///< of one group
  int64_t groups = 1;
  Dim channels = 1;        ///< of one group
  bool depthwise = false;  ///< a column sees its own channel only; B is f32
  Window window;

  struct A {
    Dims batch;      ///< strides
    Dim images = 0;  ///< stride
    Spatial<Dim> points{0, 0, 0};
    Dim channel = 1;         ///< 1, or, in matrices, the stride along k where rows (points[2]) have stride 1
    int64_t alignment = 1;   ///< elements, of its first one
    int64_t zero_point = 0;  ///< what windows see outside: where it is not 0, it stands 16 times behind packed B
  } a;
  struct B {
    Dims batch;
    Dim column = 1, depth = 1;  ///< strides; one of them is 1
    int64_t alignment = 1;
    bool packed = false;  ///< constant, made by pack_columns
  } b;
  Epilogue epilogue;
  /// Epsilon, if each row of A counts less its mean and over its deviation, as normalized: sums become (sum − mean ·
  /// s[column]) / √(variance + epsilon) + t[column]. s, what B's columns add up to, and t are the last two inputs of
  /// the epilogue that its program does not see: f32 constants (NormalizedColumns).
  std::optional<double> normalizes;
  /// Normalized rows only: two more results, f32 without gaps, after the epilogue's: of each row its factor and what is
  /// added behind that (see ops::NormalizedMatMul).
  bool gives_rows = false;
  /// Normalized rows only: of A one more input, moments of its rows (ops::RowMoments) in f32 without gaps, behind those
  /// of the epilogue; else the kernel makes them.
  bool reads_moments = false;
  /// One more result, the last: moments of the rows of the epilogue's first as it is before it is stored.
  bool gives_moments = false;
  static constexpr int kMomentsGroup = 16;  ///< columns

  Dim row_count() const { return images * rows[0] * rows[1] * rows[2]; }
  Dim depth() const { return Dim(window.taps()) * channels; }
  /// Whether rows read something else than 0 where their window is outside of A.
  bool sees_outside() const { return a.zero_point != 0 && !window.is_plain(); }
  bool a_transposed() const { return !(a.channel == Dim(1)); }
  bool b_transposed() const { return !b.packed && !(b.depth == Dim(1)); }
  ResultAxes axes() const { return {batch, {images, rows[0], rows[1], rows[2]}, columns * Dim(groups), columns}; }
};

/// How a kernel on tensor cores divides a product: see mma_text.cpp.
struct MmaTile {
  enum class Form : uint8_t { Pipeline, Slab, Halo, Warpgroup };
  int m = 64, n = 64;
  int k_bytes = 128;  ///< of a row of a tile
  int stages = 3;
  int warps_m = 2, warps_n = 2, warps_k = 1;
  Form form = Form::Pipeline;
  int blocks = 1;   ///< that a multiprocessor shall hold at once, at least
  int cluster = 1;  ///< blocks that share out the depth of a tile and add up in each other's shared memory (sm_90)

  int threads() const { return 32 * warps_m * warps_n * warps_k; }
  bool operator==(const MmaTile&) const = default;
};

/// "64x32x128 s3 w2x1x2", with " slab", " halo" or " wg", " o2", " c4".
std::string to_string(const MmaTile& tile);
MmaTile parse_mma_tile(const std::string& text);

/// Whether tensor cores of this architecture ("sm_90") take the product, or why not.
std::optional<std::string> refuses_mma(const Product& product, const std::string& architecture);
/// Whether the kernel can be made with this tile.
bool fits(const Product& product, const MmaTile& tile);
/// Registers that a thread needs, about: sums, two sets of fragments, addresses.
int registers_of(const MmaTile& tile);
/// Whether results, of bytes, are made by the warp that has their sums and stored from there; else they leave through
/// shared memory.
bool leaves_from_registers(const Product& product, const MmaTile& tile);
/// Dynamic shared memory, in bytes.
uint32_t shared_bytes(const Product& product, const MmaTile& tile);

/// Parameters: A, B, inputs and outputs of the epilogue.
KernelText mma_text(const Product& product, const MmaTile& tile, std::string entry, const SymbolRanges& ranges);

/// One multiplication at a time, for any types, windows and strides; tile_rows is 32, 64 or 128.
KernelText simt_text(const Product& product, int tile_rows, std::string entry, const SymbolRanges& ranges);

/// What a thread of a depthwise convolution makes: `lines` × `strip` results of at most `vector` channels.
struct DepthwiseTile {
  int strip = 4, lines = 2, vector = 8;
  bool operator==(const DepthwiseTile&) const = default;
};
/// "4x2x8".
std::string to_string(const DepthwiseTile& tile);
DepthwiseTile parse_depthwise_tile(const std::string& text);

/// A convolution with one filter per channel: `channels` and `columns` are all of them in one group, B is made by
/// pack_taps.
KernelText depthwise_text(const Product& product, const DepthwiseTile& tile, std::string entry,
                          const SymbolRanges& ranges);

/// Elements between the columns of packed B: its depth, rounded up to whole 16-byte chunks.
int64_t packed_depth(const Product& product);

}  // namespace tn::cuda
