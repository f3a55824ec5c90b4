// SPDX-License-Identifier: Apache-2.0
// C = A * B, batched, for a B that is only known at run time.
#pragma once

#include <vector>

#include "backends/cpu/kernels/gemm/small.h"
#include "backends/cpu/kernels/product/product.h"
#include "base/status.h"

namespace tn {

struct MatMulParams {
  bool transpose_b = false;           ///< B is stored [n, k]
  DataType type = DataType::F32;      ///< of A and B: F32, or F16 with Isa::Avx512Fp16
  DataType out_type = DataType::F32;  ///< F32, F16, BF16
  Isa isa = Isa::Generic;
  TileShape tile;
};

/// outer * inner matrices, such as batch and heads. Strides in elements of outer batch, inner batch and row; 0 repeats
/// a matrix; columns follow each other. In the epilogue, residual_strides.axis is {outer, inner, row}, and bias is [n].
struct MatMulShape {
  int64_t outer = 1, inner = 1;
  int64_t m = 0, n = 0, k = 0;
  Extent a{}, b{}, c{};
};

class MatMul {
 public:
  static bool supports(const MatMulParams& params) { return product_kernels(params.isa, params.type) != nullptr; }
  /// Tiles worth timing; the first is a good guess.
  static std::vector<TileShape> configs(const MatMulParams& params);

  /// `max`: the largest n and k of all runs; its strides do not matter. Throws Error.
  MatMul(const MatMulParams& params, const MatMulShape& max);
  size_t workspace_bytes(int threads) const { return static_cast<size_t>(threads * thread_bytes_); }
  Status bind(const MatMulShape& shape) noexcept;
  void run(Lane& lane, const void* a, const void* b, const Epilogue& epilogue, void* c, void* workspace) const noexcept;

 private:
  struct Task;
  int64_t blocks_per_unit(int threads) const noexcept;
  void packed_unit(const Task& task, int64_t matrix, int64_t begin, int64_t end, char* workspace) const noexcept;
  void small_unit(const Task& task, int64_t matrix, int64_t begin, int64_t end, char* workspace) const noexcept;
  Epilogue epilogue_of(const Task& task, int64_t matrix) const noexcept;

  MatMulParams params_;
  MatMulShape shape_;
  ProductPacking packing_;
  const SmallKernels* small_;
  int64_t max_n_ = 0, max_k_ = 0, thread_bytes_ = 0, room_ = 0;
};

}  // namespace tn
