// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/data_type.h"

namespace tn::cuda {

/// Kernel of the runtime that has cuBLASLt compute result = activation(A · B + residual + bias) for a batch of
/// matrices. Inputs of its step: A, B, the bias (one number per column) if there is one, the residual if there is one.
inline constexpr std::string_view kCublasLtKernel = "cuda.cublaslt";

struct MatmulStep {
  enum class Activation : uint8_t { None, Relu, GeluTanh };
  friend std::span<const std::string_view> enum_names(Activation) {
    static constexpr std::array<std::string_view, 3> kNames = {"none", "relu", "gelu_tanh"};
    return kNames;
  }
  /// A matrix in memory: rows lie one after another, or, transposed, columns do. In elements.
  struct Matrix {
    bool transposed = false;
    int64_t stride = 1;  ///< from row to row, or from column to column
    int64_t batch = 0;   ///< from matrix to matrix
  };

  DataType type = DataType::F16;    ///< of A and B
  DataType result = DataType::F16;  ///< of bias and residual, too
  bool tf32 = false;                ///< products of f32 may round their operands to 10 bits
  int64_t rows = 1, columns = 1, depth = 1, batch = 1;
  Matrix a, b, out, residual;  ///< the last two not transposed
  bool has_bias = false, has_residual = false;
  Activation activation = Activation::None;
  std::string library;             ///< version that knows the algorithm: "13.1.0"
  std::vector<int64_t> algorithm;  ///< 8 words of cuBLASLt's own

  template <typename V>
  void fields(V& v) {
    v("type", type);
    v("result", result);
    v("tf32", tf32);
    v("rows", rows);
    v("columns", columns);
    v("depth", depth);
    v("batch", batch);
    v("a_transposed", a.transposed);
    v("a_stride", a.stride);
    v("a_batch", a.batch);
    v("b_transposed", b.transposed);
    v("b_stride", b.stride);
    v("b_batch", b.batch);
    v("out_stride", out.stride);
    v("out_batch", out.batch);
    v("residual_stride", residual.stride);
    v("residual_batch", residual.batch);
    v("has_bias", has_bias);
    v("has_residual", has_residual);
    v("activation", activation);
    v("library", library);
    v("algorithm", algorithm);
  }
};

}  // namespace tn::cuda
