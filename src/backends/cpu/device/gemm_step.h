// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/device/product_step.h"
#include "backends/cpu/kernels/gemm/gemm.h"
#include "backends/cpu/kernels/gemm/matmul.h"

namespace tn::cpu {

/// Parameters of "gemm" (B packed at build time) and "matmul" (B at run time).
struct GemmStep {
  int64_t k = 0, n = 0;         ///< of "gemm"
  bool transpose_b = false;     ///< of "matmul": B lies in memory as [n, k]
  bool b_column_major = false;  ///< of "matmul": the last axis but one of B's view has stride 1, not the last
  DataType type = DataType::F32, out_type = DataType::F32;
  Isa isa = Isa::Generic;
  TileShape tile;
  EpilogueStep epilogue;
  template <typename V>
  void fields(V& v) {
    v("k", k);
    v("n", n);
    v("transpose_b", transpose_b);
    v("b_column_major", b_column_major);
    v("type", type);
    v("out_type", out_type);
    isa_field(v, isa);
    tile_fields(v, tile);
    epilogue.fields(v);
  }
  GemmParams gemm() const { return {k, n, type, out_type, isa, tile}; }
  MatMulParams matmul() const { return {transpose_b, type, out_type, isa, tile}; }
};

/// Batch axes of a matrix operand as outer and inner strides; the rest are rows.
/// A, B and C are views of one rank ≥ 2 whose batch axes broadcast to C's.
MatMulShape matmul_shape(const TensorView& a, const TensorView& b, const TensorView& c, bool b_column_major);

}  // namespace tn::cpu
