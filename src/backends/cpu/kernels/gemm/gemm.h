// SPDX-License-Identifier: Apache-2.0
// C[m, n] = A[m, k] * B[k, n] for a B that is known when the engine is built.
#pragma once

#include <span>
#include <vector>

#include "backends/cpu/kernels/product/product.h"
#include "base/status.h"
#include "base/tensor_view.h"

namespace tn {

struct GemmParams {
  int64_t k = 0, n = 0;
  DataType type = DataType::F32;      ///< of A and B: F32, or F16 with Isa::Avx512Fp16; U8 or I8 of A, and B is I8
  DataType out_type = DataType::F32;  ///< F32, F16, BF16; of bytes also U8, I8
  Isa isa = Isa::Generic;
  TileShape tile;
};

/// Row-major A and C with leading dimensions (elements). All batches share B. The residual of the epilogue has
/// axis[2] as its leading dimension.
struct GemmShape {
  int64_t batch = 1, m = 0;
  int64_t a_batch = 0, a_row = 0;
  int64_t c_batch = 0, c_row = 0;
};

class Gemm {
 public:
  static bool supports(const GemmParams& params) { return product_kernels(params.isa, params.type) != nullptr; }
  /// Tiles worth timing; the first is a good guess.
  static std::vector<TileShape> configs(const GemmParams& params);
  static size_t packed_bytes(const GemmParams& params);
  /// `b` is a view [k, n] of f32, or I8 for bytes, with any strides: a transposed B is a view with swapped strides.
  /// Throws Error.
  static void pack(const GemmParams& params, const TensorView& b, std::span<std::byte> out);

  explicit Gemm(const GemmParams& params);
  size_t workspace_bytes(int) const { return 0; }
  Status bind(const GemmShape& shape) noexcept;
  void run(Lane& lane, const void* a, const void* packed, const Epilogue& epilogue, void* c,
           void* workspace) const noexcept;

 private:
  GemmParams params_;
  ProductShape shape_;
};

}  // namespace tn
